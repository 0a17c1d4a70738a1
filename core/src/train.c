#include "bitspin/arena.h"
#include "bitspin/array.h"
#include "phases.h"

/* ---- layout ---------------------------------------------------------------------------------- */

static size_t lay_out(bs_trainer *t, const bs_shape *shape, bs_arena *arena)
{
    const size_t word = sizeof(uint32_t);
    size_t batch = t->batch_max;
    size_t batch_words = bs_words(batch);
    for (uint32_t l = 0; l < shape->layer_count; l++) {
        size_t in_words = bs_words(shape->width[l]);
        uint32_t outputs = shape->width[l + 1];
        t->input[l] = bs_take(arena, batch * in_words * word);
        t->error_nonzero[l] = bs_take(arena, batch * bs_words(outputs) * word);
        t->error_sign[l] = bs_take(arena, batch * bs_words(outputs) * word);
        t->back_panels[l] = NULL;
        if (l > 0) {
            t->back_panels[l] = bs_take(arena, bs_panel_words(shape->width[l], outputs) * word);
        }
        t->input_panels[l] = bs_take(arena, bs_panel_words(shape->width[l], batch) * word);
        t->row_nonzero[l] = bs_take(arena, outputs * batch_words * word);
        t->row_sign[l] = bs_take(arena, outputs * batch_words * word);
    }
    t->is_active = bs_take(arena, batch);
    t->active = bs_take(arena, batch * word);
    size_t stride = bs_count_stride(shape);
    size_t widest = bs_widest_words(shape);
    t->q = bs_take(arena, t->threads * stride * sizeof(uint16_t));
    t->block = bs_take(arena, (size_t)t->threads * 2 * BS_BLOCK * widest * word);
    t->masks = bs_take(arena, (size_t)t->threads * 4 * widest * word);
    t->tally = bs_take(arena, t->threads * sizeof(bs_tally));
    return arena->used;
}

size_t bs_trainer_bytes(const bs_shape *shape, uint32_t batch_max, uint32_t threads,
                        const bs_kernels *kernels)
{
    size_t forward = bs_predictor_bytes(shape, threads, kernels);
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
    size_t needed = bs_trainer_bytes(shape, batch_max, threads, kernels);
    if (needed == 0) {
        return BS_ERROR_SHAPE;
    }
    if (memory == NULL || bytes < needed || !bs_is_aligned(memory)) {
        return BS_ERROR_MEMORY;
    }
    size_t forward = bs_predictor_bytes(shape, threads, kernels);
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
    static const bs_array_tally nothing_disturbed = {{0}, {0}, {0}, {0}};
    for (uint32_t thread = 0; thread < trainer->threads; thread++) {
        trainer->tally[thread] = nothing;
        if (trainer->forward.array != NULL) {
            trainer->forward.array->tally[thread] = nothing_disturbed;
        }
    }
    return status;
}

/* ---- phases ---------------------------------------------------------------------------------- */

uint32_t bs_task_rows(const bs_trainer *t, uint32_t total)
{
    uint32_t most = t->forward.chunk;
    uint32_t tasks = (total + most - 1u) / most;
    tasks = (tasks + t->threads - 1u) / t->threads * t->threads;
    uint32_t rows = (total + tasks - 1u) / tasks;
    return (rows + BS_LANES - 1u) / BS_LANES * BS_LANES; /* `most` is a multiple of that, too */
}

uint16_t *bs_thread_counts(const bs_trainer *t, uint32_t thread)
{
    size_t rows = (size_t)thread * t->forward.chunk;
    return t->forward.counts + rows * bs_count_stride(&t->forward.shape);
}

void *bs_thread_scratch(const bs_trainer *t, uint32_t thread)
{
    return t->forward.scratch + thread * bs_scratch_stride(t->forward.kernels);
}

size_t bs_phase_tasks(const bs_trainer *trainer, bs_phase phase)
{
    switch (phase) {
    case BS_PHASE_PREPARE:
        return bs_prepare_tasks(trainer);
    case BS_PHASE_FORWARD:
        return bs_forward_tasks(trainer);
    case BS_PHASE_BACKWARD:
        return bs_backward_tasks(trainer);
    case BS_PHASE_TRANSPOSE:
        return bs_transpose_tasks(trainer);
    case BS_PHASE_UPDATE:
        return bs_update_tasks(trainer);
    case BS_PHASE_DISTURB:
        return bs_disturb_tasks(trainer);
    default:
        return 0;
    }
}

void bs_phase_run(bs_trainer *trainer, bs_phase phase, size_t task, uint32_t thread)
{
    switch (phase) {
    case BS_PHASE_PREPARE:
        bs_prepare(trainer, task);
        break;
    case BS_PHASE_FORWARD:
        bs_forward(trainer, task, thread);
        break;
    case BS_PHASE_BACKWARD:
        bs_backward(trainer, task, thread);
        break;
    case BS_PHASE_TRANSPOSE:
        bs_transpose(trainer, task);
        break;
    case BS_PHASE_UPDATE:
        bs_update(trainer, task, thread);
        break;
    case BS_PHASE_DISTURB:
        bs_disturb(trainer, task, thread);
        break;
    default:
        break;
    }
}

void bs_phase_end(bs_trainer *trainer, bs_phase phase)
{
    if (phase == BS_PHASE_FORWARD) {
        bs_forward_end(trainer);
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
