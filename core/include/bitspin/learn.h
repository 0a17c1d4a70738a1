/* A network that learns on a device, sample by sample, in memory that the caller owns.
 *
 *     bs_learner_init(&learner, memory, sizeof memory, &shape, capacity, seed, code, weights);
 *     bs_learner_follow(&learner, schedule, schedule_length);
 *     bs_learn(&learner, input, label);         whenever a labelled sample comes by
 *     bs_learner_predict(&learner, input);      at any time
 *
 * A sample goes forward and its ternary errors come back at once; its bits and errors are kept
 * until the batch is full. A sample without an error changes nothing and is not kept, so that a
 * batch may be several times larger than the memory holds; should the memory be full before the
 * batch is, the batch ends there. Then each neuron row in turn sums its gradients in bit-sliced
 * counters and its cells get their pulses. The weights are those of bs_step_run, bit for bit, for
 * the same seed, step number, samples and rule.
 *
 * Memory: one bit a weight; for each kept sample its input bits, its activations and two bits an
 * error; and bit-sliced counters for one row.
 */
#ifndef BITSPIN_LEARN_H
#define BITSPIN_LEARN_H

#include "bitspin/infer.h"
#include "bitspin/lean.h"
#include "bitspin/train.h"

/* The rule from one step on, in whole numbers: the same ones that the simulation uses. */
typedef struct bs_learn_rule {
    uint32_t from_step; /* holds from this step to the next entry's */
    uint32_t batch;     /* samples a step, 1 .. BS_MAX_WIDTH */
    bs_error_kind error;
    int32_t margin; /* >= 0 */
    bs_layer_rule layer[BS_MAX_LAYERS];
} bs_learn_rule;

/* What happened since bs_learner_init. */
typedef struct bs_learn_tally {
    uint32_t samples;
    uint32_t correct; /* classified rightly when they came */
    uint32_t active;  /* caused an error */
    uint32_t pulses;
    uint32_t flips;
} bs_learn_tally;

typedef struct bs_learner {
    bs_shape shape;
    bs_key seed;
    const uint32_t *code;
    uint32_t *weights;
    uint32_t capacity;
    const bs_learn_rule *schedule;
    uint32_t schedule_length;
    uint32_t step;   /* number of the next update */
    uint32_t seen;   /* samples since the last update */
    uint32_t stored; /* of them with an error, and so kept */
    bs_learn_tally tally;
    size_t slot_words;
    uint32_t *slots;   /* [capacity][slot_words]; the first free one is scratch */
    uint16_t *chosen;  /* [the larger of the capacity and any number of outputs] */
    uint32_t *planes;  /* bit-sliced counters of one row */
    uint32_t *masks;   /* [2][widest words] */
    bs_write write;
    bs_output_scratch output;
} bs_learner;

/* Bytes of memory that a learner needs beside the weights.
 * capacity  in  samples that can be kept, 1 .. BS_MAX_WIDTH
 * returns       0 for a shape or capacity beyond the limits
 */
size_t bs_learner_bytes(const bs_shape *shape, uint32_t capacity);

/* Lay out a learner. It has no rule yet: call bs_learner_follow before bs_learn.
 * memory   in      `bytes` bytes, aligned to 4, the caller's; must outlive the learner
 * seed     in      root key of the random stream
 * code     in      [class_count][bs_words(code bits)] RAM or flash; must outlive the learner
 * weights  in/out  [bs_weight_words(shape)] in RAM, the caller's; tail bits must be zero
 * returns          BS_ERROR_SHAPE, BS_ERROR_MEMORY
 */
bs_status bs_learner_init(bs_learner *learner, void *memory, size_t bytes, const bs_shape *shape,
                          uint32_t capacity, bs_key seed, const uint32_t *code,
                          uint32_t *weights);

/* Follow a schedule: the last entry whose from_step has come is the rule. An unfinished batch is
 * dropped.
 * schedule  in  [length] ordered by from_step, the first being 0; length >= 1; RAM or flash; must
 *               outlive the learner
 * returns       BS_ERROR_RANGE if the order, a batch, a margin, a dead zone or a probability is
 *               wrong; the learner is unchanged then
 */
bs_status bs_learner_follow(bs_learner *learner, const bs_learn_rule *schedule, uint32_t length);

/* Learn from one sample; its batch being full, the weights are updated before this returns.
 * input    in  [bs_words(width[0])] tail bits zero; copied
 * label    in  0 .. class_count - 1
 * returns      BS_ERROR_LABEL; BS_ERROR_RANGE without a schedule; nothing is learned then
 */
bs_status bs_learn(bs_learner *learner, const uint32_t *input, uint32_t label);

/* Update with the samples seen so far, even if the batch is not full; without any, do nothing. */
void bs_learner_update(bs_learner *learner);

/* The class of one sample, with the weights of the last update. The batch is left alone.
 * input    in  [bs_words(width[0])] tail bits zero
 */
uint32_t bs_learner_predict(bs_learner *learner, const uint32_t *input);

/* Read a sample.
 * context  in   the caller's
 * index    in   0 .. count - 1
 * input    out  [bs_words(width[0])] tail bits zero
 * label    out  0 .. class_count - 1
 * returns       0, or anything else if it failed
 */
typedef int (*bs_read_sample)(void *context, uint32_t index, uint32_t *input, uint32_t *label);

#endif
