"""``--threads``: checked, and a note on more than can run at the same time."""

from __future__ import annotations

import sys

from bitspin.bits import default_threads, resolve_threads

__all__ = ["granted_threads"]


def granted_threads(wanted: int | None) -> int:
    """Give the number of threads that will work, and tell on stderr if they are too many.

    More threads than processors are allowed, for the result does not depend on them; but they
    spend their time waiting for each other.

    Parameters
    ----------
    wanted : int or None
        1 … 1024; None for all processors.

    Raises
    ------
    ValidityError
        If it is another number.
    """
    threads, processors = resolve_threads(wanted), default_threads()
    if threads > processors:
        print(
            f"bitspin: note: --threads: got {threads}, expected at most {processors}, as many as "
            "can run at the same time; the result will be the same, but later",
            file=sys.stderr,
        )
    return threads
