"""What was taken for what: the confusion matrix, and the misread samples themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitspin.data import Dataset
from bitspin.report.parts import Missing, Picture, Table
from bitspin.report.picture import grey_uri, scale
from bitspin.report.quantities import count, percent
from bitspin.run.reading import Reading

__all__ = ["Confusion", "confusion_of", "misread_pictures"]

# Beyond this a matrix is no longer readable; the commonest confusions are.
MAX_CLASSES = 16
MAX_PAIRS = 20
MAX_PICTURES = 32


@dataclass(frozen=True)
class Cell:
    """One number of the matrix, and how strongly it is tinted (0 … 1)."""

    count: int
    tint: float
    right: bool
    text: str


@dataclass(frozen=True)
class Confusion:
    """The matrix of a run, or its commonest confusions where there are many classes.

    Parameters
    ----------
    rows : tuple of tuple of Cell
        One row a true class; empty where there are too many.
    recall : tuple of str
        Share of each class that was read rightly; empty likewise.
    pairs : Table
        The commonest confusions.
    """

    rows: tuple[tuple[Cell, ...], ...]
    recall: tuple[str, ...]
    pairs: Table


def confusion_of(reading: Reading) -> Confusion:
    """Count what was read as what."""
    matrix = reading.confusion()
    pairs = commonest(matrix - np.diag(np.diag(matrix)))
    if reading.class_count > MAX_CLASSES:
        return Confusion((), (), pairs)
    totals = np.maximum(matrix.sum(axis=1), 1)
    recall = tuple(percent(matrix[c, c] / totals[c], 1) for c in range(reading.class_count))
    return Confusion(tinted(matrix), recall, pairs)


def tinted(matrix: NDArray[np.int64]) -> tuple[tuple[Cell, ...], ...]:
    """Tint right answers by their share of the class, wrong ones by the most frequent of them."""
    classes = range(len(matrix))
    totals = np.maximum(matrix.sum(axis=1), 1)
    largest = max(int((matrix - np.diag(np.diag(matrix))).max()), 1)
    return tuple(
        tuple(
            Cell(
                int(matrix[true, read]),
                float(matrix[true, read] / (totals[true] if true == read else largest)),
                true == read,
                f"{matrix[true, read]} of class {true} read as {read}",
            )
            for read in classes
        )
        for true in classes
    )


def commonest(wrong: NDArray[np.int64]) -> Table:
    """List the pairs of classes that are confused most often."""
    order = np.argsort(-wrong, axis=None, kind="stable")[:MAX_PAIRS]
    found = [(int(i) // len(wrong), int(i) % len(wrong)) for i in order if wrong.flat[i] > 0]
    rows = tuple((str(true), str(read), count(int(wrong[true, read]))) for true, read in found)
    return Table(("class", "read as", "samples"), rows)


def misread_pictures(dataset: Dataset, reading: Reading) -> tuple[Picture, ...] | Missing:
    """Show the first misread samples of the test set."""
    if len(dataset.sample_shape) != 2:
        shape = ", ".join(map(str, dataset.sample_shape))
        return Missing(f"Samples of shape ({shape}) are no pictures.")
    low, high = float(dataset.x_test.min()), float(dataset.x_test.max())
    wrong = np.flatnonzero(reading.predictions != reading.labels)[:MAX_PICTURES]
    return tuple(
        Picture(
            grey_uri(scale(dataset.x_test[index], low, high)),
            f"{reading.labels[index]} → {reading.predictions[index]}",
            f"Test sample {index}: class {reading.labels[index]}, read as "
            f"{reading.predictions[index]}",
        )
        for index in wrong
    )
