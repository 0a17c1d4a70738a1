/* Which backends were compiled in, and which of them this processor can run; what each of them can
 * do in some way. */
#include "bitspin/kernels.h"

#define BS_BACKEND(name, runs_here) extern const bs_kernels bs_##name##_kernels;
#include "../backends.def"
#undef BS_BACKEND

#ifdef BS_HAVE_AMX
int bs_amx_runs_here(void); /* asks the operating system too */
#endif

#define BS_MAX_BACKENDS 8

static size_t runnable(const bs_kernels *found[BS_MAX_BACKENDS])
{
    size_t count = 0;
#define BS_BACKEND(name, runs_here)                                                                \
    if (runs_here) {                                                                               \
        found[count++] = &bs_##name##_kernels;                                                     \
    }
#include "../backends.def"
#undef BS_BACKEND
    return count;
}

size_t bs_backend_count(void)
{
    const bs_kernels *found[BS_MAX_BACKENDS];
    return runnable(found);
}

const bs_kernels *bs_backend_at(size_t index)
{
    const bs_kernels *found[BS_MAX_BACKENDS];
    return index < runnable(found) ? found[index] : NULL;
}

/* String comparison without libc: the core runs where there is none. */
static int same_text(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

bs_status bs_backend_find(const char *name, const bs_kernels **kernels)
{
    const bs_kernels *found[BS_MAX_BACKENDS];
    size_t count = runnable(found);
    if (name == NULL || same_text(name, "auto")) {
        *kernels = found[count - 1];
        return BS_OK;
    }
    for (size_t i = 0; i < count; i++) {
        if (same_text(name, found[i]->name)) {
            *kernels = found[i];
            return BS_OK;
        }
    }
    return BS_ERROR_BACKEND;
}

void bs_compare_binary(const bs_kernels *kernels, const uint32_t *rows, size_t row_count,
                       const uint32_t *panels, size_t outputs, size_t words,
                       const bs_range *ranges, size_t range_count, uint16_t *counts, size_t stride,
                       void *scratch)
{
    if (kernels->compare_binary != NULL) {
        kernels->compare_binary(rows, row_count, panels, outputs, words, ranges, range_count,
                                counts, stride, scratch);
        return;
    }
    kernels->count_binary(rows, row_count, panels, bs_panels(outputs), words, counts, stride,
                          scratch);
    for (size_t r = 0; r < row_count; r++) {
        for (size_t i = 0; i < range_count; i++) {
            kernels->range_bits(counts + r * stride, outputs, ranges[i].low, ranges[i].high,
                                ranges[i].bits + r * bs_words(outputs));
        }
    }
}
