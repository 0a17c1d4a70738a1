/* bs_noise_row for AVX-512: 128 counts at a time, in two independent chains of Threefry, so that
 * one works while the other waits. The definition is read_noise.h.
 */
#ifndef BITSPIN_NOISE_AVX512_H
#define BITSPIN_NOISE_AVX512_H

#include "read_noise.h"

#include <immintrin.h>

#define MIX(a, b, left) \
    a = _mm512_add_epi32(a, b); \
    b = _mm512_xor_si512(_mm512_rol_epi32(b, left), a)

#define MIX_TWO(left) \
    MIX(a0, b0, left); \
    MIX(a1, b1, left)

#define INJECT(group) \
    { \
        __m512i to_a = _mm512_set1_epi32((int)schedule[((group) + 1) % 3]); \
        __m512i to_b = _mm512_set1_epi32((int)(schedule[((group) + 2) % 3] + (group) + 1u)); \
        a0 = _mm512_add_epi32(a0, to_a); \
        a1 = _mm512_add_epi32(a1, to_a); \
        b0 = _mm512_add_epi32(b0, to_b); \
        b1 = _mm512_add_epi32(b1, to_b); \
    }

#define EVEN_GROUP(group) \
    MIX_TWO(13); \
    MIX_TWO(15); \
    MIX_TWO(26); \
    MIX_TWO(6); \
    INJECT(group)

#define ODD_GROUP(group) \
    MIX_TWO(17); \
    MIX_TWO(29); \
    MIX_TWO(16); \
    MIX_TWO(24); \
    INJECT(group)

/* bs_noise_words of two blocks in a row. */
static inline __attribute__((always_inline)) void noise_words(const uint32_t schedule[3],
                                                              uint32_t first, __m512i words[4])
{
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i a0 = _mm512_add_epi32(lane, _mm512_set1_epi32((int)(first + schedule[0])));
    __m512i a1 = _mm512_add_epi32(a0, _mm512_set1_epi32(BS_NOISE_LANES));
    __m512i b0 = _mm512_set1_epi32((int)schedule[1]);
    __m512i b1 = b0;
    EVEN_GROUP(0)
    ODD_GROUP(1)
    EVEN_GROUP(2)
    ODD_GROUP(3)
    EVEN_GROUP(4)
    words[0] = a0;
    words[1] = b0;
    words[2] = a1;
    words[3] = b1;
}

/* Low halves of the 32-bit lanes, then high halves: 32 half-words in the order of their counts. */
static inline __m512i in_order(__m512i words)
{
    const __m512i halves = _mm512_set_epi16(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3,
                                            1, 30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4,
                                            2, 0);
    return _mm512_permutexvar_epi16(halves, words);
}

typedef struct noise_constants {
    __m512i scale;
    __m512i round;
    __m512i most;
} noise_constants;

/* bs_noise_lanes of 32 counts. */
static inline __m512i noisy(__m512i counts, __m512i base, __m512i bits, noise_constants constant)
{
    const __m512i nibbles = _mm512_set1_epi16(0x0F0F);
    __m512i pairs = _mm512_add_epi8(_mm512_and_si512(bits, nibbles),
                                    _mm512_and_si512(_mm512_srli_epi16(bits, 4), nibbles));
    __m512i sum = _mm512_maddubs_epi16(pairs, _mm512_set1_epi8(1));
    __m512i scaled = _mm512_add_epi16(_mm512_mullo_epi16(sum, constant.scale), constant.round);
    __m512i value = _mm512_add_epi16(_mm512_add_epi16(counts, base), _mm512_srli_epi16(scaled, 8));
    value = _mm512_subs_epu16(value, _mm512_set1_epi16(BS_READ_BIAS));
    return _mm512_min_epu16(value, constant.most);
}

static void noise_row(const bs_cells *cells, size_t outputs, uint16_t most, bs_key key,
                      uint16_t *counts)
{
    const uint32_t schedule[3] = {key.word[0], key.word[1],
                                  0x1BD11BDAu ^ key.word[0] ^ key.word[1]};
    noise_constants constant = {_mm512_set1_epi16((short)cells->noise_scale_q8),
                                _mm512_set1_epi16((short)cells->noise_round),
                                _mm512_set1_epi16((short)most)};
    __m512i words[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(),
                        _mm512_setzero_si512()};
    for (size_t n = 0; n < outputs; n += 2u * BS_NOISE_BLOCK) {
        if (cells->noise_scale_q8 != 0) {
            noise_words(schedule, (uint32_t)(n / BS_NOISE_BLOCK) * BS_NOISE_LANES, words);
        }
        for (size_t w = 0; w < 4 && n + w * BS_WORD_BITS < outputs; w++) {
            size_t at = n + w * BS_WORD_BITS;
            __m512i value = noisy(_mm512_loadu_si512(counts + at),
                                  _mm512_loadu_si512(cells->base + at), in_order(words[w]),
                                  constant);
            _mm512_storeu_si512(counts + at, value);
        }
    }
}

#endif
