/* x86-64 with AVX2: a panel word is two registers of 8 lanes; a table of nibbles counts ones. */
#include "bitspin/kernels.h"
#include "column_counts.h"
#include "read_noise.h"

#include <immintrin.h>

/* Byte counts grow by at most 8 a word: 31 words fit before they must be widened. */
#define WORDS_PER_WIDENING 31u

static inline __m256i byte_counts(__m256i bits)
{
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, /**/
                                           0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(bits, nibble));
    __m256i high =
        _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bits, 4), nibble));
    return _mm256_add_epi8(low, high);
}

/* Sum the four byte counts of each 32-bit lane. */
static inline __m256i widen(__m256i bytes)
{
    __m256i pairs = _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

/* Two registers of 8 counts each, as 16 counts of 16 bits. */
static inline void store_counts(uint16_t *counts, __m256i first, __m256i second)
{
    __m256i packed = _mm256_packus_epi32(first, second);
    _mm256_storeu_si256((__m256i *)counts, _mm256_permute4x64_epi64(packed, 0xD8));
}

/* One panel against two rows; `nonzero` is NULL for a binary product. The second row may be the
 * first one again. */
static inline void product_pair(const uint32_t *nonzero[2], const uint32_t *rows[2],
                                const uint32_t *panel, size_t words, uint16_t *counts[2])
{
    __m256i sum[2][2] = {{_mm256_setzero_si256(), _mm256_setzero_si256()},
                         {_mm256_setzero_si256(), _mm256_setzero_si256()}};
    for (size_t start = 0; start < words; start += WORDS_PER_WIDENING) {
        size_t stop = words - start < WORDS_PER_WIDENING ? words : start + WORDS_PER_WIDENING;
        __m256i bytes[2][2] = {{_mm256_setzero_si256(), _mm256_setzero_si256()},
                               {_mm256_setzero_si256(), _mm256_setzero_si256()}};
        for (size_t k = start; k < stop; k++) {
            const __m256i *lanes = (const __m256i *)(panel + k * BS_LANES);
            for (int half = 0; half < 2; half++) {
                __m256i w = _mm256_loadu_si256(lanes + half);
                for (int r = 0; r < 2; r++) {
                    __m256i differ = _mm256_xor_si256(w, _mm256_set1_epi32((int)rows[r][k]));
                    if (nonzero != NULL) {
                        differ = _mm256_and_si256(differ, _mm256_set1_epi32((int)nonzero[r][k]));
                    }
                    bytes[r][half] = _mm256_add_epi8(bytes[r][half], byte_counts(differ));
                }
            }
        }
        for (int r = 0; r < 2; r++) {
            for (int half = 0; half < 2; half++) {
                sum[r][half] = _mm256_add_epi32(sum[r][half], widen(bytes[r][half]));
            }
        }
    }
    for (int r = 0; r < 2; r++) {
        store_counts(counts[r], sum[r][0], sum[r][1]);
    }
}

static void count_binary(const uint32_t *rows, size_t row_count, const uint32_t *panels,
                         size_t panel_count, size_t words, uint16_t *counts, size_t stride,
                         void *scratch)
{
    (void)scratch;
    for (size_t p = 0; p < panel_count; p++) {
        for (size_t r = 0; r < row_count; r += 2) {
            size_t second = r + 1 < row_count ? r + 1 : r;
            const uint32_t *pair[2] = {rows + r * words, rows + second * words};
            uint16_t *out[2] = {counts + r * stride + p * BS_LANES,
                                counts + second * stride + p * BS_LANES};
            product_pair(NULL, pair, panels + p * words * BS_LANES, words, out);
        }
    }
}

static void count_ternary(const uint32_t *nonzero, const uint32_t *sign, size_t row_count,
                          const uint32_t *panels, size_t panel_count, size_t words,
                          uint16_t *counts, size_t stride, void *scratch)
{
    (void)scratch;
    for (size_t p = 0; p < panel_count; p++) {
        for (size_t r = 0; r < row_count; r += 2) {
            size_t second = r + 1 < row_count ? r + 1 : r;
            const uint32_t *mask[2] = {nonzero + r * words, nonzero + second * words};
            const uint32_t *pair[2] = {sign + r * words, sign + second * words};
            uint16_t *out[2] = {counts + r * stride + p * BS_LANES,
                                counts + second * stride + p * BS_LANES};
            product_pair(mask, pair, panels + p * words * BS_LANES, words, out);
        }
    }
}

/* 0xFFFF in each of 16 lanes where low <= value <= high, all unsigned. */
static inline __m256i in_range(const uint16_t *values, __m256i low, __m256i high)
{
    __m256i v = _mm256_loadu_si256((const __m256i *)values);
    __m256i above = _mm256_cmpeq_epi16(_mm256_max_epu16(v, low), v);
    __m256i below = _mm256_cmpeq_epi16(_mm256_min_epu16(v, high), v);
    return _mm256_and_si256(above, below);
}

static uint32_t range_bits(const uint16_t *values, size_t count, uint16_t low, uint16_t high,
                           uint32_t *bits)
{
    const __m256i lowest = _mm256_set1_epi16((short)low);
    const __m256i highest = _mm256_set1_epi16((short)high);
    size_t words = bs_words(count);
    uint32_t set = 0;
    for (size_t w = 0; w < words; w++) {
        const uint16_t *v = values + w * BS_WORD_BITS;
        __m256i both = _mm256_packs_epi16(in_range(v, lowest, highest),
                                          in_range(v + 16, lowest, highest));
        uint32_t word = (uint32_t)_mm256_movemask_epi8(_mm256_permute4x64_epi64(both, 0xD8));
        if (w + 1 == words) {
            word &= bs_tail_mask(count);
        }
        bits[w] = word;
        set += (uint32_t)_mm_popcnt_u32(word);
    }
    return set;
}

static uint32_t count_reaching(const uint16_t *values, size_t count, uint16_t low)
{
    const __m256i lowest = _mm256_set1_epi16((short)low);
    __m256i sums = _mm256_setzero_si256(); /* 16 lanes of at most 2048 each */
    uint32_t reached = 0;
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(values + i));
        sums = _mm256_sub_epi16(sums, _mm256_cmpeq_epi16(_mm256_max_epu16(v, lowest), v));
    }
    for (; i < count; i++) {
        reached += values[i] >= low;
    }
    uint16_t lanes[16];
    _mm256_storeu_si256((__m256i *)lanes, sums);
    for (int lane = 0; lane < 16; lane++) {
        reached += lanes[lane];
    }
    return reached;
}

