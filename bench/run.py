"""Everything that `make bench` measures: each case beside its baseline in one run, and its goal.

Baselines and ours take turns where they are compared, and of each the fastest counts: other work on
the machine can only slow one down. The baseline is the regular BNN in PyTorch, same structure, same
thread count, tuned (bench/pytorch_bnn.py).

    python bench/run.py            # about ten minutes
    python bench/run.py --quick    # fewer repetitions and PyTorch settings
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import kernels
import pytorch_bnn

import bitspin

CUSTOMARY = (100, "float32")
SWEPT_BATCHES = (1024, 2048, 4096)
FASTEST = tuple(itertools.product(SWEPT_BATCHES, ("bfloat16", "autocast", "float32")))
SOON = ((256, "bfloat16"), (512, "bfloat16"), (1024, "bfloat16"), (512, "float32"))
TARGET = 0.94
PAPER_ACCURACY = 0.8828


def tell(case: str, **facts: Any) -> None:
    print(json.dumps({"case": case, **facts}), flush=True)


def strict_epochs(epochs: int, data: bitspin.Dataset) -> bitspin.Run:
    """Train with the default settings on one thread."""
    return bitspin.fit({"epochs": epochs}, data=data, threads=1)


def bench_epochs(data: bitspin.Dataset, rounds: int) -> None:
    """Seconds of a whole training epoch, updates included, one thread."""
    ours: list[float] = []
    constant: dict[int, list[float]] = {}
    theirs: dict[tuple[int, str], list[float]] = {}
    for _ in range(rounds):
        for setting in (CUSTOMARY, *FASTEST):
            run = strict_epochs(24, data)
            ours.append(sum(record.train_seconds for record in run.epochs) / len(run.epochs))
            batch, precision = setting
            same = min(kernels.epoch_seconds(1, batch=(batch, batch), epochs=4))
            constant.setdefault(batch, []).append(same)
            seconds = pytorch_bnn.measure_epoch_seconds(batch, precision, threads=1)
            theirs.setdefault(setting, []).append(seconds)
    seconds = min(ours)
    best = {setting: min(values) for setting, values in theirs.items()}
    for (batch, precision), value in best.items():
        tell("pytorch epoch", batch=batch, precision=precision, seconds=round(value, 3))
    # The goal names float32 and autocast; tensors that are cast by hand are faster still.
    fastest = min(value for (_, precision), value in best.items() if precision != "bfloat16")
    fastest_by_hand = min(best.values())
    tell("strict epoch, mean over 24 epochs", seconds=round(seconds, 4), goal_seconds=0.26)
    swept = {batch: min(values) for batch, values in constant.items()}
    for batch, value in swept.items():
        tell("strict epoch, constant batch", batch=batch, seconds=round(value, 4))
    ours_by_name = {"mean over 24 epochs": seconds, "fastest batch": min(swept.values())}
    for name, value in ours_by_name.items():
        customary = round(best[CUSTOMARY] / value, 1)
        tell(f"epoch: customary / ours, {name}", ratio=customary, goal=40)
        tell(f"epoch: fastest / ours, {name}", ratio=round(fastest / value, 1), goal=12)
        by_hand = round(fastest_by_hand / value, 1)
        tell(f"epoch: fastest, cast by hand / ours, {name}", ratio=by_hand)


def bench_time_to_target(data: bitspin.Dataset, rounds: int) -> None:
    """Training seconds until the test accuracy is reached, one thread."""
    ours: list[float] = []
    theirs: list[float] = []
    for seed, (batch, precision) in itertools.product(range(rounds), SOON):
        run = bitspin.fit({"epochs": 1, "seed": seed}, data=data, threads=1)
        if run.test_accuracy >= TARGET:
            ours.append(run.epochs[0].train_seconds)
        epochs, lr = pytorch_bnn.SHORT_SCHEDULES[batch]
        result = pytorch_bnn.time_to_accuracy(TARGET, batch, precision, 1, lr, epochs)
        if result.seconds is not None:
            theirs.append(result.seconds)
    tell(
        f"seconds to {100 * TARGET:.0f} % test accuracy",
        ours=round(min(ours), 4),
        pytorch=round(min(theirs), 3),
        ratio=round(min(theirs) / min(ours), 1),
        goal=8,
        ours_reached=f"{len(ours)} of {rounds * len(SOON)} runs",
    )


def bench_cold_start(rounds: int) -> None:
    """Wall time of the command, from nothing to the paper's accuracy, two threads."""
    beside = Path(sys.executable).with_name("bitspin")
    command = str(beside) if beside.exists() else shutil.which("bitspin")
    assert command is not None, "the bitspin command is not installed"
    best, accuracy = float("inf"), 0.0
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            options = ["train", "mnist", "--epochs", "1", "--threads", "2", "--json"]
            started = time.perf_counter()
            done = subprocess.run(
                [command, *options, "--out", f"{folder}/run"],
                check=True,
                capture_output=True,
                text=True,
            )
            best = min(best, time.perf_counter() - started)
        accuracy = json.loads(done.stdout)["test_accuracy"]
    assert accuracy >= PAPER_ACCURACY
    tell(
        f"cold start of the command to {100 * PAPER_ACCURACY} %",
        seconds=round(best, 2),
        reached=accuracy,
        goal_seconds=2,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    rounds = 1 if arguments.quick else 3
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(everywhere)})
    kernels.print_products()
    data = bitspin.load("mnist")
    bench_epochs(data, rounds)
    bench_time_to_target(data, rounds)
    os.sched_setaffinity(0, everywhere)
    kernels.print_epochs((512, 8192), 8)
    bench_cold_start(3 * rounds)


if __name__ == "__main__":
    main()
