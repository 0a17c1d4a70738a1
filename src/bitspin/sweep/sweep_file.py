"""What a sweep is asked to do: the tables of its TOML file.

``[base]`` is a run's configuration. ``[grid]`` lists values of parameters; every combination is
run. ``[random]`` draws points from ranges and lists, ``[search]`` lets Optuna suggest them; with a
grid beside it each point is run at every combination of the grid.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from bitspin.settings import Settings

__all__ = ["MOST_TASKS", "Draw", "Range", "Search", "Space", "SweepFile"]

# More than anybody means.
MOST_TASKS = 1_000_000


class Table(Settings):
    """Base of the tables: finite numbers."""

    model_config = ConfigDict(allow_inf_nan=False)


class Range(Table):
    """From where to where a parameter is drawn.

    Parameters
    ----------
    low, high : float
        Both belong to it; low < high.
    log : bool
        Equal ratios are equally likely, rather than equal differences. low > 0.
    step : float or None
        Only low, low + step, …; not with `log`.
    """

    model_config = ConfigDict(strict=True)  # "3" is no number

    low: float
    high: float
    log: bool = False
    step: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _consistent(self) -> Range:
        if self.low >= self.high:
            raise ValueError(f"low < high, got low = {self.low:g} and high = {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"low > 0 with log, got low = {self.low:g}")
        if self.log and self.step is not None:
            raise ValueError("log or step, got both")
        if self.step is not None and self.step > self.high - self.low:
            raise ValueError(f"step <= high - low, got step = {self.step:g}")
        return self


Space = dict[str, Range | tuple[Any, ...]]
"""Of each parameter a range, or a list of values."""


class Draw(Table):
    """``[random]``: points drawn independently.

    Parameters
    ----------
    trials : int
        How many points.
    draw_seed : int
        Of the draws; the same seed gives the same points.
    space : dict
        The other keys of the table.
    """

    trials: int = Field(ge=1, le=MOST_TASKS, strict=True)
    draw_seed: int = Field(default=0, ge=0, lt=2**63)
    space: Space = Field(min_length=1)


class Search(Table):
    """``[search]``: points that Optuna suggests from the results of earlier ones.

    Parameters
    ----------
    trials : int
    draw_seed : int
        Of the sampler, below 2**32.
    sampler : {"tpe", "nsga2"}
        Tree-structured Parzen estimator, or the genetic algorithm NSGA-II.
    batch : int
        Points that are suggested at once. They run in parallel, and the next ones are suggested
        when all are done, so that the search does not depend on which is done first.
    space : dict
        The other keys of the table.
    """

    trials: int = Field(ge=1, le=MOST_TASKS, strict=True)
    draw_seed: int = Field(default=0, ge=0, lt=2**32)
    sampler: Literal["tpe", "nsga2"] = "tpe"
    batch: int = Field(default=8, ge=1, le=1000)
    space: Space = Field(min_length=1)


class SweepFile(Table):
    """A sweep.

    Parameters
    ----------
    base : dict
        A run's configuration, as plain values.
    grid : dict
        Lists of values by parameter.
    random : Draw or None
    search : Search or None
    objectives : tuple of str
        Names in `bitspin.results.QUANTITIES`: what is shown, ranked and searched for.
    """

    base: dict[str, Any] = Field(default={})
    grid: dict[str, tuple[Any, ...]] = Field(default={})
    random: Draw | None = None
    search: Search | None = None
    objectives: tuple[str, ...] = Field(default=("accuracy",), min_length=1)

    def combinations(self) -> list[dict[str, Any]]:
        """Every combination of the grid, the last parameter changing first."""
        return [
            dict(zip(self.grid, values, strict=True))
            for values in itertools.product(*self.grid.values())
        ]

    @property
    def points(self) -> int:
        """How many points are drawn or suggested; 1 for a grid alone."""
        drawn = self.random or self.search
        return 1 if drawn is None else drawn.trials

    @property
    def task_count(self) -> int:
        """Runs in all, if no point is drawn twice."""
        return self.points * math.prod(len(values) for values in self.grid.values())
