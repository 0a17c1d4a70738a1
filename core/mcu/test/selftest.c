/* Shows that every function of bs_mcu.h does what its comment says. The first argument chooses the
 * case; tests/mcu/test_runtime.py knows what each must print. */
#include "bs_mcu.h"

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);
int memcmp(const void *left, const void *right, size_t count);

#define LINE_BYTES 128
#define CHUNK_BYTES 100
#define DEEP_WORDS 120
#define AREA_BYTES 24u

/* Whether two texts are equal. */
static int same(const char *left, const char *right)
{
    while (*left != '\0' && *left == *right) {
        ++left;
        ++right;
    }
    return *left == *right;
}

/* One step of the FNV-1a hash. */
static uint32_t mix(uint32_t hash, uint32_t byte)
{
    return (hash ^ byte) * 16777619u;
}

/* The numeric second argument, 0 if there is none. */
static uint32_t number_argument(void)
{
    char line[LINE_BYTES];
    uint32_t value = 0;
    if (bs_mcu_argument(2, line, LINE_BYTES) >= 0) {
        (void)bs_mcu_parse_u32(line, &value);
    }
    return value;
}

/* Text and numbers at the ends of their ranges. */
static int32_t show_text(void)
{
    static const char *const bad[4] = {"", "12a", "4294967296", "-1"};
    uint32_t value = 7;
    bs_mcu_write("numbers");
    static const uint32_t numbers[4] = {0u, 10u, 1000000007u, 4294967295u};
    for (uint32_t i = 0; i < 4; ++i) {
        bs_mcu_write(" ");
        bs_mcu_write_u32(numbers[i]);
        bs_mcu_write(" ");
        bs_mcu_write_hex32(numbers[i]);
    }
    for (uint32_t i = 0; i < 4; ++i) {
        if (bs_mcu_parse_u32(bad[i], &value) == 0 || value != 7) {
            return 1;
        }
    }
    return bs_mcu_parse_u32("4294967295", &value) == 0 && value == 4294967295u ? 0 : 2;
}

/* Hash data.bin in chunks, twice from the same handle, and copy it to copy.bin. */
static int32_t show_files(void)
{
    static uint8_t chunk[CHUNK_BYTES];
    int32_t in = bs_mcu_open("data.bin", BS_MCU_READ);
    int32_t out = bs_mcu_open("copy.bin", BS_MCU_CREATE);
    if (in < 0 || out < 0 || bs_mcu_open("absent.bin", BS_MCU_READ) >= 0) {
        return 1;
    }
    for (uint32_t pass = 0; pass < 2; ++pass) {
        uint32_t hash = 2166136261u;
        uint32_t total = 0;
        int32_t got = 0;
        while ((got = bs_mcu_read(in, chunk, CHUNK_BYTES)) > 0) {
            for (int32_t i = 0; i < got; ++i) {
                hash = mix(hash, chunk[i]);
            }
            total += (uint32_t)got;
            if (pass == 0 && bs_mcu_save(out, chunk, (uint32_t)got) != 0) {
                return 2;
            }
        }
        if (got < 0 || bs_mcu_seek(in, 0) != 0) {
            return 3;
        }
        bs_mcu_write_u32(total);
        bs_mcu_write(" ");
        bs_mcu_write_hex32(hash);
        bs_mcu_write("\n");
    }
    return bs_mcu_close(in) == 0 && bs_mcu_close(out) == 0 ? 0 : 4;
}

/* Count the instructions of a loop whose length is the second argument. */
static int32_t show_count(void)
{
    volatile uint32_t sink = 0;
    uint32_t length = number_argument();
    uint64_t first = bs_mcu_instructions();
    uint64_t begin = bs_mcu_instructions();
    for (uint32_t i = 0; i < length; ++i) {
        sink = i;
    }
    uint64_t end = bs_mcu_instructions();
    (void)sink;
    bs_mcu_write_u32((uint32_t)(begin - first));
    bs_mcu_write(" ");
    bs_mcu_write_u32((uint32_t)(end - begin));
    return 0;
}

/* Innermost function of the deepest chain: touches every word of a large frame. */
__attribute__((noinline)) static uint32_t innermost(uint32_t seed)
{
    volatile uint32_t frame[DEEP_WORDS];
    for (uint32_t i = 0; i < DEEP_WORDS; ++i) {
        frame[i] = seed * i + 1u; /* never 0: what is not paint must show */
    }
    return frame[seed % DEEP_WORDS];
}

/* A caller with a frame of its own. */
__attribute__((noinline)) static uint32_t middle(uint32_t seed)
{
    volatile uint32_t kept = innermost(seed);
    return kept + seed;
}

/* Peak stack after painting: shallow first, then the deepest chain. */
static int32_t show_stack(void)
{
    bs_mcu_stack_paint();
    bs_mcu_write_u32(bs_mcu_stack_used());
    bs_mcu_write(" ");
    uint32_t seed = number_argument();
    bs_mcu_write_u32(bs_mcu_stack_used());
    bs_mcu_write(" ");
    if (middle(seed) == 1u) {
        return 1;
    }
    bs_mcu_write_u32(bs_mcu_stack_used());
    return 0;
}

