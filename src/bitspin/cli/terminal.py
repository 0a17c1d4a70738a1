"""Consoles that show text as it is."""

from __future__ import annotations

from rich.console import Console

__all__ = ["terminal"]


def terminal() -> Console:
    """Make a console for stdout that reads no markup: names and paths may hold brackets."""
    return Console(markup=False, emoji=False)
