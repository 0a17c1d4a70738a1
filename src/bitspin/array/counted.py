"""Ideal cells under an instrument: they do what no cells at all do, and their pulses are counted.

Training in an ideal array keeps nothing about single cells. To learn how often each of them was
written, the same training is done again on these; its weights come out the same, bit for bit.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix, LayerCells

__all__ = ["CountedArray"]


@dataclass(frozen=True)
class CountedArray:
    """One class of cells, none stuck, that switch with the probability that the rule asks for.

    Answers what `bitspin.array.MramModel` answers to a training.

    Examples
    --------
    >>> CountedArray().class_probabilities_q31(1 << 30)
    (1073741824,)
    """

    def class_probabilities_q31(self, probability_q31: int) -> tuple[int, ...]:
        """Chance that a pulse switches a cell of the one class."""
        return (probability_q31,)

    def cells(self, widths: tuple[int, ...]) -> list[LayerCells]:
        """Give the cells under each layer of a network."""
        return [perfect_layer(rows, cells) for cells, rows in itertools.pairwise(widths)]

    def force_stuck(self, widths: tuple[int, ...], weights: NDArray[np.uint32]) -> None:
        """Leave the weights as they are: no cell is stuck."""


def perfect_layer(rows: int, cells: int) -> LayerCells:
    """N rows of K cells without offset, noise or disturbance."""
    free = BitMatrix.from_bool(np.ones((rows, cells), np.bool_)).words
    return LayerCells(
        classes=free[None].copy(),
        free=free,
        offsets=np.zeros(rows, np.int16),
        noise_scale_q8=0,
        toggle_rate=0,
        read_rate=0,
    )
