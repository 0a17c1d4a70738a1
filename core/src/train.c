#include "bitspin/train.h"

#include "bitspin/arena.h"

/* Domains of keys derived from the seed (0 is taken by a stream's own words). */
enum { DOMAIN_LAYER = 1, DOMAIN_ROW = 0x10001 };

/* ---- layout ---------------------------------------------------------------------------------- */

static size_t lay_out(bs_trainer *t, const bs_shape *shape, bs_arena *arena)
{
    const size_t word = sizeof(uint32_t);
    size_t batch = t->batch_max;
    size_t batch_words = bs_words(batch);
    size_t code_words = bs_words(shape->width[shape->layer_count]);
    for (uint32_t l = 0; l < shape->layer_count; l++) {
        size_t in_words = bs_words(shape->width[l]);
        uint32_t outputs = shape->width[l + 1];
        t->input[l] = bs_take(arena, batch * in_words * word);
        t->window[l] = NULL;
        t->back_panels[l] = NULL;
        if (l > 0) {
            t->window[l - 1] = bs_take(arena, batch * in_words * word);
            t->back_panels[l] = bs_take(arena, bs_panel_words(shape->width[l], outputs) * word);
        }
        t->input_panels[l] = bs_take(arena, bs_panel_words(shape->width[l], batch) * word);
        t->row_nonzero[l] = bs_take(arena, outputs * batch_words * word);
        t->row_sign[l] = bs_take(arena, outputs * batch_words * word);
    }
    t->error_nonzero = bs_take(arena, batch * code_words * word);
    t->error_sign = bs_take(arena, batch * code_words * word);
    t->is_active = bs_take(arena, batch);
    t->active = bs_take(arena, batch * word);
    size_t stride = bs_count_stride(shape);
    size_t widest = bs_widest_words(shape);
    t->counts = bs_take(arena, t->threads * BS_ROW_TILE * stride * sizeof(uint16_t));
    t->q = bs_take(arena, t->threads * stride * sizeof(uint16_t));
    t->block = bs_take(arena, (size_t)t->threads * 4 * BS_BLOCK * widest * word);
    t->masks = bs_take(arena, (size_t)t->threads * 2 * widest * word);
    t->tally = bs_take(arena, t->threads * sizeof(bs_tally));
    return arena->used;
}

size_t bs_trainer_bytes(const bs_shape *shape, uint32_t batch_max, uint32_t threads)
{
    size_t forward = bs_predictor_bytes(shape, threads);
    if (forward == 0 || batch_max == 0 || batch_max > BS_MAX_WIDTH) {
        return 0;
    }
    bs_trainer measured;
    measured.batch_max = batch_max;
    measured.threads = threads;
    bs_arena arena = {NULL, forward};
    return lay_out(&measured, shape, &arena);
}

bs_status bs_trainer_init(bs_trainer *trainer, void *memory, size_t bytes, const bs_shape *shape,
                          uint32_t batch_max, uint32_t threads, const bs_kernels *kernels,
                          bs_key seed, const uint32_t *code, uint32_t *weights)
{
    size_t needed = bs_trainer_bytes(shape, batch_max, threads);
    if (needed == 0) {
        return BS_ERROR_SHAPE;
    }
    if (memory == NULL || bytes < needed || !bs_is_aligned(memory)) {
        return BS_ERROR_MEMORY;
    }
    size_t forward = bs_predictor_bytes(shape, threads);
    bs_status status =
        bs_predictor_init(&trainer->forward, memory, forward, shape, threads, kernels, code);
    if (status != BS_OK) {
        return status;
    }
    trainer->batch_max = batch_max;
    trainer->threads = threads;
    trainer->seed = seed;
    trainer->weights = weights;
    trainer->active_count = 0;
    bs_arena arena = {memory, forward};
    lay_out(trainer, shape, &arena);
    return BS_OK;
}

/* ---- the step -------------------------------------------------------------------------------- */

static bs_status check_step(const bs_trainer *trainer, const bs_step *step)
{
    const bs_shape *shape = &trainer->forward.shape;
    if (step->batch == 0 || step->batch > trainer->batch_max) {
        return BS_ERROR_SHAPE;
    }
    if (step->margin < 0 || (step->shift == NULL) != (step->shifts.count == 0)) {
        return BS_ERROR_RANGE;
    }
    for (uint32_t l = 0; l < shape->layer_count; l++) {
        if (step->layer[l].probability_q31 > BS_PROBABILITY_ONE ||
            step->layer[l].dead_zone_q8 > 64u * 256u) {
            return BS_ERROR_RANGE;
        }
    }
    for (uint32_t b = 0; b < step->batch; b++) {
        if (step->order[b] >= step->sample_count ||
            step->labels[step->order[b]] >= shape->class_count) {
            return BS_ERROR_LABEL;
        }
        if (step->shift != NULL && step->shift[b] >= step->shifts.count) {
            return BS_ERROR_RANGE;
        }
    }
    return BS_OK;
}

