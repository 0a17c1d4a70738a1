/* What a firmware may do wrong, and what flash may do to it: status codes of the learners, and
 * images that are corrupted or interrupted. Exit code 0 if every check holds. */
#include <stdio.h>
#include <string.h>

#include "bitspin/image.h"
#include "bitspin/rehearse.h"
#include "bitspin/relearn.h"

#define WORDS (2u * 8u + 1u * 3u)
#define SLOT_WORDS (8u + WORDS)
#define NEVER 0xFFFFFFFFu

static int failures;

static void check(int holds, const char *what)
{
    printf("%s: %s\n", holds ? "ok" : "FAILED", what);
    failures += !holds;
}

static const bs_shape shape = {2, {40, 8, 3}, 3, NULL};
static const uint32_t code[3] = {1, 2, 4};
static uint32_t weights[WORDS];
static uint32_t memory[512];

/* ---- a flash of two slots, whose power fails after so many words ----------------------------- */

typedef struct flash_chip {
    uint32_t word[BS_IMAGE_SLOTS][SLOT_WORDS];
    uint32_t words_left; /* until the power fails; NEVER */
    int reads_fail;
} flash_chip;

static int chip_erase(void *context, uint32_t slot)
{
    flash_chip *chip = context;
    for (uint32_t w = 0; w < SLOT_WORDS; w++) {
        if (chip->words_left == 0) {
            return 1;
        }
        chip->words_left -= chip->words_left != NEVER;
        chip->word[slot][w] = 0xFFFFFFFFu;
    }
    return 0;
}

static int chip_write(void *context, uint32_t slot, uint32_t offset, const uint32_t *words,
                      uint32_t count)
{
    flash_chip *chip = context;
    for (uint32_t w = 0; w < count; w++) {
        uint32_t *at = &chip->word[slot][offset / 4u + w];
        if (chip->words_left == 0 || *at != 0xFFFFFFFFu) {
            return 1;
        }
        chip->words_left -= chip->words_left != NEVER;
        *at = words[w];
    }
    return 0;
}

static int chip_read(void *context, uint32_t slot, uint32_t offset, uint32_t *words, uint32_t count)
{
    flash_chip *chip = context;
    memcpy(words, &chip->word[slot][offset / 4u], count * sizeof *words);
    return chip->reads_fail;
}

static flash_chip chip;
static const bs_flash flash = {&chip, chip_erase, chip_write, chip_read};

static void new_chip(void)
{
    memset(&chip, 0x5A, sizeof chip);
    chip.words_left = NEVER;
    chip.reads_fail = 0;
}

static void fill(uint32_t value)
{
    for (uint32_t w = 0; w < WORDS; w++) {
        weights[w] = value + w;
    }
}

/* Whether the newest image is the one filled with a value, of a step. */
static int holds_image(uint32_t value, uint32_t wanted_step)
{
    uint32_t restored[WORDS];
    uint32_t step = NEVER;
    if (bs_image_load(&flash, &shape, restored, &step) != BS_OK || step != wanted_step) {
        return 0;
    }
    fill(value);
    return memcmp(restored, weights, sizeof weights) == 0;
}

static int save(uint32_t value, uint32_t step)
{
    fill(value);
    return bs_image_save(&flash, &shape, weights, step) == BS_OK;
}

static void check_round_trip(void)
{
    uint32_t step = 7;
    new_chip();
    check(bs_image_bytes(&shape) == SLOT_WORDS * 4u, "a slot has the size that is asked for");
    check(bs_image_load(&flash, &shape, weights, &step) == BS_ERROR_IMAGE && step == 7,
          "flash without an image is refused");
    check(save(100, 1) && holds_image(100, 1), "a first image is restored");
    check(save(200, 2) && holds_image(200, 2), "the newer image wins");
    check(save(300, 3) && holds_image(300, 3), "and so does the third, in the first slot again");
    bs_shape other = shape;
    other.width[1] = 7;
    check(bs_image_load(&flash, &other, weights, &step) == BS_ERROR_IMAGE,
          "an image of another network is refused");
    chip.reads_fail = 1;
    check(bs_image_load(&flash, &shape, weights, &step) == BS_ERROR_FLASH,
          "a failing driver is reported");
}

