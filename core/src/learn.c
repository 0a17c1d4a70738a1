#include "bitspin/learn.h"

#include "bitspin/sliced_row.h"
#include "dead_zone.h"
#include "learner.h"

/* ---- layout ---------------------------------------------------------------------------------- */

uint32_t *bs_slot_input(const bs_learner *t, uint32_t *slot, uint32_t layer)
{
    for (uint32_t l = 0; l < layer; l++) {
        slot += bs_words(t->shape.width[l]);
    }
    return slot;
}

uint32_t *bs_slot_error(const bs_learner *t, uint32_t *slot, uint32_t layer)
{
    slot = bs_slot_input(t, slot, t->shape.layer_count);
    for (uint32_t l = 0; l < layer; l++) {
        slot += 2u * bs_words(t->shape.width[l + 1]);
    }
    return slot;
}

static size_t slot_words(const bs_shape *shape)
{
    size_t words = 0;
    for (uint32_t l = 0; l < shape->layer_count; l++) {
        words += bs_words(shape->width[l]) + 2u * bs_words(shape->width[l + 1]);
    }
    return words;
}

/* Entries of the list of rows: kept samples, or outputs of a layer above a hidden one. */
static uint32_t choices(const bs_shape *shape, uint32_t capacity)
{
    uint32_t most = capacity;
    for (uint32_t l = 1; l < shape->layer_count; l++) {
        most = shape->width[l + 1] > most ? shape->width[l + 1] : most;
    }
    return most;
}

/* Words of the bit-sliced counters, for gradients and for back-projections. */
static size_t plane_words(const bs_shape *shape, uint32_t capacity)
{
    size_t most = 0;
    for (uint32_t l = 0; l < shape->layer_count; l++) {
        uint32_t above = l == 0 ? 0 : shape->width[l + 1];
        uint32_t largest = capacity > above ? capacity : above;
        size_t words = bs_planes_for(largest) * bs_words(shape->width[l]);
        most = words > most ? words : most;
    }
    return most;
}

size_t bs_learner_bytes(const bs_shape *shape, uint32_t capacity)
{
    if (bs_shape_check(shape) != BS_OK || capacity == 0 || capacity > BS_MAX_WIDTH) {
        return 0;
    }
    size_t words = capacity * slot_words(shape) + plane_words(shape, capacity) +
                   2u * bs_widest_input(shape) + bs_output_scratch_words(shape) +
                   (choices(shape, capacity) + 1u) / 2u;
    return words * sizeof(uint32_t);
}

bs_status bs_learner_init(bs_learner *learner, void *memory, size_t bytes, const bs_shape *shape,
                          uint32_t capacity, bs_key seed, const uint32_t *code, uint32_t *weights)
{
    static const bs_learn_tally nothing = {0, 0, 0, 0, 0};
    size_t needed = bs_learner_bytes(shape, capacity);
    if (needed == 0) {
        return BS_ERROR_SHAPE;
    }
    if (memory == NULL || bytes < needed || (uintptr_t)memory % sizeof(uint32_t) != 0) {
        return BS_ERROR_MEMORY;
    }
    learner->shape = *shape;
    learner->seed = seed;
    learner->code = code;
    learner->weights = weights;
    learner->capacity = capacity;
    learner->schedule = NULL;
    learner->schedule_length = 0;
    learner->step = 0;
    learner->seen = 0;
    learner->stored = 0;
    learner->tally = nothing;
    learner->slot_words = slot_words(shape);
    learner->slots = memory;
    learner->planes = learner->slots + capacity * learner->slot_words;
    learner->masks = learner->planes + plane_words(shape, capacity);
    uint32_t *output = learner->masks + 2u * bs_widest_input(shape);
    learner->output = bs_output_scratch_at(shape, output);
    learner->chosen = (uint16_t *)(output + bs_output_scratch_words(shape));
    return BS_OK;
}

/* ---- the rule -------------------------------------------------------------------------------- */

