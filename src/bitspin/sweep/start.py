"""From a sweep file to a summary: what every door calls."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bitspin.bits import default_threads, resolve_threads
from bitspin.errors import BackendError, ValidityError
from bitspin.results import ResultStore
from bitspin.results.files import folder_of
from bitspin.sweep.complete import complete
from bitspin.sweep.progress import SweepProgress
from bitspin.sweep.read import read_sweep_file
from bitspin.sweep.search import search_settings
from bitspin.sweep.summary import Summary, summarise
from bitspin.sweep.sweep_file import SweepFile
from bitspin.sweep.tasks import Planner, Setting, Task

__all__ = ["Plan", "plan_sweep", "run_sweep"]


@dataclass(frozen=True, eq=False)
class Plan:
    """A sweep with its tasks.

    Parameters
    ----------
    sweep : SweepFile
    planner : Planner
    settings : tuple of Setting
        Empty for a search, which makes its settings as it goes.
    """

    sweep: SweepFile
    planner: Planner
    settings: tuple[Setting, ...]

    @property
    def tasks(self) -> list[Task]:
        """All tasks that are known beforehand."""
        return [task for setting in self.settings for task in setting.tasks]

    @property
    def task_count(self) -> int:
        """How many tasks there will be."""
        return len(self.tasks) if self.sweep.search is None else self.sweep.task_count


def plan_sweep(path: str | os.PathLike[str]) -> Plan:
    """Read a sweep file and make its tasks; nothing is run.

    Raises
    ------
    ValidityError, DataError
        One line for the first thing that is wrong with the file, a configuration or the data.
    """
    sweep = read_sweep_file(Path(path))
    planner = Planner(sweep)
    settings = () if sweep.search is not None else tuple(planner.settings())
    return Plan(sweep, planner, settings)


def run_sweep(
    plan: Plan,
    out: str | os.PathLike[str],
    *,
    workers: int | None = None,
    threads: int = 1,
    scheduler: str | None = None,
    progress: SweepProgress | None = None,
) -> Summary:
    """Do what is missing of a sweep.

    Parameters
    ----------
    plan : Plan
    out : path
        Results folder. What it holds is not done again; several sweeps may share it.
    workers : int, optional
        Processes on this machine. Default: one for each processor over `threads`.
    threads : int
        Of each task, 1 … 1024; no result depends on it.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers then do the tasks.
    progress : SweepProgress, optional

    Returns
    -------
    Summary

    Raises
    ------
    ValidityError, BackendError, StoreError
        One clear line each. A task that fails raises nothing: the summary has its reason.
    """
    threads = resolve_threads(threads)
    workers = check_workers(workers, threads, scheduler)
    progress = progress or SweepProgress()
    store = ResultStore.create(folder_of(out))
    store.remove_old_parts()
    settings = list(plan.settings)
    with pool_of(store, workers, threads, scheduler) as pool:
        progress.begin(plan.task_count)
        try:
            if plan.sweep.search is None:
                complete(plan.tasks, store, pool, progress)
            else:
                settings = search_settings(
                    plan.sweep.search,
                    plan.sweep.objectives,
                    plan.planner,
                    store,
                    lambda tasks: complete(tasks, store, pool, progress),
                )
        finally:
            progress.end()
    return summarise(settings, plan.sweep.objectives, store)


def check_workers(workers: int | None, threads: int, scheduler: str | None) -> int:
    """Resolve the number of workers."""
    if workers is None:
        return max(1, default_threads() // threads)
    if scheduler is not None:
        raise ValidityError(
            "--workers: got it together with --scheduler, expected one of them; the cluster has "
            "its own workers"
        )
    if not 1 <= workers <= 1024:
        raise ValidityError(
            f"--workers: got {workers}, expected 1 to 1024; leave it out to use all processors"
        )
    return workers


def pool_of(
    store: ResultStore, workers: int, threads: int, scheduler: str | None
) -> AbstractContextManager[Any]:
    """Give the workers: those of a cluster, or processes of this machine."""
    command = shlex.join(sys.argv)
    if scheduler is not None:
        from bitspin.sweep.cluster import ClusterPool

        return ClusterPool(store, scheduler, threads, command)
    try:
        from bitspin.sweep.local import LocalPool
    except ImportError as error:
        raise BackendError(
            f"a sweep needs joblib, which cannot be imported here ({error}); install it with: "
            "pip install 'bitspin[sweep]'"
        ) from error
    return LocalPool(store, workers, threads, command)