bs_status bs_step_begin(bs_trainer *trainer, const bs_step *step)
{
    bs_status status = check_step(trainer, step);
    if (status != BS_OK) {
        return status;
    }
    trainer->step = *step;
    trainer->active_count = 0;
    for (uint32_t l = 0; l < trainer->forward.shape.layer_count; l++) {
        status = bs_write_init(&trainer->write[l], step->layer[l].probability_q31);
    }
    static const bs_tally nothing = {{0}, {0}, 0, 0};
    for (uint32_t thread = 0; thread < trainer->threads; thread++) {
        trainer->tally[thread] = nothing;
    }
    return status;
}

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
    bs_transpose_to_panels(rows, count, words, t->back_panels[layer],
                           bs_panels(shape->width[layer]), column, bs_words(outputs));
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

static void prepare(bs_trainer *t, size_t task)
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

/* Bits of the units whose |sum| lies within the layer's window, from their mismatch counts. */
static void mark_window(const bs_trainer *t, uint32_t layer, const uint16_t *counts, uint32_t *bits)
{
    const bs_shape *shape = &t->forward.shape;
    uint32_t fan_in = shape->width[layer];
    uint32_t window = t->step.layer[layer].window;
    window = window < fan_in ? window : fan_in;
    uint16_t low = (uint16_t)((fan_in - window + 1u) / 2u);
    uint16_t high = (uint16_t)((fan_in + window) / 2u);
    t->forward.kernels->range_bits(counts, shape->width[layer + 1], low, high, bits);
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
    uint32_t *nonzero = t->error_nonzero + b * words;
    uint32_t *sign = t->error_sign + b * words;
    uint32_t label = t->step.labels[t->step.order[b]];
    bs_class_scores(shape, counts, t->forward.code, sums, scores);
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

static void forward(bs_trainer *t, size_t task, uint32_t thread)
{
    const bs_shape *shape = &t->forward.shape;
    const bs_kernels *kernels = t->forward.kernels;
    uint32_t first = (uint32_t)task * BS_CHUNK;
    uint32_t count = t->step.batch - first < BS_CHUNK ? t->step.batch - first : BS_CHUNK;
    size_t stride = bs_count_stride(shape);
    uint16_t *counts = t->forward.counts + thread * BS_CHUNK * stride;
    uint32_t last = shape->layer_count - 1u;
    for (uint32_t r = 0; r < count; r++) {
        gather_sample(t, first + r);
    }
    for (uint32_t l = 0; l <= last; l++) {
        size_t in_words = bs_words(shape->width[l]);
        bs_layer_counts(kernels, shape, l, t->forward.panels[l], t->input[l] + first * in_words,
                        count, counts);
        size_t out_words = bs_words(shape->width[l + 1]);
        for (uint32_t r = 0; r < count; r++) {
            const uint16_t *row = counts + r * stride;
            size_t at = (first + r) * out_words;
            if (l == last) {
                output_errors(t, first + r, row, thread);
            } else {
                bs_layer_activate(kernels, shape, l, row, t->input[l + 1] + at);
                mark_window(t, l, row, t->window[l] + at);
            }
        }
    }
}

/* List the samples that caused an error: only they take part in the rest of the step. */
static void list_active(bs_trainer *t)
{
    uint32_t count = 0;
    for (uint32_t b = 0; b < t->step.batch; b++) {
        if (t->is_active[b]) {
            t->active[count++] = b;
        }
    }
    t->active_count = count;
}

/* ---- backward -------------------------------------------------------------------------------- */

static uint32_t integer_sqrt(uint32_t value)
{
    uint32_t root = 0;
    for (uint32_t bit = 1u << 15; bit != 0; bit >>= 1) {
        uint32_t trial = root | bit;
        if (trial * trial <= value) {
            root = trial;
        }
    }
    return root;
}

/* Ternary errors of a layer's units from their mismatch counts: the sign of the back-projection
 * v = total - 2 * count, where |v| exceeds the dead zone and the unit is inside its window. */
static void ternarise(const bs_trainer *t, uint32_t layer, const uint16_t *counts, uint32_t total,
                      const uint32_t *window, uint32_t *nonzero, uint32_t *sign)
{
    const bs_kernels *kernels = t->forward.kernels;
    uint32_t units = t->forward.shape.width[layer + 1];
    uint32_t q8 = t->step.layer[layer].dead_zone_q8;
    uint32_t dead = integer_sqrt((uint32_t)(((uint64_t)q8 * q8 * total) >> 16));
    if (total > dead) {
        kernels->range_bits(counts, units, 0, (uint16_t)((total - dead - 1u) / 2u), sign);
        kernels->range_bits(counts, units, (uint16_t)((total + dead) / 2u + 1u), 0xFFFFu, nonzero);
    }
    for (size_t w = 0; w < bs_words(units); w++) {
        uint32_t plus = total > dead ? sign[w] : 0u;
        uint32_t minus = total > dead ? nonzero[w] : 0u;
        nonzero[w] = (plus | minus) & window[w];
        sign[w] = plus & window[w];
    }
}

/* Two planes of ternary errors of a block of samples. */
typedef struct error_block {
    uint32_t *nonzero; /* [BS_BLOCK][words] */
    uint32_t *sign;
} error_block;

static void project_block(bs_trainer *t, uint32_t layer, const uint32_t *samples, uint32_t count,
                          error_block above, error_block below, uint16_t *counts)
{
    const bs_shape *shape = &t->forward.shape;
    const bs_kernels *kernels = t->forward.kernels;
    size_t stride = bs_count_stride(shape);
    size_t above_words = bs_words(shape->width[layer + 1]);
    size_t words = bs_words(shape->width[layer]);
    for (uint32_t first = 0; first < count; first += BS_ROW_TILE) {
        uint32_t rows = count - first < BS_ROW_TILE ? count - first : BS_ROW_TILE;
        const uint32_t *nonzero = above.nonzero + first * above_words;
        kernels->count_ternary(nonzero, above.sign + first * above_words, rows,
                               t->back_panels[layer], bs_panels(shape->width[layer]), above_words,
                               counts, stride);
        for (uint32_t r = 0; r < rows; r++) {
            size_t at = (first + r) * words;
            ternarise(t, layer - 1u, counts + r * stride,
                      kernels->popcount(nonzero + r * above_words, above_words),
                      t->window[layer - 1u] + samples[first + r] * words, below.nonzero + at,
                      below.sign + at);
        }
    }
}

/* Write a block's errors and inputs of one layer into the transposed batch. */
static void transpose_block(bs_trainer *t, uint32_t layer, const uint32_t *samples, uint32_t count,
                            error_block errors, size_t column)
{
    const bs_shape *shape = &t->forward.shape;
    size_t columns = bs_words(t->active_count);
    size_t in_words = bs_words(shape->width[layer]);
    size_t out_words = bs_words(shape->width[layer + 1]);
    const uint32_t *inputs[BS_BLOCK];
    const uint32_t *nonzero[BS_BLOCK];
    const uint32_t *sign[BS_BLOCK];
    for (uint32_t r = 0; r < count; r++) {
        inputs[r] = t->input[layer] + samples[r] * in_words;
        nonzero[r] = errors.nonzero + r * out_words;
        sign[r] = errors.sign + r * out_words;
    }
    bs_transpose_to_panels(inputs, count, in_words, t->input_panels[layer],
                           bs_panels(shape->width[layer]), column, columns);
    bs_transpose_to_rows(nonzero, count, out_words, t->row_nonzero[layer], shape->width[layer + 1],
                         column, columns);
    bs_transpose_to_rows(sign, count, out_words, t->row_sign[layer], shape->width[layer + 1],
                         column, columns);
}

static void backward(bs_trainer *t, size_t task, uint32_t thread)
{
    const bs_shape *shape = &t->forward.shape;
    const uint32_t *samples = t->active + task * BS_BLOCK;
    uint32_t count = t->active_count - (uint32_t)task * BS_BLOCK;
    count = count < BS_BLOCK ? count : BS_BLOCK;
    size_t plane = BS_BLOCK * bs_widest_words(shape);
    uint32_t *block = t->block + (size_t)thread * 4 * plane;
    error_block errors = {block, block + plane};
    error_block spare = {block + 2 * plane, block + 3 * plane};
    uint16_t *counts = t->counts + thread * BS_ROW_TILE * bs_count_stride(shape);
    size_t code_words = bs_words(shape->width[shape->layer_count]);
    for (uint32_t r = 0; r < count; r++) {
        for (size_t w = 0; w < code_words; w++) {
            errors.nonzero[r * code_words + w] = t->error_nonzero[samples[r] * code_words + w];
            errors.sign[r * code_words + w] = t->error_sign[samples[r] * code_words + w];
        }
    }
    for (uint32_t l = shape->layer_count - 1u;; l--) {
        transpose_block(t, l, samples, count, errors, task);
        if (l == 0) {
            return;
        }
        project_block(t, l, samples, count, errors, spare, counts);
        error_block swap = errors;
        errors = spare;
        spare = swap;
    }
}

/* ---- update ---------------------------------------------------------------------------------- */

static size_t row_tiles(const bs_shape *shape, uint32_t layer)
{
    return (shape->width[layer + 1] + BS_ROW_TILE - 1u) / BS_ROW_TILE;
}

/* Pulse the cells of one row that its gradient disagrees with most. */
static void update_row(bs_trainer *t, uint32_t layer, uint32_t row, const uint16_t *counts,
                       uint32_t thread)
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
    uint32_t *pulses = t->masks + (size_t)thread * 2 * bs_widest_words(shape);
    uint32_t *scratch = pulses + bs_widest_words(shape);
    bs_key key = bs_fold(bs_fold(t->seed, t->step.index, DOMAIN_LAYER + layer), row, DOMAIN_ROW);
    bs_stream stream = bs_stream_of(key);
    uint16_t largest = kernels->disagreement(counts, weights, cells, (uint16_t)total, q);
    uint32_t sent = bs_select_pulses(kernels, q, cells, largest, rule->row, &stream, pulses,
                                     scratch);
    if (sent != 0) {
        t->tally[thread].pulses[layer] += sent;
        t->tally[thread].flips[layer] +=
            bs_write_pulses(&t->write[layer], &stream, pulses, words, weights);
    }
}

