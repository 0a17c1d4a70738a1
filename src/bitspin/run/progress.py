"""What a run reports while it goes."""

from __future__ import annotations

from bitspin.results import EpochRecord

__all__ = ["Progress"]


class Progress:
    """Does nothing; override what you want to show."""

    def begin(self, epochs: int, first_epoch: int, samples: int) -> None:
        """Training starts.

        Parameters
        ----------
        epochs : int
            In all.
        first_epoch : int
            Epochs done before, 0 unless the run is resumed.
        samples : int
            In each epoch.
        """

    def step(self, done: int) -> None:
        """So many samples of the current epoch are done."""

    def epoch(self, record: EpochRecord) -> None:
        """Note that an epoch ended."""

    def end(self) -> None:
        """Training is over, or was interrupted."""
