"""Data sets in NumPy's .npz archives: any images or feature vectors a user has as arrays."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bitspin.data.dataset import Dataset
from bitspin.errors import DataError

__all__ = ["DAMAGE", "read_npz"]

_KEYS: Final = ("x_train", "y_train", "x_test", "y_test")

# What zipfile, zlib and numpy raise on missing, cut, altered, encrypted, forged or pickled content.
DAMAGE: Final = (
    OSError,
    ValueError,
    EOFError,
    SyntaxError,
    MemoryError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_npz(path: Path) -> Dataset:
    """Read a data set from an .npz archive of the arrays x_train, y_train, x_test and y_test.

    Other arrays in the archive are not read, and pickled objects are refused: opening an archive
    never runs code from it.

    Parameters
    ----------
    path : Path
        The archive, as `numpy.savez` or `numpy.savez_compressed` writes it; its name without the
        suffix becomes the name of the data set.

    Returns
    -------
    Dataset
        Without a validation set.

    Raises
    ------
    DataError
        If the file is no archive, is damaged, lacks an array or holds objects, or the data are not
        consistent.
    ShapeError
        If the arrays do not fit each other.

    Examples
    --------
    >>> import tempfile
    >>> x, y = np.array([[0.5], [1.5]]), np.array([0, 1])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(Path(folder) / "two.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    ...     two = read_npz(Path(folder) / "two.npz")
    >>> two.name, two.class_count, two.x_test.dtype.name
    ('two', 2, 'float64')
    """
    # zipfile, not numpy.load, opens the file: numpy would also take .npy and pickles here.
    try:
        archive = zipfile.ZipFile(path)
    except PermissionError as error:
        raise DataError(
            f"{path} cannot be read: got '{error.strerror}', expected a readable archive; check "
            "its permissions"
        ) from error
    except DAMAGE as error:
        raise DataError(
            f"{path} is no .npz archive: got '{_first_line(error)}', expected a file written by "
            f"numpy.savez; write it again"
        ) from error
    with archive:
        missing = [key for key in _KEYS if f"{key}.npy" not in archive.namelist()]
        if missing:
            raise DataError(
                f"{path} lacks {', '.join(missing)}: got {_list_keys(archive)}, expected "
                f"{', '.join(_KEYS)}; save the arrays under these names with numpy.savez"
            )
        arrays = {key: _read_array(archive, key, path) for key in _KEYS}
    return Dataset(path.stem, **arrays)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _list_keys(archive: zipfile.ZipFile) -> str:
    keys = [name.removesuffix(".npy") for name in archive.namelist()]
    return ", ".join(keys) if keys else "an empty archive"


def _read_array(archive: zipfile.ZipFile, key: str, path: Path) -> npt.NDArray[Any]:
    try:
        with archive.open(f"{key}.npy") as member:
            array: npt.NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
    except DAMAGE as error:
        raise DataError(
            f"{path}: {key} cannot be read: got '{_first_line(error)}', expected a whole array of "
            f"numbers; save it again as a numeric array"
        ) from error
    return array
