/* Packed bits: the layouts that every other file speaks.
 *
 * Bit 1 is +1, bit 0 is -1. A row of K bits is `bs_words(K)` 32-bit words, least-significant bit
 * first; the tail bits of the last word are zero in every operand, so a product needs no padding
 * correction: it counts mismatches, and dot = K - 2 * mismatches.
 *
 * A ternary row is two such rows: `nonzero`, and `sign` (1 where the value is +1). The sign is
 * zero where the value is zero.
 *
 * A *panel* holds BS_LANES rows side by side, word by word: panel[word][lane]. Wide registers take
 * one output a lane and need no horizontal sum. Lanes beyond the last row are zero.
 */
#ifndef BITSPIN_BITS_H
#define BITSPIN_BITS_H

#include <stddef.h>
#include <stdint.h>

#define BS_WORD_BITS 32u
#define BS_LANES 16u
/* Counts, widths and batch sizes are held in 16 bits; a signed sum must fit as well. */
#define BS_MAX_WIDTH 32767u

/* Words of one packed row of `bits` bits. */
static inline size_t bs_words(size_t bits)
{
    return (bits + BS_WORD_BITS - 1u) / BS_WORD_BITS;
}

/* Panels that hold `rows` rows. */
static inline size_t bs_panels(size_t rows)
{
    return (rows + BS_LANES - 1u) / BS_LANES;
}

/* Words of all panels of a matrix of `rows` rows of `bits` bits. */
static inline size_t bs_panel_words(size_t rows, size_t bits)
{
    return bs_panels(rows) * bs_words(bits) * BS_LANES;
}

static inline uint32_t bs_bit(const uint32_t *row, size_t index)
{
    return (row[index / BS_WORD_BITS] >> (index % BS_WORD_BITS)) & 1u;
}

/* Ones in the places of the last word of a row that are in use; count >= 1. */
static inline uint32_t bs_tail_mask(size_t count)
{
    size_t used = count % BS_WORD_BITS;
    return used == 0 ? 0xFFFFFFFFu : (1u << used) - 1u;
}

/* Ones in a word, without a table and without a processor instruction. */
static inline uint32_t bs_popcount(uint32_t word)
{
    word -= (word >> 1) & 0x55555555u;
    word = (word & 0x33333333u) + ((word >> 2) & 0x33333333u);
    word = (word + (word >> 4)) & 0x0F0F0F0Fu;
    return (word * 0x01010101u) >> 24;
}

/* Index of the lowest one of a word that is not zero. */
static inline uint32_t bs_lowest_one(uint32_t word)
{
#if defined(__GNUC__)
    return (uint32_t)__builtin_ctz(word);
#else
    return bs_popcount((word & (0u - word)) - 1u);
#endif
}

/* Pack truth values.
 * values  in   [count]            any nonzero byte is bit 1
 * row     out  [bs_words(count)]  tail bits are set to zero
 */
void bs_pack(const uint8_t *values, size_t count, uint32_t *row);

/* Unpack one row.
 * row     in   [bs_words(count)]
 * values  out  [count]            0 or 1
 */
void bs_unpack(const uint32_t *row, size_t count, uint8_t *values);

/* Bring the rows of one panel side by side.
 * rows    in   [row_count][words]  row_count in 1 .. BS_LANES
 * panel   out  [words][BS_LANES]   missing lanes are set to zero
 */
void bs_fill_panel(const uint32_t *rows, size_t row_count, size_t words, uint32_t *panel);

/* Transpose a block of 32 x 32 bits in place: bit c of block[r] becomes bit r of block[c]. */
void bs_transpose_block(uint32_t block[BS_WORD_BITS]);

#define BS_BLOCKS 16u

/* Transpose some words of some rows: bit r of blocks[i][c] is bit c of word first + i of row r, and
 * zero for rows that are missing.
 * rows    in   [row_count] pointers to rows; row_count in 1 .. 32
 * count   in   1 .. BS_BLOCKS words
 * blocks  out  [count]
 */
void bs_transpose_blocks(const uint32_t *const *rows, size_t row_count, size_t first, size_t count,
                         uint32_t (*blocks)[BS_WORD_BITS]);

/* A faster way to do the same, as backends have it. */
typedef void bs_blocks_transpose(const uint32_t *const *rows, size_t row_count, size_t first,
                                 size_t count, uint32_t (*blocks)[BS_WORD_BITS]);

/* Flip those bits of a row that a mask has and whose ranks, among the mask's ones, are marked.
 * mask   in      [words]
 * ranks  in      [words] bit r: whether the one of rank r is meant; bits beyond do not matter
 * row    in/out  [words]
 */
void bs_flip_ranked(const uint32_t *mask, size_t words, const uint32_t *ranks, uint32_t *row);

/* A faster way to do the same, as backends have it. */
typedef void bs_ranked_flip(const uint32_t *mask, size_t words, const uint32_t *ranks,
                            uint32_t *row);

/* Transpose up to 32 rows into one word column of the panels of the transposed matrix.
 * rows    in   [row_count] pointers to rows of `words` words each; row_count in 1 .. 32
 * panels  out  panel p, word `column`, lane l receives bit (16 p + l) of all rows;
 *              the transposed matrix has `column_count` words a row
 */
void bs_transpose_to_panels(bs_blocks_transpose *transpose, const uint32_t *const *rows,
                            size_t row_count, size_t words, uint32_t *panels, size_t panel_count,
                            size_t column, size_t column_count);

/* Transpose up to 32 rows into one word column of a row-major matrix.
 * rows    in   [row_count] pointers to rows of `words` words each; row_count in 1 .. 32
 * out     out  [bit_count][column_count]; word `column` of each row is written
 */
void bs_transpose_to_rows(bs_blocks_transpose *transpose, const uint32_t *const *rows,
                          size_t row_count, size_t words, uint32_t *out, size_t bit_count,
                          size_t column, size_t column_count);

/* Move an image by whole bits: destination bit i = source bit (i - offset) where `keep` has a one,
 * and the bit of `fill` elsewhere. `fill` must be zero where `keep` is one.
 * source, keep, fill  in   [words]
 * destination         out  [words]  must not overlap the source
 * offset              in   -32*words < offset < 32*words
 */
void bs_shift_row(const uint32_t *source, size_t words, int32_t offset, const uint32_t *keep,
                  const uint32_t *fill, uint32_t *destination);

#endif
