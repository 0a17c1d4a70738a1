"""What comes in, checked as scikit-learn's users expect it: one line for each mistake."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

from bitspin.errors import DataError, ShapeError

__all__ = ["as_classes", "as_indices", "check_labelled", "check_samples"]


def check_samples(estimator: Any, samples: Any) -> npt.NDArray[Any]:
    """Bring samples to an array of shape (B, F), as wide as those of `fit`.

    Raises
    ------
    ShapeError
        If they are of another width.
    ValueError, TypeError
        scikit-learn's own, if they are sparse, not numeric or have no second axis. NaN and infinity
        are left to the encoder, which says where they are in one line.
    """
    x: npt.NDArray[Any] = _validated(estimator, samples, reset=False)
    return x


def check_labelled(
    estimator: Any, samples: Any, labels: Any, *, first: bool
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Bring samples to shape (B, F) and their labels to shape (B,).

    The first call sets the estimator's ``n_features_in_``, later ones are held to it.
    """
    x, y = _validated(estimator, samples, labels, reset=first)
    check_classification_targets(y)
    return x, column_or_1d(y, warn=True)


def _validated(estimator: Any, *arrays: Any, reset: bool) -> Any:
    try:
        return validate_data(
            estimator, *arrays, reset=reset, dtype="numeric", ensure_all_finite=False
        )
    except ValueError as error:
        if "features as input" not in str(error):
            raise
        raise ShapeError(
            f"{str(error).rstrip('.')}; give samples with the features of 'fit'"
        ) from None


def as_classes(labels: Iterable[Any]) -> npt.NDArray[Any]:
    """Sort the distinct labels.

    Raises
    ------
    DataError
        If there are fewer than two.
    """
    classes = np.unique(np.asarray(labels))
    if len(classes) < 2:
        raise DataError(
            f"labels: got one class, {classes.tolist()}, expected two or more; add samples of "
            "another class"
        )
    return classes


def as_indices(classes: npt.NDArray[Any], labels: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Number labels by their place among the classes.

    Raises
    ------
    DataError
        If a label is none of the classes.

    Examples
    --------
    >>> as_indices(np.array(["cat", "dog"]), np.array(["dog", "cat", "dog"]))
    array([1, 0, 1])
    """
    places = {label: place for place, label in enumerate(classes.tolist())}
    found, inverse = np.unique(labels, return_inverse=True)
    unseen = [label for label in found.tolist() if label not in places]
    if unseen:
        raise DataError(
            f"labels: got the unseen label {unseen[0]!r}, expected one of {classes.tolist()}; name "
            "all classes in the first call of partial_fit, or fit again"
        )
    indices: npt.NDArray[np.int64] = np.array([places[label] for label in found.tolist()])[inverse]
    return indices
