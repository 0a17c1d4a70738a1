"""What the encoders share: their base, checking samples, and comparing them with levels exactly."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from bitspin.errors import DataError, ShapeError

__all__ = ["Bits", "EncoderModel", "as_features", "check_feature_count", "exceeds"]

Bits: TypeAlias = npt.NDArray[np.bool_]
"""True is bit 1, which stands for +1; False is bit 0, which stands for -1."""


class EncoderModel(BaseModel):
    """Base of the encoders: frozen, and an unknown or infinite field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as plain values, for `encoder_from_dict`."""
        return self.model_dump(exclude_none=True)


def as_features(x: npt.ArrayLike, feature_count: int | None = None) -> npt.NDArray[Any]:
    """Flatten each sample to a row of features, and check them.

    Parameters
    ----------
    x : array_like of shape (B, *sample_shape)
        Samples: bool, integers or floats of at most 64 bits. B may be 0.
    feature_count : int, optional
        How many features a sample must have; any number of at least 1 if None.

    Returns
    -------
    ndarray of shape (B, F)
        The same values; bool as uint8.

    Raises
    ------
    ShapeError
        If `x` has no feature axis or not `feature_count` features.
    DataError
        If `x` is not numeric or holds NaN or infinity.

    Examples
    --------
    >>> as_features(np.zeros((3, 2, 2)), feature_count=4).shape
    (3, 4)
    """
    x = np.asarray(x)
    if x.ndim < 2 or math.prod(x.shape[1:]) == 0:
        raise ShapeError(
            f"samples to encode have no feature axis: got shape {x.shape}, expected (samples, "
            f"features) or (samples, height, width); reshape a single sample to (1, -1)"
        )
    if x.dtype.kind not in "biuf" or x.dtype.itemsize > 8:
        raise DataError(
            f"samples to encode are not numeric: got dtype {x.dtype}, expected bool, integers or "
            f"floats of at most 64 bits; convert them"
        )
    x = x.reshape(len(x), math.prod(x.shape[1:]))
    check_feature_count(x.shape[1], feature_count)
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        raise DataError(
            f"samples to encode hold NaN or infinity: got {np.count_nonzero(~np.isfinite(x))} such "
            f"values, expected finite numbers; impute them or drop those samples"
        )
    return x.view(np.uint8) if x.dtype.kind == "b" else x


def check_feature_count(got: int, expected: int | None) -> None:
    """Check that samples are as wide as the encoder that was fitted.

    Raises
    ------
    ShapeError
        If `expected` is a number and `got` is another.
    """
    if expected is not None and got != expected:
        raise ShapeError(
            f"samples differ in width from the encoder: got {got} features, expected {expected}; "
            f"give samples like those it was fitted on"
        )


def exceeds(
    x: npt.NDArray[Any], level: float | npt.NDArray[np.float64], out: Bits | None = None
) -> Bits:
    """Compare x > level exactly as real numbers, in the dtype of `x` and so at full speed.

    A level between two values of a dtype can be lowered to the nearest value of that dtype without
    changing any comparison: for integers 50.7 becomes 50. Comparing without that would
    widen every feature to float64.

    Parameters
    ----------
    x : ndarray of shape (B, F)
        Features; integers or floats.
    level : float or ndarray of shape (F,), float64
        One level for all features, or one per feature; finite.
    out : ndarray of shape (B, F), bool, optional
        Where to put the bits.

    Returns
    -------
    ndarray of shape (B, F), bool
        True where the feature is above its level.

    Examples
    --------
    >>> exceeds(np.array([[50, 51]], np.uint8), 50.7)
    array([[False,  True]])
    """
    lowered = _lower_to_dtype(np.asarray(level, dtype=np.float64), x.dtype)
    bits: Bits = np.greater(x, lowered, out=out)
    return bits


def _lower_to_dtype(level: npt.NDArray[np.float64], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Find the largest value of `dtype` that is not above each level."""
    if dtype.kind == "f":
        # Beyond the range of the dtype both steps reach infinity, which is what is meant there.
        with np.errstate(over="ignore"):
            near = level.astype(dtype)
            below = np.nextafter(near, dtype.type(-np.inf))
        lowered: npt.NDArray[Any] = np.where(near > level, below, near)
        return lowered
    limits = np.iinfo(dtype)
    if (level < limits.min).any():
        # No value of the dtype is low enough; float64 compares small integers exactly too.
        return level
    # Python's integers do not round, as float64 would near the ends of int64.
    whole = [min(math.floor(value), int(limits.max)) for value in level.flat]
    return np.array(whole, dtype=dtype).reshape(level.shape)
