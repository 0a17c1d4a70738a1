/* The kernels in plain C: the definition (`ref`) and, with the processor's own popcount, `popcnt`.
 *
 * Included by one source file per backend, which defines BACKEND(name) and POPCOUNT(word), and
 * BACKEND_HAS_PRODUCTS if it has products of its own.
 */
#include "bitspin/kernels.h"

#ifndef BACKEND_HAS_PRODUCTS
static void BACKEND(count_binary)(const uint32_t *rows, size_t row_count, const uint32_t *panels,
                                  size_t panel_count, size_t words, uint16_t *counts, size_t stride,
                                  void *scratch)
{
    (void)scratch;
    for (size_t r = 0; r < row_count; r++) {
        for (size_t p = 0; p < panel_count; p++) {
            uint32_t sum[BS_LANES] = {0};
            for (size_t k = 0; k < words; k++) {
                const uint32_t *lanes = panels + (p * words + k) * BS_LANES;
                uint32_t x = rows[r * words + k];
                for (size_t lane = 0; lane < BS_LANES; lane++) {
                    sum[lane] += (uint32_t)POPCOUNT(x ^ lanes[lane]);
                }
            }
            for (size_t lane = 0; lane < BS_LANES; lane++) {
                counts[r * stride + p * BS_LANES + lane] = (uint16_t)sum[lane];
            }
        }
    }
}

static void BACKEND(count_ternary)(const uint32_t *nonzero, const uint32_t *sign, size_t row_count,
                                   const uint32_t *panels, size_t panel_count, size_t words,
                                   uint16_t *counts, size_t stride, void *scratch)
{
    (void)scratch;
    for (size_t r = 0; r < row_count; r++) {
        for (size_t p = 0; p < panel_count; p++) {
            uint32_t sum[BS_LANES] = {0};
            for (size_t k = 0; k < words; k++) {
                const uint32_t *lanes = panels + (p * words + k) * BS_LANES;
                uint32_t n = nonzero[r * words + k];
                uint32_t s = sign[r * words + k];
                for (size_t lane = 0; lane < BS_LANES; lane++) {
                    sum[lane] += (uint32_t)POPCOUNT(n & (s ^ lanes[lane]));
                }
            }
            for (size_t lane = 0; lane < BS_LANES; lane++) {
                counts[r * stride + p * BS_LANES + lane] = (uint16_t)sum[lane];
            }
        }
    }
}

#endif

static uint32_t BACKEND(range_bits)(const uint16_t *values, size_t count, uint16_t low,
                                    uint16_t high, uint32_t *bits)
{
    uint32_t set = 0;
    for (size_t w = 0; w < bs_words(count); w++) {
        uint32_t word = 0;
        for (size_t i = w * BS_WORD_BITS; i < count && i < (w + 1) * BS_WORD_BITS; i++) {
            word |= (uint32_t)(low <= values[i] && values[i] <= high) << (i % BS_WORD_BITS);
        }
        bits[w] = word;
        set += (uint32_t)POPCOUNT(word);
    }
    return set;
}

static uint16_t BACKEND(disagreement)(const uint16_t *counts, const uint32_t *weights, size_t count,
                                      uint16_t total, uint16_t *q)
{
    uint16_t largest = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t gradient = (int32_t)total - 2 * (int32_t)counts[i];
        int32_t against = bs_bit(weights, i) ? gradient : -gradient;
        q[i] = (uint16_t)(against > 0 ? against : 0);
        if (q[i] > largest) {
            largest = q[i];
        }
    }
    for (size_t i = count; i < bs_words(count) * BS_WORD_BITS; i++) {
        q[i] = 0;
    }
    return largest;
}

static uint32_t BACKEND(popcount)(const uint32_t *row, size_t words)
{
    uint32_t sum = 0;
    for (size_t w = 0; w < words; w++) {
        sum += (uint32_t)POPCOUNT(row[w]);
    }
    return sum;
}

static uint32_t BACKEND(count_reaching)(const uint16_t *values, size_t count, uint16_t low)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i] >= low;
    }
    return sum;
}

const bs_kernels BACKEND(kernels) = {
    .name = BACKEND_NAME,
    .rows_per_call = 16,
    .scratch_bytes = 0,
    .count_binary = BACKEND(count_binary),
    .compare_binary = NULL,
    .count_ternary = BACKEND(count_ternary),
    .range_bits = BACKEND(range_bits),
    .count_reaching = BACKEND(count_reaching),
    .disagreement = BACKEND(disagreement),
    .transpose = bs_transpose_blocks,
    .flip_ranked = bs_flip_ranked,
    .popcount = BACKEND(popcount),
};
