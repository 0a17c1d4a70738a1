"""What a device rehearses: which samples of the training it gets, and in which order it learns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitspin.errors import ValidityError
from bitspin.export.labelled import Labelled

__all__ = [
    "Rehearsal",
    "balanced_choice",
    "check_count",
    "check_rehearsing",
    "check_times",
    "lesson_rows",
]


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """What a device rehearses after each new sample of its user.

    Parameters
    ----------
    originals : Labelled
        Samples of the training in the device's flash, one or more.
    times : int
        One original and one earlier sample of the user are learned again so often, ≥ 1.

    Raises
    ------
    ValidityError
        If there are no originals, or `times` is less than 1.
    """

    originals: Labelled
    times: int

    def __post_init__(self) -> None:
        if not len(self.originals):
            raise ValidityError(
                "rehearsal: got no samples of the training, expected one or more; give some"
            )
        check_times(self.times)

    @property
    def learned_per_sample(self) -> int:
        """Samples learned from for each new one: it, and what is rehearsed."""
        return 1 + 2 * self.times


def check_rehearsing(*, learns: bool, recomputes: bool) -> None:
    """Raise `ValidityError` unless a device can rehearse: it learns, and keeps its samples."""
    if not learns:
        raise ValidityError(
            "--rehearse: got --infer-only as well, expected a device that learns; leave out one"
        )
    if recomputes:
        raise ValidityError(
            "--rehearse: got --recompute as well, expected a device that keeps the samples of a "
            "batch; leave out one"
        )


def check_count(count: int, class_count: int) -> None:
    """Raise `ValidityError` if so few samples lack a class."""
    if count < class_count:
        raise ValidityError(
            f"--rehearse: got {count} samples, expected {class_count} or more, one of each class; "
            "choose more, or leave --rehearse out"
        )


def check_times(times: int) -> None:
    """Raise `ValidityError` for less than one rehearsal after each sample."""
    if times < 1:
        raise ValidityError(
            f"--times: got {times} rehearsals, expected 1 or more; leave out --rehearse for a "
            "device that does not rehearse"
        )


def balanced_choice(
    labels: NDArray[np.integer], count: int, class_count: int, seed: int
) -> NDArray[np.intp]:
    """Choose samples so that each class has as many as the others, or one more.

    Parameters
    ----------
    labels : ndarray of shape (B,), integers
        0 … `class_count` - 1.
    count : int
        How many, from `class_count` to B.
    class_count : int
    seed : int
        The same seed chooses the same samples.

    Returns
    -------
    ndarray of shape (`count`,), intp
        Their numbers; the classes take turns, until one has no more samples.

    Raises
    ------
    ValidityError
        If there are not so many samples, or fewer are wanted than there are classes.

    Examples
    --------
    >>> labels = np.array([0, 0, 0, 0, 1, 1, 2])
    >>> labels[balanced_choice(labels, 6, class_count=3, seed=1)].tolist()
    [0, 1, 2, 0, 1, 0]
    """
    check_count(count, class_count)
    if count > len(labels):
        raise ValidityError(
            f"--rehearse: got {count} samples, expected at most the {len(labels)} of the run's "
            "training set; choose fewer"
        )
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    turn = np.empty(len(labels), np.intp)
    for label in range(class_count):
        own = labels[shuffled] == label
        turn[own] = np.arange(np.count_nonzero(own))
    first = np.lexsort((labels[shuffled], turn))[:count]
    return np.asarray(shuffled[first], np.intp)


def lesson_rows(originals: int, shown: int, times: int) -> NDArray[np.uint32]:
    """Give the order in which a device learns, as ``core/src/rehearse.c`` does.

    Parameters
    ----------
    originals : int
        Samples of the training that it was delivered with, ≥ 0.
    shown : int
        Samples that its user shows.
    times : int
        Rehearsals from each of both stores after each new sample.

    Returns
    -------
    ndarray of uint32
        Numbers of samples: the originals come first, then those of the user.

    Examples
    --------
    >>> lesson_rows(originals=3, shown=2, times=2).tolist()
    [3, 0, 3, 1, 3, 4, 2, 4, 0, 3]
    """
    rows = []
    next_original, next_own = 0, 0
    for new in range(shown):
        rows.append(originals + new)
        for _ in range(times):
            if originals:
                rows.append(next_original % originals)
                next_original += 1
            # At the end of what has been shown, begin again.
            next_own = next_own if next_own <= new else 0
            rows.append(originals + next_own)
            next_own += 1
    return np.array(rows, np.uint32)
