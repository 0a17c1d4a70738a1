/* An array of real cells: what the memory does differently from the ideal one.
 *
 * Errors are sorted by when their randomness is drawn:
 *   once per device  the class of each cell (how easily a pulse switches it), cells that are stuck,
 *                    the offset of each sense path;
 *   per write        whether a pulse switches its cell, with the chance of the cell's class;
 *   per read         noise on each sum; stored bits that toggling or reading disturbs.
 *
 * Every draw is a function of seed, step, layer and position, like all randomness of the core.
 * A predictor or trainer whose `array` is NULL works on ideal cells.
 */
#ifndef BITSPIN_ARRAY_H
#define BITSPIN_ARRAY_H

#include "bitspin/network.h"
#include "bitspin/random.h"
#include "bitspin/row.h"

#define BS_MAX_CELL_CLASSES 16u

/* Rates of disturbance are fixed point with 58 fractional bits: far below one in 10^15. */
#define BS_RATE_BITS 58u
#define BS_RATE_MOST ((uint64_t)1 << (BS_RATE_BITS - 1u)) /* one half: nothing is left of a bit */

/* Noise of one read: its spread in 8 fractional bits of a count; see src/read_noise.h. */
#define BS_READ_BIAS 16384u
#define BS_READ_SCALE_MAX 1088u

typedef struct bs_cells {
    uint32_t class_count;    /* 1 .. BS_MAX_CELL_CLASSES */
    const uint32_t *classes; /* [class_count][outputs][words] one plane a class; a cell is in at
                                most one of them, a stuck cell in none */
    const uint32_t *free;    /* [outputs][words] ones where a cell is not stuck */
    const uint16_t *base;    /* [outputs rounded up to 32] BS_READ_BIAS + offset in counts - centre
                                of the noise; NULL if sums are read exactly */
    uint16_t noise_scale_q8; /* 0 .. BS_READ_SCALE_MAX */
    uint16_t noise_round;    /* (128 - 30 * scale) mod 256: rounds to nearest, even about zero */
    uint64_t toggle_rate;    /* that an input of -1 leaves a toggled cell flipped */
    uint64_t read_rate;      /* that one read flips a cell */
} bs_cells;

typedef struct bs_array_tally {
    uint64_t minus[BS_MAX_LAYERS];       /* inputs of -1, over samples: each row toggles as many */
    uint64_t errors[BS_MAX_LAYERS];      /* nonzero errors, over rows and samples */
    uint64_t error_minus[BS_MAX_LAYERS]; /* errors of -1 */
    uint64_t disturbed[BS_MAX_LAYERS];   /* bits that toggles and reads flipped */
} bs_array_tally;

/* Lives beside the predictor or trainer that it is attached to, in memory of the caller. */
typedef struct bs_array {
    bs_cells layer[BS_MAX_LAYERS];
    bs_write write[BS_MAX_LAYERS][BS_MAX_CELL_CLASSES]; /* chance of each class at today's bias */
    uint16_t *minus[BS_MAX_LAYERS];  /* scratch, [inputs rounded up to 32]: how often each was -1 */
    uint32_t busiest[BS_MAX_LAYERS]; /* the largest of them */
    uint32_t *pulses[BS_MAX_LAYERS]; /* [outputs][inputs] write pulses of each cell, or NULL; an
                                        instrument, not state: nothing reads it */
    bs_array_tally *tally;           /* [threads] of the current step */
} bs_array;

/* bs_layer_counts as the sense paths report them: in a real array offset and noise are added, and
 * the range of physical sums is kept.
 * pass    in   key of this pass over the data
 * first   in   number of the first sample in its pass
 */
void bs_sense_counts(const bs_predictor *p, uint32_t layer, bs_key pass, uint32_t first,
                     const uint32_t *inputs, size_t row_count, uint16_t *counts, void *scratch);

/* bs_layer_compare on sums as the sense paths report them. */
void bs_sense_compare(const bs_predictor *p, uint32_t layer, bs_key pass, uint32_t first,
                      const uint32_t *inputs, size_t row_count, const bs_range *ranges,
                      size_t range_count, uint16_t *counts, void *scratch);

/* Send the pulses of one row, class by class. Returns how many cells switched.
 * pulses   in      [words]
 * scratch  out     [3][words]
 * weights  in/out  [words] the row's bits
 */
uint32_t bs_array_write(const bs_array *array, const bs_shape *shape, uint32_t layer, uint32_t row,
                        bs_stream *stream, const uint32_t *pulses, uint32_t *scratch,
                        uint32_t *weights);

/* Count the inputs of -1 in each column.
 * rows     in   [row_count][bs_words(bits)], row_count <= BS_MAX_WIDTH
 * minus    out  [bits rounded up to 32]
 * returns       their sum over the columns
 */
uint64_t bs_count_minus(const bs_kernels *kernels, const uint32_t *rows, size_t row_count,
                        size_t bits, uint16_t *minus);

/* Cells before the next event of a Poisson process: the floor of an exponential waiting time.
 * rate     in   1 .. BS_RATE_MOST, events a cell
 * returns       at most 2^31
 */
uint32_t bs_disturb_gap(uint64_t rate, bs_stream *stream);

#endif
