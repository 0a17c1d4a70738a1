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
 * because a lane bit of 0 differs from the +1 entries (sign 1), and a lane bit of 1 from the
 * others; in a binary row, two ones that meet are to be taken off twice. (-1 and +1 would do for a
 * binary row, too; but data mostly have few ones, and a product with zero takes so little power
 * that the processor keeps a clock one fifth faster.)
 * Where binary rows have few enough ones, two of them share a byte (amx_pairs.h).
 * A call works in blocks that stay in the caches: bytes of ROW_BLOCK rows in the second level, of
 * two panels in the first, and no more than BLOCK_STEPS tile steps of the reduction at a time.
 */
#define _GNU_SOURCE /* syscall() */
#include "amx_pairs.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Below this many words a row, or panels, expanding bits costs more than the tiles save. */
#define FEWEST_WORDS 4u
#define FEWEST_PANELS 3u

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

/* Finish rows `due` of those that are pending. */
BS_INLINE void finish_rows(const size_t ranges, block_place place, pending_rows of, share due,
                           amx_scratch *scratch)
{
    for (size_t r = due.from; r < due.to; r++) {
        size_t row = of.row + r;
        __m512i sums = row_sums(scratch->sums[of.side][0][r / TILE_ROWS], r % TILE_ROWS);
        __m512i ones = _mm512_set1_epi32((int)scratch->ones[row]);
        put_counts(ranges, place, row,
                   _mm512_add_epi16(sums, _mm512_add_epi16(ones, place.start)), scratch);
    }
}

/* Sums of rows x panels tiles (1 or 2 each), from tile row `tile` of the expanded rows. While the
 * tiles are busy, the rows before are finished. */
BS_INLINE void multiply_rows(const int rows, const int panels, const size_t ranges, size_t tile,
                             block_place place, size_t side, pending_rows before,
                             amx_scratch *scratch)
{
    clear_sums();
    for (size_t k = 0; k < place.steps; k++) {
        load_step(rows, panels, scratch, tile, k);
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
        finish_rows(ranges, place, before, share_of(before.count, k, place.steps), scratch);
    }
    store_sums(rows, panels, scratch->sums[side][0]);
}

/* A pair of panels (or one) against all expanded rows. */
BS_INLINE void sweep_row_tiles(const int panels, const size_t ranges, block_place place,
                               amx_scratch *scratch)
{
    pending_rows before = {0, 0, 0};
    for (size_t row = 0; row < place.rows; row += 2 * TILE_ROWS) {
        size_t rows = place.rows - row < 2 * TILE_ROWS ? place.rows - row : 2 * TILE_ROWS;
        pending_rows now = {row, rows, !before.side};
        if (rows > TILE_ROWS) {
            multiply_rows(2, panels, ranges, row / TILE_ROWS, place, now.side, before, scratch);
        } else {
            multiply_rows(1, panels, ranges, row / TILE_ROWS, place, now.side, before, scratch);
        }
        before = now;
    }
    share all = {0, before.count};
    finish_rows(ranges, place, before, all, scratch);
}

/* A pair of panels (or one) against what is expanded, with constant extents for the compiler. */
#define DEFINE_SWEEP(name, sweep_tiles)                                                            \
    static void name(block_place place, amx_scratch *scratch)                                      \
    {                                                                                              \
        size_t ranges = place.is_last ? place.to.range_count : 0;                                  \
        switch (ranges * 2 + place.panels) {                                                       \
        case 6: sweep_tiles(2, 2, place, scratch); break;                                          \
        case 5: sweep_tiles(1, 2, place, scratch); break;                                          \
        case 4: sweep_tiles(2, 1, place, scratch); break;                                          \
        case 3: sweep_tiles(1, 1, place, scratch); break;                                          \
        case 2: sweep_tiles(2, 0, place, scratch); break;                                          \
        default: sweep_tiles(1, 0, place, scratch); break;                                         \
        }                                                                                          \
    }

DEFINE_SWEEP(sweep_rows, sweep_row_tiles)
DEFINE_SWEEP(sweep_pairs, sweep_pair_tiles)

