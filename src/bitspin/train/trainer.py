"""The training loop: epochs of mini-batches, in place on a network's weight bits."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bitspin.array import CountedArray, MramModel, OpCounts, layer_counts
from bitspin.bits import (
    BitMatrix,
    CellArray,
    Shifts,
    StepEngine,
    StepRule,
    StepTally,
    derive_key,
    permutation,
    random_words,
)
from bitspin.bits.engine import MAX_BATCH
from bitspin.errors import ShapeError, ValidityError
from bitspin.train.network import Network
from bitspin.train.reading import ArrayReader, measuring_key
from bitspin.train.rule import Geometry, Rule

__all__ = ["EpochTally", "Position", "Trainer", "TrainingSet", "split_evenly"]

DOMAIN_ORDER = 0x101
DOMAIN_SHIFT = 0x102
DOMAIN_STEPS = 0x103


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Packed samples and their classes.

    Parameters
    ----------
    samples : BitMatrix of shape (S, K)
    labels : ndarray of shape (S,), uint16
    shifts : Shifts or None
        Moves that a sample may undergo; one is drawn for each turn that a sample has.

    Raises
    ------
    ShapeError
        If there is not one label of that dtype for each sample.
    """

    samples: BitMatrix
    labels: NDArray[np.uint16]
    shifts: Shifts | None = None

    def __post_init__(self) -> None:
        if self.labels.shape != (self.samples.rows,):
            raise ShapeError(
                f"training set: got {self.labels.shape} labels for {self.samples.rows} samples, "
                "expected one each; check that images and labels belong together"
            )
        if self.labels.dtype != np.uint16:
            raise ShapeError(
                f"training set: got labels of {self.labels.dtype}, expected uint16; convert them "
                "after checking their range"
            )


@dataclass(frozen=True)
class Position:
    """How far training has come; with the weight bits and the seed it is the whole state.

    Parameters
    ----------
    epoch, step : int
        Epochs and steps that are done.
    """

    epoch: int = 0
    step: int = 0


@dataclass(frozen=True)
class EpochTally:
    """What happened in one epoch.

    Parameters
    ----------
    seconds : float
        Training alone, without evaluation.
    pulses, flips : tuple of int
        Write pulses sent, and cells switched, in each layer.
    train_accuracy : float
        Share (0 … 1) of the samples that were classified rightly when their turn came; a sample has
        as many turns as its mini-batch has steps.
    active_share : float
        Share (0 … 1) that caused an error, of the same.
    steps : int
    events : tuple of OpCounts
        What happened in each layer of an array of real cells; empty for an ideal one.
    """

    seconds: float
    pulses: tuple[int, ...]
    flips: tuple[int, ...]
    train_accuracy: float
    active_share: float
    steps: int
    events: tuple[OpCounts, ...] = ()


def split_evenly(remaining: int, wanted: int) -> int:
    """Size of the next mini-batch, so that the last one of an epoch is not a small remainder.

    Examples
    --------
    >>> split_evenly(1000, 300)  # 334 + 333 + 333, not 300 + 300 + 300 + 100
    334
    """
    parts = max(1, round(remaining / wanted), math.ceil(remaining / MAX_BATCH))
    return math.ceil(remaining / parts)


