/* The phases of a training step, one function a task; see bitspin/train.h. */
#ifndef BITSPIN_PHASES_H
#define BITSPIN_PHASES_H

#include "bitspin/train.h"

size_t bs_prepare_tasks(const bs_trainer *t);
void bs_prepare(bs_trainer *t, size_t task);

size_t bs_forward_tasks(const bs_trainer *t);
void bs_forward(bs_trainer *t, size_t task, uint32_t thread);
void bs_forward_end(bs_trainer *t);

size_t bs_backward_tasks(const bs_trainer *t);
void bs_backward(bs_trainer *t, size_t task, uint32_t thread);

size_t bs_transpose_tasks(const bs_trainer *t);
void bs_transpose(bs_trainer *t, size_t task);

size_t bs_update_tasks(const bs_trainer *t);
void bs_update(bs_trainer *t, size_t task, uint32_t thread);

void bs_array_forward_end(bs_trainer *t);
size_t bs_disturb_tasks(const bs_trainer *t);
void bs_disturb(bs_trainer *t, size_t task, uint32_t thread);

/* Rows of one task, when `total` rows are shared out evenly over the threads, and over as many
 * tasks as it takes to give none more than the backend wants at once. */
uint32_t bs_task_rows(const bs_trainer *t, uint32_t total);

/* What a thread works with: products, their counts and the backend's own memory. */
uint16_t *bs_thread_counts(const bs_trainer *t, uint32_t thread);
void *bs_thread_scratch(const bs_trainer *t, uint32_t thread);

#endif
