"""Small grey pictures as data URIs, in the PNG format and nothing but the standard library."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["grey_uri", "scale"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY_8_BIT = (8, 0, 0, 0, 0)
# Ink on paper, neither at the end of the scale: black tiles would shout on a light page.
PAPER, INK = 250, 20


def scale(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Turn numbers into grey: paper at the low end, ink at the high one.

    Examples
    --------
    >>> scale(np.array([[0.0, 1.0]]), 0.0, 1.0).tolist()
    [[250, 20]]
    """
    share = (values.astype(np.float64) - low) / (high - low if high > low else 1.0)
    grey: NDArray[np.uint8] = np.rint(PAPER + (INK - PAPER) * share).astype(np.uint8)
    return grey


def grey_uri(pixels: NDArray[np.uint8]) -> str:
    """Give a picture of shape (height, width) as a data URI."""
    return f"data:image/png;base64,{base64.b64encode(grey_png(pixels)).decode()}"


def grey_png(pixels: NDArray[np.uint8]) -> bytes:
    """Write a grey PNG file (ISO/IEC 15948)."""
    height, width = pixels.shape
    unfiltered = np.zeros((height, width + 1), np.uint8)  # each line begins with its filter, none
    unfiltered[:, 1:] = pixels
    return (
        SIGNATURE
        + chunk(b"IHDR", struct.pack(">II5B", width, height, *GREY_8_BIT))
        + chunk(b"IDAT", zlib.compress(unfiltered.tobytes(), 9))
        + chunk(b"IEND", b"")
    )


def chunk(name: bytes, content: bytes) -> bytes:
    """Length, name, content and checksum."""
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)
