/* A network of binary layers, and how it predicts.
 *
 * width[0] input bits; width[1 .. layer_count - 1] hidden units; width[layer_count] code bits.
 * Layer l (0 .. layer_count - 1) is a matrix of width[l + 1] rows of width[l] bits. A hidden unit
 * is +1 where its sum is zero or more. The last layer's integer sums z are not thresholded: a
 * class scores the sum of z over the ones of its code word, and the highest score wins (the lowest
 * class among equals). For a +-1 code this is correlation decoding; with a one-hot code the score
 * is the sum itself. A network that was trained elsewhere may scale the scores of its classes.
 */
#ifndef BITSPIN_NETWORK_H
#define BITSPIN_NETWORK_H

#include "bitspin/kernels.h"

#define BS_MAX_LAYERS 8u
#define BS_MAX_CLASSES 4096u

typedef struct bs_shape {
    uint32_t layer_count;
    uint32_t width[BS_MAX_LAYERS + 1u];
    uint32_t class_count;
    const int32_t *class_scale; /* [2][class_count]: what a class's score is multiplied by, then
                                 * what is added; NULL: 1 and 0. No score may reach 2**30. */
} bs_shape;

/* BS_OK, or BS_ERROR_SHAPE if a count or a width is zero or beyond its limit. */
bs_status bs_shape_check(const bs_shape *shape);

/* Words of all weights, layer after layer, rows after rows. */
size_t bs_weight_words(const bs_shape *shape);

/* Where a layer's first row stands among them. */
size_t bs_layer_offset(const bs_shape *shape, uint32_t layer);

/* Row words of the widest layer's input or output. */
size_t bs_widest_words(const bs_shape *shape);

/* 16-bit counts that one sample needs, for the layer with the most outputs or inputs. */
size_t bs_count_stride(const bs_shape *shape);

/* Words of the panels of a layer. */
size_t bs_layer_panel_words(const bs_shape *shape, uint32_t layer);

/* Sums of one layer for some samples, as mismatch counts, from its panels.
 * inputs  in   [row_count][bs_words(width[layer])]
 * counts  out  [row_count][bs_count_stride(shape)]
 * scratch      [kernels->scratch_bytes]
 */
void bs_layer_counts(const bs_kernels *kernels, const bs_shape *shape, uint32_t layer,
                     const uint32_t *panels, const uint32_t *inputs, size_t row_count,
                     uint16_t *counts, void *scratch);

/* The counts at which a hidden unit is +1: where the sum is zero or more. */
bs_range bs_active_range(const bs_shape *shape, uint32_t layer, uint32_t *bits);

/* Which counts of a layer lie in each range; see compare_binary.
 * counts  [row_count][bs_count_stride(shape)] to work in
 */
void bs_layer_compare(const bs_kernels *kernels, const bs_shape *shape, uint32_t layer,
                      const uint32_t *panels, const uint32_t *inputs, size_t row_count,
                      const bs_range *ranges, size_t range_count, uint16_t *counts, void *scratch);

/* Integer sums of the last layer and class scores.
 * counts  in   [width[layer_count]]
 * code    in   [class_count][bs_words(width[layer_count])]
 * sums    out  [width[layer_count]]
 * scores  out  [class_count]
 */
void bs_class_scores(const bs_shape *shape, const uint16_t *counts, const uint32_t *code,
                     int32_t *sums, int32_t *scores);

/* The class of the highest score, leaving out `except` (pass class_count to leave out none). */
uint32_t bs_best_class(const bs_shape *shape, const int32_t *scores, uint32_t except);

/* Scratch of one thread for the products, a multiple of the alignment. */
size_t bs_scratch_stride(const bs_kernels *kernels);

struct bs_array;

/* A predictor works in memory that the caller owns: panels of all layers, and scratch for each
 * thread. */
typedef struct bs_predictor {
    const bs_kernels *kernels;
    bs_shape shape;
    const uint32_t *code;
    int is_one_hot; /* whether a class's score is its own output's sum */
    uint32_t chunk; /* the most samples that walk through the layers together */
    uint32_t *panels[BS_MAX_LAYERS];
    uint16_t *counts;       /* [threads][chunk][stride] */
    uint32_t *hidden;       /* [threads][2][chunk][widest words] */
    int32_t *sums;          /* [threads][code bits + classes] */
    unsigned char *scratch; /* [threads][bs_scratch_stride(kernels)] */
    struct bs_array *array; /* real cells, or NULL; the owner may set it after bs_predictor_init */
    bs_key read_key;        /* of the reads of a real array while predicting */
} bs_predictor;

/* Bytes that a predictor needs; 0 for a shape that bs_shape_check refuses. */
size_t bs_predictor_bytes(const bs_shape *shape, uint32_t threads, const bs_kernels *kernels);

/* Lay out a predictor in memory aligned to 64 bytes.
 * code  in  [class_count][bs_words(code bits)] must outlive the predictor, unchanged
 * returns BS_ERROR_SHAPE, BS_ERROR_MEMORY
 */
bs_status bs_predictor_init(bs_predictor *predictor, void *memory, size_t bytes,
                            const bs_shape *shape, uint32_t threads, const bs_kernels *kernels,
                            const uint32_t *code);

/* bs_class_scores of the predictor's network. */
void bs_predictor_scores(const bs_predictor *predictor, const uint16_t *counts, int32_t *sums,
                         int32_t *scores);

/* Panels to fill before predicting, over all layers; each may be filled by any thread. */
size_t bs_predictor_panels(const bs_predictor *predictor);
void bs_predictor_fill(bs_predictor *predictor, const uint32_t *weights, size_t panel);

/* Classes (and scores, unless NULL) of up to predictor->chunk samples.
 * first   in   number of the first of them: its place in the randomness of a real array
 * inputs  in   [row_count][bs_words(width[0])]
 * classes out  [row_count]
 * scores  out  [row_count][class_count] or NULL
 * thread  in   which scratch to use
 */
void bs_predict_chunk_at(bs_predictor *predictor, uint32_t thread, uint32_t first,
                         const uint32_t *inputs, size_t row_count, uint16_t *classes,
                         int32_t *scores);

/* The same from sample 0 on. */
void bs_predict_chunk(bs_predictor *predictor, uint32_t thread, const uint32_t *inputs,
                      size_t row_count, uint16_t *classes, int32_t *scores);

#endif
