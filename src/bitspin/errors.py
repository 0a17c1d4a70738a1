"""The one tree of errors.

Every message says what is wrong, what was got, what was expected and how to remedy it. The core's
status codes (``core/status.def``) map onto these classes, so that an error reads the same
whether Python or C noticed it.
"""

from __future__ import annotations

__all__ = [
    "BackendError",
    "BitspinError",
    "DataError",
    "ShapeError",
    "StoreError",
    "ValidityError",
]


class BitspinError(Exception):
    """Root of all errors that Bitspin raises on purpose."""


class ShapeError(BitspinError, ValueError):
    """An array has the wrong shape, or two arrays do not fit each other."""


class ValidityError(BitspinError, ValueError):
    """A parameter lies outside the range in which a formula or a rule holds."""


class DataError(BitspinError, ValueError):
    """A data set is missing, truncated, damaged or inconsistent."""


class BackendError(BitspinError, RuntimeError):
    """A kernel backend, a compiler or an optional package is not available here."""


class StoreError(BitspinError, OSError):
    """A run folder or a result file cannot be read, or cannot be written safely."""
