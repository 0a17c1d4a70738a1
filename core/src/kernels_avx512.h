/* Kernels of the avx512 backend that the amx backend uses as well. */
#ifndef BITSPIN_KERNELS_AVX512_H
#define BITSPIN_KERNELS_AVX512_H

#include "bitspin/kernels.h"

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
void bs_avx512_transpose(uint32_t block[BS_WORD_BITS]);
uint32_t bs_avx512_popcount(const uint32_t *row, size_t words);
void bs_avx512_read_noise(const struct bs_cells *cells, size_t outputs, uint16_t most, bs_key key,
                          uint16_t *counts);

#endif
