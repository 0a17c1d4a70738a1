"""A Dask cluster gives the same table as this machine, even if one of its workers is killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from distributed import LocalCluster

from bitspin.results import ResultStore
from bitspin.sweep import SweepProgress, plan_sweep
from bitspin.sweep.cluster import ClusterPool, perform_there
from bitspin.sweep.complete import complete
from bitspin.sweep.summary import summarise


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def start_dask(tmp_path):
    """Start a part of a cluster in a process of its own; all end with the test."""
    processes = []

    def start(*arguments: object) -> subprocess.Popen[bytes]:
        with (tmp_path / "dask.log").open("ab") as log:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dask", *map(str, arguments), "--no-dashboard"],
                    stdout=log,
                    stderr=log,
                )
            )
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def cluster(start_dask, tmp_path):
    """Address of a scheduler on loopback, and its three workers."""
    file = tmp_path / "scheduler.json"
    at = ("--scheduler-file", file)
    start_dask("scheduler", "--host", "127.0.0.1", "--port", 0, *at)
    workers = [
        start_dask(
            *("worker", *at, "--nthreads", 1, "--no-nanny"),
            *("--local-directory", tmp_path / f"worker{number}"),
        )
        for number in range(3)
    ]
    deadline = time.monotonic() + 60
    while not file.exists() or (tmp_path / "dask.log").read_text().count("Registered to") < 3:
        assert time.monotonic() < deadline, (tmp_path / "dask.log").read_text()
        time.sleep(0.05)
    return json.loads(file.read_text())["address"], workers


def test_the_same_table_though_a_worker_is_killed(
    cluster, write_sweep, base, start_sweep, outcome_of, store, here_pool, tmp_path
):
    address, workers = cluster
    path = write_sweep(
        base={**base, "epochs": 60}, grid={"seed": list(range(40)), "rule.margin": [1.0, 2.0, 3.0]}
    )
    process = start_sweep(path, "--out", "there", "--scheduler", address, "--json")
    records = tmp_path / "there" / "records"
    deadline = time.monotonic() + 60
    while len(list(records.glob("*.json"))) < 30:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.005)
    before = {file: file.read_bytes() for file in records.glob("*.json")}
    assert len(before) < 100
    workers[1].kill()
    there = outcome_of(process)
    assert before.items() <= {file: file.read_bytes() for file in records.glob("*.json")}.items()
    plan = plan_sweep(path)
    complete(plan.tasks, store, here_pool(store), SweepProgress())
    here = summarise(plan.settings, plan.sweep.objectives, store)
    assert there["settings"] == json.loads(json.dumps([asdict(row) for row in here.rows]))
    assert there["failures"] == []
    for task in plan.tasks:
        there_result, here_result = (
            one.get(task.id).result.model_dump(exclude={"train_seconds"})
            for one in (ResultStore.open(tmp_path / "there"), store)
        )
        assert there_result == here_result


def test_a_result_that_dies_with_its_worker_before_we_look_is_waited_for(write_sweep, store):
    tasks = plan_sweep(write_sweep(grid={"seed": [0, 1]})).tasks
    with (
        LocalCluster(1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        ClusterPool(store, cluster.scheduler_address, 1, "a test") as pool,
    ):
        outcomes = pool.run(tasks)
        first = next(outcomes)
        # The pool looks at nothing before it is asked for the next outcome.
        futures = list(pool._client.futures.values())
        wait_until(lambda: all(future.status == "finished" for future in futures))
        cluster.scale(0)
        wait_until(lambda: all(future.status == "lost" for future in futures))
        cluster.scale(1)
        second, *more = outcomes
    assert {first.id, second.id} == {task.id for task in tasks}
    # Done again; the first worker had kept the result in the folder.
    assert (first.kind, second.kind, more) == ("done", "found", [])


def test_a_worker_that_does_not_see_the_folder_hands_its_record_back(
    write_sweep, store, tmp_path, here_pool
):
    tasks = plan_sweep(write_sweep(grid={"seed": [0, 1]})).tasks
    outcome = perform_there(tasks[0], str(tmp_path / "not mounted"), store.name, 1, "a test")
    assert outcome.record is not None
    assert not store.has(tasks[0].id)
    # Another folder, that happens to be mounted there, is not ours.
    other = ResultStore.create(tmp_path / "other")
    assert perform_there(tasks[0], str(other.path), store.name, 1, "").record is not None
    assert other.ids() == frozenset()
    # One that sees it keeps it there itself.
    assert perform_there(tasks[1], str(store.path), store.name, 1, "").record is None
    assert store.ids() == {tasks[1].id}

    class RemotePool(here_pool):
        def run(self, tasks):
            for task in tasks:
                yield perform_there(task, str(tmp_path / "not mounted"), store.name, 1, "")

    complete(tasks, store, RemotePool(store), SweepProgress())
    assert store.ids() == {task.id for task in tasks}


def test_an_unreachable_scheduler_is_one_line(write_sweep, sweep_here, monkeypatch):
    monkeypatch.setattr("bitspin.sweep.cluster.CONNECT_SECONDS", 1)
    for address in ("tcp://127.0.0.1:1", "nonsense"):
        code, out, err = sweep_here(write_sweep(grid={"seed": [0]}), "--scheduler", address)
        assert (code, out) == (2, "")
        assert f"--scheduler {address}: got no answer" in err
        assert err.count("\n") == 1


def test_a_cluster_without_workers_is_one_line(start_dask, write_sweep, sweep_here, monkeypatch):
    monkeypatch.setattr("bitspin.sweep.cluster.WORKER_SECONDS", 1)
    file = Path("scheduler.json").absolute()
    start_dask("scheduler", "--host", "127.0.0.1", "--port", 0, "--scheduler-file", file)
    wait_until(file.exists)
    address = json.loads(file.read_text())["address"]
    code, _, err = sweep_here(write_sweep(grid={"seed": [0]}), "--scheduler", address)
    assert code == 2
    assert "got no worker within 1 s" in err
    assert err.count("\n") == 1
