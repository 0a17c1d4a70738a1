"""Samples as bits, with their classes: what a device is shown, rehearses, and is examined on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix
from bitspin.errors import ShapeError

__all__ = ["Labelled"]


@dataclass(frozen=True, eq=False)
class Labelled:
    """Samples as bits, with their classes.

    Parameters
    ----------
    samples : BitMatrix of shape (B, K)
    labels : ndarray of shape (B,), uint16

    Raises
    ------
    ShapeError
        If there is not one label for each sample.
    """

    samples: BitMatrix
    labels: NDArray[np.uint16]

    def __post_init__(self) -> None:
        if self.labels.shape != (self.samples.rows,):
            raise ShapeError(
                f"labels: got shape {self.labels.shape}, expected ({self.samples.rows},), one for "
                "each sample; give samples and labels that belong together"
            )

    def __len__(self) -> int:
        return self.samples.rows

    def some(self, rows: slice | NDArray[np.integer | np.bool_]) -> Labelled:
        """Take some of the samples."""
        words = np.ascontiguousarray(self.samples.words[rows])
        return Labelled(BitMatrix(words, self.samples.columns), self.labels[rows])

    def followed_by(self, other: Labelled) -> Labelled:
        """Put samples of the same width behind these."""
        words = np.concatenate([self.samples.words, other.samples.words])
        labels = np.concatenate([self.labels, other.labels])
        return Labelled(BitMatrix(words, self.samples.columns), labels)

    def to_bytes(self) -> bytes:
        """Each sample's label and packed input in 32-bit words, as devices read them."""
        labels = self.labels.astype("<u4")
        return np.column_stack([labels, self.samples.words.astype("<u4")]).tobytes()

    @classmethod
    def from_bytes(cls, content: bytes, columns: int) -> Labelled:
        """Read back what `to_bytes` gave of samples with so many bits."""
        records = np.frombuffer(content, "<u4").reshape(-1, 1 + -(-columns // 32))
        words = records[:, 1:].astype(np.uint32)
        return cls(BitMatrix(words, columns), records[:, 0].astype(np.uint16))
