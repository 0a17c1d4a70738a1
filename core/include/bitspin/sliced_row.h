/* Choosing a neuron row's pulses from bit-sliced counters: the same cells and the same draws as
 * bs_select_pulses, without one integer a cell. */
#ifndef BITSPIN_SLICED_ROW_H
#define BITSPIN_SLICED_ROW_H

#include "bitspin/lean.h"
#include "bitspin/row.h"

/* Choose the cells that get a pulse.
 * counters  in/out  for each cell, how many of `total` gradients disagree with its bit, so that
 *                   q = 2 * counter - total; destroyed
 * cells     in      counters that belong to cells
 * total     in      nonzero gradients that were counted
 * pulses    out     [bs_words(cells)] ones where a pulse goes
 * ties      out     [bs_words(cells)] scratch
 * returns           how many pulses; `pulses` is undefined where there are none
 */
uint32_t bs_select_sliced(bs_counters *counters, size_t cells, uint32_t total, bs_row_rule rule,
                          bs_stream *stream, uint32_t *pulses, uint32_t *ties);

#endif
