#include "bitspin/relearn.h"

#include "learner.h"

#define GROUP_MAX BS_WORD_BITS

/* ---- layout ---------------------------------------------------------------------------------- */

static uint32_t kept_words(const bs_shape *shape)
{
    return 1u + 2u * (uint32_t)bs_words(shape->width[2]);
}

static size_t counter_words(const bs_shape *shape, uint32_t kept_max)
{
    return bs_planes_for(kept_max) * bs_widest_input(shape);
}

size_t bs_relearner_bytes(const bs_shape *shape, uint32_t kept_max, uint32_t group)
{
    size_t one = bs_learner_bytes(shape, 1);
    if (one == 0 || shape->layer_count < 2u || kept_max == 0 || kept_max > BS_MAX_WIDTH ||
        group == 0 || group > GROUP_MAX) {
        return 0;
    }
    size_t upper = bs_weight_words(shape) - bs_layer_offset(shape, 1);
    size_t words = (size_t)kept_max * kept_words(shape) +
                   group * (counter_words(shape, kept_max) + 1u) + upper;
    return one + words * sizeof(uint32_t);
}

bs_status bs_relearner_init(bs_relearner *relearner, void *memory, size_t bytes,
                            const bs_shape *shape, uint32_t kept_max, uint32_t group, bs_key seed,
                            const uint32_t *code, uint32_t *weights)
{
    size_t needed = bs_relearner_bytes(shape, kept_max, group);
    if (needed == 0) {
        return BS_ERROR_SHAPE;
    }
    if (bytes < needed) {
        return BS_ERROR_MEMORY;
    }
    size_t one = bs_learner_bytes(shape, 1);
    bs_status status =
        bs_learner_init(&relearner->one, memory, one, shape, 1, seed, code, weights);
    if (status != BS_OK) {
        return status;
    }
    relearner->kept_max = kept_max;
    relearner->group = group;
    relearner->kept_words = kept_words(shape);
    relearner->kept = (uint32_t *)memory + one / sizeof(uint32_t);
    relearner->counters = relearner->kept + (size_t)kept_max * relearner->kept_words;
    relearner->totals = relearner->counters + group * counter_words(shape, kept_max);
    relearner->upper = relearner->totals + group;
    return BS_OK;
}

/* ---- one step -------------------------------------------------------------------------------- */

/* A step while it runs. */
typedef struct again {
    bs_relearner *r;
    bs_read_sample read;
    void *context;
    const bs_learn_rule *rule;
    uint32_t active; /* samples kept */
} again;

static bs_status read_into_slot(const again *a, uint32_t index, uint32_t *label)
{
    if (a->read(a->context, index, a->r->one.slots, label) != 0) {
        return BS_ERROR_FLASH;
    }
    return *label < a->r->one.shape.class_count ? BS_OK : BS_ERROR_LABEL;
}

/* Find the samples with an error; keep their numbers and the errors of the second layer. */
static bs_status keep_active(again *a, uint32_t count, uint32_t *used)
{
    bs_relearner *r = a->r;
    bs_learner *t = &r->one;
    uint32_t index = 0;
    for (; index < count && a->active < r->kept_max; index++) {
        uint32_t label;
        bs_status status = read_into_slot(a, index, &label);
        if (status != BS_OK) {
            return status;
        }
        if (bs_find_errors(t, t->slots, label, a->rule)) {
            uint32_t *kept = r->kept + (size_t)a->active++ * r->kept_words;
            const uint32_t *errors = bs_slot_error(t, t->slots, 1);
            kept[0] = index;
            for (uint32_t w = 1; w < r->kept_words; w++) {
                kept[w] = errors[w - 1u];
            }
        }
    }
    *used = index;
    return BS_OK;
}

static bs_counters group_counters(const bs_relearner *r, uint32_t layer, uint32_t row, uint32_t top)
{
    bs_counters counters = {r->counters + row * counter_words(&r->one.shape, r->kept_max),
                            bs_words(r->one.shape.width[layer]), bs_planes_for(top)};
    return counters;
}

static void clear_group(const again *a, uint32_t layer, uint32_t rows)
{
    for (uint32_t row = 0; row < rows; row++) {
        bs_counters counters = group_counters(a->r, layer, row, a->active);
        for (size_t w = 0; w < counters.plane_count * counters.words; w++) {
            counters.planes[w] = 0;
        }
        a->r->totals[row] = 0;
    }
}

/* Add one sample to the counters of the rows whose errors stand in two words.
 * nonzero, sign  in  bit `row` belongs to row first + row
 */
static void add_sample(const again *a, uint32_t layer, uint32_t first, uint32_t nonzero,
                       uint32_t sign)
{
    const bs_learner *t = &a->r->one;
    size_t words = bs_words(t->shape.width[layer]);
    const uint32_t *input = bs_slot_input(t, t->slots, layer);
    const uint32_t *weights = t->weights + bs_layer_offset(&t->shape, layer) + first * words;
    for (; nonzero != 0; nonzero &= nonzero - 1u) {
        uint32_t row = bs_lowest_one(nonzero);
        bs_counters counters = group_counters(a->r, layer, row, a->active);
        bs_counters_add(&counters, input, ((sign >> row) & 1u) != 0 ? BS_INVERTED : 0u,
                        weights + row * words);
        a->r->totals[row]++;
    }
}

