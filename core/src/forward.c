/* First phases of a step: weights into panels, samples to output errors. */
#include "bitspin/array.h"
#include "phases.h"

/* ---- prepare --------------------------------------------------------------------------------- */

/* Transpose 32 rows (outputs) of a layer's weights into one word column of its back panels. */
static void fill_back_panels(bs_trainer *t, uint32_t layer, size_t column)
{
    const bs_shape *shape = &t->forward.shape;
    size_t words = bs_words(shape->width[layer]);
    size_t outputs = shape->width[layer + 1];
    size_t first = column * BS_WORD_BITS;
    size_t count = outputs - first < BS_WORD_BITS ? outputs - first : BS_WORD_BITS;
    const uint32_t *weights = t->weights + bs_layer_offset(shape, layer) + first * words;
    const uint32_t *rows[BS_WORD_BITS];
    for (size_t r = 0; r < count; r++) {
        rows[r] = weights + r * words;
    }
    bs_transpose_to_panels(t->forward.kernels->transpose, rows, count, words,
                           t->back_panels[layer], bs_panels(shape->width[layer]), column,
                           bs_words(outputs));
}

/* Word columns of all back panels. */
static size_t back_columns(const bs_shape *shape)
{
    size_t columns = 0;
    for (uint32_t l = 1; l < shape->layer_count; l++) {
        columns += bs_words(shape->width[l + 1]);
    }
    return columns;
}

size_t bs_prepare_tasks(const bs_trainer *t)
{
    return bs_predictor_panels(&t->forward) + back_columns(&t->forward.shape);
}

void bs_prepare(bs_trainer *t, size_t task)
{
    const bs_shape *shape = &t->forward.shape;
    size_t panels = bs_predictor_panels(&t->forward);
    if (task < panels) {
        bs_predictor_fill(&t->forward, t->weights, task);
        return;
    }
    size_t column = task - panels;
    uint32_t layer = 1;
    while (column >= bs_words(shape->width[layer + 1])) {
        column -= bs_words(shape->width[layer + 1]);
        layer++;
    }
    fill_back_panels(t, layer, column);
}

/* Domain of the keys of a step's reads. */
enum { DOMAIN_FORWARD = 0x20000 };

/* ---- forward --------------------------------------------------------------------------------- */

/* Copy (and shift) a sample's bits into the batch. */
static void gather_sample(bs_trainer *t, uint32_t b)
{
    const bs_step *step = &t->step;
    size_t words = bs_words(t->forward.shape.width[0]);
    const uint32_t *source = step->samples + step->order[b] * words;
    uint32_t *target = t->input[0] + b * words;
    if (step->shift != NULL) {
        size_t s = step->shift[b];
        bs_shift_row(source, words, step->shifts.offset[s], step->shifts.keep + s * words,
                     step->shifts.fill + s * words, target);
        return;
    }
    for (size_t w = 0; w < words; w++) {
        target[w] = source[w];
    }
}

/* The counts at which a unit's |sum| lies within the layer's window. */
static bs_range window_range(const bs_trainer *t, uint32_t layer, uint32_t *bits)
{
    uint32_t fan_in = t->forward.shape.width[layer];
    uint32_t window = t->step.layer[layer].window;
    window = window < fan_in ? window : fan_in;
    bs_range range = {(uint16_t)((fan_in - window + 1u) / 2u), (uint16_t)((fan_in + window) / 2u),
                      bits};
    return range;
}

/* Errors of the output sums under the rival-margin rule. Returns whether there are any. */
static int rival_errors(const bs_trainer *t, const int32_t *scores, uint32_t label, uint32_t rival,
                        uint32_t *nonzero, uint32_t *sign)
{
    size_t words = bs_words(t->forward.shape.width[t->forward.shape.layer_count]);
    if (scores[label] - scores[rival] >= t->step.margin) {
        return 0;
    }
    const uint32_t *target = t->forward.code + label * words;
    const uint32_t *other = t->forward.code + rival * words;
    for (size_t w = 0; w < words; w++) {
        nonzero[w] = target[w] ^ other[w];
        sign[w] = nonzero[w] & other[w];
    }
    return 1;
}

/* Errors of the output sums, each code bit by itself. Returns whether there are any. */
static int independent_errors(const bs_trainer *t, const int32_t *sums, uint32_t label,
                              uint32_t *nonzero, uint32_t *sign)
{
    uint32_t length = t->forward.shape.width[t->forward.shape.layer_count];
    size_t words = bs_words(length);
    const uint32_t *target = t->forward.code + label * words;
    uint32_t any = 0;
    for (size_t w = 0; w < words; w++) {
        uint32_t wrong = 0;
        for (uint32_t i = (uint32_t)w * BS_WORD_BITS; i < length && i / BS_WORD_BITS == w; i++) {
            int32_t agreement = bs_bit(target, i) ? sums[i] : -sums[i];
            wrong |= (uint32_t)(agreement < t->step.margin) << (i % BS_WORD_BITS);
        }
        nonzero[w] = wrong;
        sign[w] = wrong & ~target[w];
        any |= wrong;
    }
    return any != 0;
}

