/* How fast this core can count mismatches if nothing else is to be done: xor, count ones, add, on
 * registers of the widest kind that the compiler was told of (-march=native). As many sums as
 * registers hold, and operands that the compiler must take as unknown in each round.
 *
 * Prints giga multiply-accumulates a second: one for each bit that is compared.
 */
#define _POSIX_C_SOURCE 199309L
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#if defined(__AVX512F__) && defined(__AVX512VPOPCNTDQ__)
#include <immintrin.h>
typedef __m512i bits;
#define NOTHING _mm512_setzero_si512()
enum { SIDE = 4 };
#define COUNT(a, b) _mm512_popcnt_epi32(_mm512_xor_si512(a, b))
#define ADD(a, b) _mm512_add_epi32(a, b)
#define UNKNOWN(a) __asm__ volatile("" : "+v"(a))
#elif defined(__AVX2__)
#include <immintrin.h>
typedef __m256i bits;
#define NOTHING _mm256_setzero_si256()
enum { SIDE = 2 };
static inline __m256i count(__m256i x)
{
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, /**/
                                           0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    return _mm256_add_epi8(
        _mm256_shuffle_epi8(table, _mm256_and_si256(x, nibble)),
        _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble)));
}
#define COUNT(a, b) count(_mm256_xor_si256(a, b))
#define ADD(a, b) _mm256_add_epi8(a, b)
#define UNKNOWN(a) __asm__ volatile("" : "+x"(a))
#else
typedef uint64_t bits;
#define NOTHING 0
enum { SIDE = 2 };
#define COUNT(a, b) ((uint64_t)__builtin_popcountll((a) ^ (b)))
#define ADD(a, b) ((a) + (b))
#define UNKNOWN(a) __asm__ volatile("" : "+r"(a))
#endif

enum { ROUNDS = 200000, REPETITIONS = 25 };

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(void)
{
    bits lanes[SIDE], rows[SIDE], sums[SIDE][SIDE];
#pragma GCC unroll 4
    for (int r = 0; r < SIDE; r++) {
        lanes[r] = rows[r] = NOTHING;
        UNKNOWN(lanes[r]);
#pragma GCC unroll 4
        for (int p = 0; p < SIDE; p++) {
            sums[r][p] = NOTHING;
            UNKNOWN(sums[r][p]);
        }
    }
    double best = 1e9;
    for (int repetition = 0; repetition < REPETITIONS; repetition++) {
        double start = seconds();
        for (int round = 0; round < ROUNDS; round++) {
#pragma GCC unroll 4
            for (int r = 0; r < SIDE; r++) {
                UNKNOWN(rows[r]);
#pragma GCC unroll 4
                for (int p = 0; p < SIDE; p++) {
                    sums[r][p] = ADD(sums[r][p], COUNT(lanes[p], rows[r]));
                }
            }
        }
        double taken = seconds() - start;
        best = taken < best ? taken : best;
    }
#pragma GCC unroll 4
    for (int r = 0; r < SIDE; r++) {
#pragma GCC unroll 4
        for (int p = 0; p < SIDE; p++) {
            UNKNOWN(sums[r][p]); /* they are wanted */
        }
    }
    printf("%.1f\n", 8.0 * sizeof(bits) * SIDE * SIDE * ROUNDS / best / 1e9);
    return 0;
}
