"""Instructions of predicting and learning, measured in QEMU and fitted.

Learning from samples that are kept, and from samples that are read again for groups of rows.

Prints the figures of docs/microcontroller.md, the constants of
src/bitspin/export/instruction_costs.py, and by how much the fit misses the worst measurement.

    python bench/device_costs.py
"""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np

from bitspin.bits import BitMatrix
from bitspin.data import Dataset, load
from bitspin.encode import make_code
from bitspin.export.instruction_costs import (
    costs_of,
    groups_of_eight,
    sample_passes,
    updating_instructions,
)
from bitspin.export.memory import inference_items, learner_items, weight_bytes, words
from bitspin.export.project import Project, write_project
from bitspin.export.replay import Replay, replay
from bitspin.export.schedule import geometry_of, sample_schedule
from bitspin.export.targets import TARGETS
from bitspin.train import Network, RowBudget

# Inputs, hidden layers, batch, samples.
CASES = [
    (784, (128,), 32, 64),
    (784, (256,), 32, 64),
    (784, (256,), 128, 128),
    (784, (64, 64), 32, 64),
    (512, (128,), 32, 64),
    (300, (100,), 32, 64),
    (256, (256,), 16, 64),
    (784, (512,), 64, 64),
    (128, (64,), 8, 64),
    (784, (128, 128), 128, 128),
    (600, (200,), 256, 256),
]

# The same, read again for groups of so many rows.
RECOMPUTED = [
    (784, (128,), 64, 64, 8),
    (784, (256,), 64, 64, 8),
    (784, (256,), 64, 64, 32),
    (784, (64, 64), 64, 64, 16),
    (512, (128,), 64, 64, 4),
    (300, (100,), 64, 64, 10),
    (256, (256,), 64, 64, 16),
    (784, (128, 128), 64, 64, 32),
    (600, (200,), 128, 128, 2),
]


def measure(
    data: Dataset, target: str, case: tuple[int, tuple[int, ...], int, int], group: int = 0
) -> Replay:
    inputs, hidden, batch, samples = case
    code = BitMatrix.from_bool(make_code("onehot", 10, None))
    widths = (inputs, *hidden, 10)
    pixels = data.x_train[:samples].reshape(samples, -1)[:, -inputs:]
    project = Project(
        target=target,
        network=Network.random(widths, code, 1),
        schedule=sample_schedule(
            RowBudget(), geometry_of(widths, code), batch=batch, steps=samples // batch
        ),
        capacity=batch,
        seed=7,
        samples=BitMatrix.from_bool(pixels > 50),
        labels=data.y_train[:samples].astype(np.uint16),
        group=group,
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "project"
        write_project(project, folder)
        return replay(project, folder, TARGETS[target], Path(scratch))


def prediction_features(widths: tuple[int, ...]) -> list[float]:
    rows = sum(widths[1:])
    groups = [(units, *groups_of_eight(words(bits))) for bits, units in pairwise(widths)]
    return [rows, sum(u * eights for u, eights, _ in groups), sum(u * one for u, _, one in groups)]


def learning_features(widths: tuple[int, ...], batch: int) -> list[float]:
    rows = sum(widths[1:])
    weight_words = sum(units * words(bits) for bits, units in pairwise(widths))
    return [rows, weight_words, rows / batch, weight_words / batch]


def relearning_features(widths: tuple[int, ...], group: int) -> list[float]:
    passes = sample_passes(widths, group)
    return [passes.reads, passes.projected_words, passes.weight_words]


def fit(features: list[list[float]], wanted: list[float], whole: list[float]) -> None:
    """Least squares of the relative error of `whole`, of which `wanted` is a part."""
    matrix, scale = np.array(features), np.array(whole)
    constants, *_ = np.linalg.lstsq(matrix / scale[:, None], np.array(wanted) / scale, rcond=None)
    worst = np.abs((matrix @ constants - np.array(wanted)) / scale).max()
    print(f"  {np.round(constants, 2).tolist()}  worst error {100 * worst:.1f} %")


def print_figures(data: Dataset) -> None:
    """What docs/microcontroller.md states of 784-256-10, learning from scratch."""
    for target in ("cortex-m0-large", "cortex-m3", "cortex-m4", "rv32imac"):
        kept = measure(data, target, (784, (256,), 64, 192))
        again = measure(data, target, (784, (256,), 512, 512), group=8)
        assert kept.predict_instructions
        assert kept.learn_instructions
        print(
            f"784-256-10 on {target}: {kept.predict_instructions:,.0f} a prediction, "
            f"{kept.learn_instructions / kept.predict_instructions:.2f} times that a sample "
            f"learned, {again.learn_instructions:,.0f} if read again "
            f"({again.reads_per_sample:.0f} times)"
        )


def print_memory() -> None:
    """How much more memory learning takes than predicting, for batches that are kept."""
    widths = (784, 256, 10)
    predicting = weight_bytes(widths) + sum(inference_items(widths, 10).values())
    for batch in (1, 8, 16, 32):
        learning = weight_bytes(widths) + sum(learner_items(widths, 10, batch).values())
        print(f"784-256-10, batch {batch}: {learning:,} bytes, {learning / predicting:.2f} times")


def main() -> None:
    data = load("mnist")
    print_figures(data)
    print_memory()
    for target in ("cortex-m0-large", "cortex-m3", "rv32imac"):
        print(target)
        widths = [(inputs, *hidden, 10) for inputs, hidden, _, _ in CASES]
        measured = [measure(data, target, case) for case in CASES]
        predict = [result.predict_instructions or 0.0 for result in measured]
        learn = [result.learn_instructions or 0.0 for result in measured]
        fit([prediction_features(w) for w in widths], predict, predict)
        beyond = [sample - forward for sample, forward in zip(learn, predict, strict=True)]
        features = [learning_features(w, case[2]) for w, case in zip(widths, CASES, strict=True)]
        fit(features, beyond, learn)
        fit_recomputing(data, target)


def fit_recomputing(data: Dataset, target: str) -> None:
    """Fit what reading samples again costs beyond forward passes and updates, both known."""
    costs = costs_of(target)
    features, beyond, learn = [], [], []
    for *case, group in RECOMPUTED:
        inputs, hidden, batch, samples = case
        widths = (inputs, *hidden, 10)
        measured = measure(data, target, (inputs, hidden, batch, samples), group)
        whole = measured.learn_instructions or 0.0
        known = sample_passes(widths, group).forward_instructions(costs)
        known += updating_instructions(costs, widths) / batch
        features.append(relearning_features(widths, group))
        beyond.append(whole - known)
        learn.append(whole)
    fit(features, beyond, learn)


if __name__ == "__main__":
    main()
