"""On-device learning, simulated: the training engine fed as a device feeds itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix, StepEngine, StepRule
from bitspin.export.schedule import ScheduledRule, rule_at
from bitspin.train import Network

__all__ = ["active_samples", "learn_in_order", "samples_that_fit"]


def output_sums(network: Network, samples: BitMatrix) -> NDArray[np.int32]:
    """Integer sums of the last layer, shape (B, L)."""
    values = samples
    for layer in range(network.layer_count - 1):
        values = BitMatrix.from_bool(values.product(network.layer(layer)) >= 0)
    return values.product(network.layer(network.layer_count - 1))


def active_samples(
    network: Network, samples: BitMatrix, labels: NDArray[np.uint16], rule: StepRule
) -> NDArray[np.bool_]:
    """Tell which samples cause an error; a device keeps only those.

    Parameters
    ----------
    network : Network
    samples : BitMatrix of shape (B, K)
    labels : ndarray of shape (B,), uint16
    rule : StepRule

    Returns
    -------
    ndarray of shape (B,), bool
    """
    wanted = labels.astype(np.int64)
    if rule.independent:
        signs = 2 * network.code.to_bool().astype(np.int32) - 1
        agreement = output_sums(network, samples) * signs[wanted]
        return np.asarray((agreement < rule.margin).any(axis=1), np.bool_)
    _, scores = network.predict(samples)
    rows = np.arange(len(labels))
    own = scores[rows, wanted].astype(np.int64)
    rivals = scores.astype(np.int64)
    rivals[rows, wanted] = np.iinfo(np.int64).min
    return np.asarray(own - rivals.max(axis=1) < rule.margin, np.bool_)


def samples_that_fit(
    network: Network,
    samples: BitMatrix,
    labels: NDArray[np.uint16],
    batch: NDArray[np.uint32],
    entry: ScheduledRule,
    capacity: int,
) -> tuple[int, bool]:
    """Count the samples that a device takes before it updates its weights.

    Parameters
    ----------
    network : Network
    samples : BitMatrix of shape (S, K)
    labels : ndarray of shape (S,), uint16
    batch : ndarray of uint32
        The samples that come next, at most a batch of them.
    entry : ScheduledRule
    capacity : int
        Samples with an error that the device can keep.

    Returns
    -------
    count : int
    is_full : bool
        Whether an update follows, for the batch or the memory is full.
    """
    if capacity < entry.batch and capacity <= len(batch):
        chosen = BitMatrix(samples.words[batch], samples.columns)
        active = active_samples(network, chosen, labels[batch], entry.rule)
        full = np.flatnonzero(active)[capacity - 1 : capacity]
        if len(full):
            return int(full[0]) + 1, True
    return len(batch), len(batch) == entry.batch


def learn_in_order(
    network: Network,
    samples: BitMatrix,
    labels: NDArray[np.uint16],
    schedule: tuple[ScheduledRule, ...],
    seed: int,
    capacity: int,
    *,
    first_step: int = 0,
    order: NDArray[np.uint32] | None = None,
) -> Iterator[int]:
    """Train as a device does that is shown the samples one by one.

    A batch ends when it is full, when the device's memory holds no more samples with an error, or
    with the last sample.

    Parameters
    ----------
    network : Network
        Its weights change in place, once for each number that comes out.
    samples : BitMatrix of shape (S, K)
    labels : ndarray of shape (S,), uint16
    schedule : tuple of ScheduledRule
    seed : int
        Root key of the random stream.
    capacity : int
        Samples that the device can keep.
    first_step : int
        Number of the first update.
    order : ndarray of uint32, optional
        Which samples, one after the other; all of them in their order if not given.

    Yields
    ------
    int
        Samples learned so far, after each update.
    """
    shown = np.arange(samples.rows, dtype=np.uint32) if order is None else order
    largest = max(entry.batch for entry in schedule)
    engine = StepEngine(network.widths, network.weights, network.code, seed, largest)
    done = 0
    step = first_step
    while done < len(shown):
        entry = rule_at(schedule, step)
        batch = shown[done : done + entry.batch]
        count, _ = samples_that_fit(network, samples, labels, batch, entry, capacity)
        engine.step(samples, labels, batch[:count], step, entry.rule)
        done += count
        step += 1
        yield done