static void update(bs_trainer *t, size_t task, uint32_t thread)
{
    const bs_shape *shape = &t->forward.shape;
    uint32_t layer = 0;
    while (task >= row_tiles(shape, layer)) {
        task -= row_tiles(shape, layer);
        layer++;
    }
    uint32_t first = (uint32_t)task * BS_ROW_TILE;
    uint32_t rows = shape->width[layer + 1] - first;
    rows = rows < BS_ROW_TILE ? rows : BS_ROW_TILE;
    size_t columns = bs_words(t->active_count);
    size_t stride = bs_count_stride(shape);
    uint16_t *counts = t->counts + thread * BS_ROW_TILE * stride;
    t->forward.kernels->count_ternary(t->row_nonzero[layer] + first * columns,
                                      t->row_sign[layer] + first * columns, rows,
                                      t->input_panels[layer], bs_panels(shape->width[layer]),
                                      columns, counts, stride);
    for (uint32_t r = 0; r < rows; r++) {
        update_row(t, layer, first + r, counts + r * stride, thread);
    }
}

/* ---- phases ---------------------------------------------------------------------------------- */

size_t bs_phase_tasks(const bs_trainer *trainer, bs_phase phase)
{
    const bs_shape *shape = &trainer->forward.shape;
    size_t tiles = 0;
    switch (phase) {
    case BS_PHASE_PREPARE:
        return bs_predictor_panels(&trainer->forward) + back_columns(shape);
    case BS_PHASE_FORWARD:
        return (trainer->step.batch + BS_CHUNK - 1u) / BS_CHUNK;
    case BS_PHASE_BACKWARD:
        return bs_words(trainer->active_count);
    case BS_PHASE_UPDATE:
        for (uint32_t l = 0; l < shape->layer_count && trainer->active_count != 0; l++) {
            tiles += row_tiles(shape, l);
        }
        return tiles;
    default:
        return 0;
    }
}

