"""MNIST as shipped with the package: the four files as distributed, checked before use."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import numpy.typing as npt

from bitspin.data.dataset import Dataset
from bitspin.data.idx import decode_idx, read_bytes
from bitspin.errors import DataError

__all__ = ["read_mnist"]

_FOLDER: Final = Path(__file__).parent / "mnist"

# File and SHA-256 of the *compressed* file: it costs a tenth of hashing the images themselves.
_FILES: Final = {
    "x_train": (
        "train-images-idx3-ubyte.gz",
        "0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971",
    ),
    "y_train": (
        "train-labels-idx1-ubyte.gz",
        "1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203",
    ),
    "x_test": (
        "t10k-images-idx3-ubyte.gz",
        "1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be",
    ),
    "y_test": (
        "t10k-labels-idx1-ubyte.gz",
        "b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b",
    ),
}


def read_mnist(folder: Path = _FOLDER) -> Dataset:
    """Read the shipped MNIST: 60,000 training and 10,000 test images of 28 x 28 grey levels.

    Parameters
    ----------
    folder : Path, optional
        Where the four files lie; by default inside the package.

    Returns
    -------
    Dataset
        Images uint8 of shape (B, 28, 28), 0 (paper) to 255 (ink); labels 0 to 9.

    Raises
    ------
    DataError
        If a file is missing or is not the one that was shipped.

    Notes
    -----
    Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits";
    provenance, checksums and licence are in ``mnist/LICENSE.md``.

    Examples
    --------
    >>> mnist = read_mnist()
    >>> mnist.x_train.shape, mnist.x_test.shape, mnist.class_count
    ((60000, 28, 28), (10000, 28, 28), 10)
    """
    arrays = {role: _read_checked(folder / name, sha) for role, (name, sha) in _FILES.items()}
    return Dataset("mnist", **arrays)


def _read_checked(path: Path, expected_sha256: str) -> npt.NDArray[Any]:
    content = read_bytes(path)
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != expected_sha256:
        raise DataError(
            f"{path} is not the file that was shipped: got SHA-256 {sha256}, expected "
            f"{expected_sha256}; install bitspin again"
        )
    return decode_idx(content, str(path))
