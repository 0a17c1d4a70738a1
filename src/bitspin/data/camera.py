"""Cameras that see worse than the one of the training set, made from its images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bitspin.data.images import Images, check_images, image_functions
from bitspin.errors import ValidityError

__all__ = ["Camera"]


@dataclass(frozen=True)
class Camera:
    """What one device's camera makes of images: out of focus, dirty, noisy.

    Parameters
    ----------
    blur : float
        Standard deviation of the blur in pixels, ≥ 0.
    spot : tuple of int
        (top, left, height, width) of a rectangle in pixels that shows paper in each image, as
        behind dirt; of a height or width of 0: none.
    noise : float
        Standard deviation of the noise of each pixel as a share of full ink, 0 … 1.
    seed : int
        Of the noise, ≥ 0; nothing else is drawn by lot.

    Raises
    ------
    ValidityError
        If a number is out of its range.

    Notes
    -----
    Source: a Gaussian filter with paper (0) outside, SciPy's ``ndimage.gaussian_filter``; then the
    spot; then normal noise, independent in each pixel, cut off at 0 and 255. Which ones is our
    choice; others are in N. Mu and J. Gilmer, "MNIST-C", arXiv:1906.02337.

    Examples
    --------
    >>> image = np.full((1, 2, 4), 255, np.uint8)
    >>> Camera(spot=(0, 1, 2, 2)).take(image)[0].tolist()
    [[255, 0, 0, 255], [255, 0, 0, 255]]
    """

    blur: float = 0.0
    spot: tuple[int, int, int, int] = (0, 0, 0, 0)
    noise: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.blur < math.inf:
            raise ValidityError(
                f"camera: got blur = {self.blur} pixels, expected 0 or more; correct it"
            )
        if not 0 <= self.noise <= 1:
            raise ValidityError(f"camera: got noise = {self.noise}, expected 0 to 1; correct it")
        if min(self.spot) < 0 or self.seed < 0:
            raise ValidityError(
                f"camera: got spot = {self.spot} and seed = {self.seed}, expected no negative "
                "numbers; correct them"
            )

    def take(self, images: Images) -> Images:
        """Show images as this camera sees them.

        Parameters
        ----------
        images : ndarray of shape (B, height, width), uint8
            0 (paper) to 255 (ink).

        Returns
        -------
        ndarray of shape (B, height, width), uint8
            The same images at once get the same noise.

        Raises
        ------
        ShapeError
            If they are no such images.
        BackendError
            If the camera blurs and SciPy is missing.
        """
        check_images("camera", images)
        seen = images.astype(np.float32)
        if self.blur:
            sigma = (0, self.blur, self.blur)
            seen = image_functions().gaussian_filter(seen, sigma, mode="constant")
        top, left, height, width = self.spot
        seen[:, top : top + height, left : left + width] = 0
        if self.noise:
            drawn = np.random.default_rng(self.seed).standard_normal(seen.shape, np.float32)
            seen += 255 * self.noise * drawn
        return np.asarray(np.rint(seen.clip(0, 255)), np.uint8)
