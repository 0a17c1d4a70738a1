"""How many instructions a network takes, before it is flashed: linear in what is done.

The constants were measured in QEMU with `bench/device_costs.py` (gcc 12.2 -O2; eleven networks of
128 … 784 inputs, 64 … 512 hidden units, one and two hidden layers, batches of 8 … 256; nine where
samples are read again, for groups of 2 … 32 rows) and fitted there; the fit misses no measurement
by more than 5 %.
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
    "relearning_instructions",
    "sample_passes",
    "updating_instructions",
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
    reread, projected_word, added_word : float
        Where samples are read again, beyond forward passes: each time that a sample is, each word
        of weights that errors come back through, each word of weights whose counters a sample
        adds to.

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
    reread: float
    projected_word: float
    added_word: float


_M0 = InstructionCosts(114.3, 99.2, 11.2, 62.9, 5.32, 1061.0, 358.0, 1900.0, 10.5, 18.1)
_M3 = InstructionCosts(84.5, 76.3, 8.48, 41.0, 4.26, 633.0, 256.0, 1383.0, 6.59, 14.4)
_RV32 = InstructionCosts(79.4, 71.6, 10.3, 48.4, 3.55, 627.0, 283.0, 1352.0, 8.12, 13.9)

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


def layer_instructions(costs: InstructionCosts, bits: int, rows: int) -> float:
    """Estimate the instructions of one sample's way forward through a layer."""
    eights, single = groups_of_eight(words(bits))
    return rows * (costs.row + costs.eight_words * eights + costs.word * single)


def predicting_instructions(costs: InstructionCosts, widths: tuple[int, ...]) -> float:
    """Estimate the instructions of one prediction."""
    return sum(layer_instructions(costs, bits, rows) for bits, rows in pairwise(widths))


def updating_instructions(costs: InstructionCosts, widths: tuple[int, ...]) -> float:
    """Estimate the instructions of an update, at the beginning of training."""
    return costs.updated_row * sum(widths[1:]) + costs.updated_word * count_words(widths)


def learning_instructions(costs: InstructionCosts, widths: tuple[int, ...]) -> tuple[float, float]:
    """Estimate the instructions of learning, at the beginning of training.

    Returns
    -------
    sample : float
        For each sample, prediction included, update left out.
    update : float
        For each update.
    """
    sample = predicting_instructions(costs, widths)
    sample += costs.learned_row * sum(widths[1:]) + costs.learned_word * count_words(widths)
    return sample, updating_instructions(costs, widths)


def count_words(widths: tuple[int, ...]) -> int:
    """Count the words of all weights."""
    return sum(units * words(bits) for bits, units in pairwise(widths))


@dataclass(frozen=True)
class SamplePasses:
    """What is done for one sample with an error that is read again for each group of rows.

    Parameters
    ----------
    widths : tuple of int
    reads : int
        Once to find its errors, then once for each group.
    whole_passes : int
        Reads for which it goes forward through the whole network: the first, and those for the
        layers above the first. Those for the first layer go forward through its rows once in all.
    projected_words : int
        Words of weights that errors come back through.
    weight_words : int
        Words of all weights.
    """

    widths: tuple[int, ...]
    reads: int
    whole_passes: int
    projected_words: int
    weight_words: int

    def forward_instructions(self, costs: InstructionCosts) -> float:
        """Estimate the instructions of all ways forward."""
        whole = self.whole_passes * predicting_instructions(costs, self.widths)
        return whole + layer_instructions(costs, *self.widths[:2])


def sample_passes(widths: tuple[int, ...], group: int) -> SamplePasses:
    """Count what is done for one sample that is read again; see core/include/bitspin/relearn.h.

    Parameters
    ----------
    widths : tuple of int
        With one hidden layer or more.
    group : int
        Rows that are updated together.

    Examples
    --------
    >>> sample_passes((784, 256, 10), 8).reads
    35
    """
    first, *upper = (-(-rows // group) for rows in widths[1:])
    whole = 1 + sum(upper)
    above = count_words(widths) - count_words(widths[:2])
    return SamplePasses(
        widths=widths,
        reads=whole + first,
        whole_passes=whole,
        projected_words=whole * above + first * count_words(widths[1:3]),
        weight_words=count_words(widths),
    )


def relearning_instructions(
    costs: InstructionCosts, widths: tuple[int, ...], group: int
) -> tuple[float, float]:
    """Estimate the instructions of learning from samples that are read again.

    Parameters
    ----------
    costs : InstructionCosts
    widths : tuple of int
    group : int
        Rows that are updated together.

    Returns
    -------
    sample : float
        For each sample with an error, reading and update left out.
    update : float
        For each update.
    """
    passes = sample_passes(widths, group)
    sample = passes.forward_instructions(costs) + costs.reread * passes.reads
    sample += costs.projected_word * passes.projected_words + costs.added_word * passes.weight_words
    return sample, updating_instructions(costs, widths)
