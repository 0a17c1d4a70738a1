/* Counter-based randomness: every draw is a function of a key and a position.
 *
 * The generator is Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011). It needs additions, rotations and xors of 32-bit words
 * only, so it costs little on a Cortex-M0. Evaluation order, threads and vector width cannot
 * change what is drawn.
 */
#ifndef BITSPIN_RANDOM_H
#define BITSPIN_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct bs_key {
    uint32_t word[2];
} bs_key;

/* Words of a stream that are drawn at once: a power of 2. Wide registers draw eight as fast as the
 * two of one block; a microcontroller draws no more than it needs. */
#ifndef BS_STREAM_WORDS
#define BS_STREAM_WORDS 2u
#endif

/* A key, how many of its words were taken, and those that were drawn last. */
typedef struct bs_stream {
    bs_key key;
    uint32_t position;
    uint32_t words[BS_STREAM_WORDS];
} bs_stream;

/* The stream of a key, at its first word. */
bs_stream bs_stream_of(bs_key key);

/* The two words that Threefry-2x32-20 gives for a counter under a key. */
bs_key bs_threefry(bs_key key, uint32_t counter0, uint32_t counter1);

/* Derive an independent key for the part `index` of domain `domain` (1 .. 2^32 - 1). */
bs_key bs_fold(bs_key key, uint32_t index, uint32_t domain);

/* Word `position` of a key's stream. Independent of all folded keys: their domain is not 0. */
uint32_t bs_word_at(bs_key key, uint32_t position);

/* The next word of a stream. */
uint32_t bs_next(bs_stream *stream);

/* The words first, first + 1, ... of a key's stream.
 * words    out  [count]; first + count <= 2^32
 */
void bs_fill_words(bs_key key, uint32_t first, uint32_t *words, size_t count);

/* The next integer, uniform in 0 .. bound - 1 (to within bound / 2^32); bound >= 1. */
uint32_t bs_next_below(bs_stream *stream, uint32_t bound);

#endif
