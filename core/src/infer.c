#include "bitspin/infer.h"

#include "bitspin/lean.h"

void bs_infer_hidden(const bs_shape *shape, uint32_t layer, const uint32_t *weights,
                     const uint32_t *input, uint32_t window, uint32_t *active, uint32_t *inside)
{
    uint32_t fan_in = shape->width[layer];
    uint32_t units = shape->width[layer + 1];
    size_t words = bs_words(fan_in);
    uint32_t half = fan_in / 2u;
    uint32_t reach = window < fan_in ? window : fan_in;
    uint32_t low = (fan_in - reach + 1u) / 2u;
    uint32_t high = (fan_in + reach) / 2u;
    for (uint32_t first = 0; first < units; first += BS_WORD_BITS) {
        uint16_t counts[BS_WORD_BITS];
        uint32_t rows = units - first < BS_WORD_BITS ? units - first : BS_WORD_BITS;
        bs_lean_counts(input, weights + first * words, rows, words, counts);
        uint32_t positive = 0;
        uint32_t within = 0;
        for (uint32_t r = rows; r-- > 0;) {
            positive = positive << 1 | (uint32_t)(counts[r] <= half);
            within = within << 1 | (uint32_t)(low <= counts[r] && counts[r] <= high);
        }
        active[first / BS_WORD_BITS] = positive;
        if (inside != NULL) {
            inside[first / BS_WORD_BITS] = within;
        }
    }
}

void bs_infer_output(const bs_shape *shape, const uint32_t *weights, const uint32_t *code,
                     const uint32_t *input, bs_output_scratch *scratch)
{
    uint32_t last = shape->layer_count - 1u;
    bs_lean_counts(input, weights, shape->width[last + 1u], bs_words(shape->width[last]),
                   scratch->counts);
    bs_class_scores(shape, scratch->counts, code, scratch->sums, scratch->scores);
}

size_t bs_output_scratch_words(const bs_shape *shape)
{
    size_t code_bits = shape->width[shape->layer_count];
    return (code_bits + 1u) / 2u + code_bits + shape->class_count;
}

bs_output_scratch bs_output_scratch_at(const bs_shape *shape, uint32_t *memory)
{
    size_t code_bits = shape->width[shape->layer_count];
    bs_output_scratch scratch;
    scratch.sums = (int32_t *)memory;
    scratch.scores = scratch.sums + code_bits;
    scratch.counts = (uint16_t *)(scratch.scores + shape->class_count);
    return scratch;
}

/* Words of the widest hidden layer; 0 if there is none. */
static size_t widest_hidden(const bs_shape *shape)
{
    size_t most = 0;
    for (uint32_t l = 1; l < shape->layer_count; l++) {
        size_t words = bs_words(shape->width[l]);
        most = words > most ? words : most;
    }
    return most;
}

size_t bs_inference_bytes(const bs_shape *shape)
{
    if (bs_shape_check(shape) != BS_OK) {
        return 0;
    }
    return (2u * widest_hidden(shape) + bs_output_scratch_words(shape)) * sizeof(uint32_t);
}

bs_status bs_inference_init(bs_inference *inference, void *memory, size_t bytes,
                            const bs_shape *shape, const uint32_t *weights, const uint32_t *code)
{
    size_t needed = bs_inference_bytes(shape);
    if (needed == 0) {
        return BS_ERROR_SHAPE;
    }
    if (memory == NULL || bytes < needed || (uintptr_t)memory % sizeof(uint32_t) != 0) {
        return BS_ERROR_MEMORY;
    }
    inference->shape = *shape;
    inference->weights = weights;
    inference->code = code;
    inference->hidden[0] = memory;
    inference->hidden[1] = inference->hidden[0] + widest_hidden(shape);
    inference->output =
        bs_output_scratch_at(shape, inference->hidden[1] + widest_hidden(shape));
    return BS_OK;
}

uint32_t bs_infer(bs_inference *inference, const uint32_t *input)
{
    const bs_shape *shape = &inference->shape;
    const uint32_t *weights = inference->weights;
    for (uint32_t l = 0; l + 1u < shape->layer_count; l++) {
        uint32_t *active = inference->hidden[l % 2u];
        bs_infer_hidden(shape, l, weights, input, 0, active, NULL);
        weights += shape->width[l + 1] * bs_words(shape->width[l]);
        input = active;
    }
    bs_infer_output(shape, weights, inference->code, input, &inference->output);
    return bs_best_class(shape, inference->output.scores, shape->class_count);
}
