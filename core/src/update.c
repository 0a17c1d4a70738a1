/* Fifth phase of a step: gradients row by row, and pulses. */
#include "bitspin/array.h"
#include "phases.h"

/* Domains of keys derived from the seed (0 is taken by a stream's own words). */
enum { DOMAIN_LAYER = 1, DOMAIN_ROW = 0x10001 };

/* Tasks of one layer. */
static size_t layer_tasks(const bs_trainer *t, uint32_t layer)
{
    uint32_t outputs = t->forward.shape.width[layer + 1];
    uint32_t rows = bs_task_rows(t, outputs);
    return (outputs + rows - 1u) / rows;
}

/* Pulse the cells of one row that its gradient disagrees with most. */
static void update_row(bs_trainer *t, uint32_t layer, bs_key layer_key, uint32_t row,
                       const uint16_t *counts, uint32_t thread)
{
    const bs_shape *shape = &t->forward.shape;
    const bs_kernels *kernels = t->forward.kernels;
    const bs_layer_rule *rule = &t->step.layer[layer];
    size_t columns = bs_words(t->active_count);
    size_t cells = shape->width[layer];
    size_t words = bs_words(cells);
    uint32_t total = kernels->popcount(t->row_nonzero[layer] + row * columns, columns);
    if (total <= rule->row.floor) {
        return; /* no |gradient| can exceed the number of its terms */
    }
    uint32_t *weights = t->weights + bs_layer_offset(shape, layer) + row * words;
    uint16_t *q = t->q + thread * bs_count_stride(shape);
    uint32_t *pulses = t->masks + (size_t)thread * 4 * bs_widest_words(shape);
    uint32_t *scratch = pulses + bs_widest_words(shape);
    bs_stream stream = bs_stream_of(bs_fold(layer_key, row, DOMAIN_ROW));
    uint32_t budget = bs_draw_budget(rule->row.budget_q8, &stream);
    if (budget == 0) {
        return;
    }
    uint16_t largest = kernels->disagreement(counts, weights, cells, (uint16_t)total, q);
    uint32_t sent = bs_select_pulses(kernels, q, cells, largest, rule->row.floor, budget, &stream,
                                     pulses, scratch);
    if (sent != 0) {
        t->tally[thread].pulses[layer] += sent;
        const bs_array *array = t->forward.array;
        t->tally[thread].flips[layer] +=
            array == NULL ? bs_write_pulses(&t->write[layer], &stream, pulses, words, weights)
                          : bs_array_write(array, shape, layer, row, &stream, pulses, scratch,
                                           weights);
    }
}

size_t bs_update_tasks(const bs_trainer *t)
{
    size_t tasks = 0;
    for (uint32_t l = 0; l < t->forward.shape.layer_count && t->active_count != 0; l++) {
        tasks += layer_tasks(t, l);
    }
    return tasks;
}

void bs_update(bs_trainer *t, size_t task, uint32_t thread)
{
    const bs_shape *shape = &t->forward.shape;
    uint32_t layer = 0;
    while (task >= layer_tasks(t, layer)) {
        task -= layer_tasks(t, layer);
        layer++;
    }
    uint32_t most = bs_task_rows(t, shape->width[layer + 1]);
    uint32_t first = (uint32_t)task * most;
    uint32_t rows = shape->width[layer + 1] - first;
    rows = rows < most ? rows : most;
    size_t columns = bs_words(t->active_count);
    size_t stride = bs_count_stride(shape);
    uint16_t *counts = bs_thread_counts(t, thread);
    t->forward.kernels->count_ternary(t->row_nonzero[layer] + first * columns,
                                      t->row_sign[layer] + first * columns, rows,
                                      t->input_panels[layer], bs_panels(shape->width[layer]),
                                      columns, counts, stride, bs_thread_scratch(t, thread));
    bs_key layer_key = bs_fold(t->seed, t->step.index, DOMAIN_LAYER + layer);
    for (uint32_t r = 0; r < rows; r++) {
        update_row(t, layer, layer_key, first + r, counts + r * stride, thread);
    }
}

