/* AArch64: a panel word is four registers of 4 lanes; ones are counted by bytes. */
#include "bitspin/kernels.h"

#include <arm_neon.h>

#define QUARTERS 4u /* registers that hold the BS_LANES lanes of a panel word */

/* Byte counts grow by at most 8 a word: 31 words fit before they must be widened. */
#define WORDS_PER_WIDENING 31u

/* Ones of each byte of nonzero & (row ^ lanes). */
static inline uint8x16_t differing(const uint32_t *lanes, uint32x4_t row, uint32x4_t nonzero)
{
    uint32x4_t differ = vandq_u32(veorq_u32(vld1q_u32(lanes), row), nonzero);
    return vcntq_u8(vreinterpretq_u8_u32(differ));
}

/* Counts of one row against one panel; `nonzero` is NULL in a binary product. */
static void count_panel(const uint32_t *nonzero, const uint32_t *row, const uint32_t *panel,
                        size_t words, uint16_t *counts)
{
    uint32x4_t sum[QUARTERS] = {vdupq_n_u32(0), vdupq_n_u32(0), vdupq_n_u32(0), vdupq_n_u32(0)};
    for (size_t start = 0; start < words; start += WORDS_PER_WIDENING) {
        size_t stop = words - start < WORDS_PER_WIDENING ? words : start + WORDS_PER_WIDENING;
        uint8x16_t bytes[QUARTERS] = {vdupq_n_u8(0), vdupq_n_u8(0), vdupq_n_u8(0), vdupq_n_u8(0)};
        for (size_t k = start; k < stop; k++) {
            uint32x4_t x = vdupq_n_u32(row[k]);
            uint32x4_t mask = vdupq_n_u32(nonzero == NULL ? 0xFFFFFFFFu : nonzero[k]);
            for (size_t quarter = 0; quarter < QUARTERS; quarter++) {
                const uint32_t *lanes = panel + k * BS_LANES + quarter * 4u;
                bytes[quarter] = vaddq_u8(bytes[quarter], differing(lanes, x, mask));
            }
        }
        for (size_t quarter = 0; quarter < QUARTERS; quarter++) {
            sum[quarter] = vpadalq_u16(sum[quarter], vpaddlq_u8(bytes[quarter]));
        }
    }
    for (size_t quarter = 0; quarter < QUARTERS; quarter++) {
        vst1_u16(counts + quarter * 4u, vmovn_u32(sum[quarter]));
    }
}

static void count_all(const uint32_t *nonzero, const uint32_t *rows, size_t row_count,
                      const uint32_t *panels, size_t panel_count, size_t words, uint16_t *counts,
                      size_t stride)
{
    for (size_t p = 0; p < panel_count; p++) {
        for (size_t r = 0; r < row_count; r++) {
            count_panel(nonzero == NULL ? NULL : nonzero + r * words, rows + r * words,
                        panels + p * words * BS_LANES, words, counts + r * stride + p * BS_LANES);
        }
    }
}

static void bs_neon_count_binary(const uint32_t *rows, size_t row_count, const uint32_t *panels,
                                 size_t panel_count, size_t words, uint16_t *counts, size_t stride,
                                 void *scratch)
{
    (void)scratch;
    count_all(NULL, rows, row_count, panels, panel_count, words, counts, stride);
}

static void bs_neon_count_ternary(const uint32_t *nonzero, const uint32_t *sign, size_t row_count,
                                  const uint32_t *panels, size_t panel_count, size_t words,
                                  uint16_t *counts, size_t stride, void *scratch)
{
    (void)scratch;
    count_all(nonzero, sign, row_count, panels, panel_count, words, counts, stride);
}

/* The rest is cheap enough as the compiler makes it from the definition. */
#define BACKEND(name) bs_neon_##name
#define BACKEND_NAME "neon"
#define BACKEND_HAS_PRODUCTS
#define POPCOUNT(word) __builtin_popcount(word)
#include "kernels_generic.h"