/* 0xFFFF in lane i where bit i of 16 bits is one. */
static inline __m256i spread_bits(uint32_t bits)
{
    const __m256i place = _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096,
                                            8192, 16384, (short)-32768);
    __m256i lanes = _mm256_and_si256(_mm256_set1_epi16((short)bits), place);
    return _mm256_cmpeq_epi16(lanes, place);
}

static uint16_t disagreement(const uint16_t *counts, const uint32_t *weights, size_t count,
                             uint16_t total, uint16_t *q)
{
    const __m256i zero = _mm256_setzero_si256();
    const __m256i all = _mm256_set1_epi16((short)total);
    size_t words = bs_words(count);
    __m256i largest = zero;
    for (size_t w = 0; w < words; w++) {
        uint32_t used = w + 1 == words ? bs_tail_mask(count) : 0xFFFFFFFFu;
        for (size_t half = 0; half < 2; half++) {
            size_t at = w * BS_WORD_BITS + half * 16;
            __m256i c = _mm256_loadu_si256((const __m256i *)(counts + at));
            __m256i gradient = _mm256_sub_epi16(all, _mm256_add_epi16(c, c));
            __m256i plus = spread_bits(weights[w] >> (16 * half));
            __m256i negated = _mm256_sub_epi16(zero, gradient);
            __m256i against = _mm256_blendv_epi8(negated, gradient, plus);
            against = _mm256_and_si256(_mm256_max_epi16(against, zero),
                                       spread_bits(used >> (16 * half)));
            _mm256_storeu_si256((__m256i *)(q + at), against);
            largest = _mm256_max_epi16(largest, against);
        }
    }
    uint16_t lanes[16];
    _mm256_storeu_si256((__m256i *)lanes, largest);
    uint16_t top = 0;
    for (int i = 0; i < 16; i++) {
        top = lanes[i] > top ? lanes[i] : top;
    }
    return top;
}

static uint32_t popcount(const uint32_t *row, size_t words)
{
    uint32_t sum = 0;
    for (size_t w = 0; w < words; w++) {
        sum += (uint32_t)_mm_popcnt_u32(row[w]);
    }
    return sum;
}

static void read_noise(const bs_cells *cells, size_t outputs, uint16_t most, bs_key key,
                       uint16_t *counts)
{
    bs_noise_row(cells, outputs, most, key, counts);
}

static uint64_t count_minus(const uint32_t *rows, size_t row_count, size_t bits, uint16_t *minus)
{
    return bs_count_columns(rows, row_count, bits, minus);
}

const bs_kernels bs_avx2_kernels = {
    .name = "avx2",
    .rows_per_call = 16,
    .scratch_bytes = 0,
    .count_binary = count_binary,
    .compare_binary = NULL,
    .count_ternary = count_ternary,
    .range_bits = range_bits,
    .count_reaching = count_reaching,
    .disagreement = disagreement,
    .transpose = bs_transpose_blocks,
    .flip_ranked = bs_flip_ranked,
    .popcount = popcount,
    .read_noise = read_noise,
    .count_minus = count_minus,
};
