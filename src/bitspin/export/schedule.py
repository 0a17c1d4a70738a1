"""The learning rule of a device: a short table of whole numbers, the same in C and in simulation.

A device has no floating point to follow a schedule with; so the schedule is sampled in advance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bitspin.bits import BitMatrix, StepRule
from bitspin.bits.engine import MAX_BATCH
from bitspin.errors import ValidityError
from bitspin.train import Rule
from bitspin.train.rule import Geometry, geometric

__all__ = ["ScheduledRule", "geometry_of", "mean_batch", "rule_at", "sample_schedule"]


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
    return Geometry.of(widths, code)


def sample_schedule(
    rule: Rule,
    geometry: Geometry,
    *,
    batch: int,
    steps: int,
    begin: float = 0.0,
    batch_end: int | None = None,
    entries: int = 16,
) -> tuple[ScheduledRule, ...]:
    """Sample a rule's schedule for a device.

    Parameters
    ----------
    rule : Rule
        Its echo is left out: a device takes one step on each batch, with the whole budget.
    geometry : Geometry
    batch : int
        Samples a step at the start, 1 … 32767.
    steps : int
        Length of the schedule, ≥ 1; afterwards its last entry holds on.
    begin : float
        Where in the rule's schedule the device begins, 0 (from scratch) … 1.
    batch_end : int, optional
        Samples a step at the end; as at the start if not given. Each entry of the table holds for
        the same number of samples.
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
    last = batch if batch_end is None else batch_end
    check_batches(batch, last)
    if steps < 1:
        raise ValidityError(f"schedule: got {steps} steps, expected 1 or more; lengthen it")
    if not 0 <= begin <= 1:
        raise ValidityError(f"--begin: got {begin}, expected 0 to 1; choose another --begin")
    rule = rule.without_echo()
    count = min(entries, steps)
    portions = [(entry + 0.5) / count for entry in range(count)]
    batches = [round(geometric(batch, last, portion)) for portion in portions]
    return tuple(
        ScheduledRule(
            first, samples, rule.step_rule(geometry, samples, begin + (1 - begin) * portion)
        )
        for first, samples, portion in zip(
            first_steps(batches, steps), batches, portions, strict=True
        )
    )


def check_batches(batch: int, batch_end: int) -> None:
    """Raise `ValidityError` unless a step can take so many samples."""
    for option, samples in (("batch", batch), ("batch-end", batch_end)):
        if not 1 <= samples <= MAX_BATCH:
            raise ValidityError(
                f"--{option}: got {samples}, expected 1 to {MAX_BATCH}; choose another --{option}"
            )


def first_steps(batches: list[int], steps: int) -> list[int]:
    """Say with which of all steps each entry begins, so that each is shown as many samples.

    Examples
    --------
    >>> first_steps([10, 20, 40], 70)
    [0, 40, 60]
    """
    shares = [1 / batch for batch in batches]
    firsts = [0]
    for entry in range(1, len(batches)):
        even = round(steps * sum(shares[:entry]) / sum(shares))
        firsts.append(max(even, firsts[-1] + 1))
    return firsts


def mean_batch(batch: int, batch_end: int | None) -> float:
    """Samples a step, averaged over the steps of a schedule whose batch grows geometrically.

    Raises
    ------
    ValidityError
        If a step cannot take so many samples.

    Examples
    --------
    >>> mean_batch(64, None)
    64.0
    >>> round(mean_batch(512, 8192))
    1514
    """
    check_batches(batch, batch if batch_end is None else batch_end)
    if batch_end is None or batch_end == batch:
        return float(batch)
    return math.log(batch_end / batch) / (1 / batch - 1 / batch_end)


def rule_at(schedule: tuple[ScheduledRule, ...], step: int) -> ScheduledRule:
    """Find the entry that holds at a step.

    Examples
    --------
    >>> empty = StepRule(False, 0, ())
    >>> rule_at((ScheduledRule(0, 8, empty), ScheduledRule(5, 16, empty)), 7).batch
    16
    """
    return next(entry for entry in reversed(schedule) if entry.from_step <= step)
