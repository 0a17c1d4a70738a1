"""One task in a worker: claim it, train, keep the result."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from bitspin.bits import resolve_backend
from bitspin.config import NetworkConfig, RunConfig
from bitspin.data import Dataset, load
from bitspin.errors import BitspinError, DataError
from bitspin.results import Environment, ResultStore, RunRecord, describe_environment
from bitspin.run import Progress
from bitspin.run.prepare import Prepared, load_dataset, prepare
from bitspin.run.record import failure_of, record_of
from bitspin.run.start import train_from_start
from bitspin.sweep.tasks import Task

__all__ = ["Outcome", "bits_of", "compute", "determining_bits", "ended", "perform"]

# Data sets, and their bits, that a worker keeps from one task to the next.
KEPT = 2


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    Parameters
    ----------
    id : str
    kind : {"done", "found", "failed", "busy", "crashed"}
        Done here; found done by somebody else; failed for a reason; somebody else is at work on
        it; the process that worked on it died.
    reason : str or None
        Of a failure, in one line.
    record : RunRecord or None
        A result or failure that is still to be kept.
    """

    id: str
    kind: Literal["done", "found", "failed", "busy", "crashed"]
    reason: str | None = None
    record: RunRecord | None = None


def perform(task: Task, store: ResultStore, threads: int, command: str) -> Outcome:
    """Do a task unless its result is there, or somebody else is at work on it.

    Parameters
    ----------
    task : Task
    store : ResultStore
        Where the result is looked for and kept.
    threads : int
        Of the training.
    command : str
        That started the sweep; it is noted with the result.
    """
    if store.has(task.id):
        return Outcome(task.id, "found")
    claim = store.claims.take(task.id)
    if claim is None:
        return Outcome(task.id, "busy")
    with claim:
        # Somebody may have finished it between our look and our claim.
        if store.has(task.id):
            return Outcome(task.id, "found")
        record = compute(task, threads, command)
        store.put(record)
    return ended(record)


def ended(record: RunRecord, hand_back: bool = False) -> Outcome:
    """Say what a record means, and hand it back if it is not kept yet."""
    kind: Literal["done", "failed"] = "done" if record.failure is None else "failed"
    return Outcome(record.id, kind, record.failure, record if hand_back else None)


def compute(task: Task, threads: int, command: str) -> RunRecord:
    """Train; what goes wrong is recorded, lest one bad setting end a sweep."""
    environment = describe_environment(resolve_backend(), threads, task.data_fingerprint)
    environment = environment.model_copy(update={"command": command})
    started = time.perf_counter()
    try:
        return train(task, environment, started)
    except Exception as error:
        reason = " ".join(str(error).split())
        if not isinstance(error, BitspinError):
            reason = f"{type(error).__name__}: {reason}"
        seconds = time.perf_counter() - started
        return failure_of(task.config, task.id, environment, reason, seconds)


def train(task: Task, environment: Environment, started: float) -> RunRecord:
    """Train a task's network from the start."""
    run = train_from_start(
        task.config,
        bits_of(task),
        None,
        environment.threads,
        environment.backend,
        Progress(),
        cost_table=None,
    )
    return record_of(run, task.id, environment, time.perf_counter() - started)


# Threads of one worker wait for each other here rather than encode the same data twice.
encoding = threading.Lock()


def bits_of(task: Task) -> Prepared:
    """Give the data of a task as bits; they are kept for the next task that needs the same.

    Raises
    ------
    DataError
        If the data here are not those of the machine that planned the sweep.
    """
    with encoding:
        check_same_data(task)
        return prepared_bits(determining_bits(task.config))


def determining_bits(config: RunConfig) -> RunConfig:
    """Leave only what the bits depend on."""
    network = NetworkConfig(code=config.network.code, code_length=config.network.code_length)
    seed = config.seed if config.data.validation else 0
    return RunConfig(data=config.data, network=network, seed=seed)


def check_same_data(task: Task) -> None:
    """Raise `DataError` if the data differ from those that were planned with."""
    source = task.config.data.source
    found = data_of(source).fingerprint
    if found != task.data_fingerprint:
        raise DataError(
            f"data '{source}': got other content (fingerprint {found[:12]}) than when the sweep "
            f"was started ({task.data_fingerprint[:12]}); restore the data, or start anew"
        )


@lru_cache(maxsize=KEPT)
def data_of(source: str) -> Dataset:
    """Load a data set once."""
    return load(source)


@lru_cache(maxsize=KEPT)
def prepared_bits(config: RunConfig) -> Prepared:
    """Encode a data set once."""
    return prepare(config, load_dataset(config, data_of(config.data.source)))
