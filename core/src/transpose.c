/* Fourth phase of a step: errors and inputs of the active samples, transposed.
 *
 * A task takes some words of every sample. So it writes some rows of the transposed batch alone and
 * whole, and no two threads write to one cache line in turn.
 */
#include "phases.h"

/* What a task transposes: words `first` .. `first` + `count` - 1 of a layer's outputs or inputs. */
typedef struct slice {
    uint32_t layer;
    int is_input;
    size_t first;
    size_t count;
} slice;

static size_t slices(uint32_t width)
{
    return (bs_words(width) + BS_BLOCKS - 1u) / BS_BLOCKS;
}

static slice slice_of(const bs_shape *shape, size_t task)
{
    slice found = {0, 0, 0, 0};
    size_t before = slices(shape->width[1]);
    while (task >= before) {
        task -= before;
        found.layer += (uint32_t)found.is_input;
        found.is_input = !found.is_input;
        before = slices(shape->width[found.layer + (found.is_input ? 0u : 1u)]);
    }
    size_t words = bs_words(shape->width[found.layer + (found.is_input ? 0u : 1u)]);
    found.first = task * BS_BLOCKS;
    found.count = words - found.first < BS_BLOCKS ? words - found.first : BS_BLOCKS;
    return found;
}

/* Rows of a block of active samples, from word `first` on. Returns how many there are. */
static size_t block_rows(const bs_trainer *t, size_t block, const uint32_t *batch, size_t words,
                         size_t first, const uint32_t *rows[BS_BLOCK])
{
    const uint32_t *samples = t->active + block * BS_BLOCK;
    size_t count = t->active_count - block * BS_BLOCK;
    count = count < BS_BLOCK ? count : BS_BLOCK;
    for (size_t r = 0; r < count; r++) {
        rows[r] = batch + samples[r] * words + first;
    }
    return count;
}

static void transpose_errors(bs_trainer *t, slice some, const uint32_t *batch, uint32_t *out)
{
    uint32_t width = t->forward.shape.width[some.layer + 1];
    size_t columns = bs_words(t->active_count);
    size_t row = some.first * BS_WORD_BITS;
    for (size_t block = 0; block < columns; block++) {
        const uint32_t *rows[BS_BLOCK];
        size_t count = block_rows(t, block, batch, bs_words(width), some.first, rows);
        bs_transpose_to_rows(t->forward.kernels->transpose, rows, count, some.count,
                             out + row * columns, width - row, block, columns);
    }
}

static void transpose_inputs(bs_trainer *t, slice some)
{
    uint32_t width = t->forward.shape.width[some.layer];
    size_t columns = bs_words(t->active_count);
    size_t panel = some.first * (BS_WORD_BITS / BS_LANES);
    for (size_t block = 0; block < columns; block++) {
        const uint32_t *rows[BS_BLOCK];
        size_t count =
            block_rows(t, block, t->input[some.layer], bs_words(width), some.first, rows);
        bs_transpose_to_panels(t->forward.kernels->transpose, rows, count, some.count,
                               t->input_panels[some.layer] + panel * columns * BS_LANES,
                               bs_panels(width) - panel, block, columns);
    }
}

size_t bs_transpose_tasks(const bs_trainer *t)
{
    const bs_shape *shape = &t->forward.shape;
    size_t tasks = 0;
    for (uint32_t l = 0; l < shape->layer_count && t->active_count != 0; l++) {
        tasks += slices(shape->width[l + 1]) + slices(shape->width[l]);
    }
    return tasks;
}

void bs_transpose(bs_trainer *t, size_t task)
{
    slice some = slice_of(&t->forward.shape, task);
    if (some.is_input) {
        transpose_inputs(t, some);
    } else {
        transpose_errors(t, some, t->error_nonzero[some.layer], t->row_nonzero[some.layer]);
        transpose_errors(t, some, t->error_sign[some.layer], t->row_sign[some.layer]);
    }
}
