"""Speed of the kernels and of a training epoch, each beside what it is held to.

Prints JSON lines. First the binary product of 784 x 1000 in each backend, in giga
multiply-accumulates a second, as a ratio to a bare loop of xor, count, add on registers of the same
core; then seconds of a training epoch of 784-1000-10 on MNIST with one and with two threads. The
measurements that are compared take turns, and of each the best counts: other work on the machine
can only slow one down.

    python bench/kernels.py
    python bench/kernels.py --epochs 8 --batch 512 8192
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import bitspin.data
from bitspin.bits import BitMatrix, _core, backend_names, resolve_backend
from bitspin.encode import make_code
from bitspin.train import Network, RowBudget, Trainer, TrainingSet

INPUTS, HIDDEN, CLASSES = 784, 1000, 10
ROWS = 256
PIXEL_THRESHOLD = 50
ROUNDS = 5
PRODUCT_SECONDS = 0.2

KERNEL_GOAL = 0.80
TWO_THREADS_GOAL = 1.7


@functools.cache
def bare_loop_program() -> Path:
    """Compile the loop for this very processor."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        raise SystemExit("bench: no C compiler found, expected cc, gcc or clang on the path")
    source = Path(__file__).with_name("bare_loop.c")
    program = Path(tempfile.mkdtemp(prefix="bitspin-bench-")) / "bare_loop"
    subprocess.run([compiler, "-O3", "-march=native", source, "-o", program], check=True)
    return program


def bare_loop_rate() -> float:
    """Return giga multiply-accumulates a second of the bare loop."""
    done = subprocess.run([bare_loop_program()], check=True, capture_output=True, text=True)
    return float(done.stdout)


def random_bits(rows: int, columns: int, seed: int) -> BitMatrix:
    return BitMatrix.from_bool(np.random.default_rng(seed).random((rows, columns)) < 0.5)


def product_rate(backend: str) -> float:
    """Return giga multiply-accumulates a second of one product; padding does not count."""
    rows = random_bits(ROWS, INPUTS, 0).words
    matrix = random_bits(HIDDEN, INPUTS, 1).words
    once = _core.time_product(rows, matrix, backend, 1)
    repetitions = max(1, round(PRODUCT_SECONDS / 10 / once))
    seconds = min(_core.time_product(rows, matrix, backend, repetitions) for _ in range(10))
    return ROWS * INPUTS * HIDDEN * repetitions / seconds / 1e9


@functools.cache
def mnist() -> TrainingSet:
    dataset = bitspin.data.load("mnist")
    pixels = dataset.x_train.reshape(len(dataset.x_train), INPUTS)
    return TrainingSet(
        BitMatrix.from_bool(pixels > PIXEL_THRESHOLD), dataset.y_train.astype(np.uint16)
    )


def epoch_seconds(
    threads: int, backend: str = "auto", batch: tuple[int, int] = (512, 8192), epochs: int = 8
) -> list[float]:
    """Train from the start, and return the seconds of each epoch.

    Parameters
    ----------
    batch : tuple of int
        Samples a step at the start and at the end; between them it grows in equal ratios.
    epochs : int
        Over how many the batch grows.
    """
    code = BitMatrix.from_bool(make_code("onehot", CLASSES, None))
    network = Network.random((INPUTS, HIDDEN, CLASSES), code, seed=1)
    rule = RowBudget(batch=batch[0], batch_end=batch[1])
    trainer = Trainer(network, rule, mnist(), epochs, seed=1, threads=threads, backend=backend)
    return [trainer.run_epoch().seconds for _ in range(epochs)]


def print_products() -> None:
    """Print each backend's product beside the bare loop, which is as wide as the fastest."""
    backends = backend_names()
    bare: list[float] = []
    rates: dict[str, list[float]] = {name: [] for name in backends}
    for _ in range(ROUNDS):
        bare.append(bare_loop_rate())
        for name in backends:
            rates[name].append(product_rate(name))
    for name in backends:
        line: dict[str, object] = {
            "case": "binary product 784 x 1000",
            "backend": name,
            "giga_mac_per_s": round(max(rates[name]), 1),
            "bare_loop_giga_mac_per_s": round(max(bare), 1),
            "ratio": round(max(rates[name]) / max(bare), 3),
        }
        if name == resolve_backend():
            line["goal"] = KERNEL_GOAL
        print(json.dumps(line), flush=True)


def print_epochs(batch: tuple[int, int], epochs: int) -> None:
    """Print the training time with one and with two threads."""
    best: dict[int, list[float]] = {}
    for _ in range(ROUNDS):
        for threads in (1, 2):
            seconds = epoch_seconds(threads, batch=batch, epochs=epochs)
            best[threads] = [
                min(pair) for pair in zip(seconds, best.get(threads, seconds), strict=True)
            ]
    for threads, seconds in best.items():
        line = {
            "case": "training epoch 784-1000-10",
            "backend": resolve_backend(),
            "threads": threads,
            "batch": batch,
            "seconds": [round(value, 4) for value in seconds],
            "mean_seconds": round(sum(seconds) / len(seconds), 4),
        }
        if threads > 1:
            line |= {"ratio": round(sum(best[1]) / sum(seconds), 3), "goal": TWO_THREADS_GOAL}
        print(json.dumps(line), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, nargs=2, default=(512, 8192))
    parser.add_argument("--epochs", type=int, default=8)
    arguments = parser.parse_args()
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(everywhere)})
    print_products()
    os.sched_setaffinity(0, everywhere)
    if len(everywhere) < 2:
        raise SystemExit("bench: one processor here, two are needed to compare one thread and two")
    print_epochs(tuple(arguments.batch), arguments.epochs)


if __name__ == "__main__":
    main()
