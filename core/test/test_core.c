/* The core as a firmware uses it: plain C99, caller-owned memory, one step after the other.
 *
 * Prints one line a check and a hash of the trained weights; returns 1 if a check fails. All data
 * come from the core's own random words, so that another program can make the same ones
 * (tests/bits/test_core_in_c.py does, and compares the hash).
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bitspin/arena.h"
#include "bitspin/bits.h"
#include "bitspin/kernels.h"
#include "bitspin/network.h"
#include "bitspin/random.h"
#include "bitspin/row.h"
#include "bitspin/status.h"
#include "bitspin/train.h"

enum {
    INPUTS = 70,
    HIDDEN = 33,
    CLASSES = 4,
    INPUT_WORDS = 3,
    HIDDEN_WORDS = 2,
    SAMPLES = 96,
    BATCH_MAX = 40,
    STEPS = 12,
    SHIFTS = 2,
    MEMORY_BYTES = 1 << 17
};
enum { SEED_DATA = 1, SEED_WEIGHTS = 2, SEED_TRAINING = 3 };

static const bs_shape shape = {2, {INPUTS, HIDDEN, CLASSES}, CLASSES, NULL};
static const uint32_t code[CLASSES] = {1, 2, 4, 8}; /* one-hot */

static uint32_t samples[SAMPLES * INPUT_WORDS];
static uint16_t labels[SAMPLES];
static uint32_t weights[HIDDEN * INPUT_WORDS + CLASSES * HIDDEN_WORDS];
/* 64 bytes more than needed, to align them. */
static unsigned char memory[MEMORY_BYTES + BS_ALIGNMENT];

static int failures = 0;

static void check(int holds, const char *what)
{
    printf("%s: %s\n", holds ? "ok" : "FAILED", what);
    failures += !holds;
}

static bs_key seed_key(uint32_t seed)
{
    bs_key key = {{seed, 0}};
    return key;
}

static void *aligned_memory(void)
{
    size_t beyond = (uintptr_t)memory % BS_ALIGNMENT;
    return memory + (BS_ALIGNMENT - beyond) % BS_ALIGNMENT;
}

/* Rows of random bits, with zero tails. */
static void random_rows(bs_stream *stream, size_t rows, size_t bits, uint32_t *out)
{
    size_t words = bs_words(bits);
    for (size_t r = 0; r < rows; r++) {
        for (size_t w = 0; w < words; w++) {
            out[r * words + w] = bs_next(stream);
        }
        out[r * words + words - 1u] &= bs_tail_mask(bits);
    }
}

static void make_problem(void)
{
    bs_stream data = bs_stream_of(seed_key(SEED_DATA));
    random_rows(&data, SAMPLES, INPUTS, samples);
    for (size_t s = 0; s < SAMPLES; s++) {
        labels[s] = (uint16_t)bs_next_below(&data, CLASSES);
    }
    bs_stream initial = bs_stream_of(seed_key(SEED_WEIGHTS));
    random_rows(&initial, HIDDEN, INPUTS, weights);
    random_rows(&initial, CLASSES, HIDDEN, weights + HIDDEN * INPUT_WORDS);
}

/* Two moves: none, and up by one bit with a one moving in. */
static bs_shift_table shift_table(void)
{
    static const int32_t offset[SHIFTS] = {0, 1};
    static const uint32_t keep[SHIFTS * INPUT_WORDS] = {0xFFFFFFFFu, 0xFFFFFFFFu, 0x3Fu,
                                                        0xFFFFFFFEu, 0xFFFFFFFFu, 0x3Fu};
    static const uint32_t fill[SHIFTS * INPUT_WORDS] = {0, 0, 0, 1, 0, 0};
    bs_shift_table table = {SHIFTS, offset, keep, fill};
    return table;
}

