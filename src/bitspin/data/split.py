"""Holding a validation set out of the training set, so that the test set stays untouched."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from bitspin.data.dataset import Dataset, Labels
from bitspin.errors import DataError, ValidityError

__all__ = ["hold_out"]

_GOLDEN_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)


def hold_out(dataset: Dataset, count: int, seed: int) -> Dataset:
    """Move `count` samples from the training set to a validation set.

    Each training sample gets a key, a hash of its index and `seed`; the `count` samples with the
    smallest keys are held out, save that the sample with the largest key of each class always
    stays. Both parts keep the order of the training set.

    Parameters
    ----------
    dataset : Dataset
        A data set without a validation set.
    count : int
        How many samples to hold out, 0 to B - C for B training samples of C classes; 0 gives no
        validation set.
    seed : int
        Any number from 0 to 2**64 - 1; the same one gives the same split on every machine.

    Returns
    -------
    Dataset
        With `count` fewer training samples, and an untouched test set.

    Raises
    ------
    ValidityError
        If `count` or `seed` is out of range.
    DataError
        If `dataset` has a validation set already.

    Notes
    -----
    The key is an explicit integer hash rather than a generator's stream, since NumPy may change its
    streams from release to release. It is SplitMix64: multiples of the golden gamma, mixed
    by its 64-bit finaliser. Source: G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable
    Pseudorandom Number Generators", OOPSLA 2014, figures 16 and 17.

    Examples
    --------
    >>> import numpy as np
    >>> x, y = np.arange(6, dtype=np.uint8)[:, None], [0, 0, 0, 1, 1, 1]
    >>> split = hold_out(Dataset("six", x, y, x, y), count=2, seed=1)
    >>> len(split.x_train), len(split.x_validation), len(split.x_test)
    (4, 2, 6)
    """
    most = len(dataset.y_train) - dataset.class_count
    if not 0 <= count <= most:
        raise ValidityError(
            f"{dataset.name}: validation count out of range: got {count}, expected 0 to {most}, so "
            f"that each class keeps a training sample; choose a smaller count"
        )
    if not 0 <= seed < 2**64:
        raise ValidityError(
            f"seed of the validation split out of range: got {seed}, expected 0 to 2**64 - 1; "
            f"choose another seed"
        )
    if dataset.x_validation is not None:
        raise DataError(
            f"{dataset.name}: already has a validation set: got {len(dataset.x_validation)} "
            f"samples, expected none; hold out once only"
        )
    if count == 0:
        return dataset
    held = _choose_held(dataset.y_train, dataset.class_count, count, seed)
    return replace(
        dataset,
        x_train=dataset.x_train[~held],
        y_train=dataset.y_train[~held],
        x_validation=dataset.x_train[held],
        y_validation=dataset.y_train[held],
    )


def _choose_held(y_train: Labels, class_count: int, count: int, seed: int) -> npt.NDArray[np.bool_]:
    """Mark the held-out samples; returns a bool array of shape (B,)."""
    order = np.argsort(_index_keys(len(y_train), seed), kind="stable")
    # Of each class the last in order stays, whatever the count.
    last_of_class = np.zeros(class_count, dtype=np.int64)
    last_of_class[y_train[order]] = order
    stays = np.zeros(len(y_train), dtype=np.bool_)
    stays[last_of_class] = True
    held = np.zeros(len(y_train), dtype=np.bool_)
    held[order[~stays[order]][:count]] = True
    return held


def _index_keys(count: int, seed: int) -> npt.NDArray[np.uint64]:
    """Hash the indices 0 to `count` - 1 with `seed`; returns uint64 keys of shape (count,)."""
    # The seed is mixed first: nearby seeds must not give shifted copies of one sequence.
    start = _mix64(np.array([seed], dtype=np.uint64))
    return _mix64(start + np.arange(1, count + 1, dtype=np.uint64) * _GOLDEN_GAMMA)


def _mix64(z: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
