/* x86-64 Linux with AMX int8: products on 8-bit matrix tiles, the rest as in the avx512 backend.
 *
 * A tile instruction multiplies 16 rows by 16 lanes over 64 places of the reduction. Its operands
 * are bytes, so bits are expanded inside the call: of a row alone (amx_rows.h), or of two rows with
 * few ones together (amx_pairs.h).
 * A call works in blocks that stay in the caches: bytes of ROW_BLOCK rows in the second level, of
 * two panels in the first, and no more than BLOCK_STEPS tile steps of the reduction at a time.
 * While the tiles are busy, the sums before are finished; and where the bytes of two panels are
 * needed no more, those of the next two take their place.
 */
#define _GNU_SOURCE /* syscall() */
#include "amx_pairs.h"
#include "amx_rows.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TILE_STRIDE = TILE_BYTES, SUM_STRIDE = BS_LANES * sizeof(int32_t) };

/* Below this many words a row, or panels, expanding bits costs more than the tiles save. */
#define FEWEST_WORDS 4u
#define FEWEST_PANELS 3u

/* ---- tiles ----------------------------------------------------------------------------------- */

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

/* Tiles 0 to 3 hold the sums of two tiles of rows and two panels. */
static inline void clear_sums(void)
{
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
}

BS_INLINE void store_sums(const tile_case is, amx_scratch *scratch)
{
    _tile_stored(0, scratch->sums[0][0], SUM_STRIDE);
    if (is.panels == 2) {
        _tile_stored(1, scratch->sums[1][0], SUM_STRIDE);
    }
    if (is.rows == 2) {
        _tile_stored(2, scratch->sums[0][TILE_ROWS], SUM_STRIDE);
    }
    if (is.rows == 2 && is.panels == 2) {
        _tile_stored(3, scratch->sums[1][TILE_ROWS], SUM_STRIDE);
    }
}

/* Load a tile. GCC does not know that the instruction reads memory; here it is told so, lest it move
 * a store to those bytes from one side of the instruction to the other. */
#define READ_BYTES(bytes) __asm__ volatile("" : : "m"(*(bytes)))
#define LOAD_TILE(load, tile, bytes)                                                               \
    READ_BYTES(bytes);                                                                             \
    load(tile, *(bytes), TILE_STRIDE);                                                             \
    READ_BYTES(bytes);

/* Sums of pairs need all 16 bits, those of single rows a sign. */
#define ADD_PRODUCT(sums, rows, lanes)                                                             \
    if (is.is_paired) {                                                                            \
        _tile_dpbuud(sums, rows, lanes);                                                           \
    } else {                                                                                       \
        _tile_dpbssd(sums, rows, lanes);                                                           \
    }

/* ---- a block --------------------------------------------------------------------------------- */

/* Finish the next tile row. */
BS_INLINE void finish_next(const tile_case is, block_place place, pending_sums *next,
                           amx_scratch *scratch)
{
    if (is.is_paired) {
        finish_pair(is, place, next, scratch);
    } else {
        finish_row(is, place, next, scratch);
    }
    next->sums++;
    next->tile_row++;
}

/* Finish what is left. */
BS_INLINE void finish_rest(const tile_case is, block_place place, pending_sums *next,
                           amx_scratch *scratch)
{
    while (next->tile_row < next->end) {
        finish_next(is, place, next, scratch);
    }
}

/* Some steps of two tiles of rows, from `tile_row` on, by two panels (or one of each). A tile row is
 * finished after each of three products: more of them at once would hold up the next product. */
