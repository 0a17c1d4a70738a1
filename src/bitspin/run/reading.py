"""What a finished run answers to each sample of its test set, exactly as it was measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitspin.data import Dataset
from bitspin.errors import StoreError
from bitspin.run.prepare import load_dataset
from bitspin.run.trained import Run

__all__ = ["Reading", "load_training_data", "read_test_set"]


@dataclass(frozen=True, eq=False)
class Reading:
    """Labels of the test set, and what the run read.

    Parameters
    ----------
    labels, predictions : ndarray of shape (B,), int64
        0 … C - 1.
    class_count : int
        C.
    """

    labels: NDArray[np.int64]
    predictions: NDArray[np.int64]
    class_count: int

    @property
    def accuracy(self) -> float:
        """Share (0 … 1) of the samples that were read as labelled."""
        return float(np.mean(self.predictions == self.labels))

    def confusion(self) -> NDArray[np.int64]:
        """Count the samples of each class (row) that were read as each class (column).

        Returns
        -------
        ndarray of shape (C, C), int64
        """
        pairs = self.labels * self.class_count + self.predictions
        counts = np.bincount(pairs, minlength=self.class_count**2)
        return counts.reshape(self.class_count, self.class_count)


def load_training_data(run: Run, fingerprint: str, data: Dataset | None = None) -> Dataset:
    """Load the data that a run was trained on.

    Parameters
    ----------
    run : Run
    fingerprint : str
        Of the data, noted when the run began.
    data : Dataset, optional
        The run's source, if it is loaded already.

    Raises
    ------
    DataError
        If they are not there any more.
    StoreError
        If they have changed since.
    """
    dataset = load_dataset(run.config, data)
    if dataset.fingerprint != fingerprint:
        raise StoreError(
            f"data set '{run.config.data.source}': got fingerprint {dataset.fingerprint[:12]}…, "
            f"expected {fingerprint[:12]}… as in training; restore the data"
        )
    return dataset


def read_test_set(run: Run, dataset: Dataset, threads: int | None = None) -> Reading:
    """Read the test set as the run did when it measured its test accuracy.

    A run in a real array is read through the same cells with the same noise.

    Raises
    ------
    StoreError
        If the run is finished and the accuracy is not the recorded one.
    """
    predictions = run.predict(dataset.x_test, threads)
    reading = Reading(dataset.y_test, predictions, dataset.class_count)
    if run.result is not None and reading.accuracy != run.result.test_accuracy:
        raise StoreError(
            f"{where(run)}: got a test accuracy of {reading.accuracy:.4%} from its weights, "
            f"expected {run.result.test_accuracy:.4%} as recorded; the run may come from another "
            "version of Bitspin, train it again"
        )
    return reading


def where(run: Run) -> str:
    """Name a run in a message."""
    return str(run.folder.path) if run.folder else "this run"
