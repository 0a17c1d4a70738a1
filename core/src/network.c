#include "bitspin/network.h"

#include "bitspin/arena.h"
#include "bitspin/array.h"

size_t bs_layer_panel_words(const bs_shape *shape, uint32_t layer)
{
    return bs_panel_words(shape->width[layer + 1], shape->width[layer]);
}

void bs_layer_counts(const bs_kernels *kernels, const bs_shape *shape, uint32_t layer,
                     const uint32_t *panels, const uint32_t *inputs, size_t row_count,
                     uint16_t *counts, void *scratch)
{
    kernels->count_binary(inputs, row_count, panels, bs_panels(shape->width[layer + 1]),
                          bs_words(shape->width[layer]), counts, bs_count_stride(shape), scratch);
}

bs_range bs_active_range(const bs_shape *shape, uint32_t layer, uint32_t *bits)
{
    bs_range range = {0, (uint16_t)(shape->width[layer] / 2), bits};
    return range;
}

void bs_layer_compare(const bs_kernels *kernels, const bs_shape *shape, uint32_t layer,
                      const uint32_t *panels, const uint32_t *inputs, size_t row_count,
                      const bs_range *ranges, size_t range_count, uint16_t *counts, void *scratch)
{
    bs_compare_binary(kernels, inputs, row_count, panels, shape->width[layer + 1],
                      bs_words(shape->width[layer]), ranges, range_count, counts,
                      bs_count_stride(shape), scratch);
}

size_t bs_scratch_stride(const bs_kernels *kernels)
{
    return (kernels->scratch_bytes + BS_ALIGNMENT - 1u) / BS_ALIGNMENT * BS_ALIGNMENT;
}

static size_t lay_out(bs_predictor *predictor, bs_arena *arena, uint32_t threads)
{
    const bs_shape *shape = &predictor->shape;
    for (uint32_t l = 0; l < shape->layer_count; l++) {
        predictor->panels[l] = bs_take(arena, bs_layer_panel_words(shape, l) * sizeof(uint32_t));
    }
    size_t chunk = (size_t)threads * predictor->chunk;
    predictor->counts = bs_take(arena, chunk * bs_count_stride(shape) * sizeof(uint16_t));
    predictor->hidden = bs_take(arena, 2 * chunk * bs_widest_words(shape) * sizeof(uint32_t));
    size_t sums = shape->width[shape->layer_count] + shape->class_count;
    predictor->sums = bs_take(arena, threads * sums * sizeof(int32_t));
    predictor->scratch = bs_take(arena, threads * bs_scratch_stride(predictor->kernels));
    return arena->used;
}

size_t bs_predictor_bytes(const bs_shape *shape, uint32_t threads, const bs_kernels *kernels)
{
    if (bs_shape_check(shape) != BS_OK || threads == 0) {
        return 0;
    }
    bs_predictor measured;
    measured.shape = *shape;
    measured.kernels = kernels;
    measured.chunk = kernels->rows_per_call;
    bs_arena arena = {NULL, 0};
    return lay_out(&measured, &arena, threads);
}

/* Whether the sum of each class's code word is that of one output, in order. */
static int is_one_hot(const bs_shape *shape, const uint32_t *code)
{
    uint32_t length = shape->width[shape->layer_count];
    size_t words = bs_words(length);
    uint32_t strange = shape->class_count ^ length;
    for (uint32_t c = 0; c < shape->class_count && strange == 0; c++) {
        for (size_t w = 0; w < words; w++) {
            uint32_t own = w == c / BS_WORD_BITS ? 1u << (c % BS_WORD_BITS) : 0u;
            strange |= code[c * words + w] ^ own;
        }
    }
    return strange == 0 && shape->class_scale == NULL;
}

