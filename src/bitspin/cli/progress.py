"""The progress bar of a training run."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress

from bitspin.results import EpochRecord
from bitspin.run import Progress

__all__ = ["Bar"]


class Bar(Progress):
    """Epoch, training speed, accuracy and flips on one line.

    Parameters
    ----------
    console : Console
        On stderr, so that stdout stays clean.
    """

    def __init__(self, console: Console) -> None:
        self._rich = RichProgress(
            TextColumn("epoch"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.fields[speed]}"),
            TextColumn("{task.fields[accuracy]}"),
            TextColumn("{task.fields[flips]}"),
            TimeRemainingColumn(),
            console=console,
        )
        self._samples = 1
        self._epoch_started = time.perf_counter()

    def begin(self, epochs: int, first_epoch: int, samples: int) -> None:
        """Show the bar."""
        self._samples = samples
        self._task = self._rich.add_task(
            "train", total=epochs, completed=first_epoch, speed="", accuracy="", flips=""
        )
        self._done_epochs = first_epoch
        self._rich.start()
        self._epoch_started = time.perf_counter()

    def step(self, done: int) -> None:
        """Advance within the epoch."""
        elapsed = time.perf_counter() - self._epoch_started
        self._rich.update(
            self._task,
            completed=self._done_epochs + done / self._samples,
            speed=f"{done / max(elapsed, 1e-9):,.0f} samples/s",
        )

    def epoch(self, record: EpochRecord) -> None:
        """Show what the epoch came to."""
        self._done_epochs = record.epoch
        self._rich.update(
            self._task,
            completed=record.epoch,
            accuracy=f"{record.evaluated_on} {100 * record.accuracy:.2f} %",
            flips=f"{sum(record.flips):,} flips" if record.flips else "",
        )
        self._epoch_started = time.perf_counter()

    def end(self) -> None:
        """Leave the last state of the bar on screen."""
        self._rich.stop()
