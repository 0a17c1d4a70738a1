"""How many instructions a network takes, before it is flashed: linear in what is done.

The constants were measured in QEMU with `bench/device_costs.py` (gcc 12.2 -O2; eleven networks of
128 … 784 inputs, 64 … 512 hidden units, one and two hidden layers, batches of 8 … 256) and fitted
there; the fit misses no measurement by more than 5 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from bitspin.errors import BackendError
from bitspin.export.memory import words

__all__ = [
    "COSTS",
    "InstructionCosts",
    "costs_of",
    "learning_instructions",
    "predicting_instructions",
]

# Words of a row that the core sums in one piece, and at once (core/src/lean.c).
PIECE_WORDS = 24
LONGEST_IN_ONE = 31


@dataclass(frozen=True)
class InstructionCosts:
    """Instructions of the parts of the work on one processor.

    Parameters
    ----------
    row, eight_words, word : float
        Of a prediction: each row of weights, each eight words of a row, each word left over.
    learned_row, learned_word : float
        Of a sample learned, beyond its prediction: each row, each word of weights.
    updated_row, updated_word : float
        Of an update: the same.

    Notes
    -----
    Learning costs hold at the beginning of training, where nearly every sample has an error; they
    fall as errors become rare.
    """

    row: float
    eight_words: float
    word: float
    learned_row: float
    learned_word: float
    updated_row: float
    updated_word: float


_M0 = InstructionCosts(114.3, 99.2, 11.2, 62.9, 5.32, 1061.0, 358.0)
_M3 = InstructionCosts(84.5, 76.3, 8.48, 41.0, 4.26, 633.0, 256.0)
_RV32 = InstructionCosts(79.4, 71.6, 10.3, 48.4, 3.55, 627.0, 283.0)

COSTS: dict[str, InstructionCosts] = {
    "cortex-m0": _M0,
    "cortex-m0-large": _M0,
    "cortex-m3": _M3,
    "cortex-m4": _M3,
    "rv32imac": _RV32,
}
"""Costs of each target by its name; the core has no instruction that M4 has and M3 lacks."""


def costs_of(target: str) -> InstructionCosts:
    """Look up the costs of a target.

    Raises
    ------
    BackendError
        If none were measured for it.
    """
    try:
        return COSTS[target]
    except KeyError:
        raise BackendError(
            f"no instruction counts were measured for {target!r}; choose one of: {', '.join(COSTS)}"
        ) from None


def groups_of_eight(row_words: int) -> tuple[int, int]:
    """Count the groups of eight words of a row, and the words left over, as the core sums them.

    Examples
    --------
    >>> groups_of_eight(25)
    (3, 1)
    """
    if row_words <= LONGEST_IN_ONE:
        return divmod(row_words, 8)
    pieces, rest = divmod(row_words, PIECE_WORDS)
    return pieces * (PIECE_WORDS // 8) + rest // 8, rest % 8


def predicting_instructions(costs: InstructionCosts, widths: tuple[int, ...]) -> float:
    """Estimate the instructions of one prediction."""
    total = 0.0
    for bits, rows in pairwise(widths):
        eights, single = groups_of_eight(words(bits))
        total += rows * (costs.row + costs.eight_words * eights + costs.word * single)
    return total


def learning_instructions(costs: InstructionCosts, widths: tuple[int, ...]) -> tuple[float, float]:
    """Estimate the instructions of learning, at the beginning of training.

    Returns
    -------
    sample : float
        For each sample, prediction included, update left out.
    update : float
        For each update.
    """
    rows = sum(widths[1:])
    weight_words = sum(units * words(bits) for bits, units in pairwise(widths))
    sample = predicting_instructions(costs, widths)
    sample += costs.learned_row * rows + costs.learned_word * weight_words
    return sample, costs.updated_row * rows + costs.updated_word * weight_words
