"""Seeing to it that every task ends in a record: a result, or the reason why there is none."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Protocol

from bitspin.results import ResultStore, describe_environment
from bitspin.run.record import failure_of
from bitspin.sweep.perform import Outcome, determining_bits
from bitspin.sweep.progress import SweepProgress
from bitspin.sweep.tasks import Task

__all__ = ["Pool", "complete"]

# A task that was at work when its process died so many times, the last time alone, is to blame.
MOST_CRASHES = 3
BUSY_LOOK_SECONDS = 0.5


class Pool(Protocol):
    """Who does tasks."""

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Do tasks; give each one's outcome as it comes."""


def complete(
    tasks: Iterable[Task], store: ResultStore, pool: Pool, progress: SweepProgress
) -> None:
    """Do all tasks whose results are not there.

    A task that another sweep is at work on is left to it, and taken over if that one dies. A task
    whose process dies is tried again, then alone, and at last recorded as a failure. A failure
    recorded by an earlier sweep is tried again.
    """
    known = {task.id: task for task in tasks}
    missing = [task for task in known.values() if not store.has(task.id)]
    progress.found(len(known) - len(missing))
    crashes: Counter[str] = Counter()
    waiting = in_order_of_data(missing)
    while waiting:
        busy: list[Task] = []
        crashed: list[Task] = []
        for outcome in in_rounds(waiting, pool, crashes):
            task = known[outcome.id]
            if outcome.record is not None:
                store.put(outcome.record)
            if outcome.kind == "busy":
                busy.append(task)
            elif outcome.kind == "crashed":
                crashes[task.id] += 1
                if crashes[task.id] < MOST_CRASHES:
                    crashed.append(task)
                else:
                    progress.ended(give_up(task, store))
            elif outcome.kind == "found":
                progress.found(1)
            else:
                progress.ended(outcome)
        waiting = crashed + busy
        if not crashed:
            wait_while_busy(busy, store)


def in_order_of_data(tasks: list[Task]) -> list[Task]:
    """Put tasks on the same bits one after another, for a worker keeps only the last ones."""
    places: dict[object, int] = {}
    for task in tasks:
        places.setdefault(determining_bits(task.config), len(places))
    return sorted(tasks, key=lambda task: places[determining_bits(task.config)])


def in_rounds(tasks: list[Task], pool: Pool, crashes: Counter[str]) -> Iterator[Outcome]:
    """Run together what may run together, and each task that crashed twice by itself."""
    suspects = [task for task in tasks if crashes[task.id] == MOST_CRASHES - 1]
    yield from pool.run([task for task in tasks if task not in suspects])
    for task in suspects:
        yield from pool.run([task])


def give_up(task: Task, store: ResultStore) -> Outcome:
    """Record that a task kills its process."""
    reason = (
        f"its process died {MOST_CRASHES} times, at last while it ran alone; perhaps memory ran out"
    )
    environment = describe_environment("", 0, task.data_fingerprint)
    store.put(failure_of(task.config, task.id, environment, reason, 0.0))
    return Outcome(task.id, "failed", reason)


def wait_while_busy(tasks: list[Task], store: ResultStore) -> None:
    """Wait until there is something to do for one of the tasks that others are at work on."""
    while tasks and all(
        store.claims.is_taken(task.id) and not store.has(task.id) for task in tasks
    ):
        time.sleep(BUSY_LOOK_SECONDS)
