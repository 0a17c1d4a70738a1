"""An output code whose classes weigh their scores differently."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import _core
from bitspin.bits.matrix import BitMatrix
from bitspin.errors import ShapeError

__all__ = ["MAX_CLASSES", "SCORE_LIMIT", "ScaledCode", "class_scale_of"]

MAX_CLASSES: int = _core.MAX_CLASSES

# Scores stay below this, so that the difference of two of them fits 32 bits.
SCORE_LIMIT = 1 << 30


@dataclass(frozen=True, eq=False)
class ScaledCode(BitMatrix):
    """Code words, and for each class what its score is multiplied by and what is added to it.

    A network that was trained elsewhere with a batch norm after its last layer has such scores.

    Parameters
    ----------
    words : ndarray of shape (C, W), uint32
    columns : int
        Bits of a code word, L.
    class_scale : ndarray of shape (2, C), int32
        Multipliers, ≥ 0, then what is added. No score may reach 2**30.

    Raises
    ------
    ShapeError
        If the arrays do not fit each other.

    Examples
    --------
    >>> plain = BitMatrix.from_bool(np.eye(2, dtype=np.bool_))
    >>> ScaledCode.of(plain, np.array([[3, 2], [0, -5]], np.int32)).shape
    (2, 2)
    """

    class_scale: NDArray[np.int32]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.class_scale.shape != (2, self.rows) or self.class_scale.dtype != np.int32:
            raise ShapeError(
                f"class scale: got {self.class_scale.shape} of {self.class_scale.dtype}, expected "
                f"(2, {self.rows}) of int32; give a multiplier and an addend for each class"
            )
        if (self.class_scale[0] < 0).any():
            raise ShapeError(
                "class scale: got a multiplier below 0, expected 0 or more; turn the weights of "
                "that class around instead"
            )

    @classmethod
    def of(cls, code: BitMatrix, class_scale: NDArray[np.int32]) -> ScaledCode:
        """Give code words a scale."""
        return cls(code.words, code.columns, np.ascontiguousarray(class_scale))


def class_scale_of(code: BitMatrix) -> NDArray[np.int32]:
    """Give multipliers and addends as the core takes them: one after the other, or none."""
    return code.class_scale.ravel() if isinstance(code, ScaledCode) else np.empty(0, np.int32)