static void output_errors(bs_trainer *t, uint32_t b, const uint16_t *counts, uint32_t thread)
{
    const bs_shape *shape = &t->forward.shape;
    uint32_t length = shape->width[shape->layer_count];
    size_t words = bs_words(length);
    int32_t *sums = t->forward.sums + thread * (length + shape->class_count);
    int32_t *scores = sums + length;
    uint32_t *nonzero = t->error_nonzero[shape->layer_count - 1u] + b * words;
    uint32_t *sign = t->error_sign[shape->layer_count - 1u] + b * words;
    uint32_t label = t->step.labels[t->step.order[b]];
    bs_predictor_scores(&t->forward, counts, sums, scores);
    uint32_t rival = bs_best_class(shape, scores, label);
    int any = t->step.error == BS_ERROR_RIVAL
                  ? rival_errors(t, scores, label, rival, nonzero, sign)
                  : independent_errors(t, sums, label, nonzero, sign);
    /* Among equal scores the lower class wins, as in prediction. */
    int right = scores[label] > scores[rival] || (scores[label] == scores[rival] && label < rival);
    t->is_active[b] = (uint8_t)any;
    t->tally[thread].correct += (uint64_t)right;
    t->tally[thread].active += (uint64_t)any;
}

/* Output errors of some samples under the rival-margin rule, where each class is one output: the
 * rival has the fewest mismatches, and among equals it is the lowest class. */
static void one_hot_errors(bs_trainer *t, uint32_t first, uint32_t count, const uint16_t *counts,
                           size_t stride, uint32_t thread)
{
    const bs_shape *shape = &t->forward.shape;
    uint32_t classes = shape->class_count;
    size_t words = bs_words(classes);
    uint32_t *nonzero = t->error_nonzero[shape->layer_count - 1u] + first * words;
    uint32_t *sign = t->error_sign[shape->layer_count - 1u] + first * words;
    uint64_t active = 0;
    uint64_t correct = 0;
    for (uint32_t r = 0; r < count; r++) {
        uint32_t label = t->step.labels[t->step.order[first + r]];
        uint32_t best = 0xFFFFFFFFu;
        for (uint32_t c = 0; c < classes; c++) {
            uint32_t key = (uint32_t)counts[c] << 16 | c;
            key = c == label ? 0xFFFFFFFFu : key;
            best = key < best ? key : best;
        }
        uint32_t rival = best & 0xFFFFu;
        int32_t lead = 2 * ((int32_t)(best >> 16) - (int32_t)counts[label]);
        int any = lead < t->step.margin;
        for (size_t w = 0; w < words; w++) {
            nonzero[w] = 0;
            sign[w] = 0;
        }
        nonzero[label / BS_WORD_BITS] |= 1u << (label % BS_WORD_BITS);
        nonzero[rival / BS_WORD_BITS] |= 1u << (rival % BS_WORD_BITS);
        sign[rival / BS_WORD_BITS] |= 1u << (rival % BS_WORD_BITS);
        t->is_active[first + r] = (uint8_t)any;
        active += (uint64_t)any;
        correct += (uint64_t)(lead > 0 || (lead == 0 && label < rival));
        counts += stride;
        nonzero += words;
        sign += words;
    }
    t->tally[thread].correct += correct;
    t->tally[thread].active += active;
}

size_t bs_forward_tasks(const bs_trainer *t)
{
    uint32_t rows = bs_task_rows(t, t->step.batch);
    return (t->step.batch + rows - 1u) / rows;
}

void bs_forward(bs_trainer *t, size_t task, uint32_t thread)
{
    const bs_shape *shape = &t->forward.shape;
    uint32_t rows = bs_task_rows(t, t->step.batch);
    uint32_t first = (uint32_t)task * rows;
    uint32_t count = t->step.batch - first < rows ? t->step.batch - first : rows;
    size_t stride = bs_count_stride(shape);
    uint16_t *counts = bs_thread_counts(t, thread);
    uint32_t last = shape->layer_count - 1u;
    bs_key pass = bs_fold(t->seed, t->step.index, DOMAIN_FORWARD);
    for (uint32_t r = 0; r < count; r++) {
        gather_sample(t, first + r);
    }
    for (uint32_t l = 0; l < last; l++) {
        size_t at = first * bs_words(shape->width[l + 1]);
        bs_range ranges[2] = {bs_active_range(shape, l, t->input[l + 1] + at),
                              window_range(t, l, t->error_nonzero[l] + at)};
        bs_sense_compare(&t->forward, l, pass, first,
                         t->input[l] + first * bs_words(shape->width[l]), count, ranges, 2, counts,
                         bs_thread_scratch(t, thread));
    }
    bs_sense_counts(&t->forward, last, pass, first,
                    t->input[last] + first * bs_words(shape->width[last]), count, counts,
                    bs_thread_scratch(t, thread));
    if (t->forward.is_one_hot && t->step.error == BS_ERROR_RIVAL) {
        one_hot_errors(t, first, count, counts, stride, thread);
        return;
    }
    for (uint32_t r = 0; r < count; r++) {
        output_errors(t, first + r, counts + r * stride, thread);
    }
}

/* List the samples that caused an error: only they take part in the rest of the step. */
void bs_forward_end(bs_trainer *t)
{
    uint32_t count = 0;
    for (uint32_t b = 0; b < t->step.batch; b++) {
        t->active[count] = b;
        count += t->is_active[b];
    }
    t->active_count = count;
    if (t->forward.array != NULL) {
        bs_array_forward_end(t);
    }
}