static void check_corruption(void)
{
    int found = 1;
    for (uint32_t bit = 0; bit < SLOT_WORDS * 32u; bit++) {
        uint32_t untouched[WORDS];
        uint32_t step;
        new_chip();
        found &= save(100, 1);
        chip.word[0][bit / 32u] ^= 1u << (bit % 32u);
        fill(400);
        memcpy(untouched, weights, sizeof weights);
        found &= bs_image_load(&flash, &shape, weights, &step) == BS_ERROR_IMAGE;
        found &= memcmp(untouched, weights, sizeof weights) == 0;
    }
    check(found, "every single wrong bit of an image is found, and nothing is restored");
    new_chip();
    found = save(100, 1) && save(200, 2);
    chip.word[1][20] ^= 1u;
    check(found && holds_image(100, 1), "the older image stands in for a corrupted one");
}

static void check_interruption(void)
{
    int old_valid = 1;
    int whole = 0;
    for (uint32_t words = 0; words <= 2u * SLOT_WORDS; words++) {
        new_chip();
        old_valid &= save(100, 1) && save(200, 2);
        chip.words_left = words;
        int finished = save(300, 3);
        chip.words_left = NEVER;
        old_valid &= finished ? holds_image(300, 3) : holds_image(200, 2);
        old_valid &= save(400, 4) && holds_image(400, 4);
        whole += finished;
    }
    check(old_valid, "wherever the power fails, the old image stays valid until the new one is");
    check(whole == 1, "the power failed at every word but the last");
}

/* ---- the learner ----------------------------------------------------------------------------- */

static bs_learn_rule rule(void)
{
    static const bs_layer_rule layer = {8, 0, {0, 256}, BS_PROBABILITY_ONE};
    bs_learn_rule made = {0, 2, BS_ERROR_RIVAL, 100, {layer, layer}};
    return made;
}

static void check_learner_memory(void)
{
    bs_learner learner;
    bs_key seed = {{1, 2}};
    size_t bytes = bs_learner_bytes(&shape, 4);
    bs_shape wrong = shape;
    wrong.layer_count = 0;
    check(bytes > 0 && bytes <= sizeof memory, "the learner fits into the memory");
    check(bs_learner_bytes(&wrong, 4) == 0 && bs_learner_bytes(&shape, 0) == 0 &&
              bs_learner_bytes(&shape, BS_MAX_WIDTH + 1u) == 0,
          "a wrong shape or capacity needs no memory");
    check(bs_learner_init(&learner, memory, bytes - 1u, &shape, 4, seed, code, weights) ==
              BS_ERROR_MEMORY,
          "one byte too few is refused");
    check(bs_learner_init(&learner, (char *)memory + 1, bytes, &shape, 4, seed, code, weights) ==
              BS_ERROR_MEMORY,
          "memory that is not aligned is refused");
    check(bs_learner_init(&learner, memory, bytes, &wrong, 4, seed, code, weights) ==
              BS_ERROR_SHAPE,
          "a wrong shape is refused");
    bs_inference inference;
    bytes = bs_inference_bytes(&shape);
    check(bs_inference_init(&inference, memory, bytes - 1u, &shape, weights, code) ==
              BS_ERROR_MEMORY,
          "inference refuses one byte too few");
    check(bs_inference_init(&inference, memory, bytes, &wrong, weights, code) == BS_ERROR_SHAPE,
          "inference refuses a wrong shape");
}

