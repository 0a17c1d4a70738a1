"""``bitspin info``: what is installed and what will run."""

from __future__ import annotations

import json as json_format
import platform
import sys
from typing import Annotated

from cyclopts import Parameter

from bitspin.bits import backend_names, default_threads, resolve_backend
from bitspin.version import __version__

__all__ = ["info"]


def info(*, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Show version, active kernel backend and threads.

    Parameters
    ----------
    json : bool
        Print one JSON object.
    """
    facts = {
        "version": __version__,
        "backend": resolve_backend(),
        "backends": list(backend_names()),
        "threads": default_threads(),
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
    if json:
        sys.stdout.write(json_format.dumps(facts) + "\n")
        return
    for name, value in facts.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        sys.stdout.write(f"{name:10} {shown}\n")
