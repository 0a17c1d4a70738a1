/* Two rows in a byte: half as many tile instructions for binary rows that have few ones.
 *
 * One row of a pair has the lowest bit of a byte, the other the highest. A sum of products is
 *
 *     ones that meet in the low row + 128 * ones that meet in the high row
 *
 * and both can be told apart while the low row has at most 127 ones. So the reduction is taken in
 * two parts, the row with fewer ones is the low one, and where that is not enough kernels_amx.c
 * does it one row in a byte. While the high row has at most 255 ones a part, the sums of both parts
 * together stay within 16 bits: 2 * (127 + 128 * 255) = 65534.
 */
#ifndef BITSPIN_AMX_PAIRS_H
#define BITSPIN_AMX_PAIRS_H

#include "amx_block.h"

enum { HIGH_SHIFT = 7, MOST_LOW = 127, MOST_HIGH = 255 };

/* Pairs of rows: row i of an even tile of rows with row i of the next. */
static size_t pair_count(size_t row_count)
{
    return (row_count + 2 * TILE_ROWS - 1) / (2 * TILE_ROWS) * TILE_ROWS;
}

/* Tile steps of the first part. */
BS_INLINE size_t first_steps(size_t steps)
{
    return steps / PARTS;
}

/* Count the ones of a row, twice in a word. Returns those of the part that has more. */
BS_INLINE unsigned count_ones(const uint32_t *row, size_t words, uint32_t *twice)
{
    size_t middle = first_steps((words + STEP_WORDS - 1) / STEP_WORDS) * STEP_WORDS;
    uint64_t ones[PARTS] = {0};
    for (size_t w = 0; w < words; w += STEP_WORDS) {
        ones[w >= middle] += (uint64_t)_mm_popcnt_u64(step_bits(row + w, words - w));
    }
    *twice = (uint32_t)(ones[0] + ones[1]) * 0x10001u;
    return (unsigned)(ones[0] > ones[1] ? ones[0] : ones[1]);
}

/* Choose the low row of each pair. Returns whether all sums can be told apart; gives up at the
 * first pair for which they cannot. */
static int order_pairs(const uint32_t *bits, size_t row_count, size_t stride, size_t words,
                       amx_scratch *scratch)
{
    for (size_t pair = 0; pair < pair_count(row_count); pair++) {
        size_t row[2];
        unsigned most[2] = {0, 0}; /* a row that is missing has no ones */
        row[0] = pair / TILE_ROWS * 2 * TILE_ROWS + pair % TILE_ROWS;
        row[1] = row[0] + TILE_ROWS;
        for (size_t i = 0; i < 2; i++) {
            scratch->ones[row[i]] = 0;
            if (row[i] < row_count) {
                most[i] = count_ones(bits + row[i] * stride, words, &scratch->ones[row[i]]);
            }
        }
        size_t low = most[1] < most[0] ? 1 : 0;
        if (most[low] > MOST_LOW || most[1 - low] > MOST_HIGH) {
            return 0;
        }
        scratch->low_row[pair] = (uint16_t)row[low];
        scratch->high_row[pair] = (uint16_t)row[1 - low];
    }
    return 1;
}

/* Bytes of a block of pairs. */
static void expand_pairs(const uint32_t *bits, size_t row_count, size_t stride, size_t words,
                         amx_scratch *scratch)
{
    const __m512i low_one = _mm512_set1_epi8(1);
    const __m512i high_one = _mm512_set1_epi8((char)(1 << HIGH_SHIFT));
    for (size_t pair = 0; pair < pair_count(row_count); pair++) {
        size_t low = scratch->low_row[pair];
        size_t high = scratch->high_row[pair];
        for (size_t w = 0; w < words; w += STEP_WORDS) {
            uint64_t in_low =
                low < row_count ? step_bits(bits + low * stride + w, words - w) : 0;
            uint64_t in_high =
                high < row_count ? step_bits(bits + high * stride + w, words - w) : 0;
            __m512i bytes = _mm512_maskz_mov_epi8(in_low, low_one);
            _mm512_store_si512(
                scratch->rows[pair / TILE_ROWS][w / STEP_WORDS][pair % TILE_ROWS],
                _mm512_mask_add_epi8(bytes, in_high, bytes, high_one));
        }
    }
}

