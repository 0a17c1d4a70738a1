"""Shifts of packed images by whole pixels, as an augmentation of the training data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix, Shifts
from bitspin.errors import ShapeError

__all__ = ["image_shifts"]


def image_shifts(height: int, width: int, radius: int, background: NDArray[np.bool_]) -> Shifts:
    """Prepare all moves by up to `radius` pixels in both directions, none included.

    Parameters
    ----------
    height, width : int
        Of the image, in pixels; an image is stored row after row, one plane after the other.
    radius : int
        1 … min(height, width) - 1.
    background : ndarray of shape (K,), bool
        Bits that move in from outside; K is a multiple of height · width.

    Returns
    -------
    Shifts
        (2 · radius + 1)² moves.

    Raises
    ------
    ShapeError
        If the bits are not whole planes of the image, or the radius does not fit.
    """
    bits = background.size
    if bits % (height * width):
        raise ShapeError(
            f"shift: got samples of {bits} bits, expected whole planes of {height} x {width} "
            "pixels; shifts need images (turn --shift off for feature vectors)"
        )
    if not 1 <= radius < min(height, width):
        raise ShapeError(
            f"shift: got {radius} pixels, expected 1 to {min(height, width) - 1}; choose a smaller "
            "shift"
        )
    moves = range(-radius, radius + 1)
    offsets, keeps = [], []
    for down in moves:
        for right in moves:
            plane = np.zeros((height, width), np.bool_)
            rows = slice(max(down, 0), height + min(down, 0))
            columns = slice(max(right, 0), width + min(right, 0))
            plane[rows, columns] = True
            offsets.append(down * width + right)
            keeps.append(np.tile(plane.ravel(), bits // (height * width)))
    keep = np.array(keeps)
    return Shifts(
        np.array(offsets, np.int32),
        BitMatrix.from_bool(keep),
        BitMatrix.from_bool(background & ~keep),
    )
