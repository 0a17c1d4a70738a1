"""A float network by emlearn beside binary ones by Bitspin: accuracy, flash, RAM, instructions.

emlearn (PyPI) converts scikit-learn's 784-32-10 to C, in float, by its default method. Both are
built with the same compiler and start-up code and run in QEMU: on a Cortex-M4, whose floating-point
unit emlearn may use, and on a Cortex-M0. The classes that the device gives must be scikit-learn's.
Training takes most of the time. Needs the dependency group `bench`.

    python bench/emlearn_baseline.py            # three seeds
    python bench/emlearn_baseline.py --seeds 1
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import emlearn
import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import bitspin
from bitspin.data import Dataset
from bitspin.export.from_run import export_run
from bitspin.export.qemu import run
from bitspin.export.targets import TARGETS, Target
from bitspin.export.toolchain import build

GOAL_FLASH = 1 / 3
HERE = Path(__file__).parent / "emlearn"
HIDDEN = 32
ITERATIONS = 20
SHIFTED_EPOCHS = 60
SAMPLES = 100
BORDER = 2  # pixels; digits fill the middle of MNIST's images

_FPU = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
EMLEARN_TARGETS = {
    "cortex-m4": replace(TARGETS["cortex-m4"], processor_flags=_FPU),
    "cortex-m0-large": TARGETS["cortex-m0-large"],
}


@dataclass(frozen=True)
class Cost:
    """What a network takes on one processor."""

    flash_bytes: int
    ram_bytes: int  # variables and the most stack in use
    instructions: float


@dataclass(frozen=True)
class Entry:
    """One network: accuracy of each seed, cost on each target."""

    name: str
    accuracy: list[float]
    costs: dict[str, Cost]


# ---- emlearn -------------------------------------------------------------------------------------


def as_floats(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


def float_network(data: Dataset, seed: int, *, shifts: bool) -> MLPClassifier:
    """Train as scikit-learn does by itself, or on images that are moved anew in each epoch."""
    network = MLPClassifier((HIDDEN,), max_iter=ITERATIONS, random_state=seed)
    if not shifts:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it stops when we say
            return network.fit(as_floats(data.x_train), data.y_train)
    rng = np.random.default_rng(seed)
    for _ in range(SHIFTED_EPOCHS):
        network.partial_fit(as_floats(moved(data.x_train, rng)), data.y_train, classes=range(10))
    return network


def moved(images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Move each image by up to a pixel; MNIST's outermost pixels are empty."""
    by = rng.integers(-1, 2, (len(images), 2))
    out = np.empty_like(images)
    for down, right in product((-1, 0, 1), repeat=2):
        chosen = (by == (down, right)).all(axis=1)
        out[chosen] = np.roll(images[chosen], (down, right), axis=(1, 2))
    return out


def measure_emlearn(network: MLPClassifier, data: Dataset, target: Target, scratch: Path) -> Cost:
    """Build a converted network for size, then run it for instructions and its classes."""
    with contextlib.chdir(scratch):  # where emlearn leaves files of its own
        emlearn.convert(network).save(file="mnist.h", name="mnist")
    sources = [HERE / "main.c", HERE / "math.c"]
    includes = [scratch, HERE, Path(emlearn.__file__).parent]
    smallest = build(sources, includes, target, scratch, name="smallest")
    predicting = build(sources, includes, target, scratch, {"SAMPLES": SAMPLES}, name="predicting")
    images = data.x_test[:SAMPLES]
    ran = run(predicting, files={"samples.bin": images.tobytes()}, outputs=["classes.bin"])
    classes = np.frombuffer(ran.outputs["classes.bin"], np.uint8)
    if not np.array_equal(classes, network.predict(as_floats(images))):
        raise SystemExit("emlearn's classes on the device differ from scikit-learn's")
    assert ran.stack_bytes is not None
    return Cost(
        flash_bytes=smallest.flash_bytes,
        ram_bytes=smallest.static_ram_bytes + ran.stack_bytes,
        instructions=int(ran.stdout, 16) / SAMPLES,
    )


def emlearn_entry(name: str, data: Dataset, seeds: range, *, shifts: bool) -> Entry:
    networks = [float_network(data, seed, shifts=shifts) for seed in seeds]
    accuracy = [n.score(as_floats(data.x_test), data.y_test) for n in networks]
    costs = {}
    for target_name, target in EMLEARN_TARGETS.items():
        with tempfile.TemporaryDirectory() as scratch:
            costs[target_name] = measure_emlearn(networks[0], data, target, Path(scratch))
    return Entry(f"emlearn 784-{HIDDEN}-10, float, {name}", accuracy, costs)


