"""What a sweep costs beside its tasks: 200 of about 0.1 s, with one worker and with two.

Wall time from the planned sweep to its last result, starting the workers and loading MNIST
included; one worker and two take turns, and of each the fastest counts. The overhead of a task is
what one worker needs beyond 200 times the median task. Only an idle machine with two cores can
show the ratio; the CPU time of the sweep itself, without its workers, is printed beside it.

    python bench/sweep.py            # about three minutes
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bitspin.results import ResultStore
from bitspin.sweep import Plan, plan_sweep, run_sweep

TASKS = 200
GOAL_RATIO = 1.8
GOAL_OVERHEAD_S = 0.05

SWEEP = f"""
[base]
epochs = 4
network.hidden = [256]
[grid]
seed = {list(range(TASKS))}
"""


@dataclass(frozen=True)
class Measured:
    """Wall seconds of a sweep and of each task, and CPU seconds of the sweep's own process."""

    seconds: float
    tasks: list[float]
    own_cpu_seconds: float


def measure(plan: Plan, workers: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        started, cpu_started = time.perf_counter(), time.process_time()
        summary = run_sweep(plan, Path(folder) / "results", workers=workers)
        seconds = time.perf_counter() - started
        own_cpu_seconds = time.process_time() - cpu_started
        assert not summary.failures
        records = ResultStore.open(Path(folder) / "results").records()
    assert len(records) == TASKS
    return Measured(seconds, [record.seconds for record in records], own_cpu_seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sweep.toml"
        file.write_text(SWEEP)
        plan = plan_sweep(file)
    pairs = [(measure(plan, 1), measure(plan, 2)) for _ in range(rounds)]
    one, two = (min(case, key=lambda run: run.seconds) for case in zip(*pairs, strict=True))
    ratio = one.seconds / two.seconds
    task_s = statistics.median(one.tasks)
    overhead_s = one.seconds / TASKS - task_s
    facts = {
        "case": f"sweep of {TASKS} tasks",
        "task_s": round(task_s, 4),
        "one_worker_s": round(one.seconds, 2),
        "two_workers_s": round(two.seconds, 2),
        "ratio": round(ratio, 2),
        "goal": GOAL_RATIO,
        "overhead_per_task_s": round(overhead_s, 4),
        "goal_s": GOAL_OVERHEAD_S,
        "own_cpu_per_task_s": round(one.own_cpu_seconds / TASKS, 5),
    }
    print(json.dumps(facts))
    sys.exit(ratio < GOAL_RATIO or overhead_s > GOAL_OVERHEAD_S)


if __name__ == "__main__":
    main()