static void check_learner_rules(void)
{
    bs_learner learner;
    bs_key seed = {{1, 2}};
    const uint32_t input[2] = {0x12345678u, 0x5Au};
    bs_learn_rule schedule[2] = {rule(), rule()};
    schedule[1].from_step = 1;
    schedule[1].batch = 1;
    memset(weights, 0, sizeof weights);
    bs_learner_init(&learner, memory, sizeof memory, &shape, 4, seed, code, weights);
    check(bs_learn(&learner, input, 0) == BS_ERROR_RANGE, "learning without a rule is refused");
    check(bs_learner_follow(&learner, schedule, 0) == BS_ERROR_RANGE,
          "an empty schedule is refused");
    check(bs_learner_follow(&learner, schedule + 1, 1) == BS_ERROR_RANGE,
          "a schedule that begins late is refused");
    schedule[1].margin = -1;
    check(bs_learner_follow(&learner, schedule, 2) == BS_ERROR_RANGE, "a wrong margin is refused");
    schedule[1].margin = 100;
    schedule[1].batch = 0;
    check(bs_learner_follow(&learner, schedule, 2) == BS_ERROR_RANGE, "an empty batch is refused");
    schedule[1].batch = 1;
    schedule[1].layer[1].probability_q31 = BS_PROBABILITY_ONE + 1u;
    check(bs_learner_follow(&learner, schedule, 2) == BS_ERROR_RANGE,
          "a probability above 1 is refused");
    schedule[1].layer[1].probability_q31 = 0;
    check(bs_learner_follow(&learner, schedule, 2) == BS_OK, "a sound schedule is accepted");
    check(bs_learn(&learner, input, 3) == BS_ERROR_LABEL && learner.seen == 0,
          "an unknown label is refused");
    check(bs_learn(&learner, input, 1) == BS_OK && learner.step == 0 && learner.seen == 1,
          "half a batch updates nothing");
    bs_learner_predict(&learner, input);
    check(learner.seen == 1 && learner.stored == 1, "a prediction leaves the batch alone");
    check(bs_learn(&learner, input, 1) == BS_OK && learner.step == 1 && learner.seen == 0,
          "a full batch updates");
    check(bs_learn(&learner, input, 1) == BS_OK && learner.step == 2,
          "the next entry of the schedule has its own batch");
    bs_learner_update(&learner);
    check(learner.step == 2, "an update without samples is none");
    check(learner.tally.samples == 3 && learner.tally.flips != 0, "samples and flips are counted");
}

/* ---- the learner that reads its samples again ------------------------------------------------ */

/* Where reading fails or gives a wrong label; NEVER. */
typedef struct sample_store {
    uint32_t fails_at;
    uint32_t wrong_at;
    uint32_t reads;
} sample_store;

static int read_from(void *context, uint32_t index, uint32_t *input, uint32_t *label)
{
    sample_store *store = context;
    input[0] = 0x12345678u ^ index;
    input[1] = 0x5Au;
    *label = index == store->wrong_at ? 3u : index % 3u;
    return store->reads++ == store->fails_at;
}