bs_status bs_predictor_init(bs_predictor *predictor, void *memory, size_t bytes,
                            const bs_shape *shape, uint32_t threads, const bs_kernels *kernels,
                            const uint32_t *code)
{
    size_t needed = bs_predictor_bytes(shape, threads, kernels);
    if (needed == 0) {
        return BS_ERROR_SHAPE;
    }
    if (memory == NULL || bytes < needed || !bs_is_aligned(memory)) {
        return BS_ERROR_MEMORY;
    }
    predictor->kernels = kernels;
    predictor->shape = *shape;
    predictor->code = code;
    predictor->is_one_hot = is_one_hot(shape, code);
    predictor->chunk = kernels->rows_per_call;
    predictor->array = NULL;
    bs_arena arena = {memory, 0};
    lay_out(predictor, &arena, threads);
    return BS_OK;
}

void bs_predictor_scores(const bs_predictor *predictor, const uint16_t *counts, int32_t *sums,
                         int32_t *scores)
{
    const bs_shape *shape = &predictor->shape;
    if (!predictor->is_one_hot) {
        bs_class_scores(shape, counts, predictor->code, sums, scores);
        return;
    }
    int32_t fan_in = (int32_t)shape->width[shape->layer_count - 1];
    for (uint32_t c = 0; c < shape->class_count; c++) {
        int32_t sum = fan_in - 2 * (int32_t)counts[c];
        sums[c] = sum;
        scores[c] = sum;
    }
}

size_t bs_predictor_panels(const bs_predictor *predictor)
{
    size_t panels = 0;
    for (uint32_t l = 0; l < predictor->shape.layer_count; l++) {
        panels += bs_panels(predictor->shape.width[l + 1]);
    }
    return panels;
}

void bs_predictor_fill(bs_predictor *predictor, const uint32_t *weights, size_t panel)
{
    const bs_shape *shape = &predictor->shape;
    uint32_t layer = 0;
    while (panel >= bs_panels(shape->width[layer + 1])) {
        panel -= bs_panels(shape->width[layer + 1]);
        layer++;
    }
    size_t words = bs_words(shape->width[layer]);
    size_t first = panel * BS_LANES;
    size_t rows = shape->width[layer + 1] - first;
    bs_fill_panel(weights + bs_layer_offset(shape, layer) + first * words,
                  rows < BS_LANES ? rows : BS_LANES, words,
                  predictor->panels[layer] + first * words);
}

void bs_predict_chunk(bs_predictor *predictor, uint32_t thread, const uint32_t *inputs,
                      size_t row_count, uint16_t *classes, int32_t *scores)
{
    bs_predict_chunk_at(predictor, thread, 0, inputs, row_count, classes, scores);
}

void bs_predict_chunk_at(bs_predictor *predictor, uint32_t thread, uint32_t first,
                         const uint32_t *inputs, size_t row_count, uint16_t *classes,
                         int32_t *scores)
{
    const bs_shape *shape = &predictor->shape;
    size_t stride = bs_count_stride(shape);
    size_t buffer = predictor->chunk * bs_widest_words(shape);
    uint16_t *counts = predictor->counts + (size_t)thread * predictor->chunk * stride;
    uint32_t *hidden = predictor->hidden + (size_t)thread * 2 * buffer;
    uint32_t length = shape->width[shape->layer_count];
    int32_t *sums = predictor->sums + thread * (length + shape->class_count);
    uint32_t last = shape->layer_count - 1u;
    void *scratch = predictor->scratch + thread * bs_scratch_stride(predictor->kernels);
    const uint32_t *layer_inputs = inputs;
    for (uint32_t l = 0; l < last; l++) {
        /* Two buffers in turn: one is being read while the other is written. */
        uint32_t *outputs = hidden + (l % 2) * buffer;
        bs_range active = bs_active_range(shape, l, outputs);
        bs_sense_compare(predictor, l, predictor->read_key, first, layer_inputs, row_count, &active,
                         1, counts, scratch);
        layer_inputs = outputs;
    }
    bs_sense_counts(predictor, last, predictor->read_key, first, layer_inputs, row_count, counts,
                    scratch);
    for (size_t r = 0; r < row_count; r++) {
        int32_t *row_scores = scores == NULL ? sums + length : scores + r * shape->class_count;
        bs_predictor_scores(predictor, counts + r * stride, sums, row_scores);
        classes[r] = (uint16_t)bs_best_class(shape, row_scores, shape->class_count);
    }
}
