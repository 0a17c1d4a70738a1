/* x86-64 with AVX-512 F, BW, VL and VPOPCNTDQ: one output a 32-bit lane, 16 outputs a register. */
#include "column_counts.h"
#include "kernels_avx512.h"
#include "noise_avx512.h"
#include "tiling.h"

#include <immintrin.h>

BS_INLINE void store_tile(const int rows, const int panels, __m512i sum[4][4], tile_operands at)
{
    BS_UNROLL for (int r = 0; r < rows; r++)
    {
        BS_UNROLL for (int p = 0; p < panels; p++)
        {
            uint16_t *out = at.counts + (size_t)r * at.stride + (size_t)p * BS_LANES;
            _mm256_storeu_si256((__m256i *)out, _mm512_cvtepi32_epi16(sum[r][p]));
        }
    }
}

BS_INLINE void binary_tile(const int rows, const int panels, tile_operands at)
{
    __m512i sum[4][4];
    BS_UNROLL for (int r = 0; r < rows; r++)
    {
        BS_UNROLL for (int p = 0; p < panels; p++) { sum[r][p] = _mm512_setzero_si512(); }
    }
    for (size_t k = 0; k < at.words; k++) {
        __m512i lanes[4];
        BS_UNROLL for (int p = 0; p < panels; p++)
        {
            lanes[p] = _mm512_loadu_si512(at.panels + ((size_t)p * at.words + k) * BS_LANES);
        }
        BS_UNROLL for (int r = 0; r < rows; r++)
        {
            __m512i x = _mm512_set1_epi32((int)at.rows[(size_t)r * at.words + k]);
            BS_UNROLL for (int p = 0; p < panels; p++)
            {
                __m512i differ = _mm512_popcnt_epi32(_mm512_xor_si512(lanes[p], x));
                sum[r][p] = _mm512_add_epi32(sum[r][p], differ);
            }
        }
    }
    store_tile(rows, panels, sum, at);
}

BS_INLINE void ternary_tile(const int rows, const int panels, tile_operands at)
{
    /* Truth table of nonzero & (sign ^ weight), operands in the order weight, sign, nonzero. */
    enum { DIFFER_WHERE_NONZERO = 0x28 };
    __m512i sum[4][4];
    BS_UNROLL for (int r = 0; r < rows; r++)
    {
        BS_UNROLL for (int p = 0; p < panels; p++) { sum[r][p] = _mm512_setzero_si512(); }
    }
    for (size_t k = 0; k < at.words; k++) {
        __m512i lanes[4];
        BS_UNROLL for (int p = 0; p < panels; p++)
        {
            lanes[p] = _mm512_loadu_si512(at.panels + ((size_t)p * at.words + k) * BS_LANES);
        }
        BS_UNROLL for (int r = 0; r < rows; r++)
        {
            __m512i nonzero = _mm512_set1_epi32((int)at.nonzero[(size_t)r * at.words + k]);
            __m512i sign = _mm512_set1_epi32((int)at.rows[(size_t)r * at.words + k]);
            BS_UNROLL for (int p = 0; p < panels; p++)
            {
                __m512i differ = _mm512_popcnt_epi32(
                    _mm512_ternarylogic_epi32(lanes[p], sign, nonzero, DIFFER_WHERE_NONZERO));
                sum[r][p] = _mm512_add_epi32(sum[r][p], differ);
            }
        }
    }
    store_tile(rows, panels, sum, at);
}

BS_DEFINE_WALK(walk_binary, binary_tile)
BS_DEFINE_WALK(walk_ternary, ternary_tile)

void bs_avx512_count_binary(const uint32_t *rows, size_t row_count, const uint32_t *panels,
                            size_t panel_count, size_t words, uint16_t *counts, size_t stride,
                            void *scratch)
{
    (void)scratch;
    tile_operands all = {NULL, rows, panels, words, counts, stride};
    walk_binary(all, row_count, panel_count);
}

void bs_avx512_count_ternary(const uint32_t *nonzero, const uint32_t *sign, size_t row_count,
                             const uint32_t *panels, size_t panel_count, size_t words,
                             uint16_t *counts, size_t stride, void *scratch)
{
    (void)scratch;
    tile_operands all = {nonzero, sign, panels, words, counts, stride};
    walk_ternary(all, row_count, panel_count);
}

