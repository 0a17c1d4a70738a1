"""A whole number as an option."""

from __future__ import annotations

__all__ = ["Integer"]


class Integer(int):
    """An int that 1.5 is not; of a plain int, cyclopts makes 2 out of it."""
