/* Replay real samples on a device: what `bitspin verify` runs and compares with the simulation.
 *
 * Built together with an exported project's network.c. Command line: how many samples, and after
 * how many updates the weights are written. Files of the run's directory:
 *   samples.bin  in   for each sample its label and its packed input, 32-bit words
 *   before.bin   out  the class of each sample with the exported weights, one word each
 *   weights.bin  out  all weights after every so many updates, and at the end
 *   after.bin    out  the class of each sample with the last weights, one word each
 * Text: instructions of all predictions, and of all calls of bs_learn; or of bs_learn_and_rehearse
 * or bs_relearn, without the reading of the file, and how often the last one read a sample. Exit
 * code 3: a file failed; 4: the library refused its arguments.
 */
#include "network.h"
#include "program.h"

#if NETWORK_REHEARSALS
#include "bitspin/rehearse.h"
#include "originals.h"
#endif

static uint32_t memory[NETWORK_MEMORY_BYTES / sizeof(uint32_t)];
static NETWORK_STATE network;
/* Label and input. */
static uint32_t sample[1u + NETWORK_INPUT_WORDS];

static void read_sample(int32_t file)
{
    must(bs_mcu_read(file, sample, sizeof sample) - (int32_t)sizeof sample, EXIT_FILE);
}

/* Classify all samples; the classes go into a file. */
static void predict_all(int32_t samples, uint32_t count, const char *name)
{
    int32_t file = opened(name, BS_MCU_CREATE);
    uint64_t spent = 0;
    uint64_t reading = reading_cost();
    must(bs_mcu_seek(samples, 0), EXIT_FILE);
    for (uint32_t i = 0; i < count; i++) {
        read_sample(samples);
        uint64_t begin = bs_mcu_instructions();
        uint32_t class_index = network_predict(&network, sample + 1);
        spent += bs_mcu_instructions() - begin - reading;
        must(bs_mcu_save(file, &class_index, sizeof class_index), EXIT_FILE);
    }
    must(bs_mcu_close(file), EXIT_FILE);
    report("predict ", spent);
}

#if NETWORK_TRAINS
static void save_weights(int32_t file)
{
    uint32_t bytes = (uint32_t)(bs_weight_words(&network_shape) * sizeof(uint32_t));
    must(bs_mcu_save(file, network_weights, bytes), EXIT_FILE);
}
#endif

#if NETWORK_TRAINS && !NETWORK_READS_AGAIN && !NETWORK_REHEARSALS
/* Learn from all samples, in order; weights go into a file now and then. */
static void learn_all(int32_t samples, uint32_t count, uint32_t every)
{
    int32_t file = opened("weights.bin", BS_MCU_CREATE);
    uint64_t spent = 0;
    uint64_t reading = reading_cost();
    must(bs_mcu_seek(samples, 0), EXIT_FILE);
    for (uint32_t i = 0; i < count; i++) {
        read_sample(samples);
        uint32_t step = network.step;
        uint64_t begin = bs_mcu_instructions();
        bs_status status = bs_learn(&network, sample + 1, sample[0]);
        spent += bs_mcu_instructions() - begin - reading;
        must((int32_t)status, EXIT_REFUSED);
        if (network.step != step && network.step % every == 0 && i + 1u < count) {
            save_weights(file);
        }
    }
    bs_learner_update(&network);
    save_weights(file);
    must(bs_mcu_close(file), EXIT_FILE);
    report("learn ", spent);
}
#endif

#if NETWORK_READS_AGAIN || NETWORK_REHEARSALS
/* Samples of the file, from one of them on. */
typedef struct sample_file {
    int32_t file;
    uint32_t first;
    uint32_t reads;
    uint64_t spent;   /* by reading; a device's own memory is not read through a debugger */
    uint64_t reading; /* what two readings of the counter cost */
} sample_file;

static int read_again(void *context, uint32_t index, uint32_t *input, uint32_t *label)
{
    sample_file *from = context;
    const uint32_t input_bytes = NETWORK_INPUT_WORDS * (uint32_t)sizeof *input;
    uint32_t at = (from->first + index) * (input_bytes + (uint32_t)sizeof *label);
    uint64_t begin = bs_mcu_instructions();
    int failed = bs_mcu_seek(from->file, at) != 0 ||
                 bs_mcu_read(from->file, label, sizeof *label) != (int32_t)sizeof *label ||
                 bs_mcu_read(from->file, input, input_bytes) != (int32_t)input_bytes;
    from->reads++;
    from->spent += bs_mcu_instructions() - begin + from->reading;
    return failed;
}
#endif

#if NETWORK_REHEARSALS
/* Learn from all samples, in order, rehearsing after each; weights go into a file now and then. */
static void learn_all(int32_t samples, uint32_t count, uint32_t every)
{
    int32_t file = opened("weights.bin", BS_MCU_CREATE);
    sample_file shown = {samples, 0, 0, 0, reading_cost()};
    bs_store stores[2] = {{originals_read, NULL, ORIGINALS_COUNT, 0}, {read_again, &shown, 0, 0}};
    uint64_t spent = 0;
    for (uint32_t i = 0; i < count; i++) {
        must(read_again(&shown, i, sample + 1, sample), EXIT_FILE);
        shown.spent = 0;
        stores[1].count = i + 1u;
        uint32_t step = network.step;
        uint64_t begin = bs_mcu_instructions();
        bs_status status = bs_learn_and_rehearse(&network, sample + 1, sample[0], stores, 2,
                                                 NETWORK_REHEARSALS);
        spent += bs_mcu_instructions() - begin - shown.reading - shown.spent;
        must((int32_t)status, EXIT_REFUSED);
        if (network.step / every != step / every && i + 1u < count) {
            save_weights(file);
        }
    }
    bs_learner_update(&network);
    save_weights(file);
    must(bs_mcu_close(file), EXIT_FILE);
    report("learn ", spent);
}
#endif

#if NETWORK_READS_AGAIN

/* Learn from all samples, in order; weights go into a file now and then. */
static void learn_all(int32_t samples, uint32_t count, uint32_t every)
{
    int32_t file = opened("weights.bin", BS_MCU_CREATE);
    sample_file from = {samples, 0, 0, 0, reading_cost()};
    uint64_t spent = 0;
    while (from.first < count) {
        uint32_t used = 0;
        uint64_t begin = bs_mcu_instructions();
        bs_status status = bs_relearn(&network, read_again, &from, count - from.first, &used);
        spent += bs_mcu_instructions() - begin - from.reading;
        must((int32_t)status, EXIT_REFUSED);
        from.first += used;
        if (network.one.step % every == 0 && from.first < count) {
            save_weights(file);
        }
    }
    save_weights(file);
    must(bs_mcu_close(file), EXIT_FILE);
    report("learn ", spent - from.spent);
    report("reads ", from.reads);
}
#endif

int main(void)
{
    uint32_t count = argument(1);
    uint32_t every = argument(2);
    int32_t samples = opened("samples.bin", BS_MCU_READ);
    must((int32_t)network_begin(&network, memory, sizeof memory), EXIT_REFUSED);
    predict_all(samples, count, "before.bin");
#if NETWORK_TRAINS
    learn_all(samples, count, every == 0 ? 1u : every);
    predict_all(samples, count, "after.bin");
#else
    (void)every;
#endif
    must(bs_mcu_close(samples), EXIT_FILE);
    return 0;
}
