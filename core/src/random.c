#include "bitspin/random.h"

static uint32_t rotate_left(uint32_t word, uint32_t count)
{
    return (word << count) | (word >> (32u - count));
}

static inline bs_key threefry(bs_key key, uint32_t counter0, uint32_t counter1)
{
    static const uint8_t rotation[8] = {13, 15, 26, 6, 17, 29, 16, 24};
    const uint32_t schedule[3] = {key.word[0], key.word[1],
                                  0x1BD11BDAu ^ key.word[0] ^ key.word[1]};
    uint32_t a = counter0 + schedule[0];
    uint32_t b = counter1 + schedule[1];
    for (uint32_t group = 0; group < 5; group++) {
        for (uint32_t i = 0; i < 4; i++) {
            a += b;
            b = rotate_left(b, rotation[4 * (group % 2) + i]) ^ a;
        }
        a += schedule[(group + 1) % 3];
        b += schedule[(group + 2) % 3] + group + 1;
    }
    bs_key out = {{a, b}};
    return out;
}

bs_key bs_threefry(bs_key key, uint32_t counter0, uint32_t counter1)
{
    return threefry(key, counter0, counter1);
}

bs_key bs_fold(bs_key key, uint32_t index, uint32_t domain)
{
    return bs_threefry(key, index, domain);
}

uint32_t bs_word_at(bs_key key, uint32_t position)
{
    return bs_threefry(key, position / 2, 0).word[position % 2];
}

bs_stream bs_stream_of(bs_key key)
{
    bs_stream stream;
    stream.key = key;
    stream.position = 0;
    return stream;
}

/* Blocks do not depend on each other, so that the compiler may draw several at a time. */
static inline void draw_blocks(bs_key key, uint32_t first, size_t count, uint32_t *words)
{
    for (size_t i = 0; i < count; i++) {
        bs_key block = threefry(key, first + (uint32_t)i, 0);
        words[2 * i] = block.word[0];
        words[2 * i + 1] = block.word[1];
    }
}

uint32_t bs_next(bs_stream *stream)
{
    uint32_t word = stream->position % BS_STREAM_WORDS;
    if (word == 0) {
        draw_blocks(stream->key, stream->position / 2, BS_STREAM_WORDS / 2, stream->words);
    }
    stream->position++;
    return stream->words[word];
}

void bs_fill_words(bs_key key, uint32_t first, uint32_t *words, size_t count)
{
    if (first % 2 != 0 && count > 0) {
        *words++ = bs_word_at(key, first++);
        count--;
    }
    draw_blocks(key, first / 2, count / 2, words);
    if (count % 2 != 0) {
        words[count - 1] = bs_word_at(key, first + (uint32_t)(count - 1));
    }
}

uint32_t bs_next_below(bs_stream *stream, uint32_t bound)
{
    return (uint32_t)(((uint64_t)bs_next(stream) * bound) >> 32);
}