static bs_step make_step(uint32_t index, uint32_t *order, uint8_t *shift)
{
    bs_step step = {0};
    step.samples = samples;
    step.labels = labels;
    step.sample_count = SAMPLES;
    step.order = order;
    step.shift = shift;
    step.shifts = shift_table();
    step.index = index;
    /* Batches of all sizes, so that a short one follows a long one. */
    step.batch = 1u + index * 17u % BATCH_MAX;
    for (uint32_t b = 0; b < step.batch; b++) {
        order[b] = (index * 31u + b) % SAMPLES;
        shift[b] = (uint8_t)(b % SHIFTS);
    }
    step.error = index % 2 == 0 ? BS_ERROR_RIVAL : BS_ERROR_INDEPENDENT;
    step.margin = 12;
    for (uint32_t l = 0; l < shape.layer_count; l++) {
        step.layer[l].window = 8;
        step.layer[l].dead_zone_q8 = 256;
        step.layer[l].row.floor = 1;
        step.layer[l].row.budget_q8 = 3u * 256u + 128u;
        step.layer[l].probability_q31 = BS_PROBABILITY_ONE / 2u;
    }
    return step;
}

/* FNV-1a over the words of the weights. */
static uint32_t weights_hash(void)
{
    uint32_t hash = 2166136261u;
    for (size_t w = 0; w < sizeof weights / sizeof weights[0]; w++) {
        hash = (hash ^ weights[w]) * 16777619u;
    }
    return hash;
}

/* Train from the start; `poison` fills the trainer's memory between steps. */
static uint32_t train(const bs_kernels *kernels, int poison)
{
    bs_trainer trainer;
    uint32_t order[BATCH_MAX];
    uint8_t shift[BATCH_MAX];
    size_t bytes = bs_trainer_bytes(&shape, BATCH_MAX, 1, kernels);
    make_problem();
    check(bs_trainer_init(&trainer, aligned_memory(), bytes, &shape, BATCH_MAX, 1, kernels,
                          seed_key(SEED_TRAINING), code, weights) == BS_OK,
          "the trainer accepts its memory");
    for (uint32_t index = 0; index < STEPS; index++) {
        bs_step step = make_step(index, order, shift);
        if (poison) {
            memset(aligned_memory(), 0xA5, bytes);
        }
        if (bs_step_run(&trainer, &step) != BS_OK) {
            check(0, "a step is accepted");
        }
    }
    return weights_hash();
}

static void check_training(void)
{
    size_t bytes = bs_trainer_bytes(&shape, BATCH_MAX, 1, bs_backend_at(0));
    check(bytes > 0 && bytes <= MEMORY_BYTES, "the trainer fits into the memory");
    check(bs_weight_words(&shape) == sizeof weights / sizeof weights[0],
          "the weights have the expected size");
    for (size_t i = 0; i < bs_backend_count(); i++) {
        const bs_kernels *kernels = bs_backend_at(i);
        uint32_t hash = train(kernels, 0);
        check(train(kernels, 1) == hash, "nothing but the weights is carried between steps");
        printf("hash %s %08lx\n", kernels->name, (unsigned long)hash);
    }
}

static void check_backends(void)
{
    const bs_kernels *kernels = NULL;
    check(bs_backend_find("ref", &kernels) == BS_OK && kernels == bs_backend_at(0),
          "ref is the first backend");
    check(bs_backend_find("mmx", &kernels) == BS_ERROR_BACKEND && kernels == bs_backend_at(0),
          "an unknown backend is refused and changes nothing");
    check(bs_backend_find(NULL, &kernels) == BS_OK &&
              kernels == bs_backend_at(bs_backend_count() - 1u),
          "the last backend is the default");
    check(bs_backend_at(bs_backend_count()) == NULL, "there is nothing beyond the last backend");
}

static void check_shapes(void)
{
    bs_shape wrong = shape;
    wrong.width[1] = 0;
    check(bs_shape_check(&wrong) == BS_ERROR_SHAPE, "a layer of no units is refused");
    check(bs_trainer_bytes(&wrong, BATCH_MAX, 1, bs_backend_at(0)) == 0,
          "a refused shape needs no memory");
    wrong.width[1] = BS_MAX_WIDTH + 1u;
    check(bs_shape_check(&wrong) == BS_ERROR_SHAPE, "a layer beyond the limit is refused");
    wrong = shape;
    wrong.layer_count = BS_MAX_LAYERS + 1u;
    check(bs_shape_check(&wrong) == BS_ERROR_SHAPE, "too many layers are refused");
    wrong = shape;
    wrong.class_count = 1;
    check(bs_shape_check(&wrong) == BS_ERROR_SHAPE, "a single class is refused");
    check(bs_trainer_bytes(&shape, 0, 1, bs_backend_at(0)) == 0, "an empty batch is refused");
    check(bs_trainer_bytes(&shape, BS_MAX_WIDTH + 1u, 1, bs_backend_at(0)) == 0,
          "a batch beyond 16 bits is refused");
    check(bs_trainer_bytes(&shape, BATCH_MAX, 0, bs_backend_at(0)) == 0, "no threads are refused");
}

