/* What learn.c, relearn.c and rehearse.c share. */
#ifndef BITSPIN_LEARNER_H
#define BITSPIN_LEARNER_H

#include "bitspin/learn.h"

/* Domains of the keys of a row's stream, as in update.c. */
enum { DOMAIN_LAYER = 1, DOMAIN_ROW = 0x10001 };

/* Words of the widest layer's input. */
static inline size_t bs_widest_input(const bs_shape *shape)
{
    size_t most = 0;
    for (uint32_t l = 0; l < shape->layer_count; l++) {
        size_t words = bs_words(shape->width[l]);
        most = words > most ? words : most;
    }
    return most;
}

/* A slot holds one sample: the bits that enter each layer, then for each layer's outputs the two
 * planes of their errors. Where the bits that enter a layer begin. */
uint32_t *bs_slot_input(const bs_learner *t, uint32_t *slot, uint32_t layer);

/* Where the plane `nonzero` of the errors of a layer's outputs begins; `sign` follows it. */
uint32_t *bs_slot_error(const bs_learner *t, uint32_t *slot, uint32_t layer);

/* The entry of the schedule that holds now; there must be a schedule. */
const bs_learn_rule *bs_current_rule(const bs_learner *t);

/* Forward and backward of the sample whose input stands in a slot; counts it.
 * returns  whether there are errors; without, those of hidden layers are undefined
 */
int bs_find_errors(bs_learner *t, uint32_t *slot, uint32_t label, const bs_learn_rule *rule);

/* Errors of the units below layer `above` from those of its outputs.
 * slot  in/out  the units inside their window stand where their errors (plane `nonzero`) will
 */
void bs_project_back(bs_learner *t, uint32_t above, const bs_learn_rule *rule, uint32_t *slot);

/* Pulse the cells of one row that its gradient disagrees with most. t->write is the layer's.
 * counters  in/out  how many of `total` gradients disagree with each bit; destroyed
 * weights   in/out  the row
 */
void bs_pulse_row(bs_learner *t, uint32_t layer, uint32_t row, const bs_layer_rule *rule,
                  bs_key layer_key, bs_counters *counters, uint32_t total, uint32_t *weights);

#endif
