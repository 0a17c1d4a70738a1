"""Which kernel backend and how many threads do the work."""

from __future__ import annotations

import os
from numbers import Integral

from bitspin.bits import _core
from bitspin.errors import BackendError, ValidityError

__all__ = ["backend_names", "default_threads", "resolve_backend", "resolve_threads"]

MOST_THREADS = 1024


def backend_names() -> tuple[str, ...]:
    """Backends that this build and this processor can run, slowest first.

    Examples
    --------
    >>> backend_names()[0]
    'ref'
    """
    return tuple(_core.backend_names())


def resolve_backend(name: str = "auto") -> str:
    """Give the name of the backend that will run.

    Parameters
    ----------
    name : str
        ``"auto"`` for the fastest one here, or a name out of `backend_names`.

    Raises
    ------
    BackendError
        If the backend is unknown or this processor cannot run it.

    Examples
    --------
    >>> resolve_backend("ref")
    'ref'
    """
    if name != "auto" and name not in backend_names():
        known = ", ".join(backend_names())
        raise BackendError(
            f"kernel backend: got {name!r}, expected 'auto' or one that runs here ({known}); "
            "leave the option out to use the fastest"
        )
    return _core.backend_resolve(name)


def default_threads() -> int:
    """Processors that this process may use; at most ``OMP_NUM_THREADS``, if that is set.

    Programs that start several workers, such as joblib and the schedulers of clusters, say in this
    variable what each may use.
    """
    if hasattr(os, "sched_getaffinity"):
        processors = len(os.sched_getaffinity(0))
    else:
        processors = os.cpu_count() or 1
    granted = os.environ.get("OMP_NUM_THREADS", "")
    return min(processors, int(granted)) if granted.isdecimal() and int(granted) else processors


def resolve_threads(threads: int | None = None) -> int:
    """Give the number of threads that will work.

    Parameters
    ----------
    threads : int or None
        1 … 1024; None for `default_threads`.

    Raises
    ------
    ValidityError
        If it is another number, or no whole one.

    Examples
    --------
    >>> resolve_threads(3)
    3
    """
    if threads is None:
        return default_threads()
    whole = isinstance(threads, Integral) and not isinstance(threads, bool)
    if not (whole and 1 <= threads <= MOST_THREADS):
        raise ValidityError(
            f"threads: got {threads!r}, expected a whole number from 1 to {MOST_THREADS}; leave it "
            "out to use all processors"
        )
    return int(threads)
