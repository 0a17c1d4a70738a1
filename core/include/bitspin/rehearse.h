/* Learning from one user without forgetting the others: after each new sample the device learns
 * again from samples that it has kept, such as some that it was trained with, in flash, and those
 * that the user has shown before.
 *
 *     bs_store stores[2] = {{read_original, NULL, ORIGINALS, 0}, {read_log, &log, 0, 0}};
 *     append_to_log(&log, input, label);
 *     stores[1].count++;
 *     bs_learn_and_rehearse(&learner, input, label, stores, 2, 4);
 *
 * Nothing here is random: the kept samples take turns.
 */
#ifndef BITSPIN_REHEARSE_H
#define BITSPIN_REHEARSE_H

#include "bitspin/learn.h"

/* Samples that can be read again. */
typedef struct bs_store {
    bs_read_sample read;
    void *context;  /* handed to it */
    uint32_t count; /* may grow between two calls */
    uint32_t next;  /* whose turn it is; 0 at the beginning */
} bs_store;

/* Learn from a new sample; then, `times` times, from the next sample of each store.
 * input        in      [bs_words(width[0])] tail bits zero
 * label        in      0 .. class_count - 1
 * stores       in/out  [store_count] an empty store is passed over
 * returns              as bs_learn, for the first sample that it refuses; BS_ERROR_FLASH if reading
 *                      failed; what was learned before stays learned
 */
bs_status bs_learn_and_rehearse(bs_learner *learner, const uint32_t *input, uint32_t label,
                                bs_store *stores, uint32_t store_count, uint32_t times);

#endif
