"""What a sweep costs beside its tasks: 200 short ones with one worker and with two.

Wall time from the planned sweep to its last result, starting the workers and loading MNIST
included; one worker and two take turns, and of each the fastest counts. The overhead of a task is
what one worker needs beyond 200 times the median task.

    python bench/sweep.py            # about three minutes
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bitspin.results import ResultStore
from bitspin.sweep import Plan, plan_sweep, run_sweep

TASKS = 200
GOAL_RATIO = 1.8
GOAL_OVERHEAD_S = 0.05

SWEEP = f"""
[base]
epochs = 1
network.hidden = [256]
[grid]
seed = {list(range(TASKS))}
"""


def measure(plan: Plan, workers: int) -> tuple[float, list[float]]:
    """Wall seconds of the sweep, and of each task."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        summary = run_sweep(plan, Path(folder) / "results", workers=workers)
        seconds = time.perf_counter() - started
        assert not summary.failures
        records = ResultStore.open(Path(folder) / "results").records()
    assert len(records) == TASKS
    return seconds, [record.seconds for record in records]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sweep.toml"
        file.write_text(SWEEP)
        plan = plan_sweep(file)
    pairs = [(measure(plan, 1), measure(plan, 2)) for _ in range(rounds)]
    one, tasks = min(pair[0] for pair in pairs)
    two, _ = min(pair[1] for pair in pairs)
    ratio, overhead_s = one / two, one / TASKS - statistics.median(tasks)
    print(
        json.dumps(
            {
                "case": f"sweep of {TASKS} tasks",
                "task_s": round(statistics.median(tasks), 4),
                "one_worker_s": round(one, 2),
                "two_workers_s": round(two, 2),
                "ratio": round(ratio, 2),
                "goal": GOAL_RATIO,
                "overhead_per_task_s": round(overhead_s, 4),
                "goal_s": GOAL_OVERHEAD_S,
            }
        )
    )
    sys.exit(ratio < GOAL_RATIO or overhead_s > GOAL_OVERHEAD_S)


if __name__ == "__main__":
    main()