uint32_t bs_avx512_range_bits(const uint16_t *values, size_t count, uint16_t low, uint16_t high,
                              uint32_t *bits)
{
    const __m512i lowest = _mm512_set1_epi16((short)low);
    const __m512i highest = _mm512_set1_epi16((short)high);
    size_t words = bs_words(count);
    uint32_t set = 0;
    for (size_t w = 0; w < words; w++) {
        __m512i v = _mm512_loadu_si512(values + w * BS_WORD_BITS);
        __mmask32 above = _mm512_cmpge_epu16_mask(v, lowest);
        uint32_t word = _mm512_mask_cmple_epu16_mask(above, v, highest);
        if (w + 1 == words) {
            word &= bs_tail_mask(count);
        }
        bits[w] = word;
        set += (uint32_t)_mm_popcnt_u32(word);
    }
    return set;
}

uint32_t bs_avx512_count_reaching(const uint16_t *values, size_t count, uint16_t low)
{
    const __m512i lowest = _mm512_set1_epi16((short)low);
    size_t words = bs_words(count);
    uint32_t reaching = 0;
    for (size_t w = 0; w < words; w++) {
        __m512i v = _mm512_loadu_si512(values + w * BS_WORD_BITS);
        uint32_t word = _mm512_cmpge_epu16_mask(v, lowest);
        if (w + 1 == words) {
            word &= bs_tail_mask(count);
        }
        reaching += (uint32_t)_mm_popcnt_u32(word);
    }
    return reaching;
}

uint16_t bs_avx512_disagreement(const uint16_t *counts, const uint32_t *weights, size_t count,
                                uint16_t total, uint16_t *q)
{
    const __m512i zero = _mm512_setzero_si512();
    const __m512i all = _mm512_set1_epi16((short)total);
    size_t words = bs_words(count);
    __m512i largest = zero;
    for (size_t w = 0; w < words; w++) {
        __m512i c = _mm512_loadu_si512(counts + w * BS_WORD_BITS);
        __m512i gradient = _mm512_sub_epi16(all, _mm512_add_epi16(c, c));
        __m512i against = _mm512_mask_sub_epi16(gradient, (__mmask32)~weights[w], zero, gradient);
        __mmask32 used = w + 1 == words ? bs_tail_mask(count) : 0xFFFFFFFFu;
        against = _mm512_maskz_max_epi16(used, against, zero);
        _mm512_storeu_si512(q + w * BS_WORD_BITS, against);
        largest = _mm512_max_epi16(largest, against);
    }
    /* 16-bit maxima of the even and of the odd places, then one horizontal step. */
    __m512i odd = _mm512_srli_epi32(largest, 16);
    __m512i even = _mm512_and_si512(largest, _mm512_set1_epi32(0xFFFF));
    return (uint16_t)_mm512_reduce_max_epu32(_mm512_max_epu32(odd, even));
}

/* One step of the transposition within a register of 16 rows: rows whose numbers differ in the bit
 * `half` swap their off-diagonal squares of that size. */
BS_INLINE __m512i swap_squares(__m512i rows, const int half, const uint32_t low_bits)
{
    enum { SELECT = 0xCA }; /* truth table of mask ? second : third */
    const __m512i row = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __mmask16 lower = _mm512_test_epi32_mask(row, _mm512_set1_epi32(half));
    const __m512i turn = _mm512_mask_set1_epi32(_mm512_set1_epi32(half), lower, 32 - half);
    const __m512i taken =
        _mm512_mask_set1_epi32(_mm512_set1_epi32((int)~low_bits), lower, (int)low_bits);
    __m512i other = _mm512_permutexvar_epi32(_mm512_xor_si512(row, _mm512_set1_epi32(half)), rows);
    return _mm512_ternarylogic_epi32(taken, _mm512_rolv_epi32(other, turn), rows, SELECT);
}

