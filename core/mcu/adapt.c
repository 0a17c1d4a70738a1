/* A device in the hands of a user: it learns the user's samples one by one, rehearses kept ones, and
 * is examined now and then. `bitspin.export.adaptation` compares all of it with the simulation.
 *
 * Built together with an exported project's network.c and with originals.h, which holds samples of
 * the network's training in flash. Command line: the user's samples, how many of them lie between
 * two examinations, how often kept samples are rehearsed after each, and how many samples an
 * examination has. Files of the run's directory:
 *   user.bin     in   for each sample its label and its packed input, 32-bit words; read again
 *                     where the device rehearses what the user has shown
 *   exam.bin     in   the samples of an examination, in the same form
 *   weights.bin  out  all weights at each examination, the first before learning
 *   classes.bin  out  the class of each sample of it, one word each
 * Text: instructions of all calls of bs_learn_and_rehearse. Exit code 3: a file failed; 4: the
 * library refused its arguments.
 */
#include "bitspin/rehearse.h"
#include "bs_mcu.h"
#include "network.h"
#include "originals.h"

#define LINE_BYTES 64u
#define EXIT_FILE 3
#define EXIT_REFUSED 4

static uint32_t memory[NETWORK_MEMORY_BYTES / sizeof(uint32_t)];
static bs_learner network;
static uint32_t input[NETWORK_INPUT_WORDS];

static uint32_t argument(uint32_t index)
{
    char line[LINE_BYTES];
    uint32_t value = 0;
    if (bs_mcu_argument(index, line, sizeof line) < 0 || bs_mcu_parse_u32(line, &value) != 0) {
        bs_mcu_exit(EXIT_REFUSED);
    }
    return value;
}

static void must(int32_t status, int32_t code)
{
    if (status != 0) {
        bs_mcu_exit(code);
    }
}

static int32_t opened(const char *name, enum bs_mcu_mode mode)
{
    int32_t file = bs_mcu_open(name, mode);
    must(file < 0, EXIT_FILE);
    return file;
}

/* Read a sample of a file. context  in  its handle */
static int read_file(void *context, uint32_t index, uint32_t *sample, uint32_t *label)
{
    const int32_t *file = context;
    const uint32_t label_bytes = (uint32_t)sizeof *label;
    return bs_mcu_seek(*file, index * (label_bytes + (uint32_t)sizeof input)) != 0 ||
           bs_mcu_read(*file, label, label_bytes) != (int32_t)label_bytes ||
           bs_mcu_read(*file, sample, sizeof input) != (int32_t)sizeof input;
}

/* Save the weights, and classify the samples of an examination. */
static void examine(int32_t exam, uint32_t count, int32_t weights, int32_t classes)
{
    uint32_t bytes = (uint32_t)(bs_weight_words(&network.shape) * sizeof(uint32_t));
    must(bs_mcu_save(weights, network.weights, bytes), EXIT_FILE);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t label;
        must(read_file(&exam, i, input, &label), EXIT_FILE);
        uint32_t class_index = network_predict(&network, input);
        must(bs_mcu_save(classes, &class_index, sizeof class_index), EXIT_FILE);
    }
}

int main(void)
{
    uint32_t count = argument(1);
    uint32_t every = argument(2);
    uint32_t times = argument(3);
    uint32_t exam_count = argument(4);
    int32_t user = opened("user.bin", BS_MCU_READ);
    int32_t exam = opened("exam.bin", BS_MCU_READ);
    int32_t weights = opened("weights.bin", BS_MCU_CREATE);
    int32_t classes = opened("classes.bin", BS_MCU_CREATE);
    bs_store stores[2] = {{originals_read, NULL, ORIGINALS_COUNT, 0}, {read_file, &user, 0, 0}};
    uint64_t spent = 0;

    must((int32_t)network_begin(&network, memory, sizeof memory), EXIT_REFUSED);
    examine(exam, exam_count, weights, classes);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t label;
        must(read_file(&user, i, input, &label), EXIT_FILE);
        stores[1].count = i + 1u;
        uint64_t begin = bs_mcu_instructions();
        must((int32_t)bs_learn_and_rehearse(&network, input, label, stores, 2, times),
             EXIT_REFUSED);
        spent += bs_mcu_instructions() - begin;
        if ((i + 1u) % every == 0 || i + 1u == count) {
            examine(exam, exam_count, weights, classes);
        }
    }
    bs_mcu_write_hex32((uint32_t)(spent >> 32));
    bs_mcu_write_hex32((uint32_t)spent);
    must(bs_mcu_close(weights) | bs_mcu_close(classes), EXIT_FILE);
    return 0;
}