static bs_status check_rule(const bs_learner *t, const bs_learn_rule *rule)
{
    if (rule->batch == 0 || rule->batch > BS_MAX_WIDTH || rule->margin < 0) {
        return BS_ERROR_RANGE;
    }
    for (uint32_t l = 0; l < t->shape.layer_count; l++) {
        if (rule->layer[l].probability_q31 > BS_PROBABILITY_ONE ||
            rule->layer[l].dead_zone_q8 > 64u * 256u) {
            return BS_ERROR_RANGE;
        }
    }
    return BS_OK;
}

bs_status bs_learner_follow(bs_learner *learner, const bs_learn_rule *schedule, uint32_t length)
{
    if (length == 0 || schedule[0].from_step != 0) {
        return BS_ERROR_RANGE;
    }
    for (uint32_t i = 0; i < length; i++) {
        if ((i != 0 && schedule[i].from_step <= schedule[i - 1u].from_step) ||
            check_rule(learner, &schedule[i]) != BS_OK) {
            return BS_ERROR_RANGE;
        }
    }
    learner->schedule = schedule;
    learner->schedule_length = length;
    learner->seen = 0;
    learner->stored = 0;
    return BS_OK;
}

const bs_learn_rule *bs_current_rule(const bs_learner *t)
{
    uint32_t i = t->schedule_length - 1u;
    while (t->schedule[i].from_step > t->step) {
        i--;
    }
    return &t->schedule[i];
}

/* ---- forward --------------------------------------------------------------------------------- */

/* Walk one sample through the layers, into a slot and the output scratch. With a rule, the units
 * inside their window are marked where their errors will stand. */
static void forward(bs_learner *t, const uint32_t *input, uint32_t *slot, const bs_learn_rule *rule)
{
    const bs_shape *shape = &t->shape;
    const uint32_t *weights = t->weights;
    for (uint32_t l = 0; l + 1u < shape->layer_count; l++) {
        uint32_t *active = bs_slot_input(t, slot, l + 1u);
        bs_infer_hidden(shape, l, weights, input, rule == NULL ? 0 : rule->layer[l].window, active,
                        rule == NULL ? NULL : bs_slot_error(t, slot, l));
        weights += shape->width[l + 1] * bs_words(shape->width[l]);
        input = active;
    }
    bs_infer_output(shape, weights, t->code, input, &t->output);
}

/* ---- errors ---------------------------------------------------------------------------------- */

/* Push the code bits in which the true class and its strongest rival differ, if the lead is short.
 * Returns whether there is an error. */
static int rival_errors(const bs_learner *t, uint32_t label, uint32_t rival, int32_t margin,
                        uint32_t *nonzero, uint32_t *sign)
{
    size_t words = bs_words(t->shape.width[t->shape.layer_count]);
    const uint32_t *target = t->code + label * words;
    const uint32_t *other = t->code + rival * words;
    if (t->output.scores[label] - t->output.scores[rival] >= margin) {
        return 0;
    }
    for (size_t w = 0; w < words; w++) {
        nonzero[w] = target[w] ^ other[w];
        sign[w] = nonzero[w] & other[w];
    }
    return 1;
}

/* Push each code bit by itself. Returns whether there is an error. */
static int independent_errors(const bs_learner *t, uint32_t label, int32_t margin,
                              uint32_t *nonzero, uint32_t *sign)
{
    uint32_t length = t->shape.width[t->shape.layer_count];
    size_t words = bs_words(length);
    const uint32_t *target = t->code + label * words;
    uint32_t any = 0;
    for (size_t w = 0; w < words; w++) {
        nonzero[w] = 0;
    }
    for (uint32_t i = 0; i < length; i++) {
        int32_t sum = t->output.sums[i];
        uint32_t wrong = (bs_bit(target, i) ? sum : -sum) < margin;
        nonzero[i / BS_WORD_BITS] |= wrong << (i % BS_WORD_BITS);
        any |= wrong;
    }
    for (size_t w = 0; w < words; w++) {
        sign[w] = nonzero[w] & ~target[w];
    }
    return any != 0;
}

