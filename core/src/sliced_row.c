#include "bitspin/sliced_row.h"

static uint32_t count_ones(const uint32_t *row, size_t words)
{
    return bs_lean_common(row, row, words);
}

/* Split the candidates at rank `wanted`: the cells above the threshold go into `above`, those on it
 * into `ties`. From the highest plane down, either enough cells have a one there, and only they
 * stay in question; or those that do are above, and the others stay in question.
 * ties     in/out  the candidates, more than `wanted`
 * above    out
 * returns          cells above
 */
static uint32_t split_at_rank(const bs_counters *counters, uint32_t wanted, uint32_t *ties,
                              uint32_t *above)
{
    size_t words = counters->words;
    uint32_t taken = 0;
    for (size_t w = 0; w < words; w++) {
        above[w] = 0;
    }
    for (uint32_t p = counters->plane_count; p-- > 0;) {
        const uint32_t *plane = counters->planes + p * words;
        uint32_t ones = bs_lean_common(ties, plane, words);
        if (taken + ones >= wanted) {
            for (size_t w = 0; w < words; w++) {
                ties[w] &= plane[w];
            }
            continue;
        }
        taken += ones;
        for (size_t w = 0; w < words && ones != 0; w++) {
            above[w] |= ties[w] & plane[w];
            ties[w] &= ~plane[w];
        }
    }
    return taken;
}

uint32_t bs_select_sliced(bs_counters *counters, size_t cells, uint32_t total, bs_row_rule rule,
                          bs_stream *stream, uint32_t *pulses, uint32_t *ties)
{
    uint32_t budget = bs_draw_budget(rule.budget_q8, stream);
    size_t words = bs_words(cells);
    if (budget == 0 || total <= rule.floor) {
        return 0;
    }
    bs_counters_reach(counters, (total + rule.floor) / 2u + 1u, pulses);
    pulses[words - 1u] &= bs_tail_mask(cells);
    uint32_t candidates = count_ones(pulses, words);
    if (candidates <= budget) {
        return candidates;
    }
    for (size_t w = 0; w < words; w++) {
        ties[w] = pulses[w];
    }
    uint32_t above = split_at_rank(counters, budget, ties, pulses);
    uint32_t tied = count_ones(ties, words);
    if (above + tied == budget) {
        for (size_t w = 0; w < words; w++) {
            pulses[w] |= ties[w];
        }
        return budget;
    }
    uint32_t *ranks = counters->planes; /* read no more */
    bs_draw_ranks(budget - above, tied, stream, ranks);
    bs_flip_ranked(ties, words, ranks, pulses); /* no tie has a pulse yet */
    return budget;
}
