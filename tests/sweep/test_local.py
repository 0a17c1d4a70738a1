"""Sweeps on this machine: nothing is done twice, and no failure ends one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from bitspin.results import ResultStore
from bitspin.results.claims import VOID_SECONDS
from bitspin.run import fit
from bitspin.sweep import SweepProgress, plan_sweep
from bitspin.sweep.complete import complete
from bitspin.sweep.perform import perform
from bitspin.sweep.summary import summarise

SEEDS = {"grid": {"seed": [0, 1, 2, 3]}}


def test_results_are_those_of_single_runs_and_are_not_done_twice(write_sweep, store, here_pool):
    plan = plan_sweep(write_sweep(grid={"seed": [0, 1], "rule": {"margin": [1.0, 2.0]}}))
    pool = here_pool(store)
    complete(plan.tasks, store, pool, SweepProgress())
    assert sorted(pool.done) == sorted(task.id for task in plan.tasks)
    for task in plan.tasks:
        record = store.get(task.id)
        alone = fit(task.config, threads=1)
        assert record.result.test_accuracy == alone.test_accuracy
        assert [epoch.flips for epoch in record.epochs] == [epoch.flips for epoch in alone.epochs]
        assert record.config == task.config.to_plain()
        assert record.environment.command == "a test"
    again = here_pool(store)
    complete(plan.tasks, store, again, SweepProgress())
    assert again.done == []


def test_a_sweep_that_grows_does_only_what_is_new(write_sweep, store, here_pool):
    for seeds, new in (([0, 1], 2), ([0, 1, 2], 1)):
        pool = here_pool(store)
        complete(plan_sweep(write_sweep(grid={"seed": seeds})).tasks, store, pool, SweepProgress())
        assert len(pool.done) == new


def test_a_task_that_another_is_at_work_on_is_left_to_it(write_sweep, store):
    [task] = plan_sweep(write_sweep(grid={"seed": [0]})).tasks
    claim = store.claims.take(task.id)
    with claim:
        assert perform(task, store, 1, "").kind == "busy"
    assert perform(task, store, 1, "").kind == "done"
    assert perform(task, store, 1, "").kind == "found"


def test_a_task_is_taken_over_from_a_machine_that_fell_silent(write_sweep, store, here_pool):
    tasks = plan_sweep(write_sweep(grid={"seed": [0, 1]})).tasks
    claim = store.path / "claims" / tasks[0].id
    claim.write_text(json.dumps(["another machine", 1, "123"]))
    long_ago = time.time() - VOID_SECONDS - 5
    silence = threading.Timer(0.3, os.utime, (claim, (long_ago, long_ago)))
    silence.start()
    pool = here_pool(store)
    complete(tasks, store, pool, SweepProgress())
    silence.join()
    assert pool.done == [tasks[1].id, tasks[0].id]


def test_the_price_of_an_array_is_recorded(write_sweep, base, store, here_pool):
    path = write_sweep(
        base={**base, "array": {"kind": "mram"}},
        grid={"array": {"read_noise": [0.0, 2.0]}},
        objectives=["accuracy", "energy_j"],
    )
    plan = plan_sweep(path)
    complete(plan.tasks, store, here_pool(store), SweepProgress())
    summary = summarise(plan.settings, plan.sweep.objectives, store)
    for row, task in zip(summary.rows, plan.tasks, strict=True):
        assert row.figures["energy_j"].mean == store.get(task.id).costs[0]["energy_j"] > 0


def test_data_that_changed_under_way_are_noticed(write_sweep, base, store, images, tmp_path):
    [task] = plan_sweep(write_sweep(grid={"seed": [0]})).tasks
    other = type(task)(task.id, task.config, "0" * 64)
    outcome = perform(other, store, 1, "")
    assert outcome.kind == "failed"
    assert "got other content" in outcome.reason


# ---- the command ---------------------------------------------------------------------------------


def test_the_command_runs_lists_and_resumes(write_sweep, sweep_here, tmp_path):
    path = write_sweep(grid={"seed": [0, 1, 2], "rule.margin": [1.0, 2.0]})
    _, out, _ = sweep_here(path, "--list", "--json")
    assert [task["done"] for task in json.loads(out)["tasks"]] == [False] * 6
    assert not (tmp_path / "sweeps").exists()
    code, out, err = sweep_here(path, "--workers", 2, "--json")
    assert (code, err) == (0, "")
    first = json.loads(out)
    assert [row["values"] for row in first["settings"]] == [
        {"rule.margin": 1.0},
        {"rule.margin": 2.0},
    ]
    assert sum(len(row["ids"]) for row in first["settings"]) == 6
    before = {file: file.read_bytes() for file in (tmp_path / "sweeps").rglob("*.json")}
    code, out, err = sweep_here(path)
    assert code == 0
    assert "runs" in out
    assert "6/6" in err
    assert {file: file.read_bytes() for file in (tmp_path / "sweeps").rglob("*.json")} == before
    _, out, _ = sweep_here(path, "--workers", 1, "--json")
    assert json.loads(out) == first
    _, out, _ = sweep_here(path, "--list")
    assert "6 tasks, 0 of them to do" in out


def test_a_failure_is_recorded_and_the_sweep_goes_on(write_sweep, base, sweep_here, tmp_path):
    network = {"hidden": [8], "code": "hadamard"}
    path = write_sweep(
        base={**base, "network": network}, grid={"network": {"code_length": [20, 15, 31]}}
    )
    code, out, _ = sweep_here(path, "--out", "results", "--json")
    assert code == 1
    found = json.loads(out)
    assert [row["values"]["network.code_length"] for row in found["settings"]] == [15, 31]
    [failure] = found["failures"]
    assert failure["values"] == {"network.code_length": 20, "seed": 0}
    assert "got 20, expected one of" in failure["reason"]
    [record] = ResultStore.open(tmp_path / "results").failures()
    assert (record.id, record.failure) == (failure["id"], failure["reason"])
    code, out, err = sweep_here(path, "--out", "results")
    assert code == 1
    assert "failed tasks: 1;" in err
    assert "network.code_length = 20, seed = 0: " in err
    assert "got 20, expected one of" in err
    assert "Traceback" not in out + err


def test_ctrl_c_is_clean_and_keeps_what_is_done(write_sweep, base, start_sweep, tmp_path):
    path = write_sweep(base={**base, "epochs": 50}, grid={"seed": list(range(2000))})
    process = start_sweep(path, "--out", "my results")
    records = tmp_path / "my results" / "records"
    deadline = time.monotonic() + 60
    while not (records.exists() and any(records.glob("*.json"))):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers, too
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Traceback" not in out + err
    assert "go on with: bitspin sweep" in err
    assert "'my results'" in err
    assert ResultStore.open(tmp_path / "my results").records()


def test_two_sweeps_share_one_folder(write_sweep, base, start_sweep, tmp_path, outcome_of):
    path = write_sweep(base={**base, "epochs": 20}, grid={"seed": list(range(60))})
    processes = [start_sweep(path, "--out", "results", "--json", "--workers", 2) for _ in "ab"]
    first, second = map(outcome_of, processes)
    assert first == second
    store = ResultStore.open(tmp_path / "results")
    assert len(store.records()) == 60
    assert list((tmp_path / "results" / "claims").iterdir()) == []


DEADLY = """
import os
from bitspin.cli.app import main
from bitspin.results import ResultStore
from bitspin.results.claims import VOID_SECONDS
from bitspin.sweep import local
harmless = local.perform_here
def deadly(task, store, threads, command):
    if task.config.seed == 1:
        ResultStore.open(store).claims.take(task.id)
        os.kill(os.getpid(), 9)
    return harmless(task, store, threads, command)
