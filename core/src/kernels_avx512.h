/* Kernels of the avx512 backend that the amx backend uses as well. */
#ifndef BITSPIN_KERNELS_AVX512_H
#define BITSPIN_KERNELS_AVX512_H

#include "tiling.h"

#include <immintrin.h>

void bs_avx512_count_binary(const uint32_t *rows, size_t row_count, const uint32_t *panels,
                            size_t panel_count, size_t words, uint16_t *counts, size_t stride,
                            void *scratch);
void bs_avx512_count_ternary(const uint32_t *nonzero, const uint32_t *sign, size_t row_count,
                             const uint32_t *panels, size_t panel_count, size_t words,
                             uint16_t *counts, size_t stride, void *scratch);
uint32_t bs_avx512_range_bits(const uint16_t *values, size_t count, uint16_t low, uint16_t high,
                              uint32_t *bits);
uint32_t bs_avx512_count_reaching(const uint16_t *values, size_t count, uint16_t low);
uint16_t bs_avx512_disagreement(const uint16_t *counts, const uint32_t *weights, size_t count,
                                uint16_t total, uint16_t *q);
void bs_avx512_transpose_blocks(const uint32_t *const *rows, size_t row_count, size_t first,
                                size_t count, uint32_t (*blocks)[BS_WORD_BITS]);
void bs_avx512_flip_ranked(const uint32_t *mask, size_t words, const uint32_t *ranks,
                           uint32_t *row);
uint32_t bs_avx512_popcount(const uint32_t *row, size_t words);
void bs_avx512_read_noise(const struct bs_cells *cells, size_t outputs, uint16_t most, bs_key key,
                          uint16_t *counts);
uint64_t bs_avx512_count_minus(const uint32_t *rows, size_t row_count, size_t bits,
                               uint16_t *minus);

/* Transpose 16 x 16 words. */
BS_INLINE void transpose_words(__m512i line[16])
{
    __m512i t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(line[i], line[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(line[i], line[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        line[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        line[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        line[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        line[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        __m512i low = _mm512_shuffle_i32x4(line[i], line[i + 4], 0x88);
        __m512i high = _mm512_shuffle_i32x4(line[i + 8], line[i + 12], 0x88);
        t[i] = _mm512_shuffle_i32x4(low, high, 0x88);
        t[i + 8] = _mm512_shuffle_i32x4(low, high, 0xDD);
        low = _mm512_shuffle_i32x4(line[i], line[i + 4], 0xDD);
        high = _mm512_shuffle_i32x4(line[i + 8], line[i + 12], 0xDD);
        t[i + 4] = _mm512_shuffle_i32x4(low, high, 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(low, high, 0xDD);
    }
    for (int i = 0; i < 16; i++) {
        line[i] = t[i];
    }
}

#endif
