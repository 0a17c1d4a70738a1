"""A device that learns from a stream of samples, simulated: a few now, more later."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix, StepEngine
from bitspin.errors import ShapeError
from bitspin.export.schedule import ScheduledRule, rule_at
from bitspin.export.simulation import samples_that_fit
from bitspin.train import Network

__all__ = ["OnlineLearner"]


class OnlineLearner:
    """Learns as an exported device does: the same weights after every update, bit for bit.

    Samples wait until a batch is full, or until so many of them have an error as the device can
    keep. Then the weights are updated, and the samples are forgotten. How a stream is cut into
    calls does not matter.

    Parameters
    ----------
    network : Network
        Its weights change in place.
    schedule : tuple of ScheduledRule
    seed : int
        Root key of the random stream, 0 … 2**64 - 1.
    capacity : int
        Samples with an error that the device keeps, ≥ 1.

    Examples
    --------
    >>> from bitspin.encode import one_hot
    >>> from bitspin.export.schedule import geometry_of, sample_schedule
    >>> from bitspin.train import RowBudget
    >>> network = Network.random((4, 8, 2), BitMatrix.from_bool(one_hot(2)), seed=1)
    >>> geometry = geometry_of(network.widths, network.code)
    >>> schedule = sample_schedule(RowBudget(), geometry, batch=3, steps=10)
    >>> learner = OnlineLearner(network, schedule, seed=1, capacity=3)
    >>> samples = BitMatrix.from_bool(np.eye(4, dtype=np.bool_))
    >>> learner.learn(samples, np.array([0, 0, 1, 1], np.uint16))
    1
    >>> learner.updates, learner.waiting
    (1, 1)
    """

    def __init__(
        self, network: Network, schedule: tuple[ScheduledRule, ...], seed: int, capacity: int
    ) -> None:
        self.network = network
        self.schedule = schedule
        self.seed = seed
        self.capacity = capacity
        self.updates = 0
        self._words = np.empty((0, -(-network.widths[0] // 32)), np.uint32)
        self._labels = np.empty(0, np.uint16)

    @property
    def waiting(self) -> int:
        """Samples of a batch that is not full yet."""
        return len(self._labels)

    def learn(
        self,
        samples: BitMatrix,
        labels: NDArray[np.uint16],
        threads: int = 1,
        backend: str = "auto",
    ) -> int:
        """Learn from the next samples of the stream.

        Parameters
        ----------
        samples : BitMatrix of shape (B, K)
        labels : ndarray of shape (B,), uint16
        threads : int
        backend : str

        Returns
        -------
        int
            Updates of the weights that were made.

        Raises
        ------
        ShapeError
            If the samples are not as wide as the network.
        """
        if samples.columns != self.network.widths[0]:
            raise ShapeError(
                f"learn: got samples of {samples.columns} bits, expected {self.network.widths[0]}; "
                "encode them as the training data were"
            )
        words = np.concatenate([self._words, samples.words])
        stream = np.concatenate([self._labels, labels])
        before = self.updates
        done = self._update(BitMatrix(words, samples.columns), stream, threads, backend)
        self._words, self._labels = words[done:].copy(), stream[done:].copy()
        return self.updates - before

    def _update(
        self, samples: BitMatrix, labels: NDArray[np.uint16], threads: int, backend: str
    ) -> int:
        """Make all updates for which there are samples; tell how many samples they took."""
        network = self.network
        largest = max(entry.batch for entry in self.schedule)
        engine = None
        done = 0
        while True:
            entry = rule_at(self.schedule, self.updates)
            batch = np.arange(done, min(done + entry.batch, len(labels)), dtype=np.uint32)
            count, is_full = samples_that_fit(network, samples, labels, batch, entry, self.capacity)
            if not is_full:
                return done
            engine = engine or StepEngine(
                network.widths, network.weights, network.code, self.seed, largest, threads, backend
            )
            engine.step(samples, labels, batch[:count], self.updates, entry.rule)
            self.updates += 1
            done += count