# ---- Bitspin -------------------------------------------------------------------------------------


def bitspin_entry(name: str, config: dict[str, Any], data: Dataset, seeds: range) -> Entry:
    accuracy, costs = [], {}
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "digits.npz"
        np.savez(
            file,
            x_train=data.x_train,
            y_train=data.y_train,
            x_test=data.x_test,
            y_test=data.y_test,
        )
        for seed in seeds:
            source = {**config.get("data", {}), "source": str(file)}
            trained = bitspin.fit({**config, "data": source, "seed": seed})
            assert trained.test_accuracy is not None
            accuracy.append(trained.test_accuracy)
        for target in EMLEARN_TARGETS:
            out = Path(scratch) / target
            exported = export_run(trained, out, target=target, learning=None)
            measured = exported.replay
            assert measured.stack_bytes is not None
            assert measured.predict_instructions is not None
            costs[target] = Cost(
                flash_bytes=exported.firmware.flash_bytes,
                ram_bytes=exported.firmware.static_ram_bytes + measured.stack_bytes,
                instructions=measured.predict_instructions,
            )
    return Entry(name, accuracy, costs)


def cropped(data: Dataset) -> Dataset:
    """Leave out the border, which is empty in nearly all images: more hidden units fit."""
    inner = slice(BORDER, -BORDER)
    return Dataset(
        "cropped",
        data.x_train[:, inner, inner],
        data.y_train,
        data.x_test[:, inner, inner],
        data.y_test,
    )


# ---- the table -----------------------------------------------------------------------------------


def spread(values: list[float]) -> str:
    mean = f"{100 * statistics.mean(values):.2f}"
    return f"{mean} ± {100 * statistics.stdev(values):.2f}" if len(values) > 1 else mean


def print_row(entry: Entry) -> None:
    cells = [entry.name, f"{spread(entry.accuracy)} %"]
    for cost in entry.costs.values():
        cells += [f"{cost.flash_bytes:,}", f"{cost.ram_bytes:,}", f"{cost.instructions:,.0f}"]
    print("| " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    np.seterr(under="ignore")  # emlearn makes NumPy raise on underflow, for everybody
    parser = argparse.ArgumentParser(description="emlearn beside Bitspin on a microcontroller.")
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)
    data = bitspin.load("mnist")
    print("| network | test accuracy | M4: flash | RAM | instructions | M0: flash | RAM | ... |")
    baselines = [
        measured(lambda: emlearn_entry(f"{ITERATIONS} epochs", data, seeds, shifts=False)),
        measured(
            lambda: emlearn_entry(f"{SHIFTED_EPOCHS} epochs, shifts", data, seeds, shifts=True)
        ),
    ]
    binary: list[tuple[str, Dataset, dict[str, Any]]] = [
        ("784-128-10, 80 epochs", data, {"network": {"hidden": [128]}, "epochs": 80}),
        ("784-256-10, 80 epochs", data, {"network": {"hidden": [256]}, "epochs": 80}),
        (
            "576-416-10 without border, 200 epochs",
            cropped(data),
            {"network": {"hidden": [416]}, "epochs": 200},
        ),
        (
            "576-416-10 without border, 200 epochs, shifts",
            cropped(data),
            {"network": {"hidden": [416]}, "epochs": 200, "data": {"shift": 1}},
        ),
    ]
    ours = [
        measured(
            lambda name=name, images=images, config=config: bitspin_entry(
                f"Bitspin {name}", config, images, seeds
            )
        )
        for name, images, config in binary
    ]
    for entry, baseline in product(ours, baselines):
        share = entry.costs["cortex-m4"].flash_bytes / baseline.costs["cortex-m4"].flash_bytes
        points = 100 * (statistics.mean(entry.accuracy) - statistics.mean(baseline.accuracy))
        print(
            f"{entry.name} beside {baseline.name}: {share:.3f} of the flash (goal "
            f"{GOAL_FLASH:.3f}), {points:+.2f} points (goal: above 0)"
        )


def measured(entry: Callable[[], Entry]) -> Entry:
    done = entry()
    print_row(done)
    return done


if __name__ == "__main__":
    main()
