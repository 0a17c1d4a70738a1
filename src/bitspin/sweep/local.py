"""Workers on this machine: processes of joblib's loky, replaced when one of them dies.

`joblib.Parallel` would raise then, and not tell which tasks were out; its executor does.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from types import TracebackType

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import BrokenProcessPool

from bitspin.errors import BackendError
from bitspin.results import ResultStore
from bitspin.sweep.perform import Outcome, perform
from bitspin.sweep.tasks import Task

__all__ = ["LocalPool"]

# Tasks handed out beyond those at work, so that no worker waits for us.
AHEAD = 1
# Pools in a row whose workers die before they begin a task.
MOST_STILLBORN = 3
PARENT_LOOK_SECONDS = 0.5
# Libraries beside our core that would start threads of their own.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class LocalPool:
    """Processes that do tasks; a context that ends them.

    Parameters
    ----------
    store : ResultStore
        The workers keep their results there themselves, so none is lost with its worker.
    workers : int
    threads : int
        Of each task.
    command : str
        Noted with each result.
    """

    def __init__(self, store: ResultStore, workers: int, threads: int, command: str) -> None:
        self._store = store
        self._workers = workers
        self._threads = threads
        self._command = command
        self._executor: ProcessPoolExecutor | None = None
        self._stillborn = 0

    def __enter__(self) -> LocalPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Do tasks; give each one's outcome as it comes.

        loky gives a whole pool up when one of its processes dies. Tasks that were at work then
        have crashed; those that only waited go to the next pool.
        """
        waiting = deque(tasks)
        running: dict[Future[Outcome], Task] = {}
        while waiting or running:
            try:
                yield from self._run_until_broken(waiting, running)
            except BrokenProcessPool:
                self._stop()
                outcomes = [self._after_the_break(task) for task in running.values()]
                waiting.extendleft(
                    task
                    for task, outcome in zip(running.values(), outcomes, strict=True)
                    if outcome is None
                )
                running.clear()
                found = [outcome for outcome in outcomes if outcome is not None]
                self._count_stillborn(begun=bool(found))
                yield from found

    def _run_until_broken(
        self, waiting: deque[Task], running: dict[Future[Outcome], Task]
    ) -> Iterator[Outcome]:
        while waiting or running:
            executor = self._started()
            while waiting and len(running) < self._workers + AHEAD:
                task = waiting.popleft()
                arguments = (task, self._store.path, self._threads, self._command)
                try:
                    running[executor.submit(perform_here, *arguments)] = task
                except BaseException:
                    waiting.appendleft(task)
                    raise
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                outcome = future.result()
                del running[future]
                self._stillborn = 0
                yield outcome

    def _after_the_break(self, task: Task) -> Outcome | None:
        """Say what became of a task that was handed to a broken pool; None if it only waited."""
        if self._store.has(task.id):
            return Outcome(task.id, "found")
        crashed = self._store.claims.is_void(task.id)
        return Outcome(task.id, "crashed") if crashed else None

    def _count_stillborn(self, begun: bool) -> None:
        self._stillborn = 0 if begun else self._stillborn + 1
        if self._stillborn >= MOST_STILLBORN:
            raise BackendError(
                f"workers: got {self._stillborn} pools in a row whose processes died before they "
                "began a task, expected them to live; see what the system says (memory?), or use "
                "fewer --workers"
            )

    def _started(self) -> ProcessPoolExecutor:
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self._workers,
                initializer=begin_worker,
                initargs=(os.getpid(),),
                env=dict.fromkeys(THREAD_VARIABLES, str(self._threads)),
            )
        return self._executor

    def _stop(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, kill_workers=True)
            self._executor = None


def begin_worker(parent: int) -> None:
    """Leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()


def end_with(parent: int) -> None:
    """End this process when its parent is gone; its claim is then void."""
    while os.getppid() == parent:
        time.sleep(PARENT_LOOK_SECONDS)
    os._exit(1)


def perform_here(task: Task, store: Path, threads: int, command: str) -> Outcome:
    """Do a task in a worker."""
    return perform(task, ResultStore.open(store), threads, command)