BS_INLINE void multiply_steps(const tile_case is, const int finishing, block_place place,
                              size_t tile_row, size_t from, size_t to, pending_sums *before,
                              pending_panels *after, amx_scratch *scratch)
{
    tile_bytes *rows = scratch->rows + tile_row / TILE_ROWS * place.steps + 2 * from;
    tile_bytes *lanes = scratch->lanes + PANEL_PAIR * from;
    for (size_t k = from; k < to; k++, rows += 2, lanes += PANEL_PAIR) {
        /* Lanes stay in the first-level cache while rows pass by: the hint keeps rows out of it. */
        LOAD_TILE(_tile_stream_loadd, 4, &rows[0])
        LOAD_TILE(_tile_loadd, 6, &lanes[0])
        ADD_PRODUCT(0, 4, 6)
        if (finishing) {
            finish_next(is, place, before, scratch);
        }
        if (is.panels == 2) {
            LOAD_TILE(_tile_loadd, 7, &lanes[1])
            ADD_PRODUCT(1, 4, 7)
        }
        if (finishing) {
            finish_next(is, place, before, scratch);
        }
        if (is.rows == 2) {
            LOAD_TILE(_tile_stream_loadd, 5, &rows[1])
            ADD_PRODUCT(2, 5, 6)
        }
        if (finishing) {
            finish_next(is, place, before, scratch);
        }
        if (is.rows == 2 && is.panels == 2) {
            ADD_PRODUCT(3, 5, 7)
        }
        for (size_t w = 0; w < STEP_WORDS && after->word < after->end; w++) {
            expand_next(after, scratch); /* where the lanes of this step were */
        }
    }
}

/* All steps of two tiles of rows. */
BS_INLINE void multiply_tiles(const tile_case is, block_place place, size_t tile_row,
                              pending_sums *before, pending_panels *after, amx_scratch *scratch)
{
    enum { LAG = 2 }; /* steps until the sums that were just stored can be loaded */
    size_t lag = place.steps < LAG ? place.steps : LAG;
    size_t turns = (before->end - before->tile_row) / 3;
    turns = turns < place.steps - lag ? turns : place.steps - lag;
    clear_sums();
    multiply_steps(is, 0, place, tile_row, 0, lag, before, after, scratch);
    multiply_steps(is, 1, place, tile_row, lag, lag + turns, before, after, scratch);
    multiply_steps(is, 0, place, tile_row, lag + turns, place.steps, before, after, scratch);
    finish_rest(is, place, before, scratch);
    store_sums(is, scratch);
}

/* A pair of panels (or one) by all tile rows. */
BS_INLINE void sweep_tiles(const tile_case is, block_place place, pending_panels *after,
                           amx_scratch *scratch)
{
    const tile_case one = {1, is.panels, is.is_paired, is.ranges};
    pending_panels nothing = {NULL, 0, 0, 0, 0, {_mm512_setzero_si512(), _mm512_setzero_si512()}};
    pending_sums before = {scratch->sums[0], 0, 0, 0};
    for (size_t row = 0; row < place.tile_rows; row += 2 * TILE_ROWS) {
        size_t end = row + 2 * TILE_ROWS < place.tile_rows ? row + 2 * TILE_ROWS : place.tile_rows;
        pending_panels *expanding = end == place.tile_rows ? after : &nothing;
        if (end - row > TILE_ROWS) {
            multiply_tiles(is, place, row, &before, expanding, scratch);
        } else {
            multiply_tiles(one, place, row, &before, expanding, scratch);
        }
        before.sums = scratch->sums[0];
        before.end = end;
    }
    finish_rest(is, place, &before, scratch);
}

#define DEFINE_SWEEP(name, is_paired)                                                              \
    static void name(block_place place, pending_panels *after, amx_scratch *scratch)               \
    {                                                                                              \
        static const tile_case cases[] = {{2, 1, is_paired, 0}, {2, 2, is_paired, 0},              \
                                          {2, 1, is_paired, 1}, {2, 2, is_paired, 1},              \
                                          {2, 1, is_paired, 2}, {2, 2, is_paired, 2}};             \
        size_t ranges = place.is_last ? place.to.range_count : 0;                                  \
        switch (2 * ranges + place.panels - 1) {                                                   \
        case 5: sweep_tiles(cases[5], place, after, scratch); break;                               \
        case 4: sweep_tiles(cases[4], place, after, scratch); break;                               \
        case 3: sweep_tiles(cases[3], place, after, scratch); break;                               \
        case 2: sweep_tiles(cases[2], place, after, scratch); break;                               \
        case 1: sweep_tiles(cases[1], place, after, scratch); break;                               \
        default: sweep_tiles(cases[0], place, after, scratch); break;                              \
        }                                                                                          \
    }

