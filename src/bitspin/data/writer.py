"""People who write as nobody in the training set does, made from its images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from bitspin.data.images import Images, check_images, image_functions
from bitspin.errors import ValidityError

__all__ = ["Writer"]

_MOST_STROKE: Final = 4


@dataclass(frozen=True)
class Writer:
    """How one person's images differ from those of others.

    Parameters
    ----------
    rotation_rad : float
        Anticlockwise turn about the middle of the image; positive or negative, at most π.
    slant : float
        How far to the right the top leans, as a share of the height; -1 … 1.
    down, right : float
        Shift in pixels.
    stroke : int
        Pixels by which strokes are wider; negative: thinner; -4 … 4.

    Raises
    ------
    ValidityError
        If a number is out of its range.

    Notes
    -----
    Source: turn, slant and shift are one affine map with bilinear interpolation, paper (0) outside;
    strokes change by grey dilation or erosion with a square of ``|stroke| + 1`` pixels (J. Serra,
    "Image Analysis and Mathematical Morphology", 1982, chapter XII), in SciPy's ``ndimage``.

    Examples
    --------
    >>> image = np.zeros((1, 5, 5), np.uint8)
    >>> image[0, 2, 3:] = 255
    >>> Writer(rotation_rad=math.pi / 2).write(image)[0, :, 2].tolist()
    [255, 255, 0, 0, 0]
    """

    rotation_rad: float = 0.0
    slant: float = 0.0
    down: float = 0.0
    right: float = 0.0
    stroke: int = 0

    def __post_init__(self) -> None:
        limits = (("rotation_rad", math.pi), ("slant", 1.0), ("stroke", _MOST_STROKE))
        for name, limit in limits:
            value = getattr(self, name)
            if not abs(value) <= limit:
                raise ValidityError(
                    f"writer: got {name} = {value}, expected {-limit:g} to {limit:g}; correct it"
                )
        if not (math.isfinite(self.down) and math.isfinite(self.right)):
            raise ValidityError(
                f"writer: got a shift of {self.down} and {self.right} pixels, expected finite "
                "numbers; correct it"
            )

    def write(self, images: Images) -> Images:
        """Write images as this person would.

        Parameters
        ----------
        images : ndarray of shape (B, height, width), uint8
            0 (paper) to 255 (ink).

        Returns
        -------
        ndarray of shape (B, height, width), uint8

        Raises
        ------
        ShapeError
            If they are no such images.
        BackendError
            If SciPy is missing.
        """
        check_images("writer", images)
        ndimage = image_functions()
        source, offset = self._back_to_source(images.shape[1:])
        written = np.empty(images.shape, np.float32)
        for image, out in zip(images, written, strict=True):
            ndimage.affine_transform(image, source, offset, output=out, order=1)
        if self.stroke:
            square = (1, abs(self.stroke) + 1, abs(self.stroke) + 1)
            change = ndimage.grey_dilation if self.stroke > 0 else ndimage.grey_erosion
            written = change(written, size=square)
        return np.asarray(np.rint(written), np.uint8)

    def _back_to_source(
        self, shape: tuple[int, ...]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Matrix and offset from a place (row, column) written to the place it comes from."""
        cosine, sine = math.cos(self.rotation_rad), math.sin(self.rotation_rad)
        # Rows grow downwards: an anticlockwise turn takes (0, 1) to (-sine, cosine).
        turn = np.array([[cosine, -sine], [sine, cosine]])
        lean = np.array([[1.0, 0.0], [-self.slant, 1.0]])
        source = np.linalg.inv(turn @ lean)
        middle = (np.array(shape) - 1) / 2
        return source, middle - source @ (middle + np.array([self.down, self.right]))
