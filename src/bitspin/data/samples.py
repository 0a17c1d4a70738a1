"""Samples without labels, from one file: what a trained network is asked about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bitspin.data.idx import read_idx
from bitspin.data.npz import DAMAGE
from bitspin.errors import DataError

__all__ = ["read_samples"]

_KEYS = ("x", "x_test")


def read_samples(path: Path) -> npt.NDArray[Any]:
    """Read samples of shape ``(B, *sample_shape)`` from an IDX, .npy or .npz file.

    Parameters
    ----------
    path : Path
        An .npz archive holds them under ``x``, or else under ``x_test``.

    Raises
    ------
    DataError
        If the file is missing or damaged, holds no such array, or no finite numbers.
    """
    if path.suffix.lower() not in (".npy", ".npz"):
        return read_idx(path)
    try:
        _refuse_other_formats(path)
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return content
        with content:
            return np.asarray(content[_only_key(path, list(content))])
    except DataError:
        raise
    except DAMAGE as error:
        got = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise DataError(
            f"samples {path} cannot be read: got '{got}', expected an IDX, .npy or .npz file of "
            "numbers; check the path, or save them again"
        ) from error


def _refuse_other_formats(path: Path) -> None:
    """Raise `DataError` where NumPy would suggest to unpickle: what is neither .npy nor .npz."""
    with path.open("rb") as file:
        begin = file.read(6)
    if not begin.startswith((b"\x93NUMPY", b"PK")):
        raise DataError(
            f"samples {path} are no NumPy file: got one that begins with '{begin.hex(' ')}', "
            "expected what numpy.save or numpy.savez writes; save them so, or give an IDX file"
        )


def _only_key(path: Path, keys: list[str]) -> str:
    for key in _KEYS:
        if key in keys:
            return key
    raise DataError(
        f"samples {path}: got arrays {', '.join(keys) or 'none'}, expected one called "
        f"{' or '.join(_KEYS)}; rename it"
    )