/* Bits first .. first + rows - 1 of a row; they may straddle two words. */
static uint32_t some_bits(const uint32_t *row, uint32_t first, uint32_t rows)
{
    uint32_t bits = 0;
    for (uint32_t i = rows; i-- > 0;) {
        bits = bits << 1 | bs_bit(row, first + i);
    }
    return bits;
}

/* Errors of some units of the first layer, from those kept of the second: bs_find_errors computes
 * all of them, but by weights of which some rows may be new already. */
static void first_layer_errors(const again *a, const uint32_t *kept, uint32_t first, uint32_t rows,
                               uint32_t *nonzero, uint32_t *sign)
{
    bs_learner *t = &a->r->one;
    bs_shape part = t->shape;
    part.width[1] = rows;
    uint32_t active;
    uint32_t *slot_error = bs_slot_error(t, t->slots, 0);
    uint32_t *second = bs_slot_error(t, t->slots, 1);
    size_t words = bs_words(t->shape.width[0]);
    size_t units = bs_words(t->shape.width[1]);
    uint32_t inside;
    bs_infer_hidden(&part, 0, t->weights + first * words, t->slots, a->rule->layer[0].window,
                    &active, &inside);
    for (size_t w = 0; w < units; w++) {
        slot_error[w] = 0xFFFFFFFFu;
    }
    for (uint32_t w = 1; w < a->r->kept_words; w++) {
        second[w - 1u] = kept[w];
    }
    bs_project_back(t, 1, a->rule, t->slots);
    *nonzero = some_bits(slot_error, first, rows) & inside;
    *sign = some_bits(slot_error + units, first, rows) & *nonzero;
}

/* Sum the gradients of a group of rows over all kept samples. */
static bs_status sum_group(again *a, uint32_t layer, uint32_t first, uint32_t rows)
{
    bs_learner *t = &a->r->one;
    clear_group(a, layer, rows);
    for (uint32_t k = 0; k < a->active; k++) {
        const uint32_t *kept = a->r->kept + (size_t)k * a->r->kept_words;
        uint32_t label;
        uint32_t nonzero;
        uint32_t sign;
        bs_status status = read_into_slot(a, kept[0], &label);
        if (status != BS_OK) {
            return status;
        }
        if (layer == 0) {
            first_layer_errors(a, kept, first, rows, &nonzero, &sign);
        } else {
            bs_learn_tally tally = t->tally;
            bs_find_errors(t, t->slots, label, a->rule);
            t->tally = tally;
            const uint32_t *errors = bs_slot_error(t, t->slots, layer);
            nonzero = some_bits(errors, first, rows);
            sign = some_bits(errors + bs_words(t->shape.width[layer + 1]), first, rows);
        }
        add_sample(a, layer, first, nonzero, sign);
    }
    return BS_OK;
}

/* Update the rows of one layer, group by group.
 * weights  in/out  the layer's rows: the live ones, or their copy
 */
static bs_status update_layer(again *a, uint32_t layer, uint32_t *weights)
{
    bs_learner *t = &a->r->one;
    const bs_layer_rule *rule = &a->rule->layer[layer];
    bs_key key = bs_fold(t->seed, t->step, DOMAIN_LAYER + layer);
    size_t words = bs_words(t->shape.width[layer]);
    uint32_t units = t->shape.width[layer + 1];
    bs_write_init(&t->write, rule->probability_q31); /* checked before */
    for (uint32_t first = 0; first < units; first += a->r->group) {
        uint32_t rows = units - first < a->r->group ? units - first : a->r->group;
        bs_status status = sum_group(a, layer, first, rows);
        if (status != BS_OK) {
            return status;
        }
        for (uint32_t row = 0; row < rows; row++) {
            uint32_t total = a->r->totals[row];
            if (total > rule->row.floor) {
                bs_counters counters = group_counters(a->r, layer, row, a->active);
                bs_pulse_row(t, layer, first + row, rule, key, &counters, total,
                             weights + (first + row) * words);
            }
        }
    }
    return BS_OK;
}

static void copy_words(uint32_t *to, const uint32_t *from, size_t words)
{
    for (size_t w = 0; w < words; w++) {
        to[w] = from[w];
    }
}

/* Layers above the first into their copy, then the first in place, then the copy into place. */
static bs_status update_all(again *a)
{
    bs_learner *t = &a->r->one;
    size_t begin = bs_layer_offset(&t->shape, 1);
    size_t upper = bs_weight_words(&t->shape) - begin;
    copy_words(a->r->upper, t->weights + begin, upper);
    for (uint32_t l = 1; l < t->shape.layer_count; l++) {
        bs_status status =
            update_layer(a, l, a->r->upper + bs_layer_offset(&t->shape, l) - begin);
        if (status != BS_OK) {
            return status;
        }
    }
    bs_status status = update_layer(a, 0, t->weights);
    if (status == BS_OK) {
        copy_words(t->weights + begin, a->r->upper, upper);
    }
    return status;
}

bs_status bs_relearn(bs_relearner *relearner, bs_read_sample read, void *context, uint32_t count,
                     uint32_t *used)
{
    bs_learner *t = &relearner->one;
    if (t->schedule == NULL || count == 0) {
        return BS_ERROR_RANGE;
    }
    again a = {relearner, read, context, bs_current_rule(t), 0};
    bs_status status = keep_active(&a, count < a.rule->batch ? count : a.rule->batch, used);
    if (status == BS_OK && a.active != 0) {
        status = update_all(&a);
    }
    t->step += status == BS_OK;
    return status;
}
