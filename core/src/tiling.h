/* How a wide-register backend walks a product: in tiles of rows x panels whose sums stay in
 * registers. The including file defines the two tile functions with constant extents, so that the
 * compiler unrolls them, and says how large the largest tile is.
 */
#ifndef BITSPIN_TILING_H
#define BITSPIN_TILING_H

#include "bitspin/kernels.h"

#define BS_INLINE static inline __attribute__((always_inline))
#define BS_UNROLL _Pragma("GCC unroll 8")

typedef struct tile_operands {
    const uint32_t *nonzero; /* ternary products only */
    const uint32_t *rows;    /* bits of a binary row, or signs of a ternary one */
    const uint32_t *panels;
    size_t words;
    uint16_t *counts;
    size_t stride;
} tile_operands;

/* The operands of the tile that starts at that row and panel. */
static inline tile_operands tile_at(tile_operands all, size_t row, size_t panel)
{
    all.nonzero = all.nonzero == NULL ? NULL : all.nonzero + row * all.words;
    all.rows += row * all.words;
    all.panels += panel * all.words * BS_LANES;
    all.counts += row * all.stride + panel * BS_LANES;
    return all;
}

/* Define `name`, which covers row_count x panel_count with tiles of at most 4 x 4. */
#define BS_DEFINE_WALK(name, tile)                                                                 \
    static void name##_rows(tile_operands all, size_t row, size_t rows, size_t panel,              \
                            const int panels)                                                      \
    {                                                                                              \
        tile_operands at = tile_at(all, row, panel);                                               \
        switch (rows * 4 + (size_t)panels) {                                                       \
        case 4 * 4 + 4: tile(4, 4, at); break;                                                     \
        case 4 * 4 + 3: tile(4, 3, at); break;                                                     \
        case 4 * 4 + 2: tile(4, 2, at); break;                                                     \
        case 4 * 4 + 1: tile(4, 1, at); break;                                                     \
        case 3 * 4 + 4: tile(3, 4, at); break;                                                     \
        case 3 * 4 + 3: tile(3, 3, at); break;                                                     \
        case 3 * 4 + 2: tile(3, 2, at); break;                                                     \
        case 3 * 4 + 1: tile(3, 1, at); break;                                                     \
        case 2 * 4 + 4: tile(2, 4, at); break;                                                     \
        case 2 * 4 + 3: tile(2, 3, at); break;                                                     \
        case 2 * 4 + 2: tile(2, 2, at); break;                                                     \
        case 2 * 4 + 1: tile(2, 1, at); break;                                                     \
        case 1 * 4 + 4: tile(1, 4, at); break;                                                     \
        case 1 * 4 + 3: tile(1, 3, at); break;                                                     \
        case 1 * 4 + 2: tile(1, 2, at); break;                                                     \
        default: tile(1, 1, at); break;                                                            \
        }                                                                                          \
    }                                                                                              \
    static void name(tile_operands all, size_t row_count, size_t panel_count)                      \
    {                                                                                              \
        for (size_t panel = 0; panel < panel_count; panel += 4) {                                  \
            size_t panels = panel_count - panel < 4 ? panel_count - panel : 4;                     \
            for (size_t row = 0; row < row_count; row += 4) {                                      \
                size_t rows = row_count - row < 4 ? row_count - row : 4;                           \
                name##_rows(all, row, rows, panel, (int)panels);                                   \
            }                                                                                      \
        }                                                                                          \
    }

#endif
