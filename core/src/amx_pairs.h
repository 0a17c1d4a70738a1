/* Two rows in a byte: half as many tile instructions for binary rows that have few ones.
 *
 * Of a pair, the first row has 1 in a byte and the second 254. A sum of products is
 *
 *     sum = ones that meet in the first + 254 * ones that meet in the second
 *
 * and both can be told apart while neither row has more than 250 ones. As 254 * 258 = 2^16 - 4,
 *
 *     second = (sum + 4) * 258 >> 16
 *     first  = (sum + 2 * second) mod 256
 *
 * A row that has more ones, or that is left over, makes a pair of its own two halves.
 */
#ifndef BITSPIN_AMX_PAIRS_H
#define BITSPIN_AMX_PAIRS_H

#include "amx_block.h"

enum { SECOND = 254, MOST_ONES = 250, RECIPROCAL = 258, ROUNDING = 4 };

/* The word at which a row is split. */
BS_INLINE size_t middle_word(size_t words)
{
    return words / 2 / STEP_WORDS * STEP_WORDS;
}

BS_INLINE uint32_t count_ones(const uint32_t *row, size_t words)
{
    uint64_t ones = 0;
    for (size_t w = 0; w < words; w += STEP_WORDS) {
        ones += (uint64_t)_mm_popcnt_u64(step_bits(row + w, words - w));
    }
    return (uint32_t)ones;
}

/* Find the rows that share bytes: two slots a pair, those of rows that are split at the end.
 * place    tile_rows, whole_pairs and slots are set
 * returns  0 if too many rows have too many ones for that to be worth while
 */
static int pair_rows(const uint32_t *bits, size_t row_count, size_t stride, size_t words,
                     block_place *place, amx_scratch *scratch)
{
    size_t middle = middle_word(words);
    size_t slots = 0;
    size_t split[MOST_SLOTS - ROW_BLOCK + 1];
    uint32_t split_ones[MOST_SLOTS - ROW_BLOCK + 1];
    size_t split_count = 0;
    for (size_t r = 0; r < row_count; r++) {
        uint32_t head = count_ones(bits + r * stride, middle);
        uint32_t tail = count_ones(bits + r * stride + middle, words - middle);
        if (head + tail <= MOST_ONES) {
            set_slot(scratch, slots++, r, head + tail);
            continue;
        }
        if (head > MOST_ONES || tail > MOST_ONES || 4 * (split_count + 1) > row_count) {
            return 0;
        }
        split[split_count] = r;
        split_ones[split_count++] = head + tail;
    }
    if (slots % 2 != 0) {
        split[split_count] = scratch->row[--slots];
        split_ones[split_count++] = scratch->ones[slots] & 0xFFFFu;
    }
    place->whole_pairs = slots / 2;
    for (size_t i = 0; i < split_count; i++) {
        set_slot(scratch, slots++, NO_ROW, 0);
        set_slot(scratch, slots++, split[i], split_ones[i]);
    }
    place->slots = slots;
    place->tile_rows = slots / 2;
    return 1;
}

static void expand_pairs(const uint32_t *bits, size_t stride, size_t words, block_place place,
                         amx_scratch *scratch)
{
    const __m512i in_first = _mm512_set1_epi8(1);
    const __m512i in_second = _mm512_set1_epi8((char)SECOND);
    for (size_t pair = 0; pair < place.tile_rows; pair++) {
        int is_split = pair >= place.whole_pairs;
        const uint32_t *second = bits + scratch->row[2 * pair + 1] * stride;
        const uint32_t *first = is_split ? second : bits + scratch->row[2 * pair] * stride;
        size_t first_end = is_split ? middle_word(words) : words;
        size_t second_start = is_split ? middle_word(words) : 0;
        for (size_t w = 0; w < words; w += STEP_WORDS) {
            uint64_t a = w < first_end ? step_bits(first + w, words - w) : 0;
            uint64_t b = w >= second_start ? step_bits(second + w, words - w) : 0;
            __m512i bytes = _mm512_maskz_mov_epi8(a, in_first);
            _mm512_store_si512(row_bytes(scratch, pair, w / STEP_WORDS, place.steps),
                               _mm512_mask_add_epi8(bytes, b, bytes, in_second));
        }
    }
}

/* Finish the next tile row. A row's mismatches are the ones of row and lane, less twice those that
 * meet. */
BS_INLINE void finish_pair(const tile_case is, block_place place, pending_sums *next,
                           amx_scratch *scratch)
{
    __m512i sums = pack_sums(is, next);
    __m512i second = _mm512_mulhi_epu16(_mm512_add_epi16(sums, _mm512_set1_epi16(ROUNDING)),
                                        _mm512_set1_epi16(RECIPROCAL));
    __m512i twice_second = _mm512_add_epi16(second, second);
    __m512i first =
        _mm512_and_si512(_mm512_add_epi16(sums, twice_second), _mm512_set1_epi16(0xFF));
    __m512i twice_first = _mm512_add_epi16(first, first);
    if (next->tile_row >= place.whole_pairs) {
        twice_second = _mm512_add_epi16(twice_second, twice_first);
    }
    __m512i ones = _mm512_set1_epi32((int)scratch->ones[next->slot]);
    put_counts(is, place, next->slot, _mm512_sub_epi16(ones, twice_first), scratch);
    ones = _mm512_set1_epi32((int)scratch->ones[next->slot + 1]);
    put_counts(is, place, next->slot + 1, _mm512_sub_epi16(ones, twice_second), scratch);
    next->slot += 2;
}

#endif
