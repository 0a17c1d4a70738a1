"""From a sweep file to tasks: runs with all their settings, named by their content."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from bitspin.bits import derive_key, random_words
from bitspin.config import RunConfig, make_config
from bitspin.data import load
from bitspin.device import load_device
from bitspin.results.table import flatten
from bitspin.run.record import identity_of
from bitspin.run.start import whole_path, with_whole_paths
from bitspin.sweep.parameters import is_whole, with_values
from bitspin.sweep.sweep_file import Draw, Range, Space, SweepFile

__all__ = ["REPEATS", "Planner", "Setting", "Task", "drawn_points", "rounded"]

DOMAIN_POINT = 0x501
# What repeats a setting rather than changes it.
REPEATS = ("seed", "array.device_seed")
# Of a drawn number: nobody wants to read or retype more.
DIGITS = 6


@dataclass(frozen=True)
class Task:
    """A run to do.

    Parameters
    ----------
    id : str
        Of its content (`bitspin.run.record.identity_of`).
    config : RunConfig
    data_fingerprint : str
        Of the data before any are held out.
    """

    id: str
    config: RunConfig
    data_fingerprint: str

    @property
    def repeats(self) -> dict[str, Any]:
        """What tells this repetition of its setting from the others."""
        settings = flatten(self.config.to_plain())
        return {name: settings[name] for name in REPEATS if name in settings}


@dataclass(frozen=True)
class Setting:
    """Tasks that differ only in what repeats them.

    Parameters
    ----------
    values : dict
        The parameters that the sweep varies, without the repetitions.
    tasks : tuple of Task
    """

    values: dict[str, Any]
    tasks: tuple[Task, ...]


class Planner:
    """Makes tasks; data and devices are loaded once each.

    Parameters
    ----------
    sweep : SweepFile
    """

    def __init__(self, sweep: SweepFile) -> None:
        self._sweep = sweep
        self._fingerprint = cache(lambda source: load(source).fingerprint)
        self._device = cache(load_device)

    def settings(self) -> list[Setting]:
        """All settings of a grid or of random points, without those that came twice."""
        points = [{}] if self._sweep.random is None else drawn_points(self._sweep.random)
        grouped: dict[str, tuple[dict[str, Any], dict[str, Task]]] = {}
        for point in points:
            for combination in self._sweep.combinations():
                values = {**point, **combination}
                setting = {name: value for name, value in values.items() if name not in REPEATS}
                _, tasks = grouped.setdefault(json.dumps(setting), (setting, {}))
                task = self.task(values)
                tasks.setdefault(task.id, task)
        return [Setting(values, tuple(tasks.values())) for values, tasks in grouped.values()]

    def setting(self, point: dict[str, Any]) -> Setting:
        """Give a point of a search, repeated at every combination of the grid."""
        tasks = [self.task({**point, **one}) for one in self._sweep.combinations()]
        return Setting(point, tuple({task.id: task for task in tasks}.values()))

    def task(self, values: dict[str, Any]) -> Task:
        """Give the task with these parameters."""
        config = make_config(with_values(self._sweep.base, values))
        config = with_whole_paths(config, whole_path(config.data.source))
        fingerprint = self._fingerprint(config.data.source)
        return Task(identity_of(config, fingerprint, self._device), config, fingerprint)


def drawn_points(draw: Draw) -> list[dict[str, Any]]:
    """Draw the points of ``[random]``; a point depends on the seed and its own number alone."""
    names = list(draw.space)
    points = []
    for number in range(draw.trials):
        words = random_words(derive_key(draw.draw_seed, number, DOMAIN_POINT), len(names))
        shares = [(int(word) + 0.5) / 2**32 for word in words]
        points.append(point_at(draw.space, dict(zip(names, shares, strict=True)).__getitem__))
    return points


def point_at(space: Space, share_of: Callable[[str], float]) -> dict[str, Any]:
    """Give the point at these shares (0 … 1) of the way through each parameter's values."""
    return {
        name: values[int(share_of(name) * len(values))]
        if isinstance(values, tuple)
        else value_at(name, values, share_of(name))
        for name, values in space.items()
    }


def value_at(name: str, values: Range, share: float) -> float | int:
    """Give the value at this share (0 … 1) of the way through a range.

    Examples
    --------
    >>> value_at("rule.margin", Range(low=1, high=100, log=True), 0.5)
    10.0
    >>> value_at("rule.batch", Range(low=32, high=128, step=32), 0.99)
    128
    """
    low, high = values.low, values.high
    step = values.step or (1.0 if is_whole(name) else None)
    if values.log:
        value = float(low * (high / low) ** share)
    elif step is not None:
        value = low + step * math.floor(share * (math.floor((high - low) / step) + 1))
    else:
        value = low + share * (high - low)
    return min(round(value), int(high)) if is_whole(name) else rounded(value, values)


def rounded(value: float, values: Range) -> float:
    """Round a number to what is readable, within its range.

    Examples
    --------
    >>> rounded(1.9550558665754483, Range(low=0.5, high=6))
    1.95506
    """
    return min(max(float(f"{value:.{DIGITS}g}"), values.low), values.high)
