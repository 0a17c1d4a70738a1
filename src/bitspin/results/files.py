"""Files that are either complete or not there."""

from __future__ import annotations

import contextlib
import os
import platform
from pathlib import Path

from bitspin.errors import StoreError

__all__ = ["folder_of", "part_beside", "remove_parts", "replace_file"]

PART_SUFFIX = ".part"


def folder_of(path: str | os.PathLike[str]) -> Path:
    """Take the folder that a caller names; an empty name is none, though pathlib takes it for '.'.

    Raises
    ------
    StoreError
        If the name is empty.
    """
    if not os.fspath(path):
        raise StoreError(
            "folder: got an empty path, expected one with a name; write '.' for the current folder"
        )
    return Path(path)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that an interruption leaves the old content or the new, never a part.

    Raises
    ------
    StoreError
        If the place is not writable or full; an existing file is then unharmed.
    """
    # Several machines may share the folder.
    temporary = part_beside(path, f".{platform.node()}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if not isinstance(error, OSError):
            raise  # Ctrl-C
        raise StoreError(
            f"cannot write {path}: got '{error.strerror}', expected a writable folder with free "
            "space; choose another place"
        ) from error


def part_beside(path: Path, mark: str = "") -> Path:
    """Name what is to replace a file while it is written.

    Raises
    ------
    StoreError
        If the path has no name, as '' and '.' have none.
    """
    if not path.name:
        raise StoreError(
            f"cannot write '{path}': got a folder, expected a file name; choose another place"
        )
    return path.with_name(f".{path.name}{mark}{PART_SUFFIX}")


def remove_parts(folder: Path) -> None:
    """Remove what a killed `replace_file` left behind; only for who alone writes there."""
    for part in folder.glob(f".*{PART_SUFFIX}"):
        with contextlib.suppress(OSError):
            part.unlink()
