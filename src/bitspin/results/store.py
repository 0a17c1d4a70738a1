"""Where many results are kept: a folder to which many processes add, and from which none takes.

A result is one file named by its content (`RunRecord.id`). It is written under a temporary name and
renamed, so that it is there whole or not at all, and a second one of the same content replaces its
equal. Nothing else is needed for any number of processes and machines to share a folder; `claims`
only keep them from doing the same work at the same time.
"""

from __future__ import annotations

import json
import time
import uuid
from contextlib import suppress
from pathlib import Path

from bitspin.errors import StoreError
from bitspin.results.claims import Claims
from bitspin.results.damage import reason_of
from bitspin.results.files import PART_SUFFIX, replace_file
from bitspin.results.record import RunRecord

__all__ = ["ResultStore", "is_result_store"]

FORMAT = "bitspin-results"
VERSION = 1
HEADER = "store.json"
PARTS = ("records", "failures", "claims")
# A temporary file of this age was left by a process that was killed: none takes so long to write.
OLD_PART_SECONDS = 3600.0


def is_result_store(path: Path) -> bool:
    """Whether a folder holds results of a sweep."""
    return (path / HEADER).is_file()


class ResultStore:
    """A folder of results.

    Parameters
    ----------
    path : Path
        The folder; `create` or `open` one.
    name : str
        By which another machine knows it, wherever it is mounted there.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.claims = Claims(path / "claims")

    @classmethod
    def create(cls, path: Path) -> ResultStore:
        """Make the folder, or open it if it is there.

        Raises
        ------
        StoreError
            If it cannot be written, holds something else, or was written by a newer version.
        """
        if is_result_store(path):
            return cls.open(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            names = {entry.name for entry in path.iterdir() if not entry.name.startswith(".")}
            ours = names <= {*PARTS, HEADER}  # another process may be making it, too
            for part in PARTS if ours else ():
                (path / part).mkdir(exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot make the results folder {path}: got '{error.strerror}', expected a "
                "writable place; choose another --out"
            ) from error
        if not ours:
            raise StoreError(
                f"{path}: got a folder with {sorted(names)[0]} in it, expected a new or empty one, "
                "or results of an earlier sweep; choose another --out"
            )
        header = {"format": FORMAT, "version": VERSION, "name": uuid.uuid4().hex}
        replace_file(path / HEADER, f"{json.dumps(header)}\n".encode())
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> ResultStore:
        """Open an existing folder.

        Raises
        ------
        StoreError
            If it holds no results, or was written by a newer version.
        """
        try:
            header = json.loads((path / HEADER).read_text(encoding="utf-8"))
            written, version = header["format"], int(header["version"])
            name = str(header["name"]) if version <= VERSION else ""
        except FileNotFoundError:
            raise StoreError(
                f"no results at {path}: got no {HEADER} there, expected a folder made by 'bitspin "
                "sweep'; check the path"
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"{path / HEADER} cannot be read: {error}; restore it, or choose another folder"
            ) from error
        if written != FORMAT or version > VERSION:
            raise StoreError(
                f"{path}: got results of a newer version ({written} {version}), expected at most "
                f"{FORMAT} {VERSION}; install a newer Bitspin, or choose another --out"
            )
        return cls(path, name)

    def record_path(self, identity: str) -> Path:
        """File of a result."""
        return self.path / "records" / f"{identity}.json"

    def failure_path(self, identity: str) -> Path:
        """File of a failure."""
        return self.path / "failures" / f"{identity}.json"

    def has(self, identity: str) -> bool:
        """Whether a result is there; a failure is none."""
        return self.record_path(identity).exists()

    def put(self, record: RunRecord) -> None:
        """Keep a result or a failure; a result takes the place of an earlier failure.

        Raises
        ------
        StoreError
            If it cannot be written.
        """
        content = f"{record.model_dump_json()}\n".encode()
        if record.failure is not None:
            replace_file(self.failure_path(record.id), content)
            return
        replace_file(self.record_path(record.id), content)
        self.failure_path(record.id).unlink(missing_ok=True)

    def ids(self) -> frozenset[str]:
        """Of all results."""
        return frozenset(path.stem for path in (self.path / "records").glob("*.json"))

    def get(self, identity: str) -> RunRecord:
        """Read a result.

        Raises
        ------
        StoreError
            If it is not there, or damaged.
        """
        return read_record(self.record_path(identity))

    def records(self) -> list[RunRecord]:
        """Read all results, in the order of their ids."""
        return [self.get(identity) for identity in sorted(self.ids())]

    def failures(self) -> list[RunRecord]:
        """Read all failures, in the order of their ids."""
        return [read_record(path) for path in sorted((self.path / "failures").glob("*.json"))]

    def remove_old_parts(self) -> None:
        """Remove temporary files that killed processes left behind."""
        for part in self.path.glob(f"*/.*{PART_SUFFIX}"):
            with suppress(OSError):
                if time.time() - part.stat().st_mtime > OLD_PART_SECONDS:
                    part.unlink()


def read_record(path: Path) -> RunRecord:
    """Read one file."""
    try:
        record = RunRecord.model_validate_json(path.read_bytes())
        if record.id != path.stem:
            raise ValueError(f"it holds the result {record.id}")
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path} cannot be read: {reason_of(error)}; it is damaged or of another version of "
            "Bitspin: restore it, or remove it to have it computed again"
        ) from error
    return record