static void check_memory(void)
{
    bs_trainer trainer;
    const bs_kernels *kernels = bs_backend_at(0);
    bs_key seed = seed_key(SEED_TRAINING);
    size_t bytes = bs_trainer_bytes(&shape, BATCH_MAX, 1, kernels);
    unsigned char *place = aligned_memory();
    check(bs_trainer_init(&trainer, place, bytes - 1u, &shape, BATCH_MAX, 1, kernels, seed, code,
                          weights) == BS_ERROR_MEMORY,
          "one byte too few is refused");
    check(bs_trainer_init(&trainer, place + 4, bytes, &shape, BATCH_MAX, 1, kernels, seed, code,
                          weights) == BS_ERROR_MEMORY,
          "memory that is not aligned is refused");
    check(bs_trainer_init(&trainer, NULL, bytes, &shape, BATCH_MAX, 1, kernels, seed, code,
                          weights) == BS_ERROR_MEMORY,
          "no memory is refused");
}

static void check_steps(void)
{
    bs_trainer trainer;
    uint32_t order[BATCH_MAX];
    uint8_t shift[BATCH_MAX];
    size_t bytes = bs_trainer_bytes(&shape, BATCH_MAX, 1, bs_backend_at(0));
    make_problem();
    uint32_t before = weights_hash();
    bs_trainer_init(&trainer, aligned_memory(), bytes, &shape, BATCH_MAX, 1, bs_backend_at(0),
                    seed_key(SEED_TRAINING), code, weights);
    bs_step step = make_step(1, order, shift);
    step.batch = 0;
    check(bs_step_run(&trainer, &step) == BS_ERROR_SHAPE, "a step of no samples is refused");
    step.batch = BATCH_MAX + 1u;
    check(bs_step_run(&trainer, &step) == BS_ERROR_SHAPE, "a batch beyond the memory is refused");
    step = make_step(1, order, shift);
    order[0] = SAMPLES;
    check(bs_step_run(&trainer, &step) == BS_ERROR_LABEL, "an unknown sample is refused");
    step = make_step(1, order, shift);
    labels[order[0]] = CLASSES;
    check(bs_step_run(&trainer, &step) == BS_ERROR_LABEL, "an unknown label is refused");
    make_problem();
    step.margin = -1;
    check(bs_step_run(&trainer, &step) == BS_ERROR_RANGE, "a negative margin is refused");
    step = make_step(1, order, shift);
    shift[0] = SHIFTS;
    check(bs_step_run(&trainer, &step) == BS_ERROR_RANGE, "an unknown shift is refused");
    step = make_step(1, order, shift);
    step.shift = NULL;
    check(bs_step_run(&trainer, &step) == BS_ERROR_RANGE, "shifts without a choice are refused");
    step = make_step(1, order, shift);
    step.layer[1].probability_q31 = BS_PROBABILITY_ONE + 1u;
    check(bs_step_run(&trainer, &step) == BS_ERROR_RANGE, "a probability above 1 is refused");
    step = make_step(1, order, shift);
    step.layer[0].dead_zone_q8 = 64u * 256u + 1u;
    check(bs_step_run(&trainer, &step) == BS_ERROR_RANGE, "a dead zone above 64 is refused");
    check(weights_hash() == before, "a refused step leaves the weights alone");
}

int main(void)
{
    check_backends();
    check_shapes();
    check_memory();
    check_steps();
    check_training();
    return failures == 0 ? 0 : 1;
}
