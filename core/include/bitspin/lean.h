/* Products and sums for processors without wide registers, in few instructions and little memory.
 *
 * Both rest on carry-save addition: three words are added bit by bit into a sum and a carry with
 * five operations, so that ones are counted in 32 columns at once and a row's population count is
 * taken once every eight words (Harley and Seal; see Warren, "Hacker's Delight", 2nd ed., 2012,
 * section 5-1).
 */
#ifndef BITSPIN_LEAN_H
#define BITSPIN_LEAN_H

#include "bitspin/bits.h"

/* Mismatching bits between one row and each of several rows.
 * input   in   [words]
 * rows    in   [row_count][words]
 * counts  out  [row_count]; words <= 1024, the most that BS_MAX_WIDTH allows
 */
void bs_lean_counts(const uint32_t *input, const uint32_t *rows, size_t row_count, size_t words,
                    uint16_t *counts);

/* Ones that two rows share. a, b in [words] */
uint32_t bs_lean_common(const uint32_t *a, const uint32_t *b, size_t words);

/* One counter for each bit of a row, bit-sliced: bit i of plane p has the weight 2^p. */
typedef struct bs_counters {
    uint32_t *planes; /* [plane_count][words] the caller's */
    size_t words;
    uint32_t plane_count; /* 2^plane_count must exceed every sum */
} bs_counters;

/* In a list of rows: the row is taken bit by bit inverted. */
#define BS_INVERTED 0x8000u

/* Planes that count up to `largest`. */
uint32_t bs_planes_for(uint32_t largest);

/* Count, from zero, the ones of the chosen rows, each row XOR the base.
 * counters  out  all planes are written
 * rows      in   row r begins at rows + r * stride
 * chosen    in   [count] row numbers, 0 .. 32767, plus BS_INVERTED where the row is inverted
 * base      in   [words], or NULL for zeros
 */
void bs_counters_sum(bs_counters *counters, const uint32_t *rows, size_t stride,
                     const uint16_t *chosen, uint32_t count, const uint32_t *base);

/* Add one row, as bs_counters_sum does; the sum must not exceed the planes.
 * choice  in  0, or BS_INVERTED
 */
void bs_counters_add(bs_counters *counters, const uint32_t *row, uint16_t choice,
                     const uint32_t *base);

/* Which counters reach a threshold.
 * threshold  in   >= 0; beyond the planes no counter reaches it
 * reached    out  [words] may be one of the planes only if it is not read later
 */
void bs_counters_reach(const bs_counters *counters, uint32_t threshold, uint32_t *reached);

#endif
