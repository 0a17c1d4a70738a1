"""What a data set is: named, consistent, read-only arrays, and a fingerprint of their content.

Whatever the format it came from, a data set passes through `Dataset`, so that every check of
consistency is made in one place and the rooms above may trust what they get.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bitspin.errors import DataError, ShapeError

__all__ = ["Dataset", "Labels", "Samples", "as_samples"]

Samples: TypeAlias = npt.NDArray[Any]
"""Samples of shape (B, *sample_shape): uint8, float32 or float64."""

Labels: TypeAlias = npt.NDArray[np.int64]
"""Labels of shape (B,), 0 to C - 1."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples and labels to train on, to test on, and perhaps to validate on.

    The arrays are checked and kept as read-only views; the caller's own arrays stay as they are.

    Parameters
    ----------
    name : str
        What the data set is called in messages and records, such as ``"mnist"``.
    x_train, x_test, x_validation : array_like of shape (B, *sample_shape)
        Samples, at least one feature each. ``uint8``, ``float32`` and ``float64`` are kept; bool
        becomes ``uint8`` (0 or 1); other integers and ``float16`` become the smallest of the
        two floats that holds them without rounding for up to 32 bits. All sets have one dtype.
    y_train, y_test, y_validation : array_like of shape (B,)
        Whole numbers 0 to C - 1; each class has at least one training sample, C >= 2.
        The validation pair may be absent (None).

    Raises
    ------
    ShapeError
        If samples and labels differ in number, or the sets differ in the shape of a sample.
    DataError
        If a set is empty, a feature is not a finite number, a label is not a class, a class has no
        training sample, or the dtypes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> toy = Dataset(
    ...     name="toy",
    ...     x_train=np.zeros((4, 2, 3), np.uint8), y_train=[0, 1, 2, 0],
    ...     x_test=np.zeros((2, 2, 3), np.uint8), y_test=[2, 1],
    ... )
    >>> toy.class_count, toy.sample_shape, toy.feature_count
    (3, (2, 3), 6)
    """

    name: str
    x_train: Samples
    y_train: Labels
    x_test: Samples
    y_test: Labels
    x_validation: Samples | None = None
    y_validation: Labels | None = None

    def __post_init__(self) -> None:
        if (self.x_validation is None) != (self.y_validation is None):
            raise DataError(
                f"{self.name}: validation set is incomplete: got only one of samples and labels, "
                f"expected both or neither; give x_validation and y_validation together"
            )
        for role in self._roles():
            x = as_samples(getattr(self, f"x_{role}"), f"{self.name}: x_{role}")
            y = _as_labels(getattr(self, f"y_{role}"), f"{self.name}: y_{role}")
            _check_pair(x, y, self.name, role)
            # The record is frozen for its users; here it is still being made.
            object.__setattr__(self, f"x_{role}", _read_only(x))
            object.__setattr__(self, f"y_{role}", _read_only(y))
        _check_classes_present(self.y_train, self.name)
        for role in self._roles()[1:]:
            _check_like_training(getattr(self, f"x_{role}"), self.x_train, self.name, role)
            _check_known_classes(getattr(self, f"y_{role}"), self.class_count, self.name, role)

    def _roles(self) -> tuple[str, ...]:
        has_validation = self.x_validation is not None
        return ("train", "test", "validation") if has_validation else ("train", "test")

    @cached_property
    def class_count(self) -> int:
        """Number of classes, C: one more than the largest training label."""
        return int(self.y_train.max()) + 1

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample, such as (28, 28) for an image or (5,) for a feature vector."""
        return tuple(self.x_train.shape[1:])

    @property
    def feature_count(self) -> int:
        """Number of values in one sample: the product of `sample_shape`."""
        return math.prod(self.sample_shape)

    def __repr__(self) -> str:
        """Say in a line what the data are, not every value."""
        counts = ", ".join(f"{len(getattr(self, f'y_{role}'))} {role}" for role in self._roles())
        shape = " x ".join(map(str, self.sample_shape))
        return (
            f"<Dataset {self.name}: {counts}; {shape} {self.x_train.dtype}, "
            f"{self.class_count} classes>"
        )

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the content of all arrays, as 64 hexadecimal digits.

        It depends on values, dtypes and shapes (little-endian, whatever the machine), neither on
        the name nor on the file format, and is computed when first asked for.
        """
        digest = hashlib.sha256()
        for role in self._roles():
            for array in (getattr(self, f"x_{role}"), getattr(self, f"y_{role}")):
                portable = array.astype(array.dtype.newbyteorder("<"), copy=False)
                digest.update(f"{role} {portable.dtype.str} {portable.shape}\n".encode())
                digest.update(portable.data)
        return digest.hexdigest()


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view


def as_samples(values: npt.ArrayLike, where: str) -> Samples:
    """Bring samples to uint8, float32 or float64 without changing a value.

    Parameters
    ----------
    values : array_like of shape (B, *sample_shape)
    where : str
        What to call them in a message.

    Raises
    ------
    ShapeError
        If there is no feature axis.
    DataError
        If there are no samples, or they are no finite numbers.
    """
    x = np.asarray(values)
    if x.ndim < 2 or math.prod(x.shape[1:]) == 0:
        raise ShapeError(
            f"{where} has no feature axis: got shape {x.shape}, expected (samples, features) or "
            f"(samples, height, width) with at least one feature; reshape it, e.g. to (-1, 1)"
        )
    if x.shape[0] == 0:
        raise DataError(f"{where} is empty: got 0 samples, expected at least 1; add samples")
    x = np.ascontiguousarray(x, dtype=_sample_dtype(x.dtype, where))
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        bad = np.argwhere(~np.isfinite(x))
        first = tuple(int(i) for i in bad[0])
        raise DataError(
            f"{where} has {len(bad)} NaN or infinite values: got {x[first]} at index {first}, "
            f"expected finite numbers; impute them or drop those samples"
        )
    return x


def _sample_dtype(dtype: np.dtype[Any], where: str) -> np.dtype[Any]:
    """Choose the kept dtype: itself if it is one of ours, else one that holds every value."""
    if dtype.kind == "b" or dtype == np.uint8:
        return np.dtype(np.uint8)
    if dtype.kind in "iu":
        return np.dtype(np.float32 if dtype.itemsize <= 2 else np.float64)
    if dtype.kind == "f" and dtype.itemsize <= 8:
        return np.dtype(np.float32 if dtype.itemsize <= 4 else np.float64)
    raise DataError(
        f"{where} is not numeric: got dtype {dtype}, expected bool, integers or floats of at most "
        f"64 bits; convert it, e.g. with .astype('float32')"
    )


def _as_labels(values: npt.ArrayLike, where: str) -> Labels:
    """Bring labels to int64, refusing what is not a whole number of at least 0."""
    y = np.asarray(values)
    if y.ndim != 1:
        raise ShapeError(
            f"{where} is not one label per sample: got shape {y.shape}, expected (samples,); "
            f"flatten it, or turn one-hot rows into class numbers with .argmax(axis=1)"
        )
    if y.shape[0] == 0:
        raise DataError(f"{where} is empty: got 0 labels, expected at least 1; add samples")
    if y.dtype.kind not in "biuf":
        raise DataError(
            f"{where} has no class numbers: got dtype {y.dtype}, expected integers; number the "
            f"classes from 0"
        )
    # Beyond 2**53 neither floats nor a count of classes make sense, and int64 would wrap.
    whole = np.isfinite(y) & (np.floor(y) == y) & (y >= 0) & (y < 2**53)
    if not whole.all():
        first = int(np.argmin(whole))
        raise DataError(
            f"{where} has a label that is no class number: got {y[first]} at index {first}, "
            f"expected whole numbers from 0; number the classes 0, 1, 2 and so on"
        )
    return np.ascontiguousarray(y, dtype=np.int64)


def _check_pair(x: Samples, y: Labels, name: str, role: str) -> None:
    if len(x) != len(y):
        raise ShapeError(
            f"{name}: x_{role} and y_{role} differ in length: got {len(x)} samples and {len(y)} "
            f"labels, expected one label per sample; check that the two files belong together"
        )


def _check_classes_present(y_train: Labels, name: str) -> None:
    largest = int(y_train.max())
    if largest == 0:
        raise DataError(
            f"{name}: y_train has a single class: got only label 0, expected at least 2 classes; "
            f"add samples of another class"
        )
    # More classes than samples cannot all be present; so a wild label costs no memory.
    known = min(largest + 1, len(y_train) + 1)
    present = np.bincount(y_train[y_train < known], minlength=known) > 0
    if not present.all():
        raise DataError(
            f"{name}: a class has no training sample: got none with label "
            f"{int(np.argmin(present))}, expected every label from 0 to the largest, {largest}; "
            f"renumber the classes without a gap"
        )


def _check_like_training(x: Samples, x_train: Samples, name: str, role: str) -> None:
    if x.shape[1:] != x_train.shape[1:]:
        raise ShapeError(
            f"{name}: x_{role} differs from x_train in the shape of a sample: got {x.shape[1:]}, "
            f"expected {x_train.shape[1:]}; prepare both sets in the same way"
        )
    if x.dtype != x_train.dtype:
        raise DataError(
            f"{name}: x_{role} differs from x_train in dtype: got {x.dtype}, expected "
            f"{x_train.dtype}; prepare both sets in the same way, in one dtype and on one scale"
        )


def _check_known_classes(y: Labels, class_count: int, name: str, role: str) -> None:
    largest = int(y.max())
    if largest >= class_count:
        raise DataError(
            f"{name}: y_{role} has a label out of range: got {largest}, expected 0 to "
            f"{class_count - 1} as in y_train; drop those samples or add such training samples"
        )
