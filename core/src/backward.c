/* Third phase of a step: errors of hidden layers. */
#include "dead_zone.h"
#include "phases.h"

/* Ternary errors of a layer's units from their mismatch counts: the sign of the back-projection
 * v = total - 2 * count, where |v| exceeds the dead zone and the unit is inside its window.
 * nonzero  in/out  the units inside their window; then those of them that have an error
 * minus    out     scratch
 */
static void ternarise(const bs_trainer *t, uint32_t layer, const uint16_t *counts, uint32_t total,
                      uint32_t *nonzero, uint32_t *sign, uint32_t *minus)
{
    const bs_kernels *kernels = t->forward.kernels;
    uint32_t units = t->forward.shape.width[layer + 1];
    uint32_t dead = bs_dead_zone(t->step.layer[layer].dead_zone_q8, total);
    if (total > dead) {
        kernels->range_bits(counts, units, 0, (uint16_t)((total - dead - 1u) / 2u), sign);
        kernels->range_bits(counts, units, (uint16_t)((total + dead) / 2u + 1u), 0xFFFFu, minus);
    }
    for (size_t w = 0; w < bs_words(units); w++) {
        nonzero[w] &= total > dead ? sign[w] | minus[w] : 0u;
        sign[w] = total > dead ? sign[w] & nonzero[w] : 0u;
    }
}

/* Errors of the outputs of a layer, for one sample of the batch: two planes. */
static uint32_t *nonzero_of(const bs_trainer *t, uint32_t layer, uint32_t sample)
{
    return t->error_nonzero[layer] + sample * bs_words(t->forward.shape.width[layer + 1]);
}

static uint32_t *sign_of(const bs_trainer *t, uint32_t layer, uint32_t sample)
{
    return t->error_sign[layer] + sample * bs_words(t->forward.shape.width[layer + 1]);
}

/* Whether each sample has two errors: a class and its rival, in a one-hot code. */
static int are_pairs(const bs_trainer *t, uint32_t layer, const uint32_t *samples, uint32_t count)
{
    size_t words = bs_words(t->forward.shape.width[layer + 1]);
    for (uint32_t r = 0; r < count; r++) {
        if (t->forward.kernels->popcount(nonzero_of(t, layer, samples[r]), words) != 2) {
            return 0;
        }
    }
    return 1;
}

/* Errors below a layer from the two above: v is +2 or -2 where both weights pull a unit the same
 * way, else 0, so that their bits say it all. */
static void project_pair(bs_trainer *t, uint32_t layer, uint32_t sample)
{
    const bs_shape *shape = &t->forward.shape;
    size_t words = bs_words(shape->width[layer]);
    const uint32_t *weights = t->weights + bs_layer_offset(shape, layer);
    const uint32_t *above = nonzero_of(t, layer, sample);
    const uint32_t *row[2] = {weights, weights};
    uint32_t turned[2] = {0, 0};
    uint32_t found = 0;
    for (size_t w = 0; w < bs_words(shape->width[layer + 1]); w++) {
        for (uint32_t rest = above[w]; rest != 0; rest &= rest - 1u) {
            size_t output = w * BS_WORD_BITS + bs_lowest_one(rest);
            row[found] = weights + output * words;
            turned[found++] = bs_bit(sign_of(t, layer, sample), output) ? 0u : 0xFFFFFFFFu;
        }
    }
    uint32_t dead = bs_dead_zone(t->step.layer[layer - 1u].dead_zone_q8, 2);
    uint32_t counts = dead < 2 ? 0xFFFFFFFFu : 0u;
    uint32_t *nonzero = nonzero_of(t, layer - 1u, sample);
    uint32_t *sign = sign_of(t, layer - 1u, sample);
    for (size_t w = 0; w < words; w++) {
        uint32_t first = row[0][w] ^ turned[0];
        uint32_t second = row[1][w] ^ turned[1];
        nonzero[w] &= ~(first ^ second) & counts;
        sign[w] = first & nonzero[w];
    }
}

/* The same for any errors above, by products over their rows, brought together here. */
static void project_rows(bs_trainer *t, uint32_t layer, const uint32_t *samples, uint32_t count,
                         uint32_t thread)
{
    const bs_shape *shape = &t->forward.shape;
    const bs_kernels *kernels = t->forward.kernels;
    size_t stride = bs_count_stride(shape);
    size_t words = bs_words(shape->width[layer + 1]);
    uint16_t *counts = bs_thread_counts(t, thread);
    uint32_t *nonzero = t->block + (size_t)thread * 2 * BS_BLOCK * bs_widest_words(shape);
    uint32_t *sign = nonzero + BS_BLOCK * bs_widest_words(shape);
    uint32_t *minus = t->masks + (size_t)thread * 4 * bs_widest_words(shape);
    for (uint32_t r = 0; r < count; r++) {
        for (size_t w = 0; w < words; w++) {
            nonzero[r * words + w] = nonzero_of(t, layer, samples[r])[w];
            sign[r * words + w] = sign_of(t, layer, samples[r])[w];
        }
    }
    uint32_t most = t->forward.chunk;
    for (uint32_t first = 0; first < count; first += most) {
        uint32_t rows = count - first < most ? count - first : most;
        kernels->count_ternary(nonzero + first * words, sign + first * words, rows,
                               t->back_panels[layer], bs_panels(shape->width[layer]), words,
                               counts, stride, bs_thread_scratch(t, thread));
        for (uint32_t r = 0; r < rows; r++) {
            uint32_t sample = samples[first + r];
            ternarise(t, layer - 1u, counts + r * stride,
                      kernels->popcount(nonzero + (first + r) * words, words),
                      nonzero_of(t, layer - 1u, sample), sign_of(t, layer - 1u, sample), minus);
        }
    }
}

size_t bs_backward_tasks(const bs_trainer *t)
{
    return bs_words(t->active_count);
}

void bs_backward(bs_trainer *t, size_t task, uint32_t thread)
{
    const uint32_t *samples = t->active + task * BS_BLOCK;
    uint32_t count = t->active_count - (uint32_t)task * BS_BLOCK;
    count = count < BS_BLOCK ? count : BS_BLOCK;
    for (uint32_t l = t->forward.shape.layer_count - 1u; l > 0; l--) {
        if (!are_pairs(t, l, samples, count)) {
            project_rows(t, l, samples, count, thread);
            continue;
        }
        for (uint32_t r = 0; r < count; r++) {
            project_pair(t, l, samples[r]);
        }
    }
}
