/* A block of a product on matrix tiles: the bytes that it is made of, where it lies, and where its
 * counts go. Included by kernels_amx.c and its other parts alone.
 */
#ifndef BITSPIN_AMX_BLOCK_H
#define BITSPIN_AMX_BLOCK_H

#include "kernels_avx512.h"

#include <immintrin.h>

#define TILE_ROWS 16u
#define TILE_BYTES 64u
#define STEP_WORDS (TILE_BYTES / BS_WORD_BITS)
#define BLOCK_STEPS 16u
#define BLOCK_WORDS (BLOCK_STEPS * STEP_WORDS)
#define ROW_BLOCK 512u
#define PANEL_PAIR 2u
#define BITS_WORDS 16u
#define MOST_SLOTS (ROW_BLOCK / 4 * 5)
#define NO_ROW 0xFFFFu

typedef uint8_t tile_bytes[TILE_ROWS][TILE_BYTES];

/* Tiles lie in the order in which they are multiplied: of two tiles of rows, or of two panels, one
 * step of the reduction after the other. Counts have slots, in the order in which they are finished:
 * one for each tile row, or two if two rows share its bytes (amx_pairs.h). */
typedef struct amx_scratch {
    tile_bytes rows[ROW_BLOCK / TILE_ROWS * BLOCK_STEPS];
    tile_bytes lanes[PANEL_PAIR * BLOCK_STEPS];
    int32_t sums[PANEL_PAIR][2 * TILE_ROWS][BS_LANES];
    /* Comparisons of BITS_WORDS panel pairs, to be written a whole cache line a row. */
    uint32_t bits[BS_MAX_RANGES][BITS_WORDS][MOST_SLOTS];
    /* Of the slot's row, twice in a word: to broadcast 32 bits costs less than to broadcast 16. */
    uint32_t ones[MOST_SLOTS];
    uint16_t row[MOST_SLOTS]; /* NO_ROW for counts that are not to be kept */
} amx_scratch;

/* Where the counts of a block's rows go. */
typedef struct amx_output {
    uint16_t *counts;
    size_t stride;
    const bs_range *ranges; /* NULL if the counts themselves are wanted */
    size_t range_count;
    size_t width; /* outputs, with ranges */
    size_t row;   /* first row, with ranges */
} amx_output;

/* What of the product is being multiplied. It is passed by value: no store of a result can be one to
 * it, and the compiler knows that. */
typedef struct block_place {
    amx_output to;
    int is_first; /* of the blocks of the reduction */
    int is_last;
    size_t steps;
    size_t tile_rows;
    size_t slots;
    size_t whole_pairs; /* tile rows that two rows share; behind them, a row's two halves do */
    size_t panel;       /* first of a pair */
    size_t panels;
    __m512i start;                /* what all counts of the pair's lanes begin with */
    __m512i above[BS_MAX_RANGES]; /* the same, less the low end of each range, */
    __m512i most[BS_MAX_RANGES];  /* and how far above it a count may lie */
} block_place;

/* What the compiler is to make a loop of its own for. */
typedef struct tile_case {
    int rows;      /* tiles of rows, 1 or 2 */
    int panels;    /* 1 or 2 */
    int is_paired; /* whether two rows share their bytes */
    size_t ranges; /* 0 to 2 */
} tile_case;

/* The 64 bits of a tile step; `words` of the row are left. */
BS_INLINE uint64_t step_bits(const uint32_t *row, size_t words)
{
    return words > 1 ? (uint64_t)row[1] << 32 | row[0] : row[0];
}

BS_INLINE size_t steps_of(size_t words)
{
    return (words + STEP_WORDS - 1) / STEP_WORDS;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* The bytes of a tile row in a step. */
BS_INLINE uint8_t *row_bytes(amx_scratch *scratch, size_t tile_row, size_t step, size_t steps)
{
    size_t tile = tile_row / TILE_ROWS;
    return scratch->rows[(tile / 2 * steps + step) * 2 + tile % 2][tile_row % TILE_ROWS];
}

BS_INLINE void set_slot(amx_scratch *scratch, size_t slot, size_t row, uint32_t ones)
{
    scratch->row[slot] = (uint16_t)row;
    scratch->ones[slot] = ones * 0x10001u;
}

/* ---- panels ---------------------------------------------------------------------------------- */

/* A pair of panels (or one) that is being expanded, word by word. */
typedef struct pending_panels {
    const uint32_t *bits; /* of the next word */
    size_t stride;        /* words from one panel to the next */
    size_t panels;
    size_t word;
    size_t end;
    __m512i ones[PANEL_PAIR]; /* of each lane, up to the next word */
} pending_panels;

/* Bytes of a word of 16 lanes: row g of a tile holds places 4 g .. 4 g + 3 of each lane. */
BS_INLINE void expand_word(__m512i bits, uint8_t (*rows)[TILE_BYTES])
{
    const __m512i one = _mm512_set1_epi8(1);
    /* Which bit of its lane pair (64 bits) each byte takes, for the first group of four places. */
    const __m512i first = _mm512_set1_epi64(0x2322212003020100);
    for (int g = 0; g < 8; g++) {
        __m512i place = _mm512_add_epi8(first, _mm512_set1_epi8((char)(4 * g)));
        __m512i bytes = _mm512_multishift_epi64_epi8(place, bits);
        _mm512_store_si512(rows[g], _mm512_and_si512(bytes, one));
    }
}

/* Expand the next word. Of two panels each tile gets four lanes in turn: packing sums to 16 bits
 * brings them together (pack_sums). */
BS_INLINE void expand_next(pending_panels *next, amx_scratch *scratch)
{
    tile_bytes *tile = scratch->lanes + next->word / STEP_WORDS * PANEL_PAIR;
    size_t row = next->word % STEP_WORDS * (TILE_ROWS / STEP_WORDS);
    __m512i first = _mm512_loadu_si512(next->bits);
    next->ones[0] = _mm512_add_epi32(next->ones[0], _mm512_popcnt_epi32(first));
    if (next->panels == 1) {
        expand_word(first, tile[0] + row);
    } else {
        __m512i second = _mm512_loadu_si512(next->bits + next->stride);
        next->ones[1] = _mm512_add_epi32(next->ones[1], _mm512_popcnt_epi32(second));
        expand_word(_mm512_shuffle_i32x4(first, second, 0x88), tile[0] + row);
        expand_word(_mm512_shuffle_i32x4(first, second, 0xDD), tile[1] + row);
    }
    next->bits += BS_LANES;
    next->word++;
}

/* Expand what is left. Returns the ones of each lane. */
static __m512i expand_rest(pending_panels *next, amx_scratch *scratch)
{
    while (next->word < next->end) {
        expand_next(next, scratch);
    }
    for (size_t i = 0; i < next->panels && next->end % STEP_WORDS != 0; i++) {
        for (size_t g = TILE_ROWS / STEP_WORDS; g < TILE_ROWS; g++) {
            _mm512_store_si512(scratch->lanes[next->end / STEP_WORDS * PANEL_PAIR + i][g],
                               _mm512_setzero_si512());
        }
    }
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi32_epi16(next->ones[0])),
                              _mm512_cvtepi32_epi16(next->ones[1]), 1);
}

