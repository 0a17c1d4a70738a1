/* Third phase of a step: errors of hidden layers, and everything transposed. */
#include "phases.h"

static uint32_t integer_sqrt(uint32_t value)
{
    uint32_t root = 0;
    for (uint32_t bit = 1u << 15; bit != 0; bit >>= 1) {
        uint32_t trial = root | bit;
        if (trial * trial <= value) {
            root = trial;
        }
    }
    return root;
}

/* The largest |v| that counts as zero, for a back-projection of so many errors. */
static uint32_t dead_zone(const bs_trainer *t, uint32_t layer, uint32_t total)
{
    uint32_t q8 = t->step.layer[layer].dead_zone_q8;
    return integer_sqrt((uint32_t)(((uint64_t)q8 * q8 * total) >> 16));
}

/* Ternary errors of a layer's units from their mismatch counts: the sign of the back-projection
 * v = total - 2 * count, where |v| exceeds the dead zone and the unit is inside its window. */
static void ternarise(const bs_trainer *t, uint32_t layer, const uint16_t *counts, uint32_t total,
                      const uint32_t *window, uint32_t *nonzero, uint32_t *sign)
{
    const bs_kernels *kernels = t->forward.kernels;
    uint32_t units = t->forward.shape.width[layer + 1];
    uint32_t dead = dead_zone(t, layer, total);
    if (total > dead) {
        kernels->range_bits(counts, units, 0, (uint16_t)((total - dead - 1u) / 2u), sign);
        kernels->range_bits(counts, units, (uint16_t)((total + dead) / 2u + 1u), 0xFFFFu, nonzero);
    }
    for (size_t w = 0; w < bs_words(units); w++) {
        uint32_t plus = total > dead ? sign[w] : 0u;
        uint32_t minus = total > dead ? nonzero[w] : 0u;
        nonzero[w] = (plus | minus) & window[w];
        sign[w] = plus & window[w];
    }
}

/* Two planes of ternary errors of a block of samples. */
typedef struct error_block {
    uint32_t *nonzero; /* [BS_BLOCK][words] */
    uint32_t *sign;
} error_block;

/* Whether each sample has two errors: a class and its rival, in a one-hot code. */
static int are_pairs(const bs_trainer *t, error_block errors, uint32_t count, size_t words)
{
    for (uint32_t r = 0; r < count; r++) {
        if (t->forward.kernels->popcount(errors.nonzero + r * words, words) != 2) {
            return 0;
        }
    }
    return 1;
}

/* Ternary errors below a layer from the two above: v is +2 or -2 where both weights pull a unit the
 * same way, else 0, so that their bits say it all. */
static void project_pair(const bs_trainer *t, uint32_t layer, const uint32_t *nonzero_above,
                         const uint32_t *sign_above, const uint32_t *window, uint32_t *nonzero,
                         uint32_t *sign)
{
    const bs_shape *shape = &t->forward.shape;
    size_t words = bs_words(shape->width[layer]);
    const uint32_t *weights = t->weights + bs_layer_offset(shape, layer);
    const uint32_t *row[2] = {weights, weights};
    uint32_t turned[2] = {0, 0};
    uint32_t found = 0;
    for (size_t w = 0; w < bs_words(shape->width[layer + 1]); w++) {
        for (uint32_t rest = nonzero_above[w]; rest != 0; rest &= rest - 1u) {
            size_t output = w * BS_WORD_BITS + bs_lowest_one(rest);
            row[found] = weights + output * words;
            turned[found++] = bs_bit(sign_above, output) ? 0u : 0xFFFFFFFFu;
        }
    }
    uint32_t counts = dead_zone(t, layer - 1u, 2) < 2 ? 0xFFFFFFFFu : 0u;
    for (size_t w = 0; w < words; w++) {
        uint32_t first = row[0][w] ^ turned[0];
        uint32_t second = row[1][w] ^ turned[1];
        nonzero[w] = ~(first ^ second) & counts & window[w];
        sign[w] = first & nonzero[w];
    }
}

