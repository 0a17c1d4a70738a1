/* A block of a product on matrix tiles: where it lies, the bytes that it is made of, and where its
 * counts go. Included by kernels_amx.c alone.
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
#define PARTS 2u /* of the reduction, where a byte holds two rows: see amx_pairs.h */

enum { TILE_STRIDE = TILE_BYTES, SUM_STRIDE = BS_LANES * sizeof(int32_t) };

typedef struct amx_scratch {
    uint8_t rows[ROW_BLOCK / TILE_ROWS][BLOCK_STEPS][TILE_ROWS][TILE_BYTES];
    uint8_t lanes[PANEL_PAIR][BLOCK_STEPS][TILE_ROWS][TILE_BYTES];
    /* Two sets, one to be filled while the other is finished, each of two tile rows. */
    int32_t sums[2][PARTS][2][PANEL_PAIR][TILE_ROWS][BS_LANES];
    /* Twice in a word: to broadcast 32 bits costs less than to broadcast 16. */
    uint32_t ones[ROW_BLOCK];
    uint16_t low_row[ROW_BLOCK / 2]; /* of a pair in a byte, the row in its low bits, */
    uint16_t high_row[ROW_BLOCK / 2]; /* and the one in its highest */
    /* Comparisons of BITS_WORDS panel pairs, to be written a whole cache line a row. */
    uint32_t bits[BS_MAX_RANGES][BITS_WORDS][ROW_BLOCK];
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
    size_t rows;
    size_t steps;
    size_t panel; /* first of a pair */
    size_t panels;
    __m512i start; /* what the counts of the pair's lanes begin with */
} block_place;

/* Sums that have been multiplied, and are still to be finished. */
typedef struct pending_rows {
    size_t row;   /* first, within the block */
    size_t count; /* rows of the tiles */
    size_t side;  /* which of the two sets of sums */
} pending_rows;

/* The part of `count` things that is due at step `step` of `steps`. */
typedef struct share {
    size_t from;
    size_t to;
} share;

BS_INLINE share share_of(size_t count, size_t step, size_t steps)
{
    size_t each = (count + steps - 1) / steps;
    size_t from = step * each < count ? step * each : count;
    share due = {from, from + each < count ? from + each : count};
    return due;
}

/* All eight tiles at full size. */
static inline void configure_tiles(void)
{
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } layout = {1, 0, {0}, {0}, {0}};
    for (int tile = 0; tile < 8; tile++) {
        layout.row_bytes[tile] = TILE_BYTES;
        layout.rows[tile] = TILE_ROWS;
    }
    /* GCC believes that only the first bytes of the layout are read; all of them must be there. */
    __asm__ volatile("" : : "r"(&layout) : "memory");
    _tile_loadconfig(&layout);
}

/* The 64 bits of a tile step; `words` of the row are left. */
BS_INLINE uint64_t step_bits(const uint32_t *row, size_t words)
{
    return words > 1 ? (uint64_t)row[1] << 32 | row[0] : row[0];
}

/* Bytes of one panel: row g of a tile holds places 4 g .. 4 g + 3 of each lane.
 * returns  the ones of each lane
 */
static __m256i expand_panel(const uint32_t *panel, size_t words,
                            uint8_t lanes[BLOCK_STEPS][TILE_ROWS][TILE_BYTES])
{
    const __m512i one = _mm512_set1_epi8(1);
    /* Which bit of its lane pair (64 bits) each byte takes, for the first group of four places. */
    const __m512i first = _mm512_set1_epi64(0x2322212003020100);
    __m512i ones = _mm512_setzero_si512();
    for (size_t w = 0; w < words; w++) {
        __m512i bits = _mm512_loadu_si512(panel + w * BS_LANES);
        ones = _mm512_add_epi32(ones, _mm512_popcnt_epi32(bits));
        uint8_t(*rows)[TILE_BYTES] =
            lanes[w / STEP_WORDS] + w % STEP_WORDS * (TILE_ROWS / STEP_WORDS);
        for (int g = 0; g < 8; g++) {
            __m512i place = _mm512_add_epi8(first, _mm512_set1_epi8((char)(4 * g)));
            __m512i bytes = _mm512_multishift_epi64_epi8(place, bits);
            _mm512_store_si512(rows[g], _mm512_and_si512(bytes, one));
        }
    }
    if (words % STEP_WORDS != 0) {
        for (size_t g = TILE_ROWS / STEP_WORDS; g < TILE_ROWS; g++) {
            _mm512_store_si512(lanes[words / STEP_WORDS][g], _mm512_setzero_si512());
        }
    }
    return _mm512_cvtepi32_epi16(ones);
}

