"""Read runs with all that the page tells about them; what cannot be had is said, not left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bitspin.array import IdealArray
from bitspin.bits import resolve_threads
from bitspin.cost import CostBreakdown
from bitspin.data import Dataset, load
from bitspin.errors import BitspinError, ValidityError
from bitspin.report.parts import Missing
from bitspin.results import Environment, RunFolder, is_result_store
from bitspin.run import Run, load_run
from bitspin.run.price import read_costs
from bitspin.run.reading import Reading, load_training_data, read_test_set
from bitspin.run.wear import count_wear
from bitspin.train.bnn_rule import BnnRule

__all__ = ["ReportedRun", "gather"]

Wear = tuple[NDArray[np.uint32], ...]


@dataclass(frozen=True, eq=False)
class ReportedRun:
    """A run, and what was found out about it.

    Parameters
    ----------
    name : str
        Of its folder, unique on the page.
    run : Run
    environment : Environment
    costs : tuple of CostBreakdown or Missing
    dataset : Dataset or Missing
        Before any samples were held out: many runs share it.
    reading : Reading or Missing
        Its answers to the test set.
    wear : tuple of ndarray of shape (N, K), uint32, or Missing
        Write pulses of each cell, of each layer.
    """

    name: str
    run: Run
    environment: Environment
    costs: tuple[CostBreakdown, ...] | Missing
    dataset: Dataset | Missing
    reading: Reading | Missing
    wear: Wear | Missing

    @property
    def path(self) -> Path:
        """Its folder."""
        assert self.run.folder is not None  # `gather` loads runs from folders
        return self.run.folder.path


@dataclass
class Shelf:
    """Data sets that are loaded already: many runs share one."""

    loaded: dict[str, Dataset] = field(default_factory=dict)

    def training_data(self, run: Run, fingerprint: str) -> Dataset:
        """Load the data of a run."""
        source = run.config.data.source
        if source not in self.loaded:
            self.loaded[source] = load(source)
        return load_training_data(run, fingerprint, self.loaded[source])


def gather(
    paths: Sequence[Path],
    *,
    wear: bool = False,
    threads: int | None = None,
    on_run: Callable[[str], None] | None = None,
) -> tuple[ReportedRun, ...]:
    """Read runs from their folders.

    Parameters
    ----------
    paths : sequence of Path
    wear : bool
        Train each run once more to count the pulses of each cell.
    threads : int, optional
    on_run : callable, optional
        Gets the name of each run before it is read.

    Raises
    ------
    StoreError
        If there is no run, or it is damaged.
    ValidityError
        If a run is named twice, or is none but a sweep; or if `threads` is out of range.
    """
    threads = resolve_threads(threads)
    names = unique_names(paths)
    shelf = Shelf()
    gathered = []
    for path, name in zip(paths, names, strict=True):
        if on_run is not None:
            on_run(name)
        gathered.append(gather_one(path, name, shelf, wear, threads))
    return tuple(gathered)


def unique_names(paths: Sequence[Path]) -> list[str]:
    """Name each run after its folder, or its whole path where that is not unique."""
    whole = [path.resolve() for path in paths]
    for path in whole:
        if whole.count(path) > 1:
            raise ValidityError(
                f"report: got the run {path} twice, expected each once; leave one out"
            )
    names = [path.name for path in whole]
    return [
        name if names.count(name) == 1 else str(path)
        for name, path in zip(names, whole, strict=True)
    ]


def gather_one(path: Path, name: str, shelf: Shelf, wear: bool, threads: int | None) -> ReportedRun:
    """Read one run."""
    if is_result_store(path):
        raise ValidityError(
            f"report: got {path}, the results of a sweep, expected a run; give it with --sweep"
        )
    run = load_run(path)
    environment = RunFolder(path).read_environment()
    trained_on = find_dataset(shelf, run, environment.data_fingerprint)
    missing = isinstance(trained_on, Missing)
    return ReportedRun(
        name=name,
        run=run,
        environment=environment,
        costs=find_costs(run, path),
        dataset=trained_on if missing else shelf.loaded[run.config.data.source],
        reading=find_reading(run, trained_on, threads),
        wear=find_wear(run, trained_on, wear, threads),
    )


def find_dataset(shelf: Shelf, run: Run, fingerprint: str) -> Dataset | Missing:
    """Load the data, which may have moved since."""
    try:
        return shelf.training_data(run, fingerprint)
    except BitspinError as error:
        return Missing(f"The data of this run cannot be read: {error}, and report again.")


def find_reading(run: Run, dataset: Dataset | Missing, threads: int | None) -> Reading | Missing:
    """Read the test set again."""
    if isinstance(dataset, Missing):
        return dataset
    try:
        return read_test_set(run, dataset, threads)
    except BitspinError as error:
        return Missing(f"{error}.")


def find_wear(
    run: Run, dataset: Dataset | Missing, asked: bool, threads: int | None
) -> Wear | Missing:
    """Count the pulses of each cell, if that is asked for."""
    if isinstance(run.config.rule, BnnRule):
        return Missing("The regular BNN keeps float weights and sends no write pulses.")
    if not asked:
        return Missing(
            "A run keeps no history of single cells. With --wear, bitspin report trains the run "
            "once more from its seed and counts the pulses of each cell."
        )
    if isinstance(dataset, Missing):
        return dataset
    try:
        return count_wear(run, dataset, threads)
    except BitspinError as error:
        return Missing(f"{error}.")


def find_costs(run: Run, path: Path) -> tuple[CostBreakdown, ...] | Missing:
    """Read what the run cost, if it was made in an array that has prices."""
    if isinstance(run.config.array, IdealArray):
        return Missing(
            "An ideal array has no price. Train with --array mram to count and price every event."
        )
    if run.result is None:
        return Missing(
            "Energy is priced when training ends; continue it with bitspin train --resume."
        )
    return read_costs(RunFolder(path))
