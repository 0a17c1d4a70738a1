/* Replay samples that are read again for each group of rows; like replay.c, with bs_relearn.
 *
 * Command line: samples a step, steps. Defines: REREAD_KEPT, REREAD_GROUP and REREAD_MEMORY_BYTES.
 * Files of the run's directory: samples.bin in, label and packed input of each sample; weights.bin out, all weights
 * after every step. Exit code 3: a file failed; 4: the library refused its arguments.
 */
#include "bitspin/relearn.h"
#include "bs_mcu.h"
#include "network.h"

#define LINE_BYTES 64u
#define EXIT_FILE 3
#define EXIT_REFUSED 4

static uint32_t memory[REREAD_MEMORY_BYTES / sizeof(uint32_t)];
static bs_relearner relearner;

typedef struct sample_file {
    int32_t file;
    uint32_t first; /* sample of the file that the batch begins with */
} sample_file;

static int read_sample(void *context, uint32_t index, uint32_t *input, uint32_t *label)
{
    const sample_file *samples = context;
    const uint32_t input_bytes = NETWORK_INPUT_WORDS * sizeof(uint32_t);
    uint32_t at = (samples->first + index) * (input_bytes + (uint32_t)sizeof *label);
    return bs_mcu_seek(samples->file, at) != 0 ||
           bs_mcu_read(samples->file, label, sizeof *label) != (int32_t)sizeof *label ||
           bs_mcu_read(samples->file, input, input_bytes) != (int32_t)input_bytes;
}

static uint32_t argument(uint32_t index)
{
    char line[LINE_BYTES];
    uint32_t value = 0;
    if (bs_mcu_argument(index, line, sizeof line) < 0 || bs_mcu_parse_u32(line, &value) != 0) {
        bs_mcu_exit(EXIT_REFUSED);
    }
    return value;
}

int main(void)
{
    sample_file samples = {bs_mcu_open("samples.bin", BS_MCU_READ), 0};
    int32_t out = bs_mcu_open("weights.bin", BS_MCU_CREATE);
    uint32_t bytes = (uint32_t)(bs_weight_words(&network_shape) * sizeof(uint32_t));
    uint32_t batch = argument(1);
    uint32_t steps = argument(2);
    if (samples.file < 0 || out < 0) {
        return EXIT_FILE;
    }
    if (bs_relearner_init(&relearner, memory, sizeof memory, &network_shape, REREAD_KEPT,
                          REREAD_GROUP, network_seed, network_code, network_weights) != BS_OK ||
        bs_learner_follow(&relearner.one, network_schedule, NETWORK_SCHEDULE_LENGTH) != BS_OK) {
        return EXIT_REFUSED;
    }
    for (uint32_t step = 0; step < steps; step++) {
        uint32_t used = 0;
        if (bs_relearn(&relearner, read_sample, &samples, batch, &used) != BS_OK) {
            return EXIT_REFUSED;
        }
        samples.first += used;
        if (bs_mcu_save(out, network_weights, bytes) != 0) {
            return EXIT_FILE;
        }
    }
    return bs_mcu_close(samples.file) == 0 && bs_mcu_close(out) == 0 ? 0 : EXIT_FILE;
}