/* Counts of a row from the ones that meet: those of row and lane, less twice these. */
BS_INLINE __m512i counts_of(block_place place, size_t row, __m512i meeting,
                            const amx_scratch *scratch)
{
    __m512i ones = _mm512_set1_epi32((int)scratch->ones[row]);
    return _mm512_sub_epi16(place.start,
                            _mm512_sub_epi16(_mm512_add_epi16(meeting, meeting), ones));
}

/* Finish pairs `due` of those that are pending; of.row counts pairs. */
BS_INLINE void finish_pairs(const size_t ranges, block_place place, pending_rows of, share due,
                            amx_scratch *scratch)
{
    const __m512i low_bits = _mm512_set1_epi16(MOST_LOW);
    for (size_t i = due.from; i < due.to; i++) {
        __m512i first = row_sums(scratch->sums[of.side][0][i / TILE_ROWS], i % TILE_ROWS);
        __m512i second = row_sums(scratch->sums[of.side][1][i / TILE_ROWS], i % TILE_ROWS);
        __m512i low = _mm512_add_epi16(_mm512_and_si512(first, low_bits),
                                       _mm512_and_si512(second, low_bits));
        __m512i high = _mm512_srli_epi16(
            _mm512_sub_epi16(_mm512_add_epi16(first, second), low), HIGH_SHIFT);
        size_t low_row = scratch->low_row[of.row + i];
        size_t high_row = scratch->high_row[of.row + i];
        put_counts(ranges, place, low_row, counts_of(place, low_row, low, scratch), scratch);
        put_counts(ranges, place, high_row, counts_of(place, high_row, high, scratch), scratch);
    }
}

/* One part of the sums of rows x panels tiles (1 or 2 each), steps `first` .. `end` - 1. */
BS_INLINE void multiply_part(const int rows, const int panels, const size_t ranges, size_t tile,
                             size_t first, size_t end, block_place place, pending_rows before,
                             amx_scratch *scratch)
{
    clear_sums();
    for (size_t k = first; k < end; k++) {
        load_step(rows, panels, scratch, tile, k);
        _tile_dpbuud(0, 4, 6);
        if (panels == 2) {
            _tile_dpbuud(1, 4, 7);
        }
        if (rows == 2) {
            _tile_dpbuud(2, 5, 6);
            if (panels == 2) {
                _tile_dpbuud(3, 5, 7);
            }
        }
        finish_pairs(ranges, place, before, share_of(before.count, k - first, end - first),
                     scratch);
    }
}

/* Sums of rows x panels tiles (1 or 2 each), from tile row `tile` of the expanded pairs. While the
 * tiles are busy with the second part, the pairs before are finished: by then their sums have long
 * been stored. */
BS_INLINE void multiply_pairs(const int rows, const int panels, const size_t ranges, size_t tile,
                              block_place place, size_t side, pending_rows before,
                              amx_scratch *scratch)
{
    const pending_rows nothing = {0, 0, 0};
    size_t middle = first_steps(place.steps);
    multiply_part(rows, panels, ranges, tile, 0, middle, place, nothing, scratch);
    store_sums(rows, panels, scratch->sums[side][0]);
    multiply_part(rows, panels, ranges, tile, middle, place.steps, place, before, scratch);
    store_sums(rows, panels, scratch->sums[side][1]);
}

/* A pair of panels (or one) against all expanded pairs. */
BS_INLINE void sweep_pair_tiles(const int panels, const size_t ranges, block_place place,
                                amx_scratch *scratch)
{
    pending_rows before = {0, 0, 0};
    size_t pairs = pair_count(place.rows);
    for (size_t pair = 0; pair < pairs; pair += 2 * TILE_ROWS) {
        size_t count = pairs - pair < 2 * TILE_ROWS ? pairs - pair : 2 * TILE_ROWS;
        pending_rows now = {pair, count, !before.side};
        if (count > TILE_ROWS) {
            multiply_pairs(2, panels, ranges, pair / TILE_ROWS, place, now.side, before, scratch);
        } else {
            multiply_pairs(1, panels, ranges, pair / TILE_ROWS, place, now.side, before, scratch);
        }
        before = now;
    }
    share all = {0, before.count};
    finish_pairs(ranges, place, before, all, scratch);
}

#endif
