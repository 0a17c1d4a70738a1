"""Workers of a Dask cluster; they need Bitspin and the data, but no view of the results folder."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from bitspin.errors import BackendError, StoreError
from bitspin.results import ResultStore
from bitspin.sweep.perform import Outcome, compute, ended, perform
from bitspin.sweep.tasks import Task

__all__ = ["ClusterPool"]

CONNECT_SECONDS = 10
# A cluster may have to start its first worker.
WORKER_SECONDS = 30


class ClusterPool:
    """A Dask cluster that does tasks; a context that takes leave of it.

    Dask hands a task whose worker died to another one by itself.

    Parameters
    ----------
    store : ResultStore
    scheduler : str
        Address, such as ``tcp://127.0.0.1:8786``.
    threads : int
        Of each task.
    command : str
        Noted with each result.

    Raises
    ------
    BackendError
        If Dask is not installed, the scheduler does not answer, or it has no worker.
    """

    def __init__(self, store: ResultStore, scheduler: str, threads: int, command: str) -> None:
        self._arguments = (str(store.path.resolve()), store.name, threads, command)
        self._scheduler = scheduler
        try:
            from distributed import Client
        except ImportError as error:
            raise BackendError(
                f"--scheduler needs Dask, which cannot be imported here ({error}); install it "
                "with: pip install 'bitspin[sweep]'"
            ) from error
        # It reports a scheduler that is gone with a traceback; `run` says it in a line.
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        try:
            # A client that cannot connect complains once more when it is thrown away.
            asyncio.run(knock(scheduler))
            self._client: Any = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
        except Exception as error:  # whatever the protocol of the address raises
            reason = " ".join(str(error).split())
            raise BackendError(
                f"--scheduler {scheduler}: got no answer ({reason}), expected a Dask scheduler; "
                "start one with 'dask scheduler', or correct the address"
            ) from error

    def __enter__(self) -> ClusterPool:
        try:
            self._client.wait_for_workers(1, timeout=WORKER_SECONDS)
        except TimeoutError as error:
            self._client.close()
            raise BackendError(
                f"--scheduler {self._scheduler}: got no worker within {WORKER_SECONDS} s, expected "
                f"at least one; start some with 'dask worker {self._scheduler}'"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Do tasks; give each one's outcome as it comes.

        Raises
        ------
        BackendError
            If the scheduler is gone, or a worker cannot do tasks.
        """
        from distributed import KilledWorker, as_completed

        # Dask takes an equal key for an equal task, and one of ours may come again.
        handed = {
            self._client.submit(
                perform_there, task, *self._arguments, key=f"{task.id}-{uuid.uuid4().hex}"
            ): task
            for task in tasks
        }
        completed = as_completed(list(handed), loop=self._client.loop)
        for future in completed:
            if future.status in ("lost", "pending"):
                # The worker died with its result before we looked: the scheduler does it again.
                completed.add(future)
                continue
            task = handed.pop(future)
            if future.status == "finished":
                yield future.result()
            elif future.status != "error":
                raise BackendError(
                    f"--scheduler {self._scheduler}: got no answer any more, expected outcomes of "
                    f"{1 + len(handed)} tasks; start it again, and then this sweep: what is done "
                    "is kept"
                )
            elif isinstance(error := future.exception(), KilledWorker):
                yield Outcome(task.id, "crashed")
            else:
                raise BackendError(
                    f"--scheduler {self._scheduler}: got '{error!r}' from a worker, expected the "
                    "outcome of a task; install this release of Bitspin there"
                )


async def knock(scheduler: str) -> None:
    """Connect to a scheduler, and hang up."""
    from distributed.comm import connect
    from distributed.security import Security

    arguments = Security().get_connection_args("client")
    comm = await connect(scheduler, timeout=CONNECT_SECONDS, **arguments)
    await comm.close()


def perform_there(task: Task, path: str, name: str, threads: int, command: str) -> Outcome:
    """Do a task in a worker; where it does not see the results folder, hand the record back."""
    try:
        store = ResultStore.open(Path(path))
    except StoreError:
        store = None
    if store is not None and store.name == name:
        return perform(task, store, threads, command)
    return ended(compute(task, threads, command), hand_back=True)
