"""A network as C: ``network.h`` and ``network.c`` of an exported project."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import StepRule
from bitspin.bits.code import class_scale_of
from bitspin.bits.engine import NO_BUDGET, PROBABILITY_ONE
from bitspin.export.schedule import ScheduledRule
from bitspin.train import Network

__all__ = [
    "LEARNING_MAIN",
    "PREDICTING_MAIN",
    "RECOMPUTING_MAIN",
    "REHEARSING_MAIN",
    "network_header",
    "network_source",
]

WORDS_PER_LINE = 8

PREDICTING_MAIN = """\
/* Predict the class of a sample. Replace network_sample by what your sensor gives. */
#include "network.h"

static uint32_t memory[NETWORK_MEMORY_BYTES / sizeof(uint32_t)];

int main(void)
{
    static NETWORK_STATE network;
    if (network_begin(&network, memory, sizeof memory) != BS_OK) {
        return 1;
    }
    return network_predict(&network, network_sample) == network_sample_class ? 0 : 2;
}
"""

LEARNING_MAIN = """\
/* Predict the class of a sample, then learn from it. Replace network_sample by what your sensor
 * gives, and its label by what the user says it was. */
#include "network.h"

static uint32_t memory[NETWORK_MEMORY_BYTES / sizeof(uint32_t)];

int main(void)
{
    static NETWORK_STATE network;
    if (network_begin(&network, memory, sizeof memory) != BS_OK) {
        return 1;
    }
    uint32_t guess = network_predict(&network, network_sample);
    bs_status learned = bs_learn(&network, network_sample, network_sample_label);
    return learned == BS_OK && guess == network_sample_class ? 0 : 2;
}
"""

REHEARSING_MAIN = """\
/* Predict the class of a sample, then learn from it and rehearse samples of the training and those
 * that the user has shown before. Replace network_sample by what your sensor gives, its label by
 * what the user says it was, and the reader by one of the flash or card where you keep them. */
#include "bitspin/rehearse.h"
#include "network.h"
#include "originals.h"

static uint32_t memory[NETWORK_MEMORY_BYTES / sizeof(uint32_t)];

static int read_shown(void *context, uint32_t index, uint32_t *input, uint32_t *label)
{
    (void)context;
    (void)index; /* one sample has been shown */
    for (uint32_t word = 0; word < NETWORK_INPUT_WORDS; word++) {
        input[word] = network_sample[word];
    }
    *label = network_sample_label;
    return 0;
}

int main(void)
{
    static NETWORK_STATE network;
    bs_store stores[2] = {{originals_read, NULL, ORIGINALS_COUNT, 0}, {read_shown, NULL, 0, 0}};
    if (network_begin(&network, memory, sizeof memory) != BS_OK) {
        return 1;
    }
    uint32_t guess = network_predict(&network, network_sample);
    stores[1].count++; /* keep the sample, then learn from it */
    bs_status learned = bs_learn_and_rehearse(&network, network_sample, network_sample_label,
                                              stores, 2, NETWORK_REHEARSALS);
    return learned == BS_OK && guess == network_sample_class ? 0 : 2;
}
"""

RECOMPUTING_MAIN = """\
/* Predict the class of a sample, then learn from samples that can be read again. Replace the reader
 * by one of the flash or card where your samples lie. */
#include "network.h"

static uint32_t memory[NETWORK_MEMORY_BYTES / sizeof(uint32_t)];

static int read_sample(void *context, uint32_t index, uint32_t *input, uint32_t *label)
{
    (void)context;
    (void)index; /* there is one sample */
    for (uint32_t word = 0; word < NETWORK_INPUT_WORDS; word++) {
        input[word] = network_sample[word];
    }
    *label = network_sample_label;
    return 0;
}

int main(void)
{
    static NETWORK_STATE network;
    uint32_t used = 0;
    if (network_begin(&network, memory, sizeof memory) != BS_OK) {
        return 1;
    }
    uint32_t guess = network_predict(&network, network_sample);
    bs_status learned = bs_relearn(&network, read_sample, NULL, 1, &used);
    return learned == BS_OK && guess == network_sample_class ? 0 : 2;
}
"""

_PREDICTING_DOOR = """\
#define NETWORK_STATE bs_inference

