"""What a sweep reports while it goes."""

from __future__ import annotations

from bitspin.sweep.perform import Outcome

__all__ = ["SweepProgress"]


class SweepProgress:
    """Does nothing; override what you want to show."""

    def begin(self, tasks: int) -> None:
        """Work starts.

        Parameters
        ----------
        tasks : int
            In all, those included that were done before.
        """

    def found(self, tasks: int) -> None:
        """So many more tasks need not be done, for their results are there."""

    def ended(self, outcome: Outcome) -> None:
        """Note that a task was done, or has failed for good."""

    def end(self) -> None:
        """Work is over, or was interrupted."""
