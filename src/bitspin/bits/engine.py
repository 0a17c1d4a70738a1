"""The two objects of the core that do the work of a network: prediction and training steps.

Between the learning rules and the core travels a `StepRule`: whole numbers only, the same ones that
a microcontroller would get.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import _core
from bitspin.bits.backend import resolve_threads
from bitspin.bits.cells import CellArray
from bitspin.bits.code import class_scale_of
from bitspin.bits.matrix import BitMatrix
from bitspin.errors import ShapeError

__all__ = ["LayerStep", "Predictor", "Shifts", "StepEngine", "StepRule", "StepTally"]


@dataclass(frozen=True)
class LayerStep:
    """What one layer does in one step, in whole numbers.

    Parameters
    ----------
    window : int
        Errors reach a unit only where its |sum| is at most this (straight-through estimator).
    dead_zone_q8 : int
        A back-projected error v counts where |v| > dead zone · √(nonzero errors above); 8
        fractional bits, 0 … 64·256.
    floor : int
        A cell is a candidate for a pulse where its gradient disagrees by more than this.
    budget_q8 : int
        Pulses for each neuron row, 8 fractional bits (the fraction is the chance of one more), or
        `bitspin.bits.engine.NO_BUDGET`.
    probability_q31 : int
        Chance that a pulse switches its cell, 31 fractional bits, 0 … 2**31.
    """

    window: int
    dead_zone_q8: int
    floor: int
    budget_q8: int
    probability_q31: int


NO_BUDGET: int = _core.NO_BUDGET
PROBABILITY_ONE: int = _core.PROBABILITY_ONE
MAX_BATCH: int = _core.MAX_WIDTH
MAX_WIDTH: int = _core.MAX_WIDTH
MAX_LAYERS: int = _core.MAX_LAYERS
MAX_MARGIN = 2**31 - 1


@dataclass(frozen=True)
class StepRule:
    """What one step does, in whole numbers.

    Parameters
    ----------
    independent : bool
        True: each code bit has its own error, where target · sum < margin. False: the strongest
        wrong class is pushed back where the true one's score does not lead it by the margin.
    margin : int
        0 … 2**31 - 1
    layers : tuple of LayerStep
        First to last.
    """

    independent: bool
    margin: int
    layers: tuple[LayerStep, ...]


@dataclass(frozen=True)
class StepTally:
    """What happened in one step.

    Parameters
    ----------
    pulses, flips : tuple of int
        Write pulses sent, and cells switched, in each layer.
    correct : int
        Samples of the batch that were classified rightly before the update.
    active : int
        Samples that caused an error.
    """

    pulses: tuple[int, ...]
    flips: tuple[int, ...]
    correct: int
    active: int


class Shifts:
    """Moves that a packed sample may undergo; see `bitspin.train.augment`.

    Parameters
    ----------
    offsets : ndarray of shape (S,), int32
        Bits by which a row moves up.
    keep, fill : BitMatrix of shape (S, K)
        Where the moved row is taken, and what stands elsewhere.
    """

    def __init__(self, offsets: NDArray[np.int32], keep: BitMatrix, fill: BitMatrix) -> None:
        self.count = len(offsets)
        self.offsets = offsets
        self.keep = keep
        self.fill = fill
        self.core = _core.shifts(offsets, keep.words, fill.words)

    def apply(self, samples: BitMatrix, which: int) -> BitMatrix:
        """Move all samples by one of the shifts."""
        words = _core.shift_rows(
            samples.words,
            int(self.offsets[which]),
            self.keep.words[which],
            self.fill.words[which],
        )
        return BitMatrix(words, samples.columns)


class Predictor:
    """Predicts classes with packed weights.

    Parameters
    ----------
    widths : tuple of int
        Input bits, hidden units …, code bits; 2 to 9 entries of 1 … 32767.
    weights : ndarray, uint32
        Packed rows of all layers, one after the other.
    code : BitMatrix of shape (C, L)
        Code words of the classes.
    threads : int
        1 … 1024.
    backend : str
    """

    def __init__(
        self,
        widths: tuple[int, ...],
        weights: NDArray[np.uint32],
        code: BitMatrix,
        threads: int = 1,
        backend: str = "auto",
    ) -> None:
        self._input_bits = widths[0]
        self._core = _core.Predictor(
            list(widths),
            code.rows,
            code.words.ravel(),
            class_scale_of(code),
            weights,
            resolve_threads(threads),
            backend,
        )

    def attach(self, cells: CellArray, key: int) -> None:
        """Predict on real cells.

        Parameters
        ----------
        cells : CellArray
            Of the same widths.
        key : int
            Of this pass over the samples: the same key draws the same read noise.
        """
        self._core.attach(cells.core, key)

    def predict(self, inputs: BitMatrix) -> tuple[NDArray[np.uint16], NDArray[np.int32]]:
        """Classify samples.

        Returns
        -------
        classes : ndarray of shape (B,), uint16
        scores : ndarray of shape (B, C), int32
            Sum over the ones of each class's code word; the highest wins.

        Raises
        ------
        ShapeError
            If samples have another number of bits than the network takes.
        """
        if inputs.columns != self._input_bits:
            raise ShapeError(
                f"predict: got samples of {inputs.columns} bits, expected {self._input_bits}; "
                "encode them as the training data were"
            )
        return self._core.predict(inputs.words)


class StepEngine:
    """Runs training steps in place on packed weights.

    Parameters
    ----------
    widths : tuple of int
        Input bits, hidden units …, code bits.
    weights : ndarray, uint32
        Packed rows of all layers; changed in place by each step.
    code : BitMatrix of shape (C, L)
    seed : int
        Root key of the random stream, 0 … 2**64 - 1.
    batch_max : int
        Largest batch of any step, 1 … 32767.
    threads : int
        1 … 1024.
    backend : str
    """

    def __init__(
        self,
        widths: tuple[int, ...],
        weights: NDArray[np.uint32],
        code: BitMatrix,
        seed: int,
        batch_max: int,
        threads: int = 1,
        backend: str = "auto",
    ) -> None:
        self._core = _core.Trainer(
            list(widths),
            code.rows,
            code.words.ravel(),
            class_scale_of(code),
            weights,
            seed,
            batch_max,
            resolve_threads(threads),
            backend,
        )

    def attach(self, cells: CellArray) -> None:
        """Train on real cells of the same widths from now on."""
        self._core.attach(cells.core)

    @property
    def scratch_bytes(self) -> int:
        """Memory that a step works in; nothing in it outlives the step."""
        return self._core.scratch_bytes

    def step(
        self,
        samples: BitMatrix,
        labels: NDArray[np.uint16],
        order: NDArray[np.uint32],
        index: int,
        rule: StepRule,
        shifts: Shifts | None = None,
        shift_choice: NDArray[np.uint8] | None = None,
    ) -> StepTally:
        """Train on one mini-batch.

        Parameters
        ----------
        samples : BitMatrix of shape (S, K)
            The whole training set.
        labels : ndarray of shape (S,), uint16
        order : ndarray of shape (B,), uint32
            Which samples make up the batch.
        index : int
            Step number: the position in the random stream.
        rule : StepRule
        shifts, shift_choice : Shifts, ndarray of shape (B,), uint8
            How each sample is moved; leave both out for none.

        Raises
        ------
        ShapeError
            If arrays do not fit one another, or the engine.
        DataError
            If a label or a sample's index is out of range.
        ValidityError
            If a number of the rule is out of range.
        """
        if (shifts is None) != (shift_choice is None):
            raise ShapeError(
                "step: got shifts without a choice for each sample, or the reverse; expected both "
                "or neither"
            )
        rules = [
            _core.layer_rule(
                layer.window,
                layer.dead_zone_q8,
                layer.floor,
                layer.budget_q8,
                layer.probability_q31,
            )
            for layer in rule.layers
        ]
        self._core.step(
            samples.words,
            labels,
            order,
            shift_choice,
            shifts.core if shifts is not None else None,
            index,
            rule.independent,
            rule.margin,
            rules,
        )
        tally = self._core.tally()
        return StepTally(
            tuple(tally["pulses"]), tuple(tally["flips"]), tally["correct"], tally["active"]
        )
