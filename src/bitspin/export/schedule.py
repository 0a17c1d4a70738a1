"""The learning rule of a device: a short table of whole numbers, the same in C and in simulation.

A device has no floating point to follow a schedule with; so the schedule is sampled in advance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bitspin.bits import BitMatrix, StepRule
from bitspin.bits.engine import MAX_BATCH
from bitspin.errors import ValidityError
from bitspin.train import Rule
from bitspin.train.rule import Geometry

__all__ = ["ScheduledRule", "geometry_of", "rule_at", "sample_schedule"]


@dataclass(frozen=True)
class ScheduledRule:
    """The rule from one step on.

    Parameters
    ----------
    from_step : int
        It holds from this step to the next entry's.
    batch : int
        Samples a step, 1 … 32767, unless the device's memory is full earlier.
    rule : StepRule
        Whole numbers of each step.
    """

    from_step: int
    batch: int
    rule: StepRule


def geometry_of(widths: tuple[int, ...], code: BitMatrix) -> Geometry:
    """Tell a rule what it needs to know of a network."""
    distance = (code.columns - code.product(code)) // 2
    apart = int(distance[~np.eye(code.rows, dtype=np.bool_)].min())
    return Geometry(widths=widths, code_distance=apart)


def sample_schedule(
    rule: Rule,
    geometry: Geometry,
    *,
    batch: int,
    steps: int,
    begin: float = 0.0,
    entries: int = 16,
) -> tuple[ScheduledRule, ...]:
    """Sample a rule's schedule for a device that takes batches of one size.

    Parameters
    ----------
    rule : Rule
    geometry : Geometry
    batch : int
        Samples a step, 1 … 32767.
    steps : int
        Length of the schedule, ≥ 1; afterwards its last entry holds on.
    begin : float
        Where in the rule's schedule the device begins, 0 (from scratch) … 1.
    entries : int
        Most entries of the table.

    Returns
    -------
    tuple of ScheduledRule

    Raises
    ------
    ValidityError
        If a number is out of its range.
    """
    if not 1 <= batch <= MAX_BATCH:
        raise ValidityError(
            f"batch: got {batch}, expected 1 to {MAX_BATCH}; choose another --batch"
        )
    if steps < 1 or not 0 <= begin <= 1:
        raise ValidityError(
            f"schedule: got {steps} steps from {begin}, expected 1 or more steps from 0 to 1"
        )
    count = min(entries, steps)
    table = []
    for entry in range(count):
        progress = begin + (1 - begin) * (entry + 0.5) / count
        scheduled = rule.step_rule(geometry, batch, progress)
        table.append(ScheduledRule(entry * steps // count, batch, scheduled))
    return tuple(table)


def rule_at(schedule: tuple[ScheduledRule, ...], step: int) -> ScheduledRule:
    """Find the entry that holds at a step.

    Examples
    --------
    >>> empty = StepRule(False, 0, ())
    >>> rule_at((ScheduledRule(0, 8, empty), ScheduledRule(5, 16, empty)), 7).batch
    16
    """
    return next(entry for entry in reversed(schedule) if entry.from_step <= step)
