/* Noise and offset of the sense paths, on a row of mismatch counts.
 *
 * Each count takes 16 random bits. The sum of their four nibbles, 0 .. 60 with mean 30, is near to
 * normal (the sum of four uniform numbers; its spread is sqrt(4 * (16^2 - 1) / 12) = 9.22); scaled,
 * it is the noise of that read in counts, half of that of the sum. The count stays within 0 ..
 * fan-in: a sense path reports no sum that the cells cannot make.
 *
 * Included by each backend that has wide registers, and by array.c for the others: the loops are
 * written so that a compiler turns them into vectors.
 */
#ifndef BITSPIN_READ_NOISE_H
#define BITSPIN_READ_NOISE_H

#include "bitspin/array.h"

/* Counts that one block of randomness serves: 16 positions of the stream, two words each, two
 * halves a word. Count 64 g + 32 w + 16 h + i takes half h of word w at counter 16 g + i. */
#define BS_NOISE_BLOCK 64u
#define BS_NOISE_LANES 16u

static inline void bs_noise_words(bs_key key, uint32_t first, uint32_t words[2][BS_NOISE_LANES])
{
    /* bs_threefry, lane by lane. */
    static const uint8_t rotation[8] = {13, 15, 26, 6, 17, 29, 16, 24};
    const uint32_t schedule[3] = {key.word[0], key.word[1],
                                  0x1BD11BDAu ^ key.word[0] ^ key.word[1]};
    uint32_t a[BS_NOISE_LANES];
    uint32_t b[BS_NOISE_LANES];
    for (uint32_t i = 0; i < BS_NOISE_LANES; i++) {
        a[i] = first + i + schedule[0];
        b[i] = schedule[1];
    }
    for (uint32_t group = 0; group < 5; group++) {
        for (uint32_t round = 0; round < 4; round++) {
            uint32_t left = rotation[4 * (group % 2) + round];
            for (uint32_t i = 0; i < BS_NOISE_LANES; i++) {
                a[i] += b[i];
                b[i] = ((b[i] << left) | (b[i] >> (32u - left))) ^ a[i];
            }
        }
        for (uint32_t i = 0; i < BS_NOISE_LANES; i++) {
            a[i] += schedule[(group + 1) % 3];
            b[i] += schedule[(group + 2) % 3] + group + 1;
        }
    }
    for (uint32_t i = 0; i < BS_NOISE_LANES; i++) {
        words[0][i] = a[i];
        words[1][i] = b[i];
    }
}

/* The count as reported: 16 counts of one half-word each. */
static inline void bs_noise_lanes(const bs_cells *cells, const uint16_t *base,
                                  const uint32_t words[BS_NOISE_LANES], uint32_t shift,
                                  uint16_t most, uint16_t *counts)
{
    for (uint32_t i = 0; i < BS_NOISE_LANES; i++) {
        uint16_t bits = (uint16_t)(words[i] >> shift);
        uint16_t pairs = (uint16_t)((bits & 0x0F0Fu) + ((bits >> 4) & 0x0F0Fu));
        uint16_t sum = (uint16_t)((pairs & 0xFFu) + (pairs >> 8));
        uint16_t scaled = (uint16_t)(sum * cells->noise_scale_q8 + cells->noise_round);
        uint16_t noise = (uint16_t)(scaled >> 8);
        uint16_t value = (uint16_t)(counts[i] + base[i] + noise);
        value = value > BS_READ_BIAS ? (uint16_t)(value - BS_READ_BIAS) : 0;
        counts[i] = value < most ? value : most;
    }
}

/* One row of counts; those beyond the outputs, up to a multiple of 32, are undefined. */
static inline void bs_noise_row(const bs_cells *cells, size_t outputs, uint16_t most, bs_key key,
                                uint16_t *counts)
{
    uint32_t words[2][BS_NOISE_LANES] = {{0}, {0}};
    for (size_t n = 0; n < outputs; n += BS_NOISE_LANES) {
        uint32_t quarter = (uint32_t)(n / BS_NOISE_LANES) % 4u;
        if (quarter == 0 && cells->noise_scale_q8 != 0) {
            bs_noise_words(key, (uint32_t)(n / BS_NOISE_BLOCK) * BS_NOISE_LANES, words);
        }
        bs_noise_lanes(cells, cells->base + n, words[quarter / 2u], 16u * (quarter % 2u), most,
                       counts + n);
    }
}

#endif
