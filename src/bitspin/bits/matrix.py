"""Binary and ternary matrices, packed.

Bit 1 is +1 and bit 0 is -1. Rows are packed least-significant bit first into 32-bit words; tail
bits are zero in every operand, and products count mismatches, so that
``dot = K - 2 * popcount(a ^ b)`` needs no padding correction (docs/adr/0001-bit-convention.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import _core
from bitspin.errors import ShapeError

__all__ = ["BitMatrix", "TernaryMatrix"]

WORD_BITS = 32


def words_for(bits: int) -> int:
    """Words that hold a row of that many bits."""
    return -(-bits // WORD_BITS)


@dataclass(frozen=True, eq=False)
class BitMatrix:
    """A matrix of +1 and -1, one bit an entry.

    Parameters
    ----------
    words : ndarray of shape (B, W), uint32
        Packed rows, C-contiguous, tail bits zero. Set read-only.
    columns : int
        Bits of a row, K, with ``W == ceil(K / 32)``.

    Raises
    ------
    ShapeError
        If the words do not fit the columns, or a tail bit is set.

    Examples
    --------
    >>> import numpy as np
    >>> a = BitMatrix.from_bool(np.array([[True, False, True]]))
    >>> b = BitMatrix.from_bool(np.array([[True, True, True], [False, True, False]]))
    >>> a.product(b)
    array([[ 1, -3]], dtype=int32)
    """

    words: NDArray[np.uint32]
    columns: int

    def __post_init__(self) -> None:
        shape = self.words.shape
        if self.words.ndim != 2 or self.words.dtype != np.uint32:
            raise ShapeError(
                f"packed rows: got shape {shape} of {self.words.dtype}, expected (rows, words) of "
                "uint32; use BitMatrix.from_bool"
            )
        if self.columns < 1 or shape[1] != words_for(self.columns):
            raise ShapeError(
                f"packed rows: got {shape[1]} words for {self.columns} columns, expected "
                f"{words_for(max(self.columns, 1))}; pass the number of bits in a row"
            )
        tail = self.columns % WORD_BITS
        if tail and np.any(self.words[:, -1] >> np.uint32(tail)):
            raise ShapeError(
                f"packed rows: got ones beyond column {self.columns}, expected zero tail bits; "
                "clear them or correct the number of columns"
            )
        self.words.setflags(write=False)

    @classmethod
    def from_bool(cls, values: NDArray[np.bool_]) -> BitMatrix:
        """Pack truth values of shape (B, K); True is +1.

        Raises
        ------
        ShapeError
            If there are not two axes.
        """
        if values.ndim != 2:
            raise ShapeError(
                f"bits: got an array of shape {values.shape}, expected (rows, columns); reshape it"
            )
        as_bytes = np.ascontiguousarray(values, dtype=np.bool_).view(np.uint8)
        return cls(_core.pack(as_bytes), values.shape[1])

    def to_bool(self) -> NDArray[np.bool_]:
        """Unpack to truth values of shape (B, K)."""
        return _core.unpack(self.words, self.columns).view(np.bool_)

    def to_signs(self) -> NDArray[np.int64]:
        """Unpack to +1 and -1 of shape (B, K)."""
        return 2 * self.to_bool().astype(np.int64) - 1

    @property
    def rows(self) -> int:
        """Number of rows, B."""
        return int(self.words.shape[0])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, (B, K)."""
        return self.rows, self.columns

    def transposed(self) -> BitMatrix:
        """Give the matrix of shape (K, B)."""
        return BitMatrix(_core.transpose(self.words, self.columns), self.rows)

    def product(self, other: BitMatrix, backend: str = "auto") -> NDArray[np.int32]:
        """Multiply with the transpose of another matrix.

        ``out[b, n] = sum over k of self[b, k] * other[n, k]``

        Parameters
        ----------
        other : BitMatrix of shape (N, K)
        backend : str
            Kernel backend; every backend gives the same result.

        Returns
        -------
        ndarray of shape (B, N), int32

        Raises
        ------
        ShapeError
            If the two differ in columns.
        """
        check_columns(self.columns, other.columns)
        counts = _core.count_binary(self.words, other.words, backend)
        out: NDArray[np.int32] = np.int32(self.columns) - 2 * counts.astype(np.int32)
        return out


@dataclass(frozen=True, eq=False)
class TernaryMatrix:
    """A matrix of -1, 0 and +1, two bits an entry.

    Parameters
    ----------
    nonzero : BitMatrix of shape (B, K)
        Ones where the entry is not zero.
    sign : BitMatrix of shape (B, K)
        Ones where the entry is +1; zero where it is 0 or -1.

    Raises
    ------
    ShapeError
        If the planes differ in shape, or a sign is set where the entry is zero.
    """

    nonzero: BitMatrix
    sign: BitMatrix

    def __post_init__(self) -> None:
        if self.nonzero.shape != self.sign.shape:
            raise ShapeError(
                f"ternary planes: got shapes {self.nonzero.shape} and {self.sign.shape}, expected "
                "the same; build them with TernaryMatrix.from_signs"
            )
        if np.any(self.sign.words & ~self.nonzero.words):
            raise ShapeError(
                "ternary planes: got a sign where the entry is zero, expected none; mask the sign "
                "plane with the nonzero plane"
            )

    @classmethod
    def from_signs(cls, values: NDArray[np.integer]) -> TernaryMatrix:
        """Pack integers of shape (B, K); only their signs count."""
        return cls(BitMatrix.from_bool(values != 0), BitMatrix.from_bool(values > 0))

    def to_signs(self) -> NDArray[np.int64]:
        """Unpack to -1, 0 and +1 of shape (B, K)."""
        plus = self.sign.to_bool().astype(np.int64)
        return 2 * plus - self.nonzero.to_bool()

    def product(self, other: BitMatrix, backend: str = "auto") -> NDArray[np.int32]:
        """Multiply with the transpose of a binary matrix of shape (N, K).

        Returns
        -------
        ndarray of shape (B, N), int32
        """
        check_columns(self.nonzero.columns, other.columns)
        counts = _core.count_ternary(self.nonzero.words, self.sign.words, other.words, backend)
        terms = np.bitwise_count(self.nonzero.words).sum(axis=1, dtype=np.int32)
        out: NDArray[np.int32] = terms[:, None] - 2 * counts.astype(np.int32)
        return out


def check_columns(left: int, right: int) -> None:
    """Raise `ShapeError` unless both operands of a product have the same columns."""
    if left != right:
        raise ShapeError(
            f"product: got operands of {left} and {right} columns, expected equal numbers; "
            "check which one needs to be transposed"
        )