/* ---- counts ---------------------------------------------------------------------------------- */

/* Sums that have been multiplied, and are still to be finished. */
typedef struct pending_sums {
    int32_t (*sums)[BS_LANES]; /* of the next tile row */
    size_t tile_row;
    size_t end;
    size_t slot;
} pending_sums;

/* The sums of the next tile row over all panels in 16 bits, of which none may be out of range. */
BS_INLINE __m512i pack_sums(const tile_case is, const pending_sums *next)
{
    __m512i sums = _mm512_load_si512(next->sums[0]);
    if (is.panels == 1) {
        return _mm512_zextsi256_si512(_mm512_cvtepi32_epi16(sums));
    }
    __m512i second = _mm512_load_si512(next->sums[2 * TILE_ROWS]);
    return is.is_paired ? _mm512_packus_epi32(sums, second) : _mm512_packs_epi32(sums, second);
}

/* What a row adds to the counts that its lanes begin with: bring it to the counts of the blocks
 * before; or, with ranges, say which of the counts lie in each. */
BS_INLINE void put_counts(const tile_case is, block_place place, size_t slot, __m512i counts,
                          amx_scratch *scratch)
{
    if (!place.is_first || is.ranges == 0) {
        int is_kept = scratch->row[slot] != NO_ROW;
        size_t row = is_kept ? scratch->row[slot] : 0;
        __mmask32 used = is.panels == PANEL_PAIR ? 0xFFFFFFFFu : 0xFFFFu;
        used = is_kept ? used : 0;
        uint16_t *at = place.to.counts + row * place.to.stride + place.panel * BS_LANES;
        if (!place.is_first) {
            counts = _mm512_add_epi16(counts, _mm512_maskz_loadu_epi16(used, at));
        }
        if (is.ranges == 0) {
            _mm512_mask_storeu_epi16(at, used, _mm512_add_epi16(counts, place.start));
        }
    }
    BS_UNROLL
    for (size_t i = 0; i < is.ranges; i++) {
        scratch->bits[i][place.panel / PANEL_PAIR % BITS_WORDS][slot] =
            _mm512_cmple_epu16_mask(_mm512_add_epi16(counts, place.above[i]), place.most[i]);
    }
}

/* Bring the comparisons of the last panel pairs, up to this one, to their rows. */
static void write_bits(block_place place, const amx_scratch *scratch)
{
    amx_output to = place.to;
    size_t words = bs_words(to.width);
    size_t last = place.panel / PANEL_PAIR;
    size_t first = last / BITS_WORDS * BITS_WORDS;
    size_t count = last + 1 - first;
    uint32_t tail = last + 1 == words ? bs_tail_mask(to.width) : 0xFFFFFFFFu;
    __mmask16 used = (__mmask16)(0xFFFFu >> (BITS_WORDS - count));
    __m512i clear = _mm512_maskz_set1_epi32((__mmask16)(1u << (count - 1)), (int)~tail);
    for (size_t i = 0; i < to.range_count; i++) {
        uint32_t *bits = to.ranges[i].bits + to.row * words + first;
        for (size_t slot = 0; slot < place.slots; slot += TILE_ROWS) {
            __m512i line[BITS_WORDS];
            for (size_t w = 0; w < BITS_WORDS; w++) {
                line[w] = _mm512_load_si512(&scratch->bits[i][w][slot]);
            }
            transpose_words(line);
            size_t slots = place.slots - slot < TILE_ROWS ? place.slots - slot : TILE_ROWS;
            for (size_t s = 0; s < slots; s++) {
                size_t row = scratch->row[slot + s];
                if (row != NO_ROW) {
                    _mm512_mask_storeu_epi32(bits + row * words, used,
                                             _mm512_andnot_si512(clear, line[s]));
                }
            }
        }
    }
}

#endif
