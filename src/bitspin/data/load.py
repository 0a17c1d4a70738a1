"""From the name or path a user types to a data set."""

from __future__ import annotations

import os
from pathlib import Path

from bitspin.data.dataset import Dataset
from bitspin.data.idx import read_idx_folder
from bitspin.data.npz import read_npz
from bitspin.data.shipped import read_mnist
from bitspin.errors import DataError

__all__ = ["load"]

_KNOWN = "'mnist', a folder of IDX files, or an .npz file"


def load(source: str | os.PathLike[str]) -> Dataset:
    """Load a data set by name or path.

    Parameters
    ----------
    source : str or path-like
        The string ``"mnist"`` for the shipped set, a folder of four IDX files (`read_idx_folder`),
        or an .npz archive (`read_npz`). A folder that happens to be called mnist is written
        ``./mnist`` or given as a `pathlib.Path`.

    Returns
    -------
    Dataset
        Without a validation set; `hold_out` makes one.

    Raises
    ------
    DataError
        If `source` is none of these, or its data are damaged or not consistent.
    ShapeError
        If its arrays do not fit each other.

    Examples
    --------
    >>> load("mnist").sample_shape
    (28, 28)
    >>> load("minst")
    Traceback (most recent call last):
    ...
    bitspin.errors.DataError: no data set 'minst': got a name that is neither ...
    """
    if isinstance(source, str) and source == "mnist":
        return read_mnist()
    path = Path(source)
    # An empty name would otherwise mean the current folder.
    if os.fspath(source) and path.is_dir():
        return read_idx_folder(path)
    if path.is_file():
        return _load_file(path)
    raise DataError(
        f"no data set '{source}': got a name that is neither known nor an existing path, expected "
        f"{_KNOWN}; check the spelling"
    )


def _load_file(path: Path) -> Dataset:
    if path.suffix.lower() == ".npz":
        return read_npz(path)
    raise DataError(
        f"{path} is not a data set: got a single file that is no .npz, expected {_KNOWN}; give the "
        f"folder of the four IDX files, or save the arrays with numpy.savez"
    )
