"""Why a file of ours cannot be read."""

from __future__ import annotations

from pydantic import ValidationError

__all__ = ["reason_of"]


def reason_of(error: OSError | ValueError) -> str:
    """Say in a line why a file cannot be read."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg']}".removeprefix(": ")
    return str(error).splitlines()[0]
