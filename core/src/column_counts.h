/* How many zeros (inputs of -1, which toggle their cells) each column of a batch has.
 *
 * Included by each backend that has wide registers, and by disturb.c for the others: the loops are
 * written so that a compiler turns them into vectors.
 */
#ifndef BITSPIN_COLUMN_COUNTS_H
#define BITSPIN_COLUMN_COUNTS_H

#include "bitspin/array.h"

/* Bit-sliced counters of some word columns: plane p holds bit p of each count. A row is added by
 * carry-save: a plane waits until it has two words of its weight to add, so that a row costs two
 * additions on the average (as in Harley and Seal's count of ones). */
#define COUNTER_PLANES 15u /* counts up to BS_MAX_WIDTH */
#define COUNTER_WORDS 16u

typedef struct column_counters {
    uint32_t planes[COUNTER_PLANES + 1][COUNTER_WORDS];
    uint32_t waiting[COUNTER_PLANES + 1][COUNTER_WORDS]; /* in plane p while `rows` has bit p */
    uint32_t rows;
} column_counters;

/* planes[p] + waiting[p] + carry, of which the carry goes on to the next plane. */
static inline void add_plane(column_counters *c, uint32_t p, uint32_t carry[COUNTER_WORDS])
{
    for (uint32_t w = 0; w < COUNTER_WORDS; w++) {
        uint32_t odd = c->planes[p][w] ^ c->waiting[p][w];
        uint32_t both = c->planes[p][w] & c->waiting[p][w];
        c->planes[p][w] = odd ^ carry[w];
        c->waiting[p][w] = 0;
        carry[w] = both | (odd & carry[w]);
    }
}

static inline void add_row(column_counters *c, uint32_t ones[COUNTER_WORDS])
{
    uint32_t p = 0;
    for (; (c->rows >> p) & 1u; p++) {
        add_plane(c, p, ones);
    }
    for (uint32_t w = 0; w < COUNTER_WORDS; w++) {
        c->waiting[p][w] = ones[w];
    }
    c->rows++;
}

/* Add what still waits. */
static inline void settle(column_counters *c)
{
    uint32_t carry[COUNTER_WORDS] = {0};
    for (uint32_t p = 0; p <= COUNTER_PLANES; p++) {
        add_plane(c, p, carry);
    }
}

static inline uint64_t read_counters(const column_counters *c, size_t word_count, uint16_t *minus)
{
    uint64_t total = 0;
    for (size_t w = 0; w < word_count; w++) {
        for (uint32_t i = 0; i < BS_WORD_BITS; i++) {
            uint32_t count = 0;
            for (uint32_t p = 0; p < COUNTER_PLANES; p++) {
                count |= ((c->planes[p][w] >> i) & 1u) << p;
            }
            minus[w * BS_WORD_BITS + i] = (uint16_t)count;
            total += count;
        }
    }
    return total;
}

static inline uint64_t bs_count_columns(const uint32_t *rows, size_t row_count, size_t bits,
                                        uint16_t *minus)
{
    size_t words = bs_words(bits);
    uint64_t total = 0;
    for (size_t first = 0; first < words; first += COUNTER_WORDS) {
        static const column_counters nothing;
        column_counters counters = nothing;
        size_t here = words - first < COUNTER_WORDS ? words - first : COUNTER_WORDS;
        for (size_t r = 0; r < row_count; r++) {
            uint32_t ones[COUNTER_WORDS] = {0};
            for (size_t w = 0; w < here; w++) {
                uint32_t used = first + w + 1 == words ? bs_tail_mask(bits) : 0xFFFFFFFFu;
                ones[w] = ~rows[r * words + first + w] & used;
            }
            add_row(&counters, ones);
        }
        settle(&counters);
        total += read_counters(&counters, here, minus + first * BS_WORD_BITS);
    }
    return total;
}

#endif
