/* The hot kernels, and the choice of their implementation at run time.
 *
 * The `ref` backend is the definition of each kernel; every other backend returns the same bits.
 */
#ifndef BITSPIN_KERNELS_H
#define BITSPIN_KERNELS_H

#include "bitspin/bits.h"
#include "bitspin/random.h"
#include "bitspin/status.h"

/* A range of mismatch counts, and the bits that say which counts lie in it. */
typedef struct bs_range {
    uint16_t low;
    uint16_t high;
    uint32_t *bits;
} bs_range;

struct bs_cells;

#define BS_MAX_RANGES 2u

typedef struct bs_kernels {
    const char *name;

    /* Rows that a product should be given at once, where there are as many: a multiple of 16. Fewer
     * or more are right as well. */
    uint32_t rows_per_call;

    /* Memory, aligned to 64 bytes, that a product needs for its own use during a call. */
    size_t scratch_bytes;

    /* Binary x binary product, as mismatch counts.
     * counts[r][lane] = sum over k of popcount(rows[r][k] ^ panels[..][k][lane])
     * rows    in   [row_count][words]
     * panels  in   [panel_count][words][BS_LANES]
     * counts  out  [row_count][stride], stride >= panel_count * BS_LANES; words * 32 <= 65535
     * scratch      [scratch_bytes]
     */
    void (*count_binary)(const uint32_t *rows, size_t row_count, const uint32_t *panels,
                         size_t panel_count, size_t words, uint16_t *counts, size_t stride,
                         void *scratch);

    /* Binary product of which only comparisons are wanted: in the bits of each range, bit o of row
     * r is (low <= count <= high) of output o; tail bits zero. NULL in a backend in which
     * count_binary and then range_bits on each row are as fast; they define the result.
     * ranges  in   [range_count], 1 .. BS_MAX_RANGES; bits out [row_count][bs_words(outputs)] each
     * panels  in   [bs_panels(outputs)][words][BS_LANES]
     * counts       memory of the same size as in count_binary; what is left there is undefined
     */
    void (*compare_binary)(const uint32_t *rows, size_t row_count, const uint32_t *panels,
                           size_t outputs, size_t words, const bs_range *ranges,
                           size_t range_count, uint16_t *counts, size_t stride, void *scratch);

    /* Ternary x binary product, as mismatch counts among the nonzero entries.
     * counts[r][lane] = sum over k of popcount(nonzero[r][k] & (sign[r][k] ^ panels[..][k][lane]))
     * so that the product is popcount(nonzero[r]) - 2 * counts[r][lane].
     */
    void (*count_ternary)(const uint32_t *nonzero, const uint32_t *sign, size_t row_count,
                          const uint32_t *panels, size_t panel_count, size_t words,
                          uint16_t *counts, size_t stride, void *scratch);

    /* bits[i] = (low <= values[i] && values[i] <= high), tail bits zero.
     * values  in   [count], readable up to the next multiple of 32
     * bits    out  [bs_words(count)]
     * returns      how many bits were set; none if low > high
     */
    uint32_t (*range_bits)(const uint16_t *values, size_t count, uint16_t low, uint16_t high,
                           uint32_t *bits);

    /* How many values are at least `low`.
     * values  in   [count], readable up to the next multiple of 32
     * low     in   >= 1
     */
    uint32_t (*count_reaching)(const uint16_t *values, size_t count, uint16_t low);

    /* How strongly a row of gradients disagrees with the stored weights.
     * q[i] = max(0, w[i] * G[i]), with G[i] = total - 2 * counts[i] and w[i] = +1 or -1
     * counts  in   [count], readable up to the next multiple of 32
     * weights in   [bs_words(count)]
     * total   in   nonzero entries that each count was taken over, <= 32767
     * q       out  [count rounded up to a multiple of 32], zero beyond count
     * returns      the largest q
     */
    uint16_t (*disagreement)(const uint16_t *counts, const uint32_t *weights, size_t count,
                             uint16_t total, uint16_t *q);

    /* Transpose words of rows, as bs_transpose_blocks. */
    bs_blocks_transpose *transpose;

    /* Flip bits by their ranks in a mask, as bs_flip_ranked. */
    bs_ranked_flip *flip_ranked;

    /* Ones in a row of words. */
    uint32_t (*popcount)(const uint32_t *row, size_t words);

    /* One row of sums as the sense paths of real cells report it; bs_noise_row (src/read_noise.h)
     * defines it. NULL in a backend without registers that are wide enough to gain by it.
     * counts  in/out  [outputs], writable up to the next multiple of 32
     */
    void (*read_noise)(const struct bs_cells *cells, size_t outputs, uint16_t most, bs_key key,
                       uint16_t *counts);

    /* Inputs of -1 in each column of a batch, as bs_count_minus. NULL in a backend without registers
     * that are wide enough to gain by it. */
    uint64_t (*count_minus)(const uint32_t *rows, size_t row_count, size_t bits, uint16_t *minus);
} bs_kernels;

/* compare_binary in any backend: its own, or the two kernels that define it. */
void bs_compare_binary(const bs_kernels *kernels, const uint32_t *rows, size_t row_count,
                       const uint32_t *panels, size_t outputs, size_t words,
                       const bs_range *ranges, size_t range_count, uint16_t *counts, size_t stride,
                       void *scratch);

/* Number of backends that were compiled in and that this processor can run. */
size_t bs_backend_count(void);

/* Backend `index` of those, slowest first; NULL beyond the last. */
const bs_kernels *bs_backend_at(size_t index);

/* The fastest backend here, or the one of that name.
 * name     in   NULL or "auto" for the fastest
 * kernels  out  set on BS_OK
 * returns       BS_ERROR_BACKEND if the name is unknown here
 */
bs_status bs_backend_find(const char *name, const bs_kernels **kernels);

#endif
