"""Who is at work on which result, so that two processes do not do the same.

A claim is a file that can be made only once. Its owner touches it while at work; one whose owner is
known to be dead, or that nobody touched for a while, is void and may be taken over. Claims save
work, nothing more: were two processes to work on one result, they would write the same one.
"""

from __future__ import annotations

import json
import os
import platform
import threading
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType

from bitspin.errors import StoreError

__all__ = ["Claim", "Claims", "Owner"]

TOUCH_SECONDS = 10.0
# On the clock of the file system; the owner may live on another machine.
VOID_SECONDS = 60.0

Owner = tuple[str, int, str]
"""Machine, process id, and when that process started."""


@cache
def this_machine() -> str:
    """Name this machine, this boot of it and this namespace of process ids."""
    facts = [platform.node()]
    with suppress(OSError):  # where there is no /proc, the name has to do
        facts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        facts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(facts)


def started(process: int) -> str:
    """When a process started, as far as the system tells; ids of processes are used again."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = status.rpartition(")")[2].split()
    return "" if fields[0] in ("Z", "X") else fields[19]  # dead, but nobody has asked yet


def is_dead(owner: Owner) -> bool:
    """Whether a process of this machine is known to be gone."""
    machine, process, start = owner
    if machine != this_machine():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return started(process) != start


class Claims:
    """The claims of a results folder.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, identity: str) -> Claim | None:
        """Claim a result; None if somebody else is at work on it.

        Raises
        ------
        StoreError
            If the folder cannot be written.
        """
        path = self._folder / identity
        while True:
            try:
                file = path.open("x", encoding="utf-8")
            except FileExistsError:
                if not self.is_void(identity):
                    return None
                remove_void(path)
                continue
            except OSError as error:
                raise unwritable(path, error) from error
            try:
                with file:
                    json.dump([this_machine(), os.getpid(), started(os.getpid())], file)
            except OSError as error:  # the disk is full: an empty claim would keep others away
                path.unlink(missing_ok=True)
                raise unwritable(path, error) from error
            return Claim(path)

    def owner(self, identity: str) -> Owner | None:
        """Who is at work on a result; None if nobody, or if it is just being claimed."""
        try:
            machine, process, start = json.loads((self._folder / identity).read_text())
        except (OSError, ValueError):
            return None
        return machine, process, start

    def is_void(self, identity: str) -> bool:
        """Whether a claim's owner is gone."""
        owner = self.owner(identity)
        if owner is not None and is_dead(owner):
            return True
        try:
            return self._now() - (self._folder / identity).stat().st_mtime > VOID_SECONDS
        except FileNotFoundError:
            return False

    def is_taken(self, identity: str) -> bool:
        """Whether somebody is at work on a result."""
        return (self._folder / identity).exists() and not self.is_void(identity)

    def _now(self) -> float:
        """Read the clock of the file system, on which the claims' times are."""
        probe = self._folder / f".clock-{uuid.uuid4().hex}"
        probe.touch()
        now = probe.stat().st_mtime
        probe.unlink()
        return now


def unwritable(path: Path, error: OSError) -> StoreError:
    """Say why a claim cannot be written."""
    return StoreError(
        f"cannot write {path}: got '{error.strerror}', expected a writable folder with free space; "
        "choose another --out"
    )


def remove_void(path: Path) -> None:
    """Remove a claim under a name of our own, so that of several processes only one succeeds.

    One that looked earlier and comes later may remove the new claim; then two do the same work.
    """
    grave = path.with_name(f".void-{uuid.uuid4().hex}")
    with suppress(FileNotFoundError):
        path.rename(grave)
        grave.unlink()


class Claim:
    """A claim while its owner is at work; a context that gives it up in the end.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done = threading.Event()
        self._toucher = threading.Thread(target=self._keep_touching, daemon=True)

    def _keep_touching(self) -> None:
        while not self._done.wait(TOUCH_SECONDS):
            with suppress(OSError):  # somebody took it over; that does no harm
                os.utime(self._path)

    def __enter__(self) -> Claim:
        self._toucher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._toucher.join()
        with suppress(FileNotFoundError):
            self._path.unlink()
