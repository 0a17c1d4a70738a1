"""What every array can be asked: the one interface of all kinds of memory.

An array speaks of multiply-accumulate on encoded operands, transposed multiply-accumulate, write
pulses and events counted. Whether a read is noisy, a write fails or a product has several planes
is the array's own business. `UnpackedMram` is the readable implementation; the core's packed one
does the same work for whole networks and is held to it.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bitspin.array.counts import OpCounts

__all__ = ["Array"]


class Array(Protocol):
    """One matrix of N rows of K stored operands."""

    @property
    def counts(self) -> OpCounts:
        """Events so far."""

    def read(self) -> NDArray[np.int64]:
        """Read the stored operands, shape (N, K)."""

    def multiply_accumulate(self, inputs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sums over K of stored times input operands: shape (B, K) to (B, N)."""

    def transposed_multiply_accumulate(self, errors: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sums over N of stored operands times errors: shape (B, N) to (B, K)."""

    def write(self, pulses: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Send a pulse to each marked cell, shape (N, K); tell which cells switched."""