class Trainer:
    """Trains a network in place, an epoch at a time.

    The course depends on the seed and the position alone: not on threads, backend or interruptions.

    Parameters
    ----------
    network : Network
        Its weights change in place.
    rule : Rule
    data : TrainingSet
    epochs : int
        Length of the schedule, ≥ 1.
    seed : int
        0 … 2**64 - 1.
    threads : int
        1 … 1024.
    backend : str
    position : Position
        Where an interrupted training goes on.
    array : MramModel, CountedArray or None
        The cells that hold the weights; None for ideal ones that are not counted. The rule sees
        the stored bits, never the state of a cell.

    Raises
    ------
    ValidityError
        If `epochs` is below 1.
    """

    def __init__(
        self,
        network: Network,
        rule: Rule,
        data: TrainingSet,
        epochs: int,
        seed: int,
        threads: int = 1,
        backend: str = "auto",
        position: Position | None = None,
        array: MramModel | CountedArray | None = None,
    ) -> None:
        if epochs < 1:
            raise ValidityError(f"epochs: got {epochs}, expected 1 or more")
        self.network = network
        self.rule = rule
        self.data = data
        self.epochs = epochs
        self.seed = seed
        self._threads = threads
        self._backend = backend
        self.position = position or Position()
        self._geometry = Geometry.of(network.widths, network.code)
        self._batches = rule.batch_schedule(data.samples.rows, epochs)
        largest = max(self._batches.start, self._batches.end)
        self._engine = StepEngine(
            network.widths,
            network.weights,
            network.code,
            derive_key(seed, 0, DOMAIN_STEPS),
            min(MAX_BATCH, 2 * largest),
            threads,
            backend,
        )
        self.array = array
        self.cells: CellArray | None = None
        self._reader: ArrayReader | None = None
        if array is not None:
            array.force_stuck(network.widths, network.weights)
            self.cells = CellArray(
                network.widths, array.cells(network.widths), count_pulses=self.position.epoch == 0
            )
            self._engine.attach(self.cells)
        if isinstance(array, MramModel):
            self._reader = ArrayReader(array, network.widths)

    @property
    def scratch_bytes(self) -> int:
        """Memory that a step works in; nothing in it outlives the step."""
        return self._engine.scratch_bytes

    def run_epoch(self, on_step: Callable[[int], None] | None = None) -> EpochTally:
        """Train on every mini-batch once, in as many steps as the rule echoes it.

        Parameters
        ----------
        on_step : callable, optional
            Gets the number of samples done so far in this epoch.
        """
        data = self.data
        count = data.samples.rows
        epoch = self.position.epoch
        started = time.perf_counter()
        order = permutation(derive_key(self.seed, epoch, DOMAIN_ORDER), count)
        echo = self.rule.echo
        tallies: list[StepTally] = []
        events: list[tuple[OpCounts, ...]] = []
        done = 0
        while done < count:
            progress = (epoch + done / count) / self.epochs
            batch = split_evenly(count - done, self._batches.at(progress))
            rule = self.rule.step_rule(self._geometry, batch, progress)
            self._set_bias(rule)
            for turn in range(epoch * echo, (epoch + 1) * echo):
                tallies.append(
                    self._engine.step(
                        data.samples,
                        data.labels,
                        order[done : done + batch],
                        self.position.step + len(tallies),
                        rule,
                        data.shifts,
                        self._draw_shifts(turn, done, batch),
                    )
                )
                if self.cells is not None:
                    events.append(self._count(batch, tallies[-1], self.cells))
            done += batch
            if on_step is not None:
                on_step(done)
        seconds = time.perf_counter() - started
        self.position = Position(epoch + 1, self.position.step + len(tallies))
        tally = sum_tallies(tallies, count * echo, seconds)
        return replace(tally, events=tuple(sum(e, OpCounts()) for e in zip(*events, strict=True)))

    def accuracy(self, samples: BitMatrix, labels: NDArray[np.integer]) -> float:
        """Share (0 … 1) of samples classified as labelled, read in the network's own array.

        Cells that hold their bits for a while before use may have lost some. Toggles and reads of
        this measurement do not disturb the stored weights: measuring must not change training.
        """
        key = measuring_key(self.seed, self.position.epoch)
        if self._reader is None:
            classes, _ = self.network.predict(samples, self._threads, self._backend)
        else:
            classes, _ = self._reader.predict(
                self.network, samples, key, self._threads, self._backend
            )
        return float(np.mean(classes == labels))

    def _set_bias(self, rule: StepRule) -> None:
        """Let the device say how likely a pulse switches, where the rule asks for a probability."""
        if self.array is None or self.cells is None:
            return
        for index, layer in enumerate(rule.layers):
            self.cells.set_bias(index, self.array.class_probabilities_q31(layer.probability_q31))

    def _count(self, batch: int, tally: StepTally, cells: CellArray) -> tuple[OpCounts, ...]:
        return layer_counts(
            self.network.widths, batch, tally.active, tally.pulses, tally.flips, cells.tally()
        )

    def _draw_shifts(self, turn: int, first: int, count: int) -> NDArray[np.uint8] | None:
        """Draw how some samples are moved in that of all the turns they have in a training.

        They are `count` samples from the position `first` of the epoch's order on.
        """
        if self.data.shifts is None:
            return None
        key = derive_key(self.seed, turn, DOMAIN_SHIFT)
        words = random_words(key, count, first).astype(np.uint64)
        return (words * np.uint64(self.data.shifts.count) >> np.uint64(32)).astype(np.uint8)


def sum_tallies(tallies: list[StepTally], turns: int, seconds: float) -> EpochTally:
    """Add up the steps of an epoch, in which samples had so many turns."""
    return EpochTally(
        seconds=seconds,
        pulses=tuple(sum(layer) for layer in zip(*(t.pulses for t in tallies), strict=True)),
        flips=tuple(sum(layer) for layer in zip(*(t.flips for t in tallies), strict=True)),
        train_accuracy=sum(t.correct for t in tallies) / turns,
        active_share=sum(t.active for t in tallies) / turns,
        steps=len(tallies),
    )
