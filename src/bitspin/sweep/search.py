"""Points that Optuna suggests from the results of earlier ones.

The search is a function of the sweep file alone: points are suggested in batches of fixed size, and
results are told in the order of the points, whoever did them and whenever. So a search that was
killed suggests the same points again, and finds their results in the folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from statistics import fmean
from typing import TYPE_CHECKING, Any

from bitspin.errors import BackendError
from bitspin.results import QUANTITIES, ResultStore, quantity
from bitspin.sweep.parameters import is_whole
from bitspin.sweep.sweep_file import Range, Search
from bitspin.sweep.tasks import Planner, Setting, Task, rounded

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

__all__ = ["search_settings"]


def search_settings(
    search: Search,
    objectives: tuple[str, ...],
    planner: Planner,
    store: ResultStore,
    do: Callable[[list[Task]], None],
) -> list[Setting]:
    """Search, and give the settings that were tried, in the order of suggestion.

    Parameters
    ----------
    search : Search
    objectives : tuple of str
        Each is the mean over the setting's tasks.
    planner : Planner
    store : ResultStore
        Where `do` leaves the results.
    do : callable
        Does tasks, and returns when each has a result or a failure.

    Raises
    ------
    BackendError
        If Optuna is not installed.
    """
    study = make_study(search, objectives)
    distributions = {name: distribution(name, values) for name, values in search.space.items()}
    tried: list[Setting] = []
    while len(tried) < search.trials:
        size = min(search.batch, search.trials - len(tried))
        trials = [study.ask(distributions) for _ in range(size)]
        settings = [planner.setting(point_of(search, trial.params)) for trial in trials]
        do([task for setting in settings for task in setting.tasks])
        for trial, setting in zip(trials, settings, strict=True):
            tell(study, trial, mean_objectives(setting, objectives, store))
        tried += settings
    return tried


def make_study(search: Search, objectives: tuple[str, ...]) -> optuna.Study:
    """Make an empty study with the sampler that was asked for."""
    try:
        import optuna
    except ImportError as error:
        raise BackendError(
            f"[search] needs Optuna, which cannot be imported here ({error}); install it with: "
            "pip install 'bitspin[sweep]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    samplers = {"tpe": optuna.samplers.TPESampler, "nsga2": optuna.samplers.NSGAIISampler}
    return optuna.create_study(
        directions=[
            "maximize" if QUANTITIES[name].larger_is_better else "minimize" for name in objectives
        ],
        sampler=samplers[search.sampler](seed=search.draw_seed),
    )


def distribution(name: str, values: Range | tuple[Any, ...]) -> BaseDistribution:
    """Say in Optuna's words from what a parameter is drawn."""
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if isinstance(values, tuple):
        return CategoricalDistribution([json.dumps(value) for value in values])
    if is_whole(name):
        step = int(values.step or 1)
        return IntDistribution(int(values.low), int(values.high), values.log, step)
    return FloatDistribution(values.low, values.high, values.log, values.step)


def point_of(search: Search, suggested: dict[str, Any]) -> dict[str, Any]:
    """Give a suggested point as values of the configuration."""
    point = {}
    for name, values in search.space.items():
        value = suggested[name]
        if isinstance(values, tuple):
            value = json.loads(value)
        elif not is_whole(name):
            value = rounded(value, values)
        point[name] = value
    return point


def mean_objectives(
    setting: Setting, objectives: tuple[str, ...], store: ResultStore
) -> list[float] | None:
    """Means over the setting's tasks; None if one of them failed or lacks a figure."""
    if not all(store.has(task.id) for task in setting.tasks):
        return None
    records = [store.get(task.id) for task in setting.tasks]
    means = []
    for name in objectives:
        values = [quantity(record, name) for record in records]
        found = [value for value in values if value is not None]
        if len(found) < len(values):
            return None
        means.append(fmean(found))
    return means


def tell(study: optuna.Study, trial: optuna.Trial, values: list[float] | None) -> None:
    """Tell the study what came of a trial."""
    from optuna.trial import TrialState

    if values is None:
        study.tell(trial, state=TrialState.FAIL)
    else:
        study.tell(trial, values)