static void project_block(bs_trainer *t, uint32_t layer, const uint32_t *samples, uint32_t count,
                          error_block above, error_block below, uint32_t thread)
{
    const bs_shape *shape = &t->forward.shape;
    const bs_kernels *kernels = t->forward.kernels;
    size_t stride = bs_count_stride(shape);
    uint16_t *counts = bs_thread_counts(t, thread);
    size_t above_words = bs_words(shape->width[layer + 1]);
    size_t words = bs_words(shape->width[layer]);
    if (are_pairs(t, above, count, above_words)) {
        for (uint32_t r = 0; r < count; r++) {
            project_pair(t, layer, above.nonzero + r * above_words, above.sign + r * above_words,
                         t->window[layer - 1u] + samples[r] * words, below.nonzero + r * words,
                         below.sign + r * words);
        }
        return;
    }
    uint32_t most = t->forward.chunk;
    for (uint32_t first = 0; first < count; first += most) {
        uint32_t rows = count - first < most ? count - first : most;
        const uint32_t *nonzero = above.nonzero + first * above_words;
        kernels->count_ternary(nonzero, above.sign + first * above_words, rows,
                               t->back_panels[layer], bs_panels(shape->width[layer]), above_words,
                               counts, stride, bs_thread_scratch(t, thread));
        for (uint32_t r = 0; r < rows; r++) {
            size_t at = (first + r) * words;
            ternarise(t, layer - 1u, counts + r * stride,
                      kernels->popcount(nonzero + r * above_words, above_words),
                      t->window[layer - 1u] + samples[first + r] * words, below.nonzero + at,
                      below.sign + at);
        }
    }
}

/* Write a block's errors and inputs of one layer into the transposed batch. */
static void transpose_block(bs_trainer *t, uint32_t layer, const uint32_t *samples, uint32_t count,
                            error_block errors, size_t column)
{
    const bs_shape *shape = &t->forward.shape;
    size_t columns = bs_words(t->active_count);
    size_t in_words = bs_words(shape->width[layer]);
    size_t out_words = bs_words(shape->width[layer + 1]);
    bs_blocks_transpose *transpose = t->forward.kernels->transpose;
    const uint32_t *inputs[BS_BLOCK];
    const uint32_t *nonzero[BS_BLOCK];
    const uint32_t *sign[BS_BLOCK];
    for (uint32_t r = 0; r < count; r++) {
        inputs[r] = t->input[layer] + samples[r] * in_words;
        nonzero[r] = errors.nonzero + r * out_words;
        sign[r] = errors.sign + r * out_words;
    }
    bs_transpose_to_panels(transpose, inputs, count, in_words, t->input_panels[layer],
                           bs_panels(shape->width[layer]), column, columns);
    bs_transpose_to_rows(transpose, nonzero, count, out_words, t->row_nonzero[layer],
                         shape->width[layer + 1], column, columns);
    bs_transpose_to_rows(transpose, sign, count, out_words, t->row_sign[layer],
                         shape->width[layer + 1], column, columns);
}

size_t bs_backward_tasks(const bs_trainer *t)
{
    return bs_words(t->active_count);
}

void bs_backward(bs_trainer *t, size_t task, uint32_t thread)
{
    const bs_shape *shape = &t->forward.shape;
    const uint32_t *samples = t->active + task * BS_BLOCK;
    uint32_t count = t->active_count - (uint32_t)task * BS_BLOCK;
    count = count < BS_BLOCK ? count : BS_BLOCK;
    size_t plane = BS_BLOCK * bs_widest_words(shape);
    uint32_t *block = t->block + (size_t)thread * 4 * plane;
    error_block errors = {block, block + plane};
    error_block spare = {block + 2 * plane, block + 3 * plane};
    size_t code_words = bs_words(shape->width[shape->layer_count]);
    for (uint32_t r = 0; r < count; r++) {
        for (size_t w = 0; w < code_words; w++) {
            errors.nonzero[r * code_words + w] = t->error_nonzero[samples[r] * code_words + w];
            errors.sign[r * code_words + w] = t->error_sign[samples[r] * code_words + w];
        }
    }
    for (uint32_t l = shape->layer_count - 1u;; l--) {
        transpose_block(t, l, samples, count, errors, task);
        if (l == 0) {
            return;
        }
        project_block(t, l, samples, count, errors, spare, thread);
        error_block swap = errors;
        errors = spare;
        spare = swap;
    }
}

