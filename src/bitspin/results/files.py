"""Files that are either complete or not there."""

from __future__ import annotations

import os
from pathlib import Path

from bitspin.errors import StoreError

__all__ = ["replace_file"]


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that an interruption leaves the old content or the new, never a part.

    Raises
    ------
    StoreError
        If the place is not writable or full; an existing file is then unharmed.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StoreError(
            f"cannot write {path}: got '{error.strerror}', expected a writable folder with free "
            "space; choose another --out"
        ) from error
