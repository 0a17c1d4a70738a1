/* One row in a byte: a binary row of any density, or a ternary one.
 *
 * A lane's bytes are 0 and 1. Those of a ternary row are 0 where the entry is zero, else -1 where its
 * sign is set and +1 where it is not; those of a binary row are -2 and 0. Over one reduction that
 * gives
 *
 *     mismatches of a ternary row = ones(sign) + sum of row * lane
 *     mismatches of a binary row = ones(row) + ones(lane) + sum of row * lane
 *
 * because a lane bit of 0 differs from the +1 entries (sign 1), and a lane bit of 1 from the others;
 * in a binary row, two ones that meet are to be taken off twice. (-1 and +1 would do for a binary
 * row, too; but data mostly have few ones, and a product with zero takes so little power that the
 * processor keeps a higher clock.)
 */
#ifndef BITSPIN_AMX_ROWS_H
#define BITSPIN_AMX_ROWS_H

#include "amx_block.h"

static void expand_binary(const uint32_t *bits, size_t row_count, size_t stride, size_t words,
                          amx_scratch *scratch)
{
    const __m512i minus_two = _mm512_set1_epi8(-2);
    for (size_t r = 0; r < row_count; r++) {
        uint64_t ones = 0;
        for (size_t w = 0; w < words; w += STEP_WORDS) {
            uint64_t row = step_bits(bits + r * stride + w, words - w);
            _mm512_store_si512(row_bytes(scratch, r, w / STEP_WORDS, steps_of(words)),
                               _mm512_maskz_mov_epi8(row, minus_two));
            ones += (uint64_t)_mm_popcnt_u64(row);
        }
        set_slot(scratch, r, r, (uint32_t)ones);
    }
}

static void expand_ternary(const uint32_t *nonzero, const uint32_t *sign, size_t row_count,
                           size_t stride, size_t words, amx_scratch *scratch)
{
    const __m512i plus = _mm512_set1_epi8(1);
    const __m512i minus = _mm512_set1_epi8(-1);
    for (size_t r = 0; r < row_count; r++) {
        uint64_t ones = 0;
        for (size_t w = 0; w < words; w += STEP_WORDS) {
            uint64_t entries = step_bits(nonzero + r * stride + w, words - w);
            uint64_t negative = step_bits(sign + r * stride + w, words - w) & entries;
            __m512i bytes = _mm512_maskz_mov_epi8(entries, plus);
            _mm512_store_si512(row_bytes(scratch, r, w / STEP_WORDS, steps_of(words)),
                               _mm512_mask_mov_epi8(bytes, negative, minus));
            ones += (uint64_t)_mm_popcnt_u64(negative);
        }
        set_slot(scratch, r, r, (uint32_t)ones);
    }
}

/* Finish the next tile row. */
BS_INLINE void finish_row(const tile_case is, block_place place, pending_sums *next,
                          amx_scratch *scratch)
{
    __m512i ones = _mm512_set1_epi32((int)scratch->ones[next->slot]);
    put_counts(is, place, next->slot, _mm512_add_epi16(pack_sums(is, next), ones), scratch);
    next->slot += 1;
}

#endif