/* Tiles 0 to 3 hold the sums of two tile rows and two panels. */
BS_INLINE void clear_sums(void)
{
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
}

/* Rows into tiles 4 and 5, lanes into 6 and 7: one step of rows x panels tiles (1 or 2 each), from
 * tile row `tile` of the expanded rows. */
BS_INLINE void load_step(const int rows, const int panels, const amx_scratch *scratch, size_t tile,
                         size_t k)
{
    /* Lanes stay in the first-level cache while rows pass by: the hint keeps rows out of it. */
    _tile_stream_loadd(4, scratch->rows[tile][k], TILE_STRIDE);
    if (rows == 2) {
        _tile_stream_loadd(5, scratch->rows[tile + 1][k], TILE_STRIDE);
    }
    _tile_loadd(6, scratch->lanes[0][k], TILE_STRIDE);
    if (panels == 2) {
        _tile_loadd(7, scratch->lanes[1][k], TILE_STRIDE);
    }
}

/* Keep the sums of rows x panels tiles (1 or 2 each). */
BS_INLINE void store_sums(const int rows, const int panels,
                          int32_t (*sums)[PANEL_PAIR][TILE_ROWS][BS_LANES])
{
    _tile_stored(0, sums[0][0], SUM_STRIDE);
    if (panels == 2) {
        _tile_stored(1, sums[0][1], SUM_STRIDE);
    }
    if (rows == 2) {
        _tile_stored(2, sums[1][0], SUM_STRIDE);
        if (panels == 2) {
            _tile_stored(3, sums[1][1], SUM_STRIDE);
        }
    }
}

/* The sums of a row over a pair of panels, side by side in 16 bits. */
BS_INLINE __m512i row_sums(int32_t (*sums)[TILE_ROWS][BS_LANES], size_t row)
{
    const __m512i even =
        _mm512_set_epi16(62, 60, 58, 56, 54, 52, 50, 48, 46, 44, 42, 40, 38, 36, 34, 32, 30, 28, 26,
                         24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    return _mm512_permutex2var_epi16(_mm512_load_si512(sums[0][row]), even,
                                     _mm512_load_si512(sums[1][row]));
}

/* Bring a row's counts of this block to those of the blocks before; or, with `ranges` (1 or 2), say
 * which of them lie in each. */
BS_INLINE void put_counts(const size_t ranges, block_place place, size_t row, __m512i counts,
                          amx_scratch *scratch)
{
    const amx_output *to = &place.to;
    if (!place.is_first || ranges == 0) {
        __mmask32 used = place.panels == PANEL_PAIR ? 0xFFFFFFFFu : 0xFFFFu;
        used = row < place.rows ? used : 0;
        uint16_t *at = to->counts + row * to->stride + place.panel * BS_LANES;
        if (!place.is_first) {
            counts = _mm512_add_epi16(counts, _mm512_maskz_loadu_epi16(used, at));
        }
        if (ranges == 0) {
            _mm512_mask_storeu_epi16(at, used, counts);
        }
    }
    size_t word = place.panel / PANEL_PAIR % BITS_WORDS;
    for (size_t i = 0; i < ranges; i++) {
        const bs_range *range = &to->ranges[i];
        __mmask32 above = _mm512_cmpge_epu16_mask(counts, _mm512_set1_epi16((short)range->low));
        scratch->bits[i][word][row] = _mm512_mask_cmple_epu16_mask(
            above, counts, _mm512_set1_epi16((short)range->high));
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
        for (size_t row = 0; row < place.rows; row += TILE_ROWS) {
            __m512i line[BITS_WORDS];
            for (size_t w = 0; w < BITS_WORDS; w++) {
                line[w] = _mm512_load_si512(&scratch->bits[i][w][row]);
            }
            transpose_words(line);
            size_t rows = place.rows - row < TILE_ROWS ? place.rows - row : TILE_ROWS;
            for (size_t r = 0; r < rows; r++) {
                _mm512_mask_storeu_epi32(bits + (row + r) * words, used,
                                         _mm512_andnot_si512(clear, line[r]));
            }
        }
    }
}

#endif