DEFINE_SWEEP(sweep_rows, 0)
DEFINE_SWEEP(sweep_pairs, 1)

/* ---- a product ------------------------------------------------------------------------------- */

/* Rows of a product, or of a block of it. */
typedef struct row_operand {
    const uint32_t *nonzero; /* NULL for binary rows */
    const uint32_t *sign;    /* or the bits of binary rows */
    size_t count;
    size_t stride;
} row_operand;

/* Panels of a product, or of a block of it. */
typedef struct panel_operand {
    const uint32_t *bits;
    size_t count;
    size_t stride; /* words from one to the next */
} panel_operand;

/* Make bytes of a block of rows. Returns whether two share a byte. */
static int expand_rows(row_operand rows, size_t words, block_place *place, amx_scratch *scratch)
{
    if (rows.nonzero == NULL &&
        pair_rows(rows.sign, rows.count, rows.stride, words, place, scratch)) {
        expand_pairs(rows.sign, rows.stride, words, *place, scratch);
        return 1;
    }
    if (rows.nonzero == NULL) {
        expand_binary(rows.sign, rows.count, rows.stride, words, scratch);
    } else {
        expand_ternary(rows.nonzero, rows.sign, rows.count, rows.stride, words, scratch);
    }
    place->tile_rows = rows.count;
    place->slots = rows.count;
    return 0;
}

/* The pair from panel `first` on (nothing, if there is none), to be expanded. */
static pending_panels panels_from(panel_operand panels, size_t first, size_t words)
{
    size_t left = first < panels.count ? panels.count - first : 0;
    pending_panels next = {panels.bits + first * panels.stride,
                           panels.stride,
                           left < PANEL_PAIR ? left : PANEL_PAIR,
                           0,
                           left == 0 ? 0 : words,
                           {_mm512_setzero_si512(), _mm512_setzero_si512()}};
    return next;
}

/* What the counts of a pair of panels begin with, and how they compare with the ranges. */
static void set_start(block_place *place, __m512i start)
{
    place->start = start;
    for (size_t i = 0; i < place->to.range_count; i++) {
        bs_range range = place->to.ranges[i];
        int is_empty = range.low > range.high;
        uint16_t low = is_empty ? 0xFFFFu : range.low; /* no count is as large as that */
        uint16_t most = is_empty ? 0 : (uint16_t)(range.high - range.low);
        place->above[i] = _mm512_sub_epi16(start, _mm512_set1_epi16((short)low));
        place->most[i] = _mm512_set1_epi16((short)most);
    }
}

/* Some rows by all panels, over `words` words of the reduction.
 * place  where in the product; the rest is set here
 */
static void multiply_block(row_operand rows, panel_operand panels, size_t words, block_place place,
                           amx_scratch *scratch)
{
    place.steps = steps_of(words);
    int is_paired = expand_rows(rows, words, &place, scratch);
    pending_panels next = panels_from(panels, 0, words);
    for (size_t p = 0; p < panels.count; p += PANEL_PAIR) {
        place.panel = p;
        place.panels = next.panels;
        __m512i ones = expand_rest(&next, scratch);
        set_start(&place, rows.nonzero == NULL ? ones : _mm512_setzero_si512());
        next = panels_from(panels, p + PANEL_PAIR, words);
        if (is_paired) {
            sweep_pairs(place, &next, scratch);
        } else {
            sweep_rows(place, &next, scratch);
        }
        if (place.is_last && (p / PANEL_PAIR % BITS_WORDS == BITS_WORDS - 1 || next.panels == 0)) {
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
            panel_operand all = {panels + word * BS_LANES, panel_count, words * BS_LANES};
            block_place place = {
                .to = to, .is_first = word == 0, .is_last = word + block == words};
            place.to.counts += row * to.stride;
            place.to.row += row;
            multiply_block(some, all, block, place, scratch);
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
    .flip_ranked = bs_avx512_flip_ranked,
    .popcount = bs_avx512_popcount,
    .read_noise = bs_avx512_read_noise,
    .count_minus = bs_avx512_count_minus,
};