/* Errors of the outputs; counts the sample. Returns whether there are any. */
static int output_errors(bs_learner *t, uint32_t label, const bs_learn_rule *rule, uint32_t *slot)
{
    const bs_shape *shape = &t->shape;
    const int32_t *scores = t->output.scores;
    uint32_t *nonzero = bs_slot_error(t, slot, shape->layer_count - 1u);
    uint32_t *sign = nonzero + bs_words(shape->width[shape->layer_count]);
    uint32_t rival = bs_best_class(shape, scores, label);
    int any = rule->error == BS_ERROR_RIVAL
                  ? rival_errors(t, label, rival, rule->margin, nonzero, sign)
                  : independent_errors(t, label, rule->margin, nonzero, sign);
    int right = scores[label] > scores[rival] || (scores[label] == scores[rival] && label < rival);
    t->tally.samples++;
    t->tally.correct += (uint32_t)right;
    t->tally.active += (uint32_t)any;
    return any;
}

/* List the nonzero entries of a ternary row, marking those of the wanted sign. */
static uint32_t list_nonzero(const uint32_t *nonzero, const uint32_t *sign, uint32_t entries,
                             uint32_t marked_sign, uint16_t *chosen)
{
    uint32_t count = 0;
    for (size_t w = 0; w < bs_words(entries); w++) {
        for (uint32_t rest = nonzero[w]; rest != 0; rest &= rest - 1u) {
            uint32_t i = bs_lowest_one(rest);
            uint32_t marked = ((sign[w] >> i) & 1u) == marked_sign ? BS_INVERTED : 0u;
            chosen[count++] = (uint16_t)((w * BS_WORD_BITS + i) | marked);
        }
    }
    return count;
}

/* Each counter holds the terms of +1 of one back-projection v = 2 * counter - total; v counts where
 * |v| exceeds the dead zone and the unit is inside its window. */
void bs_project_back(bs_learner *t, uint32_t above, const bs_learn_rule *rule, uint32_t *slot)
{
    const bs_shape *shape = &t->shape;
    size_t words = bs_words(shape->width[above]);
    const uint32_t *error = bs_slot_error(t, slot, above);
    uint32_t outputs = shape->width[above + 1];
    uint32_t *nonzero = bs_slot_error(t, slot, above - 1u);
    uint32_t *sign = nonzero + words;
    uint32_t total = list_nonzero(error, error + bs_words(outputs), outputs, 0, t->chosen);
    uint32_t dead = bs_dead_zone(rule->layer[above - 1u].dead_zone_q8, total);
    if (total <= dead) {
        for (size_t w = 0; w < 2u * words; w++) {
            nonzero[w] = 0;
        }
        return;
    }
    bs_counters counters = {t->planes, words, bs_planes_for(total)};
    bs_counters_sum(&counters, t->weights + bs_layer_offset(shape, above), words, t->chosen, total,
                    NULL);
    uint32_t *not_minus = t->masks;
    bs_counters_reach(&counters, (total + dead) / 2u + 1u, sign);
    bs_counters_reach(&counters, (total - dead + 1u) / 2u, not_minus);
    for (size_t w = 0; w < words; w++) {
        nonzero[w] &= sign[w] | ~not_minus[w];
        sign[w] &= nonzero[w];
    }
}

/* ---- update ---------------------------------------------------------------------------------- */

/* List the stored samples that have an error at one output; the gradient of a cell disagrees with
 * its bit where input XOR weight XOR sign has a one. */
static uint32_t list_samples(bs_learner *t, uint32_t layer, uint32_t row)
{
    size_t sign_at = bs_words(t->shape.width[layer + 1]);
    const uint32_t *error = bs_slot_error(t, t->slots, layer) + row / BS_WORD_BITS;
    uint32_t bit = row % BS_WORD_BITS;
    uint32_t count = 0;
    for (uint32_t s = 0; s < t->stored; s++) {
        if (((error[0] >> bit) & 1u) != 0) {
            uint32_t inverted = ((error[sign_at] >> bit) & 1u) != 0 ? BS_INVERTED : 0u;
            t->chosen[count++] = (uint16_t)(s | inverted);
        }
        error += t->slot_words;
    }
    return count;
}

