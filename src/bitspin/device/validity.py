"""The one gate through which every physical argument passes.

A formula states the range in which it holds; outside it raises `ValidityError` with what, got,
expected and remedy. Nothing is clipped or filled in silently.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bitspin.errors import ValidityError

__all__ = ["FloatArray", "in_range", "matching_shapes", "plain"]

FloatArray = NDArray[np.float64]


def in_range(
    what: str,
    value: ArrayLike,
    low: float,
    high: float,
    *,
    unit: str = "",
    open_low: bool = False,
    remedy: str = "use a value inside the range",
) -> FloatArray:
    """Return `value` as float64 if every element lies in [low, high]; complain otherwise.

    Parameters
    ----------
    what : str
        Name of the quantity, as the user wrote it.
    value : array_like
        Value or values to check; NaN never passes.
    low, high : float
        Closed range; ``high`` may be ``inf``, but an infinite value never passes.
    unit : str
        Unit shown in the message.
    open_low : bool
        Exclude `low` itself (a pulse of zero width is no pulse).
    remedy : str
        What the user can do about it.

    Returns
    -------
    ndarray of float64
        Same shape as `value`.

    Raises
    ------
    ValidityError
        If a value is not a finite number of the range.

    Examples
    --------
    >>> float(in_range("pulse_width_s", 1e-9, 0.0, 1.0, unit="s", open_low=True))
    1e-09
    >>> in_range("pulse_width_s", 0.0, 0.0, 1.0, unit="s", open_low=True)
    Traceback (most recent call last):
        ...
    bitspin.errors.ValidityError: pulse_width_s is 0 s, expected a value in (0, 1] s: use a value \
inside the range
    """
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValidityError(
            f"{what} is {value!r}, expected a number{' in ' + unit if unit else ''}: {remedy}"
        ) from error
    good = np.isfinite(array) & (array <= high) & ((array > low) if open_low else (array >= low))
    if not np.all(good):
        worst = array[~good].flat[0] if array.ndim else array
        bracket = "(" if open_low else "["
        suffix = f" {unit}" if unit else ""
        raise ValidityError(
            f"{what} is {float(worst):.6g}{suffix}, expected a value in "
            f"{bracket}{low:.6g}, {high:.6g}]{suffix}: {remedy}"
        )
    return array


def matching_shapes(**arrays: FloatArray) -> tuple[int, ...]:
    """Return the common broadcast shape of the named arrays, or name the ones that do not fit.

    Parameters
    ----------
    **arrays : ndarray of float64
        The arguments of one formula, by name.

    Returns
    -------
    tuple of int
        The shape of the result.

    Raises
    ------
    ValidityError
        If the shapes do not broadcast against each other.

    Examples
    --------
    >>> matching_shapes(voltage_v=np.zeros(3), pulse_width_s=np.zeros((2, 1)))
    (2, 3)
    """
    try:
        return np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValidityError(
            f"arguments have shapes {shapes}, expected shapes that broadcast: reshape them"
        ) from error


def plain(array: Any) -> FloatArray:
    """Return a result as a 0-d or n-d float64 array (never a NumPy scalar)."""
    return cast(FloatArray, np.asarray(array, dtype=np.float64))
