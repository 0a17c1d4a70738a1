"""Which kernel backend and how many threads do the work."""

from __future__ import annotations

import os

from bitspin.bits import _core
from bitspin.errors import BackendError

__all__ = ["backend_names", "default_threads", "resolve_backend"]


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
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
