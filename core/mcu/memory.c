/* The four functions that gcc calls without being asked, even in freestanding code (struct copies,
 * cleared arrays). The empty assembler statement keeps gcc from recognising a loop as the very
 * function it implements and replacing it by a call to itself. */
#include <stddef.h>
#include <stdint.h>

#define NOT_AN_IDIOM() __asm__ volatile("" ::: "memory")

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);
int memcmp(const void *left, const void *right, size_t count);

/* A word that may alias objects of any type. */
typedef uint32_t __attribute__((may_alias)) word;

/* Copy from low to high addresses, in words where both sides are aligned (Cortex-M0 faults on an
 * unaligned word). Correct for overlapping areas if `to` is the lower one. */
static void copy_upwards(void *to, const void *from, size_t count)
{
    unsigned char *target = to;
    const unsigned char *source = from;
    if ((((uintptr_t)to | (uintptr_t)from) & 3u) == 0) {
        for (; count >= 4u; count -= 4u) {
            *(word *)(void *)target = *(const word *)(const void *)source;
            target += 4;
            source += 4;
            NOT_AN_IDIOM();
        }
    }
    for (; count > 0; --count) {
        *target++ = *source++;
        NOT_AN_IDIOM();
    }
}

/* Copy between areas that do not overlap.
 *   to     out [count].
 *   from   in [count].
 *   count  in, bytes.
 * Returns `to`. */
void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    copy_upwards(to, from, count);
    return to;
}

/* Copy between areas that may overlap; arguments and result as memcpy. */
void *memmove(void *to, const void *from, size_t count)
{
    unsigned char *target = to;
    const unsigned char *source = from;
    if ((uintptr_t)to <= (uintptr_t)from) {
        copy_upwards(to, from, count);
        return to;
    }
    while (count > 0) {
        --count;
        target[count] = source[count];
        NOT_AN_IDIOM();
    }
    return to;
}

/* Fill an area.
 *   to     out [count].
 *   value  in, its low byte is stored.
 *   count  in, bytes.
 * Returns `to`. */
void *memset(void *to, int value, size_t count)
{
    unsigned char *target = to;
    uint32_t pattern = (uint32_t)(unsigned char)value * 0x01010101u;
    for (; count > 0 && ((uintptr_t)target & 3u) != 0; --count) {
        *target++ = (unsigned char)value;
        NOT_AN_IDIOM();
    }
    for (; count >= 4u; count -= 4u) {
        *(word *)(void *)target = pattern;
        target += 4;
        NOT_AN_IDIOM();
    }
    for (; count > 0; --count) {
        *target++ = (unsigned char)value;
        NOT_AN_IDIOM();
    }
    return to;
}

/* Compare two areas.
 *   left, right  in [count].
 *   count        in, bytes.
 * Returns the difference of the first two unequal bytes, 0 if there are none. */
int memcmp(const void *left, const void *right, size_t count)
{
    const unsigned char *a = left;
    const unsigned char *b = right;
    for (size_t i = 0; i < count; ++i) {
        if (a[i] != b[i]) {
            return (int)a[i] - (int)b[i];
        }
        NOT_AN_IDIOM();
    }
    return 0;
}