extern const uint32_t network_weights[];

/* Lay the network out in `bytes` bytes of memory aligned to 4; see bs_inference_init. */
static inline bs_status network_begin(bs_inference *network, void *memory, size_t bytes)
{
    return bs_inference_init(network, memory, bytes, &network_shape, network_weights,
                             network_code);
}

/* The class of a sample, 0 .. class_count - 1. input in [NETWORK_INPUT_WORDS] */
static inline uint32_t network_predict(bs_inference *network, const uint32_t *input)
{
    return bs_infer(network, input);
}
"""

_LEARNING_DATA = """\
/* Samples with an error that are kept until the weights are updated. */
#define NETWORK_CAPACITY {capacity}u
#define NETWORK_SCHEDULE_LENGTH {length}u

extern uint32_t network_weights[]; /* in RAM: learning rewrites them */
extern const bs_learn_rule network_schedule[];
extern const bs_key network_seed;
"""

_LEARNING_DOOR = """\
#define NETWORK_STATE bs_learner

/* Lay the network out in `bytes` bytes of memory aligned to 4; see bs_learner_init. */
static inline bs_status network_begin(bs_learner *network, void *memory, size_t bytes)
{
    bs_status status = bs_learner_init(network, memory, bytes, &network_shape, NETWORK_CAPACITY,
                                       network_seed, network_code, network_weights);
    return status != BS_OK
               ? status
               : bs_learner_follow(network, network_schedule, NETWORK_SCHEDULE_LENGTH);
}

/* The class of a sample, 0 .. class_count - 1. input in [NETWORK_INPUT_WORDS] */
static inline uint32_t network_predict(bs_learner *network, const uint32_t *input)
{
    return bs_learner_predict(network, input);
}
"""

_RECOMPUTING_DOOR = """\
#define NETWORK_STATE bs_relearner
/* Rows that are updated together; the samples are read again for each group. */
#define NETWORK_GROUP {group}u

/* Lay the network out in `bytes` bytes of memory aligned to 4; see bs_relearner_init. */
static inline bs_status network_begin(bs_relearner *network, void *memory, size_t bytes)
{{
    bs_status status = bs_relearner_init(network, memory, bytes, &network_shape, NETWORK_CAPACITY,
                                         NETWORK_GROUP, network_seed, network_code,
                                         network_weights);
    return status != BS_OK
               ? status
               : bs_learner_follow(&network->one, network_schedule, NETWORK_SCHEDULE_LENGTH);
}}

/* The class of a sample, 0 .. class_count - 1. input in [NETWORK_INPUT_WORDS] */
static inline uint32_t network_predict(bs_relearner *network, const uint32_t *input)
{{
    return bs_learner_predict(&network->one, input);
}}
"""


def network_header(
    network: Network,
    memory_bytes: int,
    schedule: tuple[ScheduledRule, ...],
    capacity: int,
    group: int,
    rehearsals: int,
) -> str:
    """Declare the network; an empty schedule leaves learning out.

    Parameters
    ----------
    network : Network
    memory_bytes : int
        Scratch that the device needs beside the weights.
    schedule : tuple of ScheduledRule
    capacity : int
        Samples that a learning device keeps.
    group : int
        Rows that are updated together when samples are read again; 0: they are kept.
    rehearsals : int
        How often stored samples are rehearsed after each new one; 0: never.
    """
    data = _LEARNING_DATA.format(capacity=capacity, length=len(schedule)) + "\n"
    if not schedule:
        header, door = "infer", _PREDICTING_DOOR
    elif not group:
        header, door = "learn", data + _LEARNING_DOOR
    else:
        header, door = "relearn", data + _RECOMPUTING_DOOR.format(group=group)
    return f"""\
/* A network of {"-".join(map(str, network.widths))} units, one bit a weight. Written by bitspin. */
#ifndef NETWORK_H
#define NETWORK_H

#include "bitspin/{header}.h"

