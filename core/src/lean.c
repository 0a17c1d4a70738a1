#include "bitspin/lean.h"

/* Thumb code without the call is a sixth shorter: the masks stay in registers from row to row. */
#if defined(__GNUC__)
#define BS_INLINE static inline __attribute__((always_inline))
#else
#define BS_INLINE static inline
#endif

/* ---- mismatch counts ------------------------------------------------------------------------- */

/* Carry-save addition: *sum + a + b, bit by bit; the carries are returned. */
static inline uint32_t add_saving(uint32_t *sum, uint32_t a, uint32_t b)
{
    uint32_t half = *sum ^ a;
    uint32_t carry = (*sum & a) | (half & b);
    *sum = half ^ b;
    return carry;
}

/* Ones of a word in each of its eight 4-bit fields. */
static inline uint32_t count_nibbles(uint32_t word)
{
    word -= (word >> 1) & 0x55555555u;
    return (word & 0x33333333u) + ((word >> 2) & 0x33333333u);
}

/* Sums of neighbouring 4-bit fields, in 8-bit fields. */
static inline uint32_t pair_nibbles(uint32_t fields)
{
    return (fields & 0x0F0F0F0Fu) + ((fields >> 4) & 0x0F0F0F0Fu);
}

/* Columns of eight words, added up so far: ones + 2 twos + 4 fours; carries of 8 are counted. */
typedef struct column_sums {
    uint32_t ones;
    uint32_t twos;
    uint32_t fours;
} column_sums;

/* Add eight words of a XOR b; the carries have the weight 8. */
static inline uint32_t add_eight(column_sums *sums, const uint32_t *a, const uint32_t *b)
{
    uint32_t two_a = add_saving(&sums->ones, a[0] ^ b[0], a[1] ^ b[1]);
    uint32_t two_b = add_saving(&sums->ones, a[2] ^ b[2], a[3] ^ b[3]);
    uint32_t four_a = add_saving(&sums->twos, two_a, two_b);
    two_a = add_saving(&sums->ones, a[4] ^ b[4], a[5] ^ b[5]);
    two_b = add_saving(&sums->ones, a[6] ^ b[6], a[7] ^ b[7]);
    uint32_t four_b = add_saving(&sums->twos, two_a, two_b);
    return add_saving(&sums->fours, four_a, four_b);
}

/* Add one word of a XOR b; at most seven words may be added like this, and before any eight. */
static inline void add_word(column_sums *sums, uint32_t word)
{
    uint32_t two = sums->ones & word;
    sums->ones ^= word;
    sums->fours ^= sums->twos & two;
    sums->twos ^= two;
}

/* The sum over all columns.
 * eights  in  4-bit fields of at most 12, of the weight 8; so no field below overflows:
 *             ones and twos 4 + 2 * 4 <= 15, and 2 * 12 + 4 * 8 + 8 * 24 <= 255
 */
static inline uint32_t sum_columns(const column_sums *sums, uint32_t eights)
{
    uint32_t low = pair_nibbles(count_nibbles(sums->ones) + 2u * count_nibbles(sums->twos));
    uint32_t bytes =
        low + 4u * pair_nibbles(count_nibbles(sums->fours)) + 8u * pair_nibbles(eights);
    uint32_t halves = (bytes & 0x00FF00FFu) + ((bytes >> 8) & 0x00FF00FFu);
    return (halves & 0xFFFFu) + (halves >> 16);
}

/* Words of a row that are summed without a field's overflow. */
#define PIECE_WORDS 24u

/* Mismatches of two short rows: at most 7 single words, then at most 3 times eight. */
BS_INLINE uint32_t short_mismatches(const uint32_t *a, const uint32_t *b, size_t words)
{
    column_sums sums = {0, 0, 0};
    uint32_t eights = 0;
    const uint32_t *end = a + words;
    for (size_t single = words % 8u; single != 0; single--) {
        add_word(&sums, *a++ ^ *b++);
    }
    while (a != end) {
        eights += count_nibbles(add_eight(&sums, a, b));
        a += 8;
        b += 8;
    }
    return sum_columns(&sums, eights);
}

/* Mismatches of two rows of any length, piece by piece. */
static uint32_t long_mismatches(const uint32_t *a, const uint32_t *b, size_t words)
{
    uint32_t total = 0;
    while (words != 0) {
        size_t now = words < PIECE_WORDS ? words : PIECE_WORDS;
        total += short_mismatches(a, b, now);
        a += now;
        b += now;
        words -= now;
    }
    return total;
}

