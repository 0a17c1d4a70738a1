/* x86-64 Linux with AMX int8: products on 8-bit matrix tiles, the rest as in the avx512 backend.
 *
 * A tile instruction multiplies 16 rows by 16 lanes over 64 places of the reduction. Its operands
 * are bytes, so bits are expanded inside the call: a lane to 0 or 1; a ternary row to 0 where the
 * entry is zero, else to -1 where its sign is set and +1 where it is not; a binary row to -2 or 0.
 * Over one reduction that gives
 *
 *     mismatches of a ternary row = ones(sign) + sum of row * lane
 *     mismatches of a binary row = ones(row) + ones(lane) + sum of row * lane
 *
 * because a lane bit of 0 differs from the +1 entries (sign 1), and a lane bit of 1 from the others;
 * in a binary row, two ones that meet are to be taken off twice. (-1 and +1 would do for a binary
 * row, too; but data mostly have few ones, and a product with zero takes so little power that the
 * processor keeps a clock one fifth faster.)
 * A call works in blocks that stay in the caches: bytes of ROW_BLOCK rows in the second level, of
 * two panels in the first, and no more than BLOCK_STEPS tile steps of the reduction at a time.
 */
#define _GNU_SOURCE /* syscall() */
#include "kernels_avx512.h"

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TILE_ROWS 16u
#define TILE_BYTES 64u
#define STEP_WORDS (TILE_BYTES / BS_WORD_BITS)
#define BLOCK_STEPS 16u
#define BLOCK_WORDS (BLOCK_STEPS * STEP_WORDS)
#define ROW_BLOCK 512u
#define PANEL_PAIR 2u
#define BITS_WORDS 16u

/* Below this many words a row, or panels, expanding bits costs more than the tiles save. */
#define FEWEST_WORDS 4u
#define FEWEST_PANELS 3u

typedef struct amx_scratch {
    int8_t rows[ROW_BLOCK / TILE_ROWS][BLOCK_STEPS][TILE_ROWS][TILE_BYTES];
    uint8_t lanes[PANEL_PAIR][BLOCK_STEPS][TILE_ROWS][TILE_BYTES];
    int32_t sums[2][2][PANEL_PAIR][TILE_ROWS][BS_LANES];
    uint32_t ones[ROW_BLOCK]; /* twice in a word: a 32-bit broadcast costs less than a 16-bit one */
    /* Comparisons of BITS_WORDS panel pairs, to be written a whole cache line a row. */
    uint32_t bits[BS_MAX_RANGES][BITS_WORDS][ROW_BLOCK];
} amx_scratch;

/* Ask Linux to let this process use the tile registers (all its threads, present and future). */
static int permitted(void)
{
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

int bs_amx_runs_here(void)
{
    enum { TILE_AND_INT8 = 3 << 24 };
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & TILE_AND_INT8) == TILE_AND_INT8 &&
           permitted();
}

/* All eight tiles at full size. */
static void configure_tiles(void)
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
    _tile_loadconfig(&layout);
}

/* The 64 bits of a tile step; `words` of the row are left. */
BS_INLINE uint64_t step_bits(const uint32_t *row, size_t words)
{
    return words > 1 ? (uint64_t)row[1] << 32 | row[0] : row[0];
}

/* Bytes of a block of binary rows. */
static void expand_binary(const uint32_t *bits, size_t row_count, size_t stride, size_t words,
                          amx_scratch *scratch)
{
    const __m512i minus_two = _mm512_set1_epi8(-2);
    for (size_t r = 0; r < row_count; r++) {
        uint64_t ones = 0;
        for (size_t w = 0; w < words; w += STEP_WORDS) {
            uint64_t row = step_bits(bits + r * stride + w, words - w);
            _mm512_store_si512(scratch->rows[r / TILE_ROWS][w / STEP_WORDS][r % TILE_ROWS],
                               _mm512_maskz_mov_epi8(row, minus_two));
            ones += (uint64_t)_mm_popcnt_u64(row);
        }
        scratch->ones[r] = (uint32_t)ones * 0x10001u;
    }
}

