#include "bitspin/row.h"

bs_status bs_write_init(bs_write *write, uint32_t probability_q31)
{
    if (probability_q31 > BS_PROBABILITY_ONE) {
        return BS_ERROR_RANGE;
    }
    write->probability_q31 = probability_q31;
    uint64_t survival = (uint64_t)1 << 32;
    for (uint32_t g = 0; g < BS_GAP_TABLE; g++) {
        survival = (survival * (BS_PROBABILITY_ONE - probability_q31)) >> 31;
        uint64_t below = ((uint64_t)1 << 32) - survival;
        write->below[g] = below > 0xFFFFFFFFu ? 0xFFFFFFFFu : (uint32_t)below;
    }
    return BS_OK;
}

uint32_t bs_draw_budget(uint32_t budget_q8, bs_stream *stream)
{
    if (budget_q8 == BS_NO_BUDGET) {
        return BS_NO_BUDGET;
    }
    uint32_t fraction = budget_q8 & 0xFFu;
    uint32_t whole = budget_q8 >> 8;
    if (fraction != 0 && (bs_next(stream) & 0xFFu) < fraction) {
        whole++;
    }
    return whole;
}

/* A threshold that exactly `wanted` cells reach; else the largest that more of them do, or
 * floor + 1 if not even that one does. floor < result <= largest.
 * is_exact  out  whether it is known that exactly so many cells reach it
 */
static uint16_t rank_threshold(const bs_kernels *kernels, const uint16_t *q, size_t cells,
                               uint16_t floor, uint16_t largest, uint32_t wanted, int *is_exact)
{
    *is_exact = 1;
    uint32_t reached = (uint32_t)floor + 1u;
    uint32_t missed = (uint32_t)largest + 1u;
    while (missed - reached > 1u) {
        /* Few cells are wanted: above the middle is where to look first. */
        uint32_t middle = reached + (missed - reached) * 5u / 8u;
        uint32_t count = kernels->count_reaching(q, cells, (uint16_t)middle);
        if (count == wanted) {
            return (uint16_t)middle; /* a larger threshold could only keep the same cells */
        }
        if (count > wanted) {
            reached = middle;
        } else {
            missed = middle;
        }
    }
    *is_exact = 0;
    return (uint16_t)reached;
}

/* (R. W. Floyd's sampling: one draw for each chosen rank.) */
void bs_draw_ranks(uint32_t wanted, uint32_t count, bs_stream *stream, uint32_t *ranks)
{
    for (size_t w = 0; w < bs_words(count); w++) {
        ranks[w] = 0;
    }
    for (uint32_t last = count - wanted; last < count; last++) {
        uint32_t rank = bs_next_below(stream, last + 1u);
        if (bs_bit(ranks, rank)) {
            rank = last;
        }
        ranks[rank / BS_WORD_BITS] |= 1u << (rank % BS_WORD_BITS);
    }
}

uint32_t bs_select_pulses(const bs_kernels *kernels, const uint16_t *q, size_t cells,
                          uint16_t largest, uint16_t floor, uint32_t budget, bs_stream *stream,
                          uint32_t *pulses, uint32_t *scratch)
{
    size_t words = bs_words(cells);
    if (budget == 0 || largest <= floor) {
        for (size_t w = 0; w < words; w++) {
            pulses[w] = 0;
        }
        return 0;
    }
    if (budget >= cells) {
        return kernels->range_bits(q, cells, (uint16_t)(floor + 1u), 0xFFFFu, pulses);
    }
    uint32_t *ties = scratch;
    uint32_t *ranks = scratch + words;
    int is_exact;
    uint16_t tie = rank_threshold(kernels, q, cells, floor, largest, budget, &is_exact);
    if (is_exact) {
        return kernels->range_bits(q, cells, tie, 0xFFFFu, pulses);
    }
    uint32_t above = kernels->range_bits(q, cells, (uint16_t)(tie + 1u), 0xFFFFu, pulses);
    uint32_t tie_count = kernels->range_bits(q, cells, tie, tie, ties);
    if (above + tie_count <= budget) {
        for (size_t w = 0; w < words; w++) {
            pulses[w] |= ties[w];
        }
        return above + tie_count;
    }
    bs_draw_ranks(budget - above, tie_count, stream, ranks);
    kernels->flip_ranked(ties, words, ranks, pulses); /* no tie has a pulse yet */
    return budget;
}

/* How many pulses until a cell switches, at least 1. */
static uint32_t draw_gap(const bs_write *write, bs_stream *stream)
{
    if (write->probability_q31 == BS_PROBABILITY_ONE) {
        return 1;
    }
    uint32_t passed = 0;
    uint32_t draw = bs_next(stream);
    while (draw >= write->below[BS_GAP_TABLE - 1u]) {
        /* Waiting has no memory: beyond the table, start again. */
        passed += BS_GAP_TABLE;
        draw = bs_next(stream);
    }
    uint32_t failures = 0;
    while (draw >= write->below[failures]) {
        failures++;
    }
    return passed + failures + 1u;
}

uint32_t bs_write_pulses(const bs_write *write, bs_stream *stream, const uint32_t *pulses,
                         size_t words, uint32_t *row)
{
    if (write->probability_q31 == 0) {
        return 0;
    }
    uint32_t flips = 0;
    uint32_t gap = 0; /* 0: not drawn yet, so that rows without a pulse draw nothing */
    for (size_t w = 0; w < words; w++) {
        uint32_t rest = pulses[w];
        while (rest != 0) {
            if (gap == 0) {
                gap = draw_gap(write, stream);
            }
            uint32_t here = bs_popcount(rest);
            if (gap > here) {
                gap -= here;
                break;
            }
            for (; gap > 1; gap--) {
                rest &= rest - 1u;
            }
            row[w] ^= rest & (0u - rest);
            rest &= rest - 1u;
            gap = 0;
            flips++;
        }
    }
    return flips;
}