static void check_relearner(void)
{
    bs_relearner relearner;
    bs_key seed = {{1, 2}};
    sample_store store = {NEVER, NEVER, 0};
    uint32_t used = 0;
    bs_learn_rule schedule = rule();
    bs_shape flat = {1, {40, 3}, 3, NULL};
    size_t bytes = bs_relearner_bytes(&shape, 4, 3);
    memset(weights, 0, sizeof weights);
    check(bytes > bs_learner_bytes(&shape, 1) && bytes <= sizeof memory,
          "a relearner fits as well");
    check(bs_relearner_bytes(&shape, 0, 3) == 0 && bs_relearner_bytes(&shape, 4, 0) == 0 &&
              bs_relearner_bytes(&shape, 4, 33) == 0 && bs_relearner_bytes(&flat, 4, 3) == 0,
          "no samples, a wrong group or no hidden layer needs no memory");
    check(bs_relearner_init(&relearner, memory, bytes - 1u, &shape, 4, 3, seed, code, weights) ==
              BS_ERROR_MEMORY,
          "a relearner refuses one byte too few");
    check(bs_relearner_init(&relearner, memory, bytes, &flat, 4, 3, seed, code, weights) ==
              BS_ERROR_SHAPE,
          "a relearner refuses a network without a hidden layer");
    check(bs_relearner_init(&relearner, memory, bytes, &shape, 4, 3, seed, code, weights) == BS_OK,
          "a relearner is laid out");
    check(bs_relearn(&relearner, read_from, &store, 4, &used) == BS_ERROR_RANGE,
          "a step without a rule is refused");
    check(bs_learner_follow(&relearner.one, &schedule, 1) == BS_OK, "a relearner follows");
    check(bs_relearn(&relearner, read_from, &store, 0, &used) == BS_ERROR_RANGE,
          "a step without samples is refused");
    store.fails_at = 0;
    check(bs_relearn(&relearner, read_from, &store, 4, &used) == BS_ERROR_FLASH &&
              relearner.one.step == 0,
          "a first reading that fails is told, and the step is not counted");
    store.fails_at = 2;
    store.reads = 0;
    check(bs_relearn(&relearner, read_from, &store, 4, &used) == BS_ERROR_FLASH &&
              relearner.one.step == 0,
          "a second reading that fails is told as well");
    store.fails_at = NEVER;
    store.wrong_at = 1;
    check(bs_relearn(&relearner, read_from, &store, 4, &used) == BS_ERROR_LABEL &&
              relearner.one.step == 0,
          "a wrong label is told");
    store.wrong_at = NEVER;
    check(bs_relearn(&relearner, read_from, &store, 4, &used) == BS_OK && used == 2 &&
              relearner.one.step == 1,
          "a step takes as many samples as the schedule's batch");
    check(bs_relearn(&relearner, read_from, &store, 1, &used) == BS_OK && used == 1,
          "a step takes fewer where there are fewer");
}

/* ---- rehearsal ------------------------------------------------------------------------------- */

static void check_rehearsal(void)
{
    bs_learner learner;
    bs_key seed = {{1, 2}};
    const uint32_t input[2] = {0x12345678u, 0x5Au};
    bs_learn_rule schedule = rule();
    sample_store kept = {NEVER, NEVER, 0};
    bs_store stores[2] = {{read_from, &kept, 0, 0}, {read_from, &kept, 2, 0}};
    schedule.batch = 1000;
    memset(weights, 0, sizeof weights);
    bs_learner_init(&learner, memory, sizeof memory, &shape, 4, seed, code, weights);
    check(bs_learn_and_rehearse(&learner, input, 0, stores, 2, 3) == BS_ERROR_RANGE &&
              kept.reads == 0,
          "rehearsing without a rule is refused");
    check(bs_learner_follow(&learner, &schedule, 1) == BS_OK, "a rehearsing learner follows");
    check(bs_learn_and_rehearse(&learner, input, 3, stores, 2, 3) == BS_ERROR_LABEL &&
              learner.tally.samples == 0 && kept.reads == 0,
          "an unknown label of the new sample is refused, and nothing is rehearsed");
    check(bs_learn_and_rehearse(&learner, input, 0, stores, 2, 3) == BS_OK &&
              learner.tally.samples == 4 && stores[0].next == 0 && stores[1].next == 1,
          "an empty store is passed over, and the samples of the other take turns");
    kept.fails_at = kept.reads + 1u;
    check(bs_learn_and_rehearse(&learner, input, 0, stores, 2, 3) == BS_ERROR_FLASH &&
              learner.tally.samples == 6 && stores[1].next == 2,
          "a reading that fails is told, and the sample keeps its turn");
    kept.fails_at = NEVER;
    kept.wrong_at = 0;
    check(bs_learn_and_rehearse(&learner, input, 0, stores, 2, 3) == BS_ERROR_LABEL,
          "an unknown label of a kept sample is told");
}

int main(void)
{
    check_round_trip();
    check_corruption();
    check_interruption();
    check_learner_memory();
    check_learner_rules();
    check_relearner();
    check_rehearsal();
    return failures == 0 ? 0 : 1;
}
