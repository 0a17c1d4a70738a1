/* Cut the caller's memory into aligned pieces. With no memory it only measures. */
#ifndef BITSPIN_ARENA_H
#define BITSPIN_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define BS_ALIGNMENT 64u

typedef struct bs_arena {
    unsigned char *start; /* NULL: measure only */
    size_t used;
} bs_arena;

/* The next `bytes` bytes, or NULL when measuring. */
static inline void *bs_take(bs_arena *arena, size_t bytes)
{
    unsigned char *piece = arena->start == NULL ? NULL : arena->start + arena->used;
    arena->used += (bytes + BS_ALIGNMENT - 1u) / BS_ALIGNMENT * BS_ALIGNMENT;
    return piece;
}

static inline int bs_is_aligned(const void *memory)
{
    return (uintptr_t)memory % BS_ALIGNMENT == 0;
}

#endif