struct state {
    uint32_t words[4];
    int64_t sum;
};

/* A hash over the integer arithmetic that kernels use: 32 and 64 bits, signed and unsigned,
 * multiplication, division, shifts, structure copies. */
static int32_t show_arithmetic(void)
{
    struct state now = {{1u, 2u, 3u, 4u}, 0};
    uint32_t hash = 2166136261u;
    for (uint32_t i = 1; i <= 2000u; ++i) {
        struct state next = now;
        uint64_t product = (uint64_t)(now.words[0] ^ i) * (now.words[1] | 1u);
        int32_t signed_word = (int32_t)(now.words[2] & 0x7fffffffu) - (int32_t)(i << 16);
        next.words[0] = now.words[3] + (uint32_t)(product >> 32);
        next.words[1] = (uint32_t)product ^ (now.words[0] >> (i & 31u));
        next.words[2] = now.words[2] * 1664525u + 1013904223u / i;
        next.words[3] = (uint32_t)(signed_word / 7) + (uint32_t)(signed_word % 13);
        next.sum = now.sum / 3 + (int64_t)(product % 1000003u) - signed_word;
        now = next;
        for (uint32_t word = 0; word < 4; ++word) {
            hash = mix(hash, now.words[word]);
        }
        hash = mix(hash, (uint32_t)((uint64_t)now.sum >> 16));
    }
    bs_mcu_write_hex32(hash);
    return 0;
}

/* Whether area[begin .. end) holds base, base + 1, ... */
static int counts_up(const uint8_t *area, uint32_t begin, uint32_t end, uint32_t base)
{
    for (uint32_t i = begin; i < end; ++i) {
        if (area[i] != (uint8_t)(base + (i - begin))) {
            return 0;
        }
    }
    return 1;
}

/* Move `count` bytes within a fresh area by `move` and check every byte of it. */
static int moves_right(uint32_t to, uint32_t from, uint32_t count, int overlap)
{
    uint8_t area[2u * AREA_BYTES];
    for (uint32_t i = 0; i < sizeof area; ++i) {
        area[i] = (uint8_t)i;
    }
    if (overlap) {
        memmove(area + to, area + from, count);
    } else {
        memcpy(area + to, area + from, count);
    }
    return counts_up(area, 0, to, 0) && counts_up(area, to, to + count, from) &&
           counts_up(area, to + count, sizeof area, to + count);
}

/* memcpy, memmove, memset and memcmp for all alignments and small sizes. */
static int32_t show_memory(void)
{
    for (uint32_t to = 0; to < 8; ++to) {
        for (uint32_t from = 0; from < 8; ++from) {
            for (uint32_t count = 0; count < AREA_BYTES - 8u; ++count) {
                if (!moves_right(to, from, count, 1) ||
                    !moves_right(to, AREA_BYTES + from, count, 0)) {
                    return 1;
                }
            }
        }
    }
    for (uint32_t to = 0; to < 8; ++to) {
        for (uint32_t count = 0; count < AREA_BYTES - 8u; ++count) {
            uint8_t area[AREA_BYTES];
            memset(area, 1, AREA_BYTES);
            memset(area + to, 0x1a5, count);
            for (uint32_t i = 0; i < AREA_BYTES; ++i) {
                if (area[i] != (i >= to && i < to + count ? 0xa5 : 1)) {
                    return 2;
                }
            }
        }
    }
    return memcmp("abc", "abd", 2) == 0 && memcmp("abc", "abd", 3) < 0 &&
                   memcmp("\xff", "a", 1) > 0
               ? 0
               : 3;
}

/* Globals: copied, cleared, and constant. */
static int32_t show_globals(void)
{
    static uint32_t copied[3] = {11u, 22u, 33u};
    static uint32_t cleared[3];
    int right = copied[0] == 11u && copied[2] == 33u && cleared[0] == 0 && cleared[2] == 0;
    copied[0] = cleared[2] = number_argument();
    return right && copied[0] == cleared[2] ? 0 : 1;
}

int main(void)
{
    char name[LINE_BYTES];
    if (bs_mcu_argument(1, name, LINE_BYTES) <= 0 || bs_mcu_argument(9, name, LINE_BYTES) >= 0 ||
        bs_mcu_argument(1, name, LINE_BYTES) <= 0) {
        return 99;
    }
    if (same(name, "text")) {
        return show_text();
    }
    if (same(name, "exit")) {
        bs_mcu_exit((int32_t)number_argument());
    }
    if (same(name, "files")) {
        return show_files();
    }
    if (same(name, "count")) {
        return show_count();
    }
    if (same(name, "stack")) {
        return show_stack();
    }
    if (same(name, "arithmetic")) {
        return show_arithmetic();
    }
    if (same(name, "memory")) {
        return show_memory();
    }
    if (same(name, "globals")) {
        return show_globals();
    }
    return 98;
}
