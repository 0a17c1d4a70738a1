"""Consoles that show text as it is."""

from __future__ import annotations

import os
import sys

from rich.console import Console

__all__ = ["terminal"]

# No line is folded for a reader that has no width: a file, or the next program of a pipe.
UNFOLDED = 10_000


def terminal() -> Console:
    """Make a console for stdout that reads no markup: names and paths may hold brackets."""
    folded = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(markup=False, emoji=False, width=None if folded else UNFOLDED)
