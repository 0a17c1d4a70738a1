#include "bitspin/bits.h"

void bs_pack(const uint8_t *values, size_t count, uint32_t *row)
{
    size_t full = count / BS_WORD_BITS;
    for (size_t w = 0; w < full; w++) {
        const uint8_t *v = values + w * BS_WORD_BITS;
        uint32_t word = 0;
        for (uint32_t b = 0; b < BS_WORD_BITS; b++) {
            word |= (uint32_t)(v[b] != 0) << b;
        }
        row[w] = word;
    }
    if (full < bs_words(count)) {
        uint32_t word = 0;
        for (size_t i = full * BS_WORD_BITS; i < count; i++) {
            word |= (uint32_t)(values[i] != 0) << (i % BS_WORD_BITS);
        }
        row[full] = word;
    }
}

void bs_unpack(const uint32_t *row, size_t count, uint8_t *values)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = (uint8_t)bs_bit(row, i);
    }
}

void bs_fill_panel(const uint32_t *rows, size_t row_count, size_t words, uint32_t *panel)
{
    for (size_t w = 0; w < words; w++) {
        for (size_t lane = 0; lane < BS_LANES; lane++) {
            panel[w * BS_LANES + lane] = lane < row_count ? rows[lane * words + w] : 0u;
        }
    }
}

/* `count` (1 .. 32) bits of a row, from bit `first` on. */
static uint32_t bits_at(const uint32_t *row, uint32_t first, uint32_t count)
{
    uint32_t word = first / BS_WORD_BITS;
    uint32_t skip = first % BS_WORD_BITS;
    uint32_t bits = row[word] >> skip;
    if (skip + count > BS_WORD_BITS) {
        bits |= row[word + 1u] << (BS_WORD_BITS - skip);
    }
    return bits & (0xFFFFFFFFu >> (BS_WORD_BITS - count));
}

void bs_flip_ranked(const uint32_t *mask, size_t words, const uint32_t *ranks, uint32_t *row)
{
    uint32_t rank = 0;
    for (size_t w = 0; w < words; w++) {
        uint32_t rest = mask[w];
        if (rest == 0) {
            continue;
        }
        uint32_t count = bs_popcount(rest);
        /* Marks of this word's ones; few ranks are marked, so that most words end here. */
        for (uint32_t marks = bits_at(ranks, rank, count); marks != 0; marks >>= 1) {
            if (marks & 1u) {
                row[w] ^= rest & (0u - rest);
            }
            rest &= rest - 1u;
        }
        rank += count;
    }
}

void bs_transpose_block(uint32_t block[BS_WORD_BITS])
{
    /* Swap the off-diagonal quarters of ever smaller squares. */
    uint32_t mask = 0x0000FFFFu;
    for (uint32_t half = BS_WORD_BITS / 2; half != 0; half >>= 1, mask ^= mask << half) {
        for (uint32_t base = 0; base < BS_WORD_BITS; base += 2 * half) {
            for (uint32_t r = base; r < base + half; r++) {
                uint32_t swap = ((block[r] >> half) ^ block[r + half]) & mask;
                block[r] ^= swap << half;
                block[r + half] ^= swap;
            }
        }
    }
}

void bs_transpose_blocks(const uint32_t *const *rows, size_t row_count, size_t first, size_t count,
                         uint32_t (*blocks)[BS_WORD_BITS])
{
    for (size_t i = 0; i < count; i++) {
        for (size_t r = 0; r < BS_WORD_BITS; r++) {
            blocks[i][r] = r < row_count ? rows[r][first + i] : 0;
        }
        bs_transpose_block(blocks[i]);
    }
}

void bs_transpose_to_panels(bs_blocks_transpose *transpose, const uint32_t *const *rows,
                            size_t row_count, size_t words, uint32_t *panels, size_t panel_count,
                            size_t column, size_t column_count)
{
    for (size_t first = 0; first < words; first += BS_BLOCKS) {
        size_t count = words - first < BS_BLOCKS ? words - first : BS_BLOCKS;
        uint32_t blocks[BS_BLOCKS][BS_WORD_BITS];
        transpose(rows, row_count, first, count, blocks);
        for (size_t p = 2 * first; p < 2 * (first + count) && p < panel_count; p++) {
            const uint32_t *half = &blocks[p / 2 - first][p % 2 * BS_LANES];
            uint32_t *lanes = panels + (p * column_count + column) * BS_LANES;
            for (size_t lane = 0; lane < BS_LANES; lane++) {
                lanes[lane] = half[lane];
            }
        }
    }
}

void bs_transpose_to_rows(bs_blocks_transpose *transpose, const uint32_t *const *rows,
                          size_t row_count, size_t words, uint32_t *out, size_t bit_count,
                          size_t column, size_t column_count)
{
    for (size_t first = 0; first < words; first += BS_BLOCKS) {
        size_t count = words - first < BS_BLOCKS ? words - first : BS_BLOCKS;
        uint32_t blocks[BS_BLOCKS][BS_WORD_BITS];
        transpose(rows, row_count, first, count, blocks);
        const uint32_t *block = blocks[0];
        size_t end = (first + count) * BS_WORD_BITS;
        end = end < bit_count ? end : bit_count;
        for (size_t b = first * BS_WORD_BITS; b < end; b++) {
            out[b * column_count + column] = block[b - first * BS_WORD_BITS];
        }
    }
}

/* Word `index` of the source, zero outside of it. */
static uint32_t word_or_zero(const uint32_t *source, size_t words, int32_t index)
{
    return index >= 0 && (size_t)index < words ? source[index] : 0u;
}

void bs_shift_row(const uint32_t *source, size_t words, int32_t offset, const uint32_t *keep,
                  const uint32_t *fill, uint32_t *destination)
{
    uint32_t size = (uint32_t)(offset < 0 ? -offset : offset);
    int32_t whole = (int32_t)(size / BS_WORD_BITS);
    uint32_t part = size % BS_WORD_BITS;
    for (size_t w = 0; w < words; w++) {
        int32_t from = offset < 0 ? (int32_t)w + whole : (int32_t)w - whole;
        uint32_t near = word_or_zero(source, words, from);
        uint32_t moved = near;
        if (part != 0) {
            uint32_t far = word_or_zero(source, words, offset < 0 ? from + 1 : from - 1);
            moved = offset < 0 ? (near >> part) | (far << (BS_WORD_BITS - part))
                               : (near << part) | (far >> (BS_WORD_BITS - part));
        }
        destination[w] = (moved & keep[w]) | fill[w];
    }
}
