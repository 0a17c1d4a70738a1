/* One sample at a time through a network, on a device: the weights may lie in flash, the scratch
 * is a few hundred bytes, and the classes are those of bs_predict_chunk, bit for bit. */
#ifndef BITSPIN_INFER_H
#define BITSPIN_INFER_H

#include "bitspin/network.h"

/* What a sample's way through the last layer needs. */
typedef struct bs_output_scratch {
    uint16_t *counts; /* [code bits] */
    int32_t *sums;    /* [code bits] */
    int32_t *scores;  /* [class_count] */
} bs_output_scratch;

/* Hidden units of one sample.
 * weights  in   [width[layer + 1]][bs_words(width[layer])]
 * input    in   [bs_words(width[layer])]
 * window   in   units with |sum| <= window are inside
 * active   out  [bs_words(width[layer + 1])] +1 where the sum is zero or more; must not overlap
 *               the input
 * inside   out  the same length, or NULL
 */
void bs_infer_hidden(const bs_shape *shape, uint32_t layer, const uint32_t *weights,
                     const uint32_t *input, uint32_t window, uint32_t *active, uint32_t *inside);

/* Sums and class scores of one sample, into the scratch.
 * weights  in  rows of the last layer
 * input    in  [bs_words(width[layer_count - 1])]
 */
void bs_infer_output(const bs_shape *shape, const uint32_t *weights, const uint32_t *code,
                     const uint32_t *input, bs_output_scratch *scratch);

/* Words of bs_output_scratch, and its place in memory of the caller. */
size_t bs_output_scratch_words(const bs_shape *shape);
bs_output_scratch bs_output_scratch_at(const bs_shape *shape, uint32_t *memory);

/* A network that only predicts. */
typedef struct bs_inference {
    bs_shape shape;
    const uint32_t *weights; /* [bs_weight_words] RAM or flash */
    const uint32_t *code;    /* [class_count][bs_words(code bits)] RAM or flash */
    uint32_t *hidden[2];     /* activations, in turn */
    bs_output_scratch output;
} bs_inference;

/* Bytes of scratch; 0 for a shape that bs_shape_check refuses. */
size_t bs_inference_bytes(const bs_shape *shape);

/* Lay out a network.
 * memory   in   `bytes` bytes, aligned to 4, the caller's; must outlive the network
 * weights  in   see bs_inference; tail bits must be zero; must outlive the network
 * code     in   as the weights
 * returns       BS_ERROR_SHAPE, BS_ERROR_MEMORY
 */
bs_status bs_inference_init(bs_inference *inference, void *memory, size_t bytes,
                            const bs_shape *shape, const uint32_t *weights, const uint32_t *code);

/* The class of one sample.
 * input    in  [bs_words(width[0])] tail bits zero
 * returns      0 .. class_count - 1
 */
uint32_t bs_infer(bs_inference *inference, const uint32_t *input);

#endif
