"""The IDX format, in which MNIST and its relatives are distributed.

A file is two zero bytes, one byte for the type of a value, one byte for the number of axes, the
length of each axis (big-endian, 4 bytes), then the values (big-endian, last axis fastest). A data
set is a folder of four such files, raw or compressed by gzip or xz.

Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", section "File
formats"; the numbers of `_DTYPE_BY_CODE` are from there.
"""

from __future__ import annotations

import gzip
import lzma
import math
import re
import struct
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bitspin.data.dataset import Dataset
from bitspin.errors import DataError

__all__ = ["decode_idx", "read_idx", "read_idx_folder"]

_DTYPE_BY_CODE: Final[dict[int, np.dtype[Any]]] = {
    0x08: np.dtype(np.uint8),
    0x09: np.dtype(np.int8),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}

# What every version of NumPy holds.
_MOST_AXES: Final = 32

_GZIP_MAGIC: Final = b"\x1f\x8b"
_XZ_MAGIC: Final = b"\xfd7zXZ\x00"

# Both customs: "train-images-idx3-ubyte" and "train-images.idx3-ubyte", raw or compressed.
_FILE_NAME: Final = re.compile(
    r"(?P<part>train|t10k|test)-(?P<what>images|labels)[-.]idx\d+-\w+(?P<suffix>|\.gz|\.xz)"
)

# A raw file is read faster than a compressed one, so it comes first where both lie side by side.
_SUFFIX_ORDER: Final = ("", ".gz", ".xz")


def read_idx(path: Path) -> npt.NDArray[Any]:
    """Read one IDX file, raw or compressed; the content, not the name, tells which.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    ndarray
        The values in native byte order, of the shape and type that the file states.

    Raises
    ------
    DataError
        If the file cannot be read, is damaged, or does not hold exactly the values it announces.
    """
    return decode_idx(read_bytes(path), str(path))


def read_idx_folder(folder: Path) -> Dataset:
    """Read a data set from a folder of four IDX files, named as those of MNIST are.

    The names are ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte`` and the same with
    ``t10k`` (or ``test``); ``.idx3`` for ``-idx3`` and a suffix ``.gz`` or ``.xz`` are accepted. If
    a file lies there both raw and compressed, the raw one is read.

    Parameters
    ----------
    folder : Path
        The folder; its name becomes the name of the data set.

    Returns
    -------
    Dataset
        Without a validation set.

    Raises
    ------
    DataError
        If a file is missing, ambiguous or damaged, or the data are not consistent.
    ShapeError
        If the four files do not fit each other.
    """
    found = _find_files(folder)
    arrays = {role: read_idx(path) for role, path in found.items()}
    return Dataset(folder.resolve().name, **arrays)


def decode_idx(content: bytes, name: str) -> npt.NDArray[Any]:
    """Decode the content of one IDX file.

    Parameters
    ----------
    content : bytes
        The whole file, raw or compressed by gzip or xz.
    name : str
        What to call it in messages.

    Returns
    -------
    ndarray
        The values in native byte order; read-only where nothing had to be converted.

    Raises
    ------
    DataError
        If the content is damaged or does not hold exactly the values it announces.

    Examples
    --------
    >>> decode_idx(bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9]), "three bytes")
    array([[7, 8, 9]], dtype=uint8)
    """
    raw = _decompress(content, name)
    dtype, shape = _decode_header(raw, name)
    header_bytes = 4 + 4 * len(shape)
    expected_bytes = header_bytes + math.prod(shape) * dtype.itemsize
    if len(raw) != expected_bytes:
        fault = "is truncated" if len(raw) < expected_bytes else "has trailing bytes"
        raise DataError(
            f"{name} {fault}: got {len(raw)} bytes, expected {expected_bytes} for shape {shape} "
            f"of {dtype.name}; get the file again"
        )
    values = np.frombuffer(raw, dtype, offset=header_bytes).reshape(shape)
    return values.astype(dtype.newbyteorder("="), copy=False)


def read_bytes(path: Path) -> bytes:
    """Read a whole file, or say in one line why not.

    Raises
    ------
    DataError
        If the file is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: got {error.strerror}, expected a readable file; check the "
            f"path and its permissions"
        ) from error


def _decompress(content: bytes, name: str) -> bytes:
    try:
        if content.startswith(_GZIP_MAGIC):
            return gzip.decompress(content)
        if content.startswith(_XZ_MAGIC):
            return lzma.decompress(content)
    except (EOFError, OSError, zlib.error, lzma.LZMAError, struct.error) as error:
        raise DataError(
            f"{name} is damaged: got a compressed stream that does not unpack ({error}), expected "
            f"a whole gzip or xz file; get the file again"
        ) from error
    return content


def _decode_header(raw: bytes, name: str) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = raw[:4]
    if (
        len(magic) < 4
        or magic[:2] != b"\x00\x00"
        or magic[2] not in _DTYPE_BY_CODE
        or not 1 <= magic[3] <= _MOST_AXES
    ):
        codes = ", ".join(f"{code:02x}" for code in _DTYPE_BY_CODE)
        raise DataError(
            f"{name} is not an IDX file: got the magic number '{magic.hex(' ')}', expected "
            f"00 00, a type ({codes}) and a number of axes from 1 to {_MOST_AXES}; give an "
            f"IDX file, raw or packed"
        )
    axes = magic[3]
    lengths = raw[4 : 4 + 4 * axes]
    if len(lengths) < 4 * axes:
        raise DataError(
            f"{name} is truncated: got {len(raw)} bytes, expected a header of {4 + 4 * axes}; get "
            f"the file again"
        )
    return _DTYPE_BY_CODE[magic[2]], struct.unpack(f">{axes}I", lengths)


def _find_files(folder: Path) -> dict[str, Path]:
    """Find the four files, keyed by the names of the arrays of a `Dataset`."""
    candidates: dict[str, dict[str, list[Path]]] = {}
    for path in _list_folder(folder):
        match = _FILE_NAME.fullmatch(path.name)
        if match:
            axis = "x" if match["what"] == "images" else "y"
            part = "train" if match["part"] == "train" else "test"
            role = candidates.setdefault(f"{axis}_{part}", {})
            role.setdefault(match["suffix"], []).append(path)
    roles = ("x_train", "y_train", "x_test", "y_test")
    return {role: _pick_file(candidates.get(role, {}), role, folder) for role in roles}


def _list_folder(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise DataError(
            f"{folder} cannot be listed: got {error.strerror}, expected a folder of IDX files; "
            f"check the path and its permissions"
        ) from error


def _pick_file(by_suffix: dict[str, list[Path]], role: str, folder: Path) -> Path:
    customary = {
        "x_train": "train-images-idx3-ubyte",
        "y_train": "train-labels-idx1-ubyte",
        "x_test": "t10k-images-idx3-ubyte",
        "y_test": "t10k-labels-idx1-ubyte",
    }[role]
    for suffix in _SUFFIX_ORDER:
        paths = by_suffix.get(suffix, [])
        if len(paths) > 1:
            names = " and ".join(path.name for path in paths)
            raise DataError(
                f"{folder} is ambiguous: got {names} for {role}, expected one file; move the "
                f"others away"
            )
        if paths:
            return paths[0]
    raise DataError(
        f"{folder} lacks the IDX file of {role}: got no such file, expected {customary} (or "
        f"{customary.replace('-idx', '.idx')}), raw, .gz or .xz; add it or give another folder"
    )