#define NETWORK_TRAINS {int(bool(schedule))}
#define NETWORK_READS_AGAIN {int(group != 0)}
/* Samples of each store that are rehearsed after each new one; see bitspin/rehearse.h. */
#define NETWORK_REHEARSALS {rehearsals}u
#define NETWORK_INPUT_WORDS {-(-network.widths[0] // 32)}u
#define NETWORK_MEMORY_BYTES {memory_bytes}u

extern const bs_shape network_shape;
extern const uint32_t network_code[];

/* One sample to begin with: its input, its label, and the class that the network gives it. */
extern const uint32_t network_sample[NETWORK_INPUT_WORDS];
extern const uint32_t network_sample_label;
extern const uint32_t network_sample_class;

{door}
#endif
"""


def network_source(
    network: Network,
    schedule: tuple[ScheduledRule, ...],
    seed: int,
    sample: NDArray[np.uint32],
    label: int,
    predicted: int,
) -> str:
    """Define what `network_header` declares.

    Parameters
    ----------
    network : Network
    schedule : tuple of ScheduledRule
    seed : int
        Root key of the device's random stream.
    sample : ndarray of shape (W,), uint32
    label, predicted : int
        Its class, and the one that the network gives it.
    """
    widths = ", ".join(f"{width}u" for width in network.widths)
    constant = "" if schedule else "const "
    scale = class_scale_of(network.code)
    scale_name = "network_class_scale" if scale.size else "NULL"
    shape = f"{{{network.layer_count}u, {{{widths}}}, {network.code.rows}u, {scale_name}}}"
    scale_in_c = ", ".join(str(number) for number in scale.tolist())
    parts = [
        '#include "network.h"\n',
        *([f"static const int32_t {scale_name}[] = {{{scale_in_c}}};\n"] if scale.size else []),
        f"const bs_shape network_shape = {shape};\n",
        f"const uint32_t network_code[] = {words_in_c(network.code.words)};\n",
        f"{constant}uint32_t network_weights[] = {words_in_c(network.weights)};\n",
        f"const uint32_t network_sample[NETWORK_INPUT_WORDS] = {words_in_c(sample)};\n",
        f"const uint32_t network_sample_label = {label}u;",
        f"const uint32_t network_sample_class = {predicted}u;\n",
    ]
    if schedule:
        parts += [
            f"const bs_key network_seed = {{{{{seed & 0xFFFFFFFF:#x}u, {seed >> 32:#x}u}}}};\n",
            f"const bs_learn_rule network_schedule[] = {{\n{schedule_in_c(schedule)}}};\n",
        ]
    return "\n".join(parts)


def words_in_c(words: NDArray[np.uint32]) -> str:
    """Write an initialiser of 32-bit words."""
    texts = [f"0x{word:08x}u" for word in words.ravel().tolist()]
    lines = (
        "    " + ", ".join(texts[first : first + WORDS_PER_LINE])
        for first in range(0, len(texts), WORDS_PER_LINE)
    )
    return "{\n" + ",\n".join(lines) + "}"


def schedule_in_c(schedule: Iterable[ScheduledRule]) -> str:
    """Write the entries of a schedule, one a paragraph."""
    return "".join(
        f"    {{{entry.from_step}u, {entry.batch}u, {error_kind(entry.rule)}, "
        f"{entry.rule.margin},\n     {{{layers_in_c(entry.rule)}}}}},\n"
        for entry in schedule
    )


def error_kind(rule: StepRule) -> str:
    """Name the rule's kind of output error in C."""
    return "BS_ERROR_INDEPENDENT" if rule.independent else "BS_ERROR_RIVAL"


def layers_in_c(rule: StepRule) -> str:
    """Write the whole numbers of all layers; layers that do not exist are zero."""
    texts = []
    for layer in rule.layers:
        budget = "BS_NO_BUDGET" if layer.budget_q8 == NO_BUDGET else f"{layer.budget_q8}u"
        chance = (
            "BS_PROBABILITY_ONE"
            if layer.probability_q31 == PROBABILITY_ONE
            else f"{layer.probability_q31}u"
        )
        texts.append(
            f"{{{layer.window}u, {layer.dead_zone_q8}u, {{{layer.floor}u, {budget}}}, {chance}}}"
        )
    return ",\n      ".join(texts)
