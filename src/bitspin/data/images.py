"""What `writer` and `camera` share: images of one byte a pixel, and SciPy to change them."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import numpy.typing as npt

from bitspin.errors import BackendError, ShapeError

__all__ = ["Images", "check_images", "image_functions"]

Images = npt.NDArray[np.uint8]


def check_images(who: str, images: Images) -> None:
    """Refuse what is no array of shape (B, height, width) of one byte a pixel.

    Parameters
    ----------
    who : str
        Who wants them, for the message.
    images : ndarray

    Raises
    ------
    ShapeError
        If they are of another shape or dtype.
    """
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ShapeError(
            f"{who}: got images of shape {images.shape} of {images.dtype}, expected (samples, "
            "height, width) of uint8; reshape or convert them"
        )


def image_functions() -> Any:
    """Import SciPy's image functions on first use, or say how to get them.

    Raises
    ------
    BackendError
        If SciPy is not installed.
    """
    try:
        return importlib.import_module("scipy.ndimage")
    except ModuleNotFoundError as error:
        raise BackendError(
            "changing images needs SciPy, which is not installed: pip install 'bitspin[device]'"
        ) from error
