/* One training step: a mini-batch goes forward, ternary errors come back, rows of cells get
 * write pulses.
 *
 * What persists from step to step is the weight bits alone; everything else in the trainer's
 * memory is scratch of the current step. Signals between layers are in {-1, 0, +1}; integers live
 * only inside a sum.
 *
 * A step is a sequence of phases, a phase a number of tasks. The tasks of one phase may run in any
 * order and on any threads; the result is the same bits.
 *
 *     bs_step_begin(trainer, step);
 *     for each phase:
 *         for each task: bs_phase_run(trainer, phase, task, thread)
 *         bs_phase_end(trainer, phase)
 */
#ifndef BITSPIN_TRAIN_H
#define BITSPIN_TRAIN_H

#include "bitspin/network.h"
#include "bitspin/random.h"
#include "bitspin/row.h"

#define BS_BLOCK BS_WORD_BITS /* samples whose errors are computed and transposed together */

/* What the output layer calls an error. */
typedef enum bs_error_kind {
    /* The strongest wrong class comes within `margin` of the true one: the code bits in which the
     * two differ are pushed towards the true class. */
    BS_ERROR_RIVAL = 0,
    /* Each code bit by itself: pushed towards its target where target * sum < margin. */
    BS_ERROR_INDEPENDENT = 1
} bs_error_kind;

typedef struct bs_layer_rule {
    uint32_t window;    /* errors reach a unit only where |sum| <= window (straight-through) */
    uint32_t dead_zone_q8; /* a back-projected error v counts where |v| > dead_zone * sqrt(nonzero
                              errors above), 8 fractional bits, <= 64 * 256 */
    bs_row_rule row;
    uint32_t probability_q31; /* that a pulse switches its cell */
} bs_layer_rule;

/* Shifts that a sample may undergo, as whole-bit moves (see bs_shift_row). */
typedef struct bs_shift_table {
    uint32_t count;        /* 0: samples are taken as they are */
    const int32_t *offset; /* [count] */
    const uint32_t *keep;  /* [count][bs_words(width[0])] */
    const uint32_t *fill;  /* [count][bs_words(width[0])] */
} bs_shift_table;

typedef struct bs_step {
    const uint32_t *samples; /* [sample_count][bs_words(width[0])] */
    const uint16_t *labels;  /* [sample_count] */
    uint32_t sample_count;
    const uint32_t *order; /* [batch] which samples */
    const uint8_t *shift;  /* [batch] which shift of each, or NULL if there is no table */
    bs_shift_table shifts;
    uint32_t batch;
    uint32_t index; /* step number: the position in the random stream */
    bs_error_kind error;
    int32_t margin;
    bs_layer_rule layer[BS_MAX_LAYERS];
} bs_step;

typedef struct bs_tally {
    uint64_t pulses[BS_MAX_LAYERS];
    uint64_t flips[BS_MAX_LAYERS];
    uint64_t correct; /* samples whose class was right before the update */
    uint64_t active;  /* samples that caused an error */
} bs_tally;

typedef enum bs_phase {
    BS_PHASE_PREPARE = 0, /* weights into panels */
    BS_PHASE_FORWARD,     /* activations and output errors */
    BS_PHASE_BACKWARD,    /* errors of hidden layers */
    BS_PHASE_TRANSPOSE,   /* errors and inputs of the active samples, transposed */
    BS_PHASE_UPDATE,      /* gradients row by row; pulses */
    BS_PHASE_DISTURB,     /* real arrays only: bits that toggles and reads flipped */
    BS_PHASE_COUNT
} bs_phase;

typedef struct bs_trainer {
    bs_predictor forward;
    bs_key seed;
    uint32_t *weights;
    uint32_t batch_max;
    uint32_t threads;
    bs_step step;
    bs_write write[BS_MAX_LAYERS];
    uint32_t active_count;
    /* per sample of the batch */
    uint32_t *input[BS_MAX_LAYERS];  /* [batch_max][words]: bits that enter layer l */
    /* [batch_max][words]: errors of the outputs of layer l. In a hidden layer the units inside
     * their window stand in `error_nonzero` until their errors do. */
    uint32_t *error_nonzero[BS_MAX_LAYERS];
    uint32_t *error_sign[BS_MAX_LAYERS];
    uint8_t *is_active; /* [batch_max] */
    uint32_t *active;   /* [batch_max] samples with an error, in order */
    /* transposed weights, and the transposed batch */
    uint32_t *back_panels[BS_MAX_LAYERS];  /* inputs of layer l as lanes, its outputs as bits */
    uint32_t *input_panels[BS_MAX_LAYERS]; /* inputs of layer l as lanes, active samples as bits */
    uint32_t *row_nonzero[BS_MAX_LAYERS];  /* [width[l + 1]][active words] */
    uint32_t *row_sign[BS_MAX_LAYERS];
    /* per thread */
    uint16_t *q;            /* [threads][stride] */
    uint32_t *block;        /* [threads][2][BS_BLOCK][widest words] */
    uint32_t *masks;        /* [threads][4][widest words] */
    bs_tally *tally;        /* [threads] */
} bs_trainer;

/* Bytes that a trainer needs; 0 for a shape, batch or thread count beyond the limits. */
size_t bs_trainer_bytes(const bs_shape *shape, uint32_t batch_max, uint32_t threads,
                        const bs_kernels *kernels);

/* Lay out a trainer in memory aligned to 64 bytes.
 * weights  in/out  [bs_weight_words(shape)] stays the caller's; tail bits must be zero
 * code     in      [class_count][bs_words(code bits)] must outlive the trainer, unchanged
 * returns BS_ERROR_SHAPE, BS_ERROR_MEMORY
 */
bs_status bs_trainer_init(bs_trainer *trainer, void *memory, size_t bytes, const bs_shape *shape,
                          uint32_t batch_max, uint32_t threads, const bs_kernels *kernels,
                          bs_key seed, const uint32_t *code, uint32_t *weights);

/* Check a step and make it the current one. The arrays it points to must live until it ends.
 * returns BS_ERROR_SHAPE, BS_ERROR_RANGE, BS_ERROR_LABEL; the trainer is unchanged then
 */
bs_status bs_step_begin(bs_trainer *trainer, const bs_step *step);

/* Tasks of a phase of the current step. */
size_t bs_phase_tasks(const bs_trainer *trainer, bs_phase phase);

/* Run one task with the scratch of that thread (0 .. threads - 1). */
void bs_phase_run(bs_trainer *trainer, bs_phase phase, size_t task, uint32_t thread);

/* Close a phase after its last task; one thread only. */
void bs_phase_end(bs_trainer *trainer, bs_phase phase);

/* A whole step on one thread. */
bs_status bs_step_run(bs_trainer *trainer, const bs_step *step);

/* What happened in the current step, summed over threads. */
bs_tally bs_step_tally(const bs_trainer *trainer);

#endif