void bs_pulse_row(bs_learner *t, uint32_t layer, uint32_t row, const bs_layer_rule *rule,
                  bs_key layer_key, bs_counters *counters, uint32_t total, uint32_t *weights)
{
    uint32_t cells = t->shape.width[layer];
    bs_stream stream = bs_stream_of(bs_fold(layer_key, row, DOMAIN_ROW));
    uint32_t *pulses = t->masks;
    uint32_t sent = bs_select_sliced(counters, cells, total, rule->row, &stream, pulses,
                                     t->masks + bs_widest_input(&t->shape));
    if (sent != 0) {
        t->tally.pulses += sent;
        t->tally.flips += bs_write_pulses(&t->write, &stream, pulses, bs_words(cells), weights);
    }
}

/* Pulse the cells of one row that its gradient disagrees with most. */
static void update_row(bs_learner *t, uint32_t layer, uint32_t row, const bs_layer_rule *rule,
                       bs_key layer_key, uint32_t *weights)
{
    size_t words = bs_words(t->shape.width[layer]);
    uint32_t total = list_samples(t, layer, row);
    if (total <= rule->row.floor) {
        return; /* no |gradient| can exceed the number of its terms */
    }
    bs_counters counters = {t->planes, words, bs_planes_for(total)};
    bs_counters_sum(&counters, bs_slot_input(t, t->slots, layer), t->slot_words, t->chosen, total,
                    weights);
    bs_pulse_row(t, layer, row, rule, layer_key, &counters, total, weights);
}

void bs_learner_update(bs_learner *learner)
{
    if (learner->seen == 0) {
        return;
    }
    const bs_learn_rule *rule = bs_current_rule(learner);
    uint32_t *weights = learner->weights;
    for (uint32_t l = 0; l < learner->shape.layer_count && learner->stored != 0; l++) {
        bs_key key = bs_fold(learner->seed, learner->step, DOMAIN_LAYER + l);
        bs_write_init(&learner->write, rule->layer[l].probability_q31); /* checked before */
        for (uint32_t row = 0; row < learner->shape.width[l + 1]; row++) {
            update_row(learner, l, row, &rule->layer[l], key, weights);
            weights += bs_words(learner->shape.width[l]);
        }
    }
    learner->step++;
    learner->seen = 0;
    learner->stored = 0;
}

int bs_find_errors(bs_learner *t, uint32_t *slot, uint32_t label, const bs_learn_rule *rule)
{
    forward(t, slot, slot, rule);
    int any = output_errors(t, label, rule, slot);
    for (uint32_t l = t->shape.layer_count - 1u; l > 0 && any; l--) {
        bs_project_back(t, l, rule, slot);
    }
    return any;
}

/* ---- the door -------------------------------------------------------------------------------- */

bs_status bs_learn(bs_learner *learner, const uint32_t *input, uint32_t label)
{
    if (label >= learner->shape.class_count) {
        return BS_ERROR_LABEL;
    }
    if (learner->schedule == NULL) {
        return BS_ERROR_RANGE;
    }
    const bs_learn_rule *rule = bs_current_rule(learner);
    uint32_t *slot = learner->slots + learner->stored * learner->slot_words;
    for (size_t w = 0; w < bs_words(learner->shape.width[0]); w++) {
        slot[w] = input[w];
    }
    learner->seen++;
    learner->stored += (uint32_t)bs_find_errors(learner, slot, label, rule);
    if (learner->seen == rule->batch || learner->stored == learner->capacity) {
        bs_learner_update(learner);
    }
    return BS_OK;
}

uint32_t bs_learner_predict(bs_learner *learner, const uint32_t *input)
{
    forward(learner, input, learner->slots + learner->stored * learner->slot_words, NULL);
    return bs_best_class(&learner->shape, learner->output.scores, learner->shape.class_count);
}
