"""Whatever is killed, and whenever: finished results stay, and the sweep ends as if nothing was."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bitspin.results import ResultStore
from bitspin.sweep import SweepProgress, plan_sweep
from bitspin.sweep.complete import complete
from bitspin.sweep.summary import summarise


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Process ids of a sweep's workers."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            command = (status.parent / "cmdline").read_text()
        except OSError:
            continue  # it has just ended
        if parent == process.pid and "popen_loky" in command:
            found.append(int(status.parent.name))
    return found


def kill(victim: str, process: subprocess.Popen[str], chance: random.Random) -> None:
    """Kill one of the workers, or the sweep itself."""
    if victim == "sweep":
        process.kill()
        process.communicate(timeout=60)
        return
    deadline = time.monotonic() + 60
    while not (workers := workers_of(process)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with suppress(ProcessLookupError):  # it has just been replaced
        os.kill(chance.choice(workers), signal.SIGKILL)


def kept(folder: Path) -> dict[str, bytes]:
    """Finished results, each whole."""
    if not (folder / "store.json").exists():
        return {}
    ids = [record.id for record in ResultStore.open(folder).records()]
    return {identity: (folder / "records" / f"{identity}.json").read_bytes() for identity in ids}


def undisturbed(sweep: Path, folder: Path, pool_class: type[Any]) -> list[dict[str, Any]]:
    """Settings of the same sweep with all tasks done here in turn."""
    plan, store = plan_sweep(sweep), ResultStore.create(folder)
    complete(plan.tasks, store, pool_class(store), SweepProgress())
    rows = summarise(plan.settings, plan.sweep.objectives, store).rows
    return json.loads(json.dumps([asdict(row) for row in rows]))


def assert_survives(
    kills: int,
    tasks: int,
    write: Callable[..., Path],
    base: dict[str, Any],
    start: Callable[..., subprocess.Popen[str]],
    pool_class: type[Any],
) -> None:
    """Kill again and again at random points, then let the sweep end."""
    sweep = write(
        base={**base, "epochs": 60, "network": {"hidden": [64]}},
        grid={"seed": list(range(tasks // 3)), "rule.margin": [1.0, 2.0, 3.0]},
    )
    folder = sweep.parent / "results"
    options = (sweep, "--out", folder, "--workers", 2, "--json")
    chance = random.Random(kills)
    process = start(*options)
    before: dict[str, bytes] = {}
    for number in range(kills):
        # Spread the kills over the work there is; some come before the first task, too.
        wanted = len(before) + chance.randrange(0, max(2, 2 * tasks // (3 * kills)))
        deadline = time.monotonic() + 60
        while len(list(folder.glob("records/*.json"))) < min(wanted, tasks - 5):
            assert time.monotonic() < deadline
            assert process.poll() is None, process.communicate()
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.05))
        kill("sweep" if number % 2 else "worker", process, chance)
        now = kept(folder)
        assert before.items() <= now.items(), "a finished result was lost, or done again"
        before = now
        if process.poll() is not None:
            process = start(*options)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    end = kept(folder)
    assert before.items() <= end.items()
    assert set(end) == {task.id for task in plan_sweep(sweep).tasks}
    assert len(end) == tasks
    found = json.loads(out)
    assert found["failures"] == []
    assert found["settings"] == undisturbed(sweep, folder.with_name("undisturbed"), pool_class)


def test_a_few_kills(write_sweep, base, start_sweep, here_pool):
    assert_survives(3, 60, write_sweep, base, start_sweep, here_pool)


@pytest.mark.slow
def test_twenty_kills(write_sweep, base, start_sweep, here_pool):
    assert_survives(20, 240, write_sweep, base, start_sweep, here_pool)


def test_workers_do_not_outlive_the_sweep(write_sweep, base, start_sweep, tmp_path):
    sweep = write_sweep(base={**base, "epochs": 100_000}, grid={"seed": [0, 1]})
    process = start_sweep(sweep, "--out", "results", "--workers", 2)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("results/claims/*"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    workers = workers_of(process)
    assert len(workers) == 2
    process.kill()
    process.communicate()
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    claims = ResultStore.open(tmp_path / "results").claims
    assert not any(claims.is_taken(path.name) for path in tmp_path.glob("results/claims/*"))
