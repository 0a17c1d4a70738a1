/* One neuron's row of weights: which cells get a write pulse, and which of those switch. */
#ifndef BITSPIN_ROW_H
#define BITSPIN_ROW_H

#include "bitspin/kernels.h"
#include "bitspin/random.h"

#define BS_PROBABILITY_ONE 0x80000000u /* probabilities are fixed point with 31 fractional bits */
#define BS_NO_BUDGET 0xFFFFFFFFu
#define BS_GAP_TABLE 32u

/* Which cells of a row may be pulsed in one step. */
typedef struct bs_row_rule {
    uint16_t floor;     /* a cell is a candidate where q > floor (the dead zone of the gradient) */
    uint32_t budget_q8; /* pulses a row, 8 fractional bits (the fraction is a chance of one more);
                           BS_NO_BUDGET pulses every candidate */
} bs_row_rule;

/* The chance that one pulse switches a cell, as a table of waiting times.
 *
 * below[g] / 2^32 = P(at most g failures before the first success): one draw tells how many
 * pulses pass until the next cell switches, instead of one draw a pulse.
 */
typedef struct bs_write {
    uint32_t probability_q31; /* 0 .. BS_PROBABILITY_ONE */
    uint32_t below[BS_GAP_TABLE];
} bs_write;

/* Fill the table for a probability.
 * returns BS_ERROR_RANGE above BS_PROBABILITY_ONE
 */
bs_status bs_write_init(bs_write *write, uint32_t probability_q31);

/* Choose the cells that get a pulse: of the candidates, where q > floor, those with the largest q,
 * at most `budget` of them; among equals that do not all fit, a uniformly random choice.
 * q        in     [cells], as from kernels->disagreement
 * largest  in     the largest q
 * budget   in     as from bs_draw_budget
 * pulses   out    [bs_words(cells)] ones where a pulse goes
 * scratch  out    [2][bs_words(cells)]
 * returns         how many pulses
 */
uint32_t bs_select_pulses(const bs_kernels *kernels, const uint16_t *q, size_t cells,
                          uint16_t largest, uint16_t floor, uint32_t budget, bs_stream *stream,
                          uint32_t *pulses, uint32_t *scratch);

/* Whole pulses of a row in one step: the fraction of the budget is a chance of one more. */
uint32_t bs_draw_budget(uint32_t budget_q8, bs_stream *stream);

/* Mark `wanted` distinct ranks out of 0 .. count - 1, every set equally likely.
 * wanted  in   0 .. count
 * ranks   out  [bs_words(count)] a one at each
 */
void bs_draw_ranks(uint32_t wanted, uint32_t count, bs_stream *stream, uint32_t *ranks);

/* Send the pulses; each switches its cell with the write's probability, independently.
 * pulses   in      [words]
 * row      in/out  [words] the stored weights
 * returns          how many cells switched
 */
uint32_t bs_write_pulses(const bs_write *write, bs_stream *stream, const uint32_t *pulses,
                         size_t words, uint32_t *row);

#endif