void bs_phase_run(bs_trainer *trainer, bs_phase phase, size_t task, uint32_t thread)
{
    switch (phase) {
    case BS_PHASE_PREPARE:
        prepare(trainer, task);
        break;
    case BS_PHASE_FORWARD:
        forward(trainer, task, thread);
        break;
    case BS_PHASE_BACKWARD:
        backward(trainer, task, thread);
        break;
    case BS_PHASE_UPDATE:
        update(trainer, task, thread);
        break;
    default:
        break;
    }
}

void bs_phase_end(bs_trainer *trainer, bs_phase phase)
{
    if (phase == BS_PHASE_FORWARD) {
        list_active(trainer);
    }
}

bs_status bs_step_run(bs_trainer *trainer, const bs_step *step)
{
    bs_status status = bs_step_begin(trainer, step);
    if (status != BS_OK) {
        return status;
    }
    for (int phase = 0; phase < BS_PHASE_COUNT; phase++) {
        size_t tasks = bs_phase_tasks(trainer, (bs_phase)phase);
        for (size_t task = 0; task < tasks; task++) {
            bs_phase_run(trainer, (bs_phase)phase, task, 0);
        }
        bs_phase_end(trainer, (bs_phase)phase);
    }
    return BS_OK;
}

bs_tally bs_step_tally(const bs_trainer *trainer)
{
    bs_tally sum = {{0}, {0}, 0, 0};
    for (uint32_t thread = 0; thread < trainer->threads; thread++) {
        const bs_tally *part = &trainer->tally[thread];
        for (uint32_t l = 0; l < BS_MAX_LAYERS; l++) {
            sum.pulses[l] += part->pulses[l];
            sum.flips[l] += part->flips[l];
        }
        sum.correct += part->correct;
        sum.active += part->active;
    }
    return sum;
}