/* Bytes of a block of ternary rows. */
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
            _mm512_store_si512(scratch->rows[r / TILE_ROWS][w / STEP_WORDS][r % TILE_ROWS],
                               _mm512_mask_mov_epi8(bytes, negative, minus));
            ones += (uint64_t)_mm_popcnt_u64(negative);
        }
        scratch->ones[r] = (uint32_t)ones * 0x10001u;
    }
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

/* Where the counts of a call go. */
typedef struct amx_output {
    uint16_t *counts;
    size_t stride;
    const bs_range *ranges; /* NULL if the counts themselves are wanted */
    size_t range_count;
    size_t width; /* outputs, with ranges */
    size_t row;   /* first row, with ranges */
} amx_output;

/* What of the product is being multiplied. */
typedef struct block_place {
    int is_first; /* of the blocks of the reduction */
    int is_last;
    size_t rows;
    size_t panel; /* first of a pair */
    size_t panels;
    size_t steps;
    __m512i lane_ones; /* to be added to each row's counts: 0 with ternary rows */
} block_place;

/* Sums of two tile rows that have been multiplied, and are still to be finished. */
typedef struct pending_rows {
    size_t row;   /* first, within the block */
    size_t count; /* rows */
    size_t side;  /* which of the two sets of sums */
} pending_rows;

/* Counts of row `row` of the block and a pair of panels, from the sums of tile row `r`, added to
 * those of the blocks before. */
BS_INLINE __m512i row_counts(block_place place, pending_rows of, size_t r,
                             const amx_scratch *scratch, const uint16_t *before)
{
    const __m512i even = _mm512_set_epi16(62, 60, 58, 56, 54, 52, 50, 48, 46, 44, 42, 40, 38, 36, 34,
                                          32, 30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2,
                                          0);
    const int32_t(*sums)[TILE_ROWS][BS_LANES] = scratch->sums[of.side][r / TILE_ROWS];
    __m512i left = _mm512_load_si512(sums[0][r % TILE_ROWS]);
    __m512i right = _mm512_load_si512(sums[1][r % TILE_ROWS]);
    __m512i ones = _mm512_add_epi16(_mm512_set1_epi32((int)scratch->ones[of.row + r]),
                                    place.lane_ones);
    __m512i counts = _mm512_add_epi16(_mm512_permutex2var_epi16(left, even, right), ones);
    if (place.is_first) {
        return counts;
    }
    __mmask32 used = place.panels == PANEL_PAIR ? 0xFFFFFFFFu : 0xFFFFu;
    return _mm512_add_epi16(counts, _mm512_maskz_loadu_epi16(used, before));
}

/* Finish rows `from` .. `to` - 1 of `of`: their counts, or, with `ranges` (1 or 2), which counts lie
 * in each of them. */
BS_INLINE void finish_rows(const size_t ranges, block_place place, pending_rows of, size_t from,
                           size_t to, amx_scratch *scratch, amx_output out)
{
    __mmask32 used = place.panels == PANEL_PAIR ? 0xFFFFFFFFu : 0xFFFFu;
    size_t word = place.panel / PANEL_PAIR % BITS_WORDS;
    uint16_t *counts = out.counts + of.row * out.stride + place.panel * BS_LANES;
    for (size_t r = from; r < to; r++) {
        uint16_t *at = counts + r * out.stride;
        __m512i count = row_counts(place, of, r, scratch, at);
        if (ranges == 0) {
            _mm512_mask_storeu_epi16(at, used, count);
        }
        for (size_t i = 0; i < ranges; i++) {
            const bs_range *range = &out.ranges[i];
            __mmask32 above = _mm512_cmpge_epu16_mask(count, _mm512_set1_epi16((short)range->low));
            scratch->bits[i][word][of.row + r] = _mm512_mask_cmple_epu16_mask(
                above, count, _mm512_set1_epi16((short)range->high));
        }
    }
}