/* Transpose a block of 32 x 32 bits, given as its upper and its lower 16 rows. */
BS_INLINE void transpose_bits(__m512i top, __m512i bottom, uint32_t block[BS_WORD_BITS])
{
    const __m512i low_half = _mm512_set1_epi32(0xFFFF);
    __m512i swap =
        _mm512_and_si512(_mm512_xor_si512(_mm512_srli_epi32(top, 16), bottom), low_half);
    __m512i rows[2] = {_mm512_xor_si512(top, _mm512_slli_epi32(swap, 16)),
                       _mm512_xor_si512(bottom, swap)};
    BS_UNROLL for (int i = 0; i < 2; i++)
    {
        rows[i] = swap_squares(rows[i], 8, 0x00FF00FFu);
        rows[i] = swap_squares(rows[i], 4, 0x0F0F0F0Fu);
        rows[i] = swap_squares(rows[i], 2, 0x33333333u);
        rows[i] = swap_squares(rows[i], 1, 0x55555555u);
        _mm512_storeu_si512(block + 16 * i, rows[i]);
    }
}

/* Some words of 16 rows, from row `row` on, word by word. */
BS_INLINE void load_words(const uint32_t *const *rows, size_t row_count, size_t row, size_t first,
                          __mmask16 used, __m512i line[16])
{
    for (size_t r = 0; r < 16; r++) {
        line[r] = row + r < row_count ? _mm512_maskz_loadu_epi32(used, rows[row + r] + first)
                                      : _mm512_setzero_si512();
    }
    transpose_words(line);
}

void bs_avx512_transpose_blocks(const uint32_t *const *rows, size_t row_count, size_t first,
                                size_t count, uint32_t (*blocks)[BS_WORD_BITS])
{
    __mmask16 used = (__mmask16)(0xFFFFu >> (BS_BLOCKS - count));
    __m512i top[BS_BLOCKS];
    __m512i bottom[BS_BLOCKS];
    load_words(rows, row_count, 0, first, used, top);
    load_words(rows, row_count, 16, first, used, bottom);
    for (size_t i = 0; i < count; i++) {
        transpose_bits(top[i], bottom[i], blocks[i]);
    }
}

void bs_avx512_flip_ranked(const uint32_t *mask, size_t words, const uint32_t *ranks, uint32_t *row)
{
    uint32_t rank = 0;
    for (size_t w = 0; w < words; w++) {
        size_t word = rank / BS_WORD_BITS;
        /* The last word's ranks do not go on in a next one. */
        uint64_t next = ranks[word + 1 < words ? word + 1 : word];
        uint64_t marks = (next << BS_WORD_BITS | ranks[word]) >> (rank % BS_WORD_BITS);
        row[w] ^= _pdep_u32((uint32_t)marks, mask[w]);
        rank += (uint32_t)_mm_popcnt_u32(mask[w]);
    }
}

uint32_t bs_avx512_popcount(const uint32_t *row, size_t words)
{
    uint32_t sum = 0;
    for (size_t w = 0; w < words; w++) {
        sum += (uint32_t)_mm_popcnt_u32(row[w]);
    }
    return sum;
}

void bs_avx512_read_noise(const bs_cells *cells, size_t outputs, uint16_t most, bs_key key,
                          uint16_t *counts)
{
    noise_row(cells, outputs, most, key, counts);
}

uint64_t bs_avx512_count_minus(const uint32_t *rows, size_t row_count, size_t bits, uint16_t *minus)
{
    return bs_count_columns(rows, row_count, bits, minus);
}

const bs_kernels bs_avx512_kernels = {
    .name = "avx512",
    .rows_per_call = 16,
    .scratch_bytes = 0,
    .count_binary = bs_avx512_count_binary,
    .compare_binary = NULL,
    .count_ternary = bs_avx512_count_ternary,
    .range_bits = bs_avx512_range_bits,
    .count_reaching = bs_avx512_count_reaching,
    .disagreement = bs_avx512_disagreement,
    .transpose = bs_avx512_transpose_blocks,
    .flip_ranked = bs_avx512_flip_ranked,
    .popcount = bs_avx512_popcount,
    .read_noise = bs_avx512_read_noise,
    .count_minus = bs_avx512_count_minus,
};
