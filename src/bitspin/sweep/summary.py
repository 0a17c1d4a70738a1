"""What came out of a sweep: a row a setting, its figures as means over the repetitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from bitspin.results import QUANTITIES, ResultStore, pareto_front, quantity
from bitspin.sweep.tasks import Setting

__all__ = ["Failure", "Figure", "Row", "Summary", "summarise"]


@dataclass(frozen=True)
class Figure:
    """An objective over the repetitions of a setting.

    Parameters
    ----------
    mean : float
    deviation : float or None
        Standard deviation of a single repetition; None for one alone.
    """

    mean: float
    deviation: float | None


@dataclass(frozen=True)
class Row:
    """A setting with results.

    Parameters
    ----------
    values : dict
        Parameters that the sweep varies.
    ids : tuple of str
        Of its results.
    figures : dict of Figure
        By objective; without those that a result lacks.
    on_front : bool
        Whether no other setting is at least as good in every objective and better in one.
    """

    values: dict[str, Any]
    ids: tuple[str, ...]
    figures: dict[str, Figure]
    on_front: bool


@dataclass(frozen=True)
class Failure:
    """A task without a result.

    Parameters
    ----------
    id : str
    values : dict
        The task's parameters that the sweep varies, and what repeats its setting.
    reason : str
    """

    id: str
    values: dict[str, Any]
    reason: str


@dataclass(frozen=True)
class Summary:
    """What came out of a sweep.

    Parameters
    ----------
    objectives : tuple of str
    rows : tuple of Row
        In the order of the sweep.
    failures : tuple of Failure
    """

    objectives: tuple[str, ...]
    rows: tuple[Row, ...]
    failures: tuple[Failure, ...]

    @property
    def front(self) -> tuple[Row, ...]:
        """The settings that no other one beats in everything, best in the first objective first."""
        best_first = -1.0 if QUANTITIES[self.objectives[0]].larger_is_better else 1.0
        rows = [row for row in self.rows if row.on_front]
        return tuple(
            sorted(rows, key=lambda row: best_first * row.figures[self.objectives[0]].mean)
        )


def summarise(
    settings: Sequence[Setting], objectives: tuple[str, ...], store: ResultStore
) -> Summary:
    """Read the results of some settings."""
    found = [read_setting(setting, objectives, store) for setting in settings]
    found = [(values, ids, figures) for values, ids, figures in found if ids]
    complete = [
        index for index, (_, _, figures) in enumerate(found) if len(figures) == len(objectives)
    ]
    points = [[found[index][2][name].mean for name in objectives] for index in complete]
    larger = [QUANTITIES[name].larger_is_better for name in objectives]
    front = {complete[index] for index in pareto_front(points, larger)}
    rows = tuple(Row(*one, on_front=index in front) for index, one in enumerate(found))
    return Summary(objectives, rows, tuple(failures_of(settings, store)))


def read_setting(
    setting: Setting, objectives: tuple[str, ...], store: ResultStore
) -> tuple[dict[str, Any], tuple[str, ...], dict[str, Figure]]:
    """Give a setting's values, the ids of its results, and its figures."""
    ids = tuple(task.id for task in setting.tasks if store.has(task.id))
    records = [store.get(identity) for identity in ids]
    figures = {}
    for name in objectives:
        values = [quantity(record, name) for record in records]
        known = [value for value in values if value is not None]
        if known and len(known) == len(values):
            figures[name] = Figure(fmean(known), stdev(known) if len(known) > 1 else None)
    return setting.values, ids, figures


def failures_of(settings: Sequence[Setting], store: ResultStore) -> list[Failure]:
    """Give the tasks without a result, in the order of the sweep."""
    reasons = {record.id: record.failure or "" for record in store.failures()}
    return [
        Failure(task.id, {**setting.values, **task.repeats}, reasons.get(task.id, "not run"))
        for setting in settings
        for task in setting.tasks
        if not store.has(task.id)
    ]
