"""The progress bar of a sweep."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bitspin.sweep.perform import Outcome
from bitspin.sweep.progress import SweepProgress

__all__ = ["SweepBar"]


class SweepBar(SweepProgress):
    """Tasks, rate, time left and failures on one line.

    Parameters
    ----------
    console : Console
        On stderr, so that stdout stays clean.
    """

    def __init__(self, console: Console) -> None:
        self._rich = Progress(
            TextColumn("tasks"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[failed]}"),
            console=console,
        )
        self._done = self._failed = 0
        self._started = time.monotonic()

    def begin(self, tasks: int) -> None:
        """Show the bar."""
        self._bar = self._rich.add_task("sweep", total=tasks, rate="", failed="")
        self._rich.start()

    def found(self, tasks: int) -> None:
        """Count what need not be done; it says nothing about the rate."""
        self._rich.advance(self._bar, tasks)

    def ended(self, outcome: Outcome) -> None:
        """Count a task, and say at once why it failed."""
        self._done += 1
        if outcome.kind == "failed":
            self._failed += 1
            self._rich.console.print(
                f"task {outcome.id[:10]} failed: {outcome.reason}",
                style="red",
                highlight=False,
                markup=False,
            )
        rate = self._done / max(time.monotonic() - self._started, 1e-9)
        shown = f"{rate:.1f} tasks/s" if rate >= 1 else f"{60 * rate:.1f} tasks/min"
        failed = f"[red]{self._failed} failed" if self._failed else ""
        self._rich.update(self._bar, advance=1, rate=shown, failed=failed)

    def end(self) -> None:
        """Leave the last state of the bar on screen."""
        self._rich.stop()
