/* A device in the hands of a user: it learns the user's samples one by one, rehearses kept ones,
 * and is examined now and then. `bitspin.export.adaptation` compares all of it with the simulation.
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
 * Text: instructions of all calls of bs_learn_and_rehearse, with what it takes to read a sample
 * back from the file. Exit codes: see program.h.
 */
#include "bitspin/rehearse.h"
#include "network.h"
#include "originals.h"
#include "program.h"

static uint32_t memory[NETWORK_MEMORY_BYTES / sizeof(uint32_t)];
static bs_learner network;
static uint32_t input[NETWORK_INPUT_WORDS];

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
    uint64_t reading = reading_cost();

    must((int32_t)network_begin(&network, memory, sizeof memory), EXIT_REFUSED);
    examine(exam, exam_count, weights, classes);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t label;
        must(read_file(&user, i, input, &label), EXIT_FILE);
        stores[1].count = i + 1u;
        uint64_t begin = bs_mcu_instructions();
        must((int32_t)bs_learn_and_rehearse(&network, input, label, stores, 2, times),
             EXIT_REFUSED);
        spent += bs_mcu_instructions() - begin - reading;
        if ((i + 1u) % every == 0 || i + 1u == count) {
            examine(exam, exam_count, weights, classes);
        }
    }
    report("learn ", spent);
    must(bs_mcu_close(weights) | bs_mcu_close(classes), EXIT_FILE);
    return 0;
}
