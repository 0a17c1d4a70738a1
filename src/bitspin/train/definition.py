"""The definition of a training step, in slow and plain NumPy: no packing, no tricks.

The core must agree with this file bit for bit, after every step, in every backend and for every
number of threads; the property tests hold it to that. Read this file to learn the rule.

Values are int64 arrays of +1 and -1 (weights, inputs, activations) or of -1, 0 and +1 (errors).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitspin.array.definition import DefinedArray
from bitspin.bits import LayerStep, StepRule
from bitspin.bits.engine import NO_BUDGET, PROBABILITY_ONE

__all__ = ["DefinitionTally", "RandomStream", "define_scores", "define_step", "threefry"]

Integers = NDArray[np.int64]

DOMAIN_LAYER = 1
DOMAIN_ROW = 0x10001
GAP_TABLE = 32


# ---- randomness ----------------------------------------------------------------------------------


def threefry(key: tuple[int, int], counter: tuple[int, int]) -> tuple[int, int]:
    """Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, SC 2011).

    Examples
    --------
    >>> [hex(word) for word in threefry((0, 0), (0, 0))]
    ['0x6b200159', '0x99ba4efe']
    """
    mask = 0xFFFFFFFF
    rotations = (13, 15, 26, 6, 17, 29, 16, 24)
    schedule = (key[0], key[1], 0x1BD11BDA ^ key[0] ^ key[1])
    a = (counter[0] + schedule[0]) & mask
    b = (counter[1] + schedule[1]) & mask
    for group in range(5):
        for i in range(4):
            rotation = rotations[4 * (group % 2) + i]
            a = (a + b) & mask
            b = ((b << rotation | b >> (32 - rotation)) & mask) ^ a
        a = (a + schedule[(group + 1) % 3]) & mask
        b = (b + schedule[(group + 2) % 3] + group + 1) & mask
    return a, b


class RandomStream:
    """The words of one key, one after the other."""

    def __init__(self, key: tuple[int, int]) -> None:
        self.key = key
        self.position = 0

    def next(self) -> int:
        """Draw the next word, 0 … 2**32 - 1."""
        word = threefry(self.key, (self.position // 2, 0))[self.position % 2]
        self.position += 1
        return word

    def below(self, bound: int) -> int:
        """Draw the next integer of 0 … bound - 1."""
        return self.next() * bound >> 32


def row_stream(seed: int, step: int, layer: int, row: int) -> RandomStream:
    """Give each row of each layer in each step a stream of its own."""
    root = (seed & 0xFFFFFFFF, seed >> 32)
    return RandomStream(threefry(threefry(root, (step, DOMAIN_LAYER + layer)), (row, DOMAIN_ROW)))


# ---- forward -------------------------------------------------------------------------------------


def define_sums(
    weights: list[Integers], inputs: Integers, array: DefinedArray | None = None, key: int = 0
) -> list[Integers]:
    """Sums of every layer, arrays of shape (B, N), as real cells report them in a pass of a key."""
    sums = []
    values = inputs
    for index, matrix in enumerate(weights):
        sums.append(values @ matrix.T)
        if array is not None:
            sums[-1] = array.sense(index, sums[-1], matrix.shape[1], key)
        values = np.where(sums[-1] >= 0, 1, -1)
    return sums


def class_scores(
    last_sums: Integers, code: Integers, class_scale: Integers | None = None
) -> Integers:
    """Score of each class: the last sums over the ones of its code word, shape (B, C).

    A network that was trained elsewhere may scale them: multipliers and addends of shape (2, C).
    """
    scores: Integers = last_sums @ (code > 0).T.astype(np.int64)
    return scores if class_scale is None else scores * class_scale[0] + class_scale[1]


def define_scores(
    weights: list[Integers],
    code: Integers,
    inputs: Integers,
    array: DefinedArray | None = None,
    key: int = 0,
    class_scale: Integers | None = None,
) -> Integers:
    """Score of each class of each sample, shape (B, C)."""
    return class_scores(define_sums(weights, inputs, array, key)[-1], code, class_scale)


# ---- errors --------------------------------------------------------------------------------------


def rival_errors(
    sums: Integers, scores: Integers, code: Integers, label: int, rule: StepRule
) -> Integers:
    """Push the true class away from the strongest wrong one, where their code words differ."""
    wrong = [c for c in range(len(code)) if c != label]
    rival = max(wrong, key=lambda c: (scores[c], -c))
    if scores[label] - scores[rival] >= rule.margin:
        return np.zeros_like(sums)
    return np.where(code[label] != code[rival], -code[label], 0)


def independent_errors(sums: Integers, code: Integers, label: int, rule: StepRule) -> Integers:
    """Push each code bit by itself towards its target."""
    return np.where(code[label] * sums < rule.margin, -code[label], 0)


def project_back(errors: Integers, matrix: Integers, sums: Integers, layer: LayerStep) -> Integers:
    """Ternary errors of the units below, from the errors (B, N) above.

    The sign of the back-projection, where it exceeds the dead zone and the unit's own sum lies
    within the window of the straight-through estimator.
    """
    back = errors @ matrix
    nonzero = np.abs(errors).sum(axis=1)
    dead = [math.isqrt(layer.dead_zone_q8**2 * int(count) >> 16) for count in nonzero]
    inside = np.abs(sums) <= layer.window
    return np.where((np.abs(back) > np.array(dead)[:, None]) & inside, np.sign(back), 0)


# ---- pulses --------------------------------------------------------------------------------------


def draw_budget(budget_q8: int, stream: RandomStream) -> int:
    """Whole pulses of this row: the fraction of the budget is the chance of one more."""
    whole, fraction = divmod(budget_q8, 256)
    if fraction and stream.next() % 256 < fraction:
        return whole + 1
    return whole


def draw_ranks(wanted: int, count: int, stream: RandomStream) -> set[int]:
    """Draw distinct ranks of 0 … count - 1, every set equally likely (Floyd's sampling)."""
    ranks: set[int] = set()
    for last in range(count - wanted, count):
        rank = stream.below(last + 1)
        ranks.add(last if rank in ranks else rank)
    return ranks


def select_pulses(q: Integers, layer: LayerStep, stream: RandomStream) -> list[int]:
    """Cells that get a pulse: the largest q above the floor, ties at random, up to the budget."""
    candidates = [i for i, value in enumerate(q) if value > layer.floor]
    if layer.budget_q8 == NO_BUDGET:
        return candidates
    budget = draw_budget(layer.budget_q8, stream)
    if len(candidates) <= budget:
        return candidates
    if budget == 0:
        return []
    lowest = sorted(q[candidates], reverse=True)[budget - 1]
    above = [i for i in candidates if q[i] > lowest]
    ties = [i for i in candidates if q[i] == lowest]
    if len(above) + len(ties) == budget:
        return sorted(above + ties)
    ranks = draw_ranks(budget - len(above), len(ties), stream)
    return sorted(above + [cell for rank, cell in enumerate(ties) if rank in ranks])


def draw_gap(probability_q31: int, stream: RandomStream) -> int:
    """How many pulses until a cell switches: geometric, by inversion of its distribution.

    A table ends at GAP_TABLE; beyond it the wait starts again, for it has no memory.
    """
    if probability_q31 == PROBABILITY_ONE:
        return 1
    table = []
    survival = 1 << 32
    for _ in range(GAP_TABLE):
        survival = survival * (PROBABILITY_ONE - probability_q31) >> 31
        table.append(min((1 << 32) - survival, 0xFFFFFFFF))
    passed = 0
    while True:
        draw = stream.next()
        if draw < table[-1]:
            return passed + 1 + sum(draw >= below for below in table)
        passed += GAP_TABLE


def write_pulses(pulses: list[int], probability_q31: int, stream: RandomStream) -> list[int]:
    """Cells that switch, out of those that get a pulse."""
    switched: list[int] = []
    if probability_q31 == 0 or not pulses:
        return switched
    position = draw_gap(probability_q31, stream) - 1
    while position < len(pulses):
        switched.append(pulses[position])
        if position + 1 == len(pulses):
            break
        position += draw_gap(probability_q31, stream)
    return switched


# ---- the step ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DefinitionTally:
    """What happened in one step, as in `bitspin.bits.StepTally`, and what was disturbed.

    Parameters
    ----------
    pulses, flips : tuple of int
        Write pulses sent, and cells switched, in each layer.
    correct : int
        Samples that were classified rightly before the update.
    active : int
        Samples that caused an error.
    disturbed : tuple of int
        Bits of each layer that were disturbed; empty for ideal cells.
    """

    pulses: tuple[int, ...]
    flips: tuple[int, ...]
    correct: int
    active: int
    disturbed: tuple[int, ...] = ()


def define_step(
    weights: list[Integers],
    code: Integers,
    inputs: Integers,
    labels: Integers,
    rule: StepRule,
    seed: int,
    step: int,
    array: DefinedArray | None = None,
    class_scale: Integers | None = None,
) -> DefinitionTally:
    """Train on one mini-batch; the weights change in place.

    Parameters
    ----------
    weights : list of ndarray of shape (N, K), int64
        +1 / -1 of each layer.
    code : ndarray of shape (C, L), int64
    inputs : ndarray of shape (B, K), int64
    labels : ndarray of shape (B,), int64
    rule : StepRule
    seed, step : int
        Position in the random stream.
    array : DefinedArray or None
        The cells; None for ideal ones.
    class_scale : ndarray of shape (2, C), int64, or None
        What the score of a class is multiplied by, and what is added.

    Returns
    -------
    DefinitionTally
    """
    key = 0 if array is None else array.pass_key(seed, step)
    sums = define_sums(weights, inputs, array, key)
    values = [inputs, *(np.where(s >= 0, 1, -1) for s in sums[:-1])]
    scores = class_scores(sums[-1], code, class_scale)
    errors = np.array(
        [
            independent_errors(sums[-1][b], code, int(label), rule)
            if rule.independent
            else rival_errors(sums[-1][b], scores[b], code, int(label), rule)
            for b, label in enumerate(labels)
        ]
    )
    # `argmax` takes the first of equal scores, as prediction does.
    correct = int((scores.argmax(axis=1) == labels).sum())
    active = int(errors.any(axis=1).sum())
    gradients: list[Integers] = []
    all_errors: list[Integers] = []
    for index in reversed(range(len(weights))):
        all_errors.insert(0, errors)
        gradients.insert(0, errors.T @ values[index])
        if index > 0:
            errors = project_back(errors, weights[index], sums[index - 1], rule.layers[index - 1])
    pulses = [0] * len(weights)
    flips = [0] * len(weights)
    for index, layer in enumerate(rule.layers):
        for row, gradient in enumerate(gradients[index]):
            stream = row_stream(seed, step, index, row)
            cells = select_pulses(weights[index][row] * gradient, layer, stream)
            groups = (
                [(cells, layer.probability_q31)]
                if array is None
                else array.pulse_groups(index, row, len(gradient), cells)
            )
            switched = [
                cell
                for group, probability in groups
                for cell in write_pulses(group, probability, stream)
            ]
            weights[index][row, switched] *= -1
            pulses[index] += len(cells)
            flips[index] += len(switched)
    disturbed = () if array is None else array.disturb(weights, values, all_errors, seed, step)
    return DefinitionTally(tuple(pulses), tuple(flips), correct, active, tuple(disturbed))
