"""Speed of the regular BNN in PyTorch: the baseline beside which the strict rule is timed.

Prints JSON lines: first the seconds of a training epoch of 784-1000-10 on MNIST for each batch
and precision, then, with ``--target``, the training seconds until a test accuracy is reached.
Training is timed alone: neither loading nor evaluation counts.

    python bench/pytorch_bnn.py --threads 1
    python bench/pytorch_bnn.py --threads 1 --target 0.94
    python bench/pytorch_bnn.py --target 0.94 --batches 256 --epochs 2 --lr 0.01
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

import bitspin.data
from bitspin.train.bnn import BnnEpoch, BnnSettings, train_bnn

BATCHES = (100, 256, 512, 1024, 2048, 4096)
PRECISIONS = ("float32", "autocast", "bfloat16")
PIXEL_THRESHOLD = 50

# Batch: (epochs, learning rate) of the shortest schedule found that reaches about 94 % on 10,000
# held-out training images. The rate falls to 0 over the schedule, so that a short one reaches a
# given accuracy sooner than the start of a long one.
SHORT_SCHEDULES = {
    100: (1, 3e-3),
    256: (1, 1e-2),
    512: (1, 2e-2),
    1024: (2, 1e-2),
    2048: (4, 2e-2),
    4096: (6, 3e-2),
}


@dataclass(frozen=True)
class TimeToAccuracy:
    """When a training run first reached a test accuracy.

    Attributes
    ----------
    target : float
        Test accuracy to reach, 0 … 1.
    batch, precision, threads, learning_rate
        The setting; a learning rate of None is the tuned one.
    seconds : float or None
        Training seconds to the end of the first epoch that reached the target; None if none did.
    accuracies, train_seconds : tuple of float
        After each epoch.
    """

    target: float
    batch: int
    precision: str
    threads: int
    learning_rate: float | None
    seconds: float | None
    accuracies: tuple[float, ...]
    train_seconds: tuple[float, ...]


@functools.cache
def mnist_bits() -> tuple[
    NDArray[np.bool_], NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]
]:
    """Return x_train, y_train, x_test, y_test of MNIST, a bit for each pixel."""
    data = bitspin.data.load("mnist")
    train, test = (x.reshape(len(x), -1) > PIXEL_THRESHOLD for x in (data.x_train, data.x_test))
    return train, data.y_train, test, data.y_test


def measure_epoch_seconds(
    batch: int,
    precision: str,
    threads: int,
    epochs: int = 2,
    fraction: float = 1.0,
    hidden: tuple[int, ...] = (1000,),
    batch_norm: bool = True,
) -> float:
    """Return the seconds of the fastest of `epochs` training epochs after one to warm up.

    With a fraction below 1, that share of the samples is trained on and the time is extrapolated
    to all of them.
    """
    x_train, y_train, x_test, y_test = mnist_bits()
    rows = round(fraction * len(x_train))
    settings = BnnSettings(
        hidden=hidden,
        epochs=epochs + 1,
        batch=batch,
        batch_norm=batch_norm,
        threads=threads,
        precision=precision,
    )
    told: list[BnnEpoch] = []
    # Accuracy is of no interest here, so that a hundred samples are enough to evaluate.
    train_bnn(x_train[:rows], y_train[:rows], x_test[:100], y_test[:100], settings, told.append)
    after = [epoch.train_seconds for epoch in told]
    fastest = min(end - start for start, end in itertools.pairwise(after))
    return fastest * len(x_train) / rows


def time_to_accuracy(
    target: float,
    batch: int,
    precision: str,
    threads: int,
    lr: float | None = None,
    epochs: int = 1,
    hidden: tuple[int, ...] = (1000,),
    seed: int = 0,
) -> TimeToAccuracy:
    """Train on a schedule of `epochs` epochs and tell when the test accuracy reached `target`."""
    settings = BnnSettings(
        hidden=hidden,
        epochs=epochs,
        batch=batch,
        learning_rate=lr,
        # An epoch of large batches is few steps: running statistics must follow them quickly.
        batch_norm_momentum=0.3,
        threads=threads,
        precision=precision,
        seed=seed,
    )
    told: list[BnnEpoch] = []
    train_bnn(*mnist_bits(), settings, told.append)
    reached = (epoch.train_seconds for epoch in told if epoch.test_accuracy >= target)
    return TimeToAccuracy(
        target,
        batch,
        precision,
        threads,
        lr,
        next(reached, None),
        tuple(epoch.test_accuracy for epoch in told),
        tuple(epoch.train_seconds for epoch in told),
    )


def times_to_accuracy(
    target: float,
    threads: int,
    batches: Iterable[int] = BATCHES,
    precisions: Iterable[str] = PRECISIONS,
) -> Iterator[TimeToAccuracy]:
    """Run the short schedule of each batch in each precision; the least `seconds` is the best."""
    for precision, batch in itertools.product(precisions, batches):
        epochs, lr = SHORT_SCHEDULES[batch]
        yield time_to_accuracy(target, batch, precision, threads, lr, epochs)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--measured-epochs", type=int, default=2, help="after one to warm up")
    parser.add_argument(
        "--fraction",
        type=float,
        default=1.0,
        help="of the samples, time extrapolated",
    )
    parser.add_argument("--target", type=float, help="test accuracy to reach, 0 … 1, then exit")
    parser.add_argument("--lr", type=float, help="with --target: instead of the short schedules'")
    parser.add_argument("--epochs", type=int, help="with --target: instead of the short schedules'")
    arguments = parser.parse_args()
    if not 0.2 <= arguments.fraction <= 1:
        parser.error(
            f"--fraction: got {arguments.fraction}, expected 0.2 … 1; less tells too little"
        )
    return arguments


def print_epochs(arguments: argparse.Namespace) -> None:
    for precision, batch in itertools.product(arguments.precisions, arguments.batches):
        seconds = measure_epoch_seconds(
            batch, precision, arguments.threads, arguments.measured_epochs, arguments.fraction
        )
        line = {
            "case": "epoch",
            "structure": "784-1000-10",
            "batch": batch,
            "precision": precision,
            "threads": arguments.threads,
            "seconds_per_epoch": round(seconds, 4),
            "measured_fraction": arguments.fraction,
        }
        print(json.dumps(line), flush=True)


def print_times_to_accuracy(arguments: argparse.Namespace) -> None:
    for precision, batch in itertools.product(arguments.precisions, arguments.batches):
        short_epochs, short_lr = SHORT_SCHEDULES.get(batch, (2, None))
        result = time_to_accuracy(
            arguments.target,
            batch,
            precision,
            arguments.threads,
            arguments.lr or short_lr,
            arguments.epochs or short_epochs,
        )
        print(json.dumps({"case": "time_to_accuracy", **asdict(result)}), flush=True)


def main() -> None:
    arguments = parse_arguments()
    if arguments.target is None:
        print_epochs(arguments)
    else:
        print_times_to_accuracy(arguments)


if __name__ == "__main__":
    main()
