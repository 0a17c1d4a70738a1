/* What a network is, and what its last sums mean: all that host and device share of network.h. */
#include "bitspin/network.h"

bs_status bs_shape_check(const bs_shape *shape)
{
    if (shape->layer_count == 0 || shape->layer_count > BS_MAX_LAYERS || shape->class_count < 2 ||
        shape->class_count > BS_MAX_CLASSES) {
        return BS_ERROR_SHAPE;
    }
    for (uint32_t l = 0; l <= shape->layer_count; l++) {
        if (shape->width[l] == 0 || shape->width[l] > BS_MAX_WIDTH) {
            return BS_ERROR_SHAPE;
        }
    }
    return BS_OK;
}

size_t bs_layer_offset(const bs_shape *shape, uint32_t layer)
{
    size_t words = 0;
    for (uint32_t l = 0; l < layer; l++) {
        words += shape->width[l + 1] * bs_words(shape->width[l]);
    }
    return words;
}

size_t bs_weight_words(const bs_shape *shape)
{
    return bs_layer_offset(shape, shape->layer_count);
}

static uint32_t widest(const bs_shape *shape)
{
    uint32_t width = 0;
    for (uint32_t l = 0; l <= shape->layer_count; l++) {
        width = shape->width[l] > width ? shape->width[l] : width;
    }
    return width;
}

size_t bs_widest_words(const bs_shape *shape)
{
    return bs_words(widest(shape));
}

size_t bs_count_stride(const bs_shape *shape)
{
    return bs_words(widest(shape)) * BS_WORD_BITS;
}

/* The sum over the ones of a class's code word. */
static int32_t code_sum(const uint32_t *word, size_t words, const int32_t *sums)
{
    int32_t sum = 0;
    for (size_t w = 0; w < words; w++) {
        for (uint32_t rest = word[w]; rest != 0; rest &= rest - 1u) {
            sum += sums[w * BS_WORD_BITS + bs_lowest_one(rest)];
        }
    }
    return sum;
}

void bs_class_scores(const bs_shape *shape, const uint16_t *counts, const uint32_t *code,
                     int32_t *sums, int32_t *scores)
{
    uint32_t length = shape->width[shape->layer_count];
    int32_t fan_in = (int32_t)shape->width[shape->layer_count - 1];
    for (uint32_t i = 0; i < length; i++) {
        sums[i] = fan_in - 2 * (int32_t)counts[i];
    }
    size_t words = bs_words(length);
    for (uint32_t c = 0; c < shape->class_count; c++) {
        scores[c] = words == 1 ? code_sum(&code[c], 1, sums)
                               : code_sum(&code[c * words], words, sums);
    }
    const int32_t *scale = shape->class_scale;
    for (uint32_t c = 0; scale != NULL && c < shape->class_count; c++) {
        scores[c] = scores[c] * scale[c] + scale[shape->class_count + c];
    }
}

uint32_t bs_best_class(const bs_shape *shape, const int32_t *scores, uint32_t except)
{
    uint32_t best = except == 0 ? 1 : 0;
    int32_t highest = scores[best];
    for (uint32_t c = best + 1u; c < shape->class_count; c++) {
        /* Without a branch: which class leads cannot be foreseen. */
        uint32_t leads = (uint32_t)(scores[c] > highest) & (uint32_t)(c != except);
        best = leads ? c : best;
        highest = leads ? scores[c] : highest;
    }
    return best;
}
