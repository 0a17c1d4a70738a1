"""What of a finished run can be compared, ranked and optimised, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bitspin.results.record import RunRecord

__all__ = ["QUANTITIES", "Quantity", "quantity"]


@dataclass(frozen=True)
class Quantity:
    """One figure of a run.

    Parameters
    ----------
    name : str
        With its SI unit as the suffix.
    larger_is_better : bool
    measured : bool
        By the clock: it differs from one time to the next.
    of : callable
        Takes a `RunRecord`; None where the run does not have the figure.
    """

    name: str
    larger_is_better: bool
    measured: bool
    of: Callable[[RunRecord], float | None]


def from_result(field: str) -> Callable[[RunRecord], float | None]:
    """Read a field of the result."""
    return lambda record: None if record.result is None else getattr(record.result, field)


def from_cost(field: str) -> Callable[[RunRecord], float | None]:
    """Read a field of the price in the array's own scheme."""
    return lambda record: record.costs[0][field] if record.costs else None


def accuracy(record: RunRecord) -> float | None:
    """Accuracy on the held-out samples where there are any, else on the test set."""
    if record.result is None:
        return None
    held_out = record.result.validation_accuracy
    return record.result.test_accuracy if held_out is None else held_out


LARGER, SMALLER = True, False

QUANTITIES: dict[str, Quantity] = {
    one.name: one
    for one in (
        Quantity("accuracy", LARGER, False, accuracy),
        Quantity("test_accuracy", LARGER, False, from_result("test_accuracy")),
        Quantity("validation_accuracy", LARGER, False, from_result("validation_accuracy")),
        Quantity("energy_j", SMALLER, False, from_cost("energy_j")),
        Quantity("latency_s", SMALLER, False, from_cost("latency_s")),
        Quantity("state_bytes", SMALLER, False, from_result("state_bytes")),
        Quantity("weight_count", SMALLER, False, from_result("weight_count")),
        Quantity("pulses_per_cell", SMALLER, False, from_result("pulses_per_cell")),
        Quantity("flips_per_cell", SMALLER, False, from_result("flips_per_cell")),
        Quantity("most_pulses", SMALLER, False, from_result("most_pulses")),
        Quantity("train_seconds", SMALLER, True, from_result("train_seconds")),
    )
}


def quantity(record: RunRecord, name: str) -> float | None:
    """Look a figure of a run up by its name in `QUANTITIES`; None where the run has none."""
    return QUANTITIES[name].of(record)