/* Rows of a product, or of a block of it. */
typedef struct row_operand {
    const uint32_t *nonzero; /* NULL for binary rows */
    const uint32_t *sign;    /* or the bits of binary rows */
    size_t count;
    size_t stride;
} row_operand;

/* Make bytes of a block of rows. Returns whether two rows share a byte. */
static int expand_rows(row_operand rows, size_t words, amx_scratch *scratch)
{
    if (rows.nonzero != NULL) {
        expand_ternary(rows.nonzero, rows.sign, rows.count, rows.stride, words, scratch);
        return 0;
    }
    if (order_pairs(rows.sign, rows.count, rows.stride, words, scratch)) {
        expand_pairs(rows.sign, rows.count, rows.stride, words, scratch);
        return 1;
    }
    expand_binary(rows.sign, rows.count, rows.stride, words, scratch);
    return 0;
}

/* Some rows against all panels, over `words` words of the reduction, of which a panel has `stride`.
 * place  the rows of the product and the part of its reduction; the panels are set here
 */
static void multiply_block(row_operand rows, const uint32_t *panels, size_t panel_count,
                           size_t words, block_place place, amx_scratch *scratch)
{
    int is_paired = expand_rows(rows, words, scratch);
    for (size_t p = 0; p < panel_count; p += PANEL_PAIR) {
        place.panel = p;
        place.panels = panel_count - p < PANEL_PAIR ? 1 : PANEL_PAIR;
        __m256i ones[PANEL_PAIR] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
        for (size_t side = 0; side < place.panels; side++) {
            ones[side] = expand_panel(panels + (p + side) * rows.stride * BS_LANES, words,
                                      scratch->lanes[side]);
        }
        if (rows.nonzero == NULL) {
            place.start = _mm512_inserti64x4(_mm512_castsi256_si512(ones[0]), ones[1], 1);
        }
        if (is_paired) {
            sweep_pairs(place, scratch);
        } else {
            sweep_rows(place, scratch);
        }
        if (place.is_last && (p / PANEL_PAIR % BITS_WORDS == BITS_WORDS - 1 ||
                              p + PANEL_PAIR >= panel_count)) {
            write_bits(place, scratch);
        }
    }
}

static void product(row_operand rows, const uint32_t *panels, size_t panel_count, amx_output to,
                    amx_scratch *scratch)
{
    size_t words = rows.stride;
    configure_tiles();
    for (size_t row = 0; row < rows.count; row += ROW_BLOCK) {
        for (size_t word = 0; word < words; word += BLOCK_WORDS) {
            size_t block = words - word < BLOCK_WORDS ? words - word : BLOCK_WORDS;
            size_t at = row * words + word;
            row_operand some = {rows.nonzero == NULL ? NULL : rows.nonzero + at, rows.sign + at,
                                rows.count - row < ROW_BLOCK ? rows.count - row : ROW_BLOCK,
                                words};
            block_place place = {to, word == 0, word + block == words, some.count,
                                 (block + STEP_WORDS - 1) / STEP_WORDS, 0, 0,
                                 _mm512_setzero_si512()};
            place.to.counts += row * to.stride;
            place.to.row += row;
            multiply_block(some, panels + word * BS_LANES, panel_count, block, place, scratch);
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
    row_operand operand = {NULL, rows, row_count, words};
    amx_output to = {counts, stride, NULL, 0, 0, 0};
    product(operand, panels, panel_count, to, scratch);
}

static void compare_binary(const uint32_t *rows, size_t row_count, const uint32_t *panels,
                           size_t outputs, size_t words, const bs_range *ranges,
                           size_t range_count, uint16_t *counts, size_t stride, void *scratch)
{
    row_operand operand = {NULL, rows, row_count, words};
    amx_output to = {counts, stride, ranges, range_count, outputs, 0};
    product(operand, panels, bs_panels(outputs), to, scratch);
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
    row_operand operand = {nonzero, sign, row_count, words};
    amx_output to = {counts, stride, NULL, 0, 0, 0};
    product(operand, panels, panel_count, to, scratch);
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