void bs_lean_counts(const uint32_t *input, const uint32_t *rows, size_t row_count, size_t words,
                    uint16_t *counts)
{
    uint16_t *end = counts + row_count;
    if (words >= PIECE_WORDS + 8u) {
        for (; counts != end; rows += words) {
            *counts++ = (uint16_t)long_mismatches(input, rows, words);
        }
        return;
    }
    for (; counts != end; rows += words) {
        *counts++ = (uint16_t)short_mismatches(input, rows, words);
    }
}

uint32_t bs_lean_common(const uint32_t *a, const uint32_t *b, size_t words)
{
    uint32_t total = 0;
    for (size_t w = 0; w < words; w++) {
        total += bs_popcount(a[w] & b[w]);
    }
    return total;
}

/* ---- bit-sliced counters --------------------------------------------------------------------- */

uint32_t bs_planes_for(uint32_t largest)
{
    uint32_t planes = 0;
    for (; largest != 0; largest >>= 1) {
        planes++;
    }
    return planes;
}

/* Add a carry to the counters of one word column, from a plane upwards. */
static inline void ripple(bs_counters *counters, size_t word, uint32_t plane, uint32_t carry)
{
    uint32_t *at = counters->planes + plane * counters->words + word;
    for (; carry != 0 && plane < counters->plane_count; plane++) {
        uint32_t old = *at;
        *at = old ^ carry;
        carry &= old;
        at += counters->words;
    }
}

static inline uint32_t inversion(uint16_t choice)
{
    return (choice & BS_INVERTED) != 0 ? 0xFFFFFFFFu : 0u;
}

void bs_counters_add(bs_counters *counters, const uint32_t *row, uint16_t choice,
                     const uint32_t *base)
{
    uint32_t inverted = inversion(choice);
    for (size_t w = 0; w < counters->words; w++) {
        ripple(counters, w, 0, row[w] ^ inverted ^ (base == NULL ? 0u : base[w]));
    }
}

/* Add four rows at once: one pass over the planes in place of four. Needs three planes or more. */
static void add_four(bs_counters *counters, const uint32_t *const row[4],
                     const uint32_t inverted[4], const uint32_t *base)
{
    uint32_t *ones = counters->planes;
    uint32_t *twos = ones + counters->words;
    for (size_t w = 0; w < counters->words; w++) {
        uint32_t flip = base == NULL ? 0u : base[w];
        uint32_t one = ones[w];
        uint32_t two = twos[w];
        uint32_t carry_a =
            add_saving(&one, row[0][w] ^ inverted[0] ^ flip, row[1][w] ^ inverted[1] ^ flip);
        uint32_t carry_b =
            add_saving(&one, row[2][w] ^ inverted[2] ^ flip, row[3][w] ^ inverted[3] ^ flip);
        uint32_t carry = add_saving(&two, carry_a, carry_b);
        ones[w] = one;
        twos[w] = two;
        ripple(counters, w, 2, carry);
    }
}

void bs_counters_sum(bs_counters *counters, const uint32_t *rows, size_t stride,
                     const uint16_t *chosen, uint32_t count, const uint32_t *base)
{
    for (size_t w = 0; w < counters->plane_count * counters->words; w++) {
        counters->planes[w] = 0;
    }
    uint32_t done = 0;
    for (; count - done >= 4u; done += 4u) {
        const uint32_t *row[4];
        uint32_t inverted[4];
        for (uint32_t i = 0; i < 4u; i++) {
            row[i] = rows + (chosen[done + i] & (BS_INVERTED - 1u)) * stride;
            inverted[i] = inversion(chosen[done + i]);
        }
        add_four(counters, row, inverted, base);
    }
    for (; done < count; done++) {
        bs_counters_add(counters, rows + (chosen[done] & (BS_INVERTED - 1u)) * stride,
                        chosen[done], base);
    }
}

void bs_counters_reach(const bs_counters *counters, uint32_t threshold, uint32_t *reached)
{
    uint32_t beyond = threshold >> counters->plane_count;
    for (size_t w = 0; w < counters->words; w++) {
        /* From the lowest plane up: whether the planes so far reach the threshold's low bits. */
        uint32_t yes = beyond == 0 ? 0xFFFFFFFFu : 0u;
        const uint32_t *plane = counters->planes + w;
        for (uint32_t bits = threshold, p = 0; p < counters->plane_count && beyond == 0; p++) {
            yes = (bits & 1u) != 0 ? yes & *plane : yes | *plane;
            bits >>= 1;
            plane += counters->words;
        }
        reached[w] = yes;
    }
}
