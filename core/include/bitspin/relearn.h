/* Learning from samples that can be read again: a batch of thousands in a few kilobytes.
 *
 * Where samples lie in flash or on a card, neither they nor their activations need be kept. Of each
 * sample with an error only its number and the errors of the second layer's outputs stay in memory
 * (12 bytes for 784-256-10). The rows are updated in groups; for each group the samples are read
 * again and what the group needs is computed anew. The first layer costs one more forward pass in
 * all, each group of the layers above one pass over the whole network.
 *
 * New weights of the layers above the first wait in a copy until the step is over, so that every
 * error is that of the old weights. The result is that of bs_step_run, bit for bit.
 */
#ifndef BITSPIN_RELEARN_H
#define BITSPIN_RELEARN_H

#include "bitspin/learn.h"

typedef struct bs_relearner {
    bs_learner one; /* way forward and back of one sample; predict, follow and tally by it */
    uint32_t kept_max;
    uint32_t group;
    uint32_t kept_words;
    uint32_t *kept;     /* [kept_max][kept_words] number, and errors of the second layer */
    uint32_t *counters; /* [group][planes][widest words] */
    uint32_t *totals;   /* [group] */
    uint32_t *upper;    /* new weights of the layers above the first */
} bs_relearner;

/* Bytes of memory beside the weights.
 * kept_max  in  samples with an error that can be kept, 1 .. BS_MAX_WIDTH
 * group     in  rows that are updated together, 1 .. 32
 * returns       0 beyond the limits, or for a network without a hidden layer
 */
size_t bs_relearner_bytes(const bs_shape *shape, uint32_t kept_max, uint32_t group);

/* Lay out a relearner; parameters and status as in bs_learner_init. Then call bs_learner_follow
 * with &relearner->one. */
bs_status bs_relearner_init(bs_relearner *relearner, void *memory, size_t bytes,
                            const bs_shape *shape, uint32_t kept_max, uint32_t group, bs_key seed,
                            const uint32_t *code, uint32_t *weights);

/* One step on the first samples: on as many as the schedule's batch, on all `count` if those are
 * fewer, or on fewer still if the memory is full of samples with an error earlier.
 * count    in   samples that there are, >= 1
 * read     in   may be called several times for each sample, and must give the same each time
 * used     out  how many samples the step was made of
 * returns       BS_ERROR_RANGE without a schedule or samples, BS_ERROR_LABEL for a wrong label,
 *               BS_ERROR_FLASH if reading failed; after either the weights of some rows may be
 *               new, the step number is the old one, and the step must not be counted as done
 */
bs_status bs_relearn(bs_relearner *relearner, bs_read_sample read, void *context, uint32_t count,
                     uint32_t *used);

#endif