local.perform_here = deadly
if __name__ == "__main__":
    main()
"""

STILLBORN = """
import os
from bitspin.cli.app import main
from bitspin.sweep import local
local.begin_worker = lambda parent: os._exit(1)
if __name__ == "__main__":
    main()
"""


def run_script(script: str, tmp_path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, "sweep", *map(str, arguments)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_task_that_kills_its_process_is_found_out(write_sweep, tmp_path):
    done = run_script(DEADLY, tmp_path, write_sweep(**SEEDS), "--workers", 2, "--json")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert [len(row["ids"]) for row in found["settings"]] == [3]
    [failure] = found["failures"]
    assert failure["values"] == {"seed": 1}
    assert "died 3 times" in failure["reason"]


def test_workers_that_never_live_are_given_up(write_sweep, tmp_path):
    done = run_script(STILLBORN, tmp_path, write_sweep(**SEEDS), "--workers", 1, "--quiet")
    assert done.returncode == 2
    assert "died before they began a task" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--workers", 0), "--workers: got 0"),
        (("--threads", 0), "threads: got 0"),
        (("--workers", 2, "--scheduler", "tcp://127.0.0.1:1"), "together with --scheduler"),
        (("--out", "newer"), "newer version"),
        (("--out", "thesis"), "chapter.tex"),
    ],
)
def test_bad_options(arguments, reason, write_sweep, sweep_here, tmp_path):
    (tmp_path / "newer").mkdir()
    (tmp_path / "newer" / "store.json").write_text('{"format": "bitspin-results", "version": 2}')
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").touch()
    code, out, err = sweep_here(write_sweep(**SEEDS), *arguments)
    assert (code, out) == (2, "")
    assert reason in err
    assert err.count("\n") == 1