/* Sums of rows x panels tiles (1 or 2 each), from tile row `tile` of the expanded rows. While the
 * tiles are busy, the rows before are finished. */
BS_INLINE void multiply(const int rows, const int panels, const size_t ranges, size_t tile,
                        block_place place, size_t side, pending_rows before, amx_scratch *scratch,
                        amx_output out)
{
    enum { ROW_STRIDE = TILE_BYTES, SUM_STRIDE = BS_LANES * sizeof(int32_t) };
    size_t each = (before.count + place.steps - 1) / place.steps;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (size_t k = 0; k < place.steps; k++) {
        /* Lanes stay in the first-level cache while rows pass by: the hint keeps rows out of it. */
        _tile_stream_loadd(4, scratch->rows[tile][k], ROW_STRIDE);
        if (rows == 2) {
            _tile_stream_loadd(5, scratch->rows[tile + 1][k], ROW_STRIDE);
        }
        _tile_loadd(6, scratch->lanes[0][k], ROW_STRIDE);
        if (panels == 2) {
            _tile_loadd(7, scratch->lanes[1][k], ROW_STRIDE);
        }
        _tile_dpbssd(0, 4, 6);
        if (panels == 2) {
            _tile_dpbssd(1, 4, 7);
        }
        if (rows == 2) {
            _tile_dpbssd(2, 5, 6);
            if (panels == 2) {
                _tile_dpbssd(3, 5, 7);
            }
        }
        size_t from = k * each < before.count ? k * each : before.count;
        size_t to = from + each < before.count ? from + each : before.count;
        finish_rows(ranges, place, before, from, to, scratch, out);
    }
    int32_t(*sums)[PANEL_PAIR][TILE_ROWS][BS_LANES] = scratch->sums[side];
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

/* Bring the comparisons of the last panel pairs, up to this one, to their rows. */
static void write_bits(block_place place, const amx_scratch *scratch, amx_output to)
{
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

/* A pair of panels (or one) against all expanded rows. */
BS_INLINE void sweep_rows(const int panels, const size_t ranges, block_place place,
                          amx_scratch *scratch, amx_output to)
{
    pending_rows before = {0, 0, 0};
    for (size_t row = 0; row < place.rows; row += 2 * TILE_ROWS) {
        size_t rows = place.rows - row < 2 * TILE_ROWS ? place.rows - row : 2 * TILE_ROWS;
        pending_rows now = {row, rows, !before.side};
        if (rows > TILE_ROWS) {
            multiply(2, panels, ranges, row / TILE_ROWS, place, now.side, before, scratch, to);
        } else {
            multiply(1, panels, ranges, row / TILE_ROWS, place, now.side, before, scratch, to);
        }
        before = now;
    }
    finish_rows(ranges, place, before, 0, before.count, scratch, to);
}

static void sweep(block_place place, amx_scratch *scratch, amx_output to)
{
    size_t ranges = place.is_last ? to.range_count : 0;
    switch (ranges * 2 + place.panels) {
    case 6: sweep_rows(2, 2, place, scratch, to); break;
    case 5: sweep_rows(1, 2, place, scratch, to); break;
    case 4: sweep_rows(2, 1, place, scratch, to); break;
    case 3: sweep_rows(1, 1, place, scratch, to); break;
    case 2: sweep_rows(2, 0, place, scratch, to); break;
    default: sweep_rows(1, 0, place, scratch, to); break;
    }
}

/* The output of the rows from `row` on. */
static amx_output output_at(amx_output to, size_t row)
{
    to.counts += row * to.stride;
    to.row += row;
    return to;
}

static void product(const uint32_t *nonzero, const uint32_t *sign, size_t row_count,
                    const uint32_t *panels, size_t panel_count, size_t words, amx_output to,
                    amx_scratch *scratch)
{
    configure_tiles();
    for (size_t row = 0; row < row_count; row += ROW_BLOCK) {
        size_t rows = row_count - row < ROW_BLOCK ? row_count - row : ROW_BLOCK;
        for (size_t word = 0; word < words; word += BLOCK_WORDS) {
            size_t block = words - word < BLOCK_WORDS ? words - word : BLOCK_WORDS;
            size_t at = row * words + word;
            block_place place = {word == 0, word + block == words, rows, 0, 0,
                                 (block + STEP_WORDS - 1) / STEP_WORDS, _mm512_setzero_si512()};
            if (nonzero == NULL) {
                expand_binary(sign + at, rows, words, block, scratch);
            } else {
                expand_ternary(nonzero + at, sign + at, rows, words, block, scratch);
            }
            for (size_t p = 0; p < panel_count; p += PANEL_PAIR) {
                place.panel = p;
                place.panels = panel_count - p < PANEL_PAIR ? 1 : PANEL_PAIR;
                __m256i ones[PANEL_PAIR] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
                for (size_t side = 0; side < place.panels; side++) {
                    ones[side] = expand_panel(panels + ((p + side) * words + word) * BS_LANES,
                                              block, scratch->lanes[side]);
                }
                if (nonzero == NULL) {
                    place.lane_ones =
                        _mm512_inserti64x4(_mm512_castsi256_si512(ones[0]), ones[1], 1);
                }
                sweep(place, scratch, output_at(to, row));
                if (place.is_last && (p / PANEL_PAIR % BITS_WORDS == BITS_WORDS - 1 ||
                                      p + PANEL_PAIR >= panel_count)) {
                    write_bits(place, scratch, output_at(to, row));
                }
            }
        }
    }
    _tile_release();
}

static void count_binary(const uint32_t *rows, size_t row_count, const uint32_t *panels,
                         size_t panel_count, size_t words, uint16_t *counts, size_t stride,
                         void *scratch)
{
    if (words < FEWEST_WORDS || panel_count < FEWEST_PANELS) {
        bs_avx512_count_binary(rows, row_count, panels, panel_count, words, counts, stride,
                               scratch);
        return;
    }
    amx_output to = {counts, stride, NULL, 0, 0, 0};
    product(NULL, rows, row_count, panels, panel_count, words, to, scratch);
}

static void compare_binary(const uint32_t *rows, size_t row_count, const uint32_t *panels,
                           size_t outputs, size_t words, const bs_range *ranges,
                           size_t range_count, uint16_t *counts, size_t stride, void *scratch)
{
    amx_output to = {counts, stride, ranges, range_count, outputs, 0};
    product(NULL, rows, row_count, panels, bs_panels(outputs), words, to, scratch);
}

static void count_ternary(const uint32_t *nonzero, const uint32_t *sign, size_t row_count,
                          const uint32_t *panels, size_t panel_count, size_t words,
                          uint16_t *counts, size_t stride, void *scratch)
{
    if (words < FEWEST_WORDS || panel_count < FEWEST_PANELS) {
        bs_avx512_count_ternary(nonzero, sign, row_count, panels, panel_count, words, counts,
                                stride, scratch);
        return;
    }
    amx_output to = {counts, stride, NULL, 0, 0, 0};
    product(nonzero, sign, row_count, panels, panel_count, words, to, scratch);
}

const bs_kernels bs_amx_kernels = {
    .name = "amx",
    .rows_per_call = ROW_BLOCK,
    .scratch_bytes = sizeof(amx_scratch),
    .count_binary = count_binary,
    .compare_binary = compare_binary,
    .count_ternary = count_ternary,
    .range_bits = bs_avx512_range_bits,
    .count_reaching = bs_avx512_count_reaching,
    .disagreement = bs_avx512_disagreement,
    .transpose = bs_avx512_transpose_blocks,
    .popcount = bs_avx512_popcount,
    .read_noise = bs_avx512_read_noise,
};
