"""What 64 KB of RAM are enough for: 784-256-10 trained from scratch on MNIST as a device does it.

The margin of the rule is chosen on 10,000 images held out of the training set; then the device is
simulated bit for bit on all 60,000, from several seeds, and measured once on the untouched test
set. Last, the beginning of such a training runs on an emulated Cortex-M4, and every weight after
every update must equal the simulation.

    python bench/train_in_64k.py                    # about three minutes
    python bench/train_in_64k.py --verify 60000     # a whole epoch in QEMU
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix
from bitspin.data import Dataset, hold_out, load
from bitspin.encode import make_code
from bitspin.export.plan import plan_device
from bitspin.export.project import Project, write_project
from bitspin.export.replay import build_project, replay
from bitspin.export.schedule import (
    ScheduledRule,
    geometry_of,
    mean_batch,
    sample_schedule,
)
from bitspin.export.simulation import learn_in_order
from bitspin.export.targets import TARGETS
from bitspin.train import Network, RowBudget

WIDTHS = (784, 256, 10)
RAM_BYTES = 64 << 10
TARGET = TARGETS["cortex-m4"]
GROUP = 8
BATCH, BATCH_END = 512, 8192
EPOCHS = 60
MARGINS = (1.0, 1.5, 2.0, 2.5, 3.0)
SEEDS = (0, 1, 2)
CODE = BitMatrix.from_bool(make_code("onehot", 10, None))


def bits_of(images: NDArray[np.generic]) -> BitMatrix:
    return BitMatrix.from_bool(images.reshape(len(images), -1) > 50)


def schedule_for(margin: float, samples: int) -> tuple[ScheduledRule, ...]:
    """Table of the rule that a device follows for so many samples."""
    return sample_schedule(
        RowBudget(margin=margin),
        geometry_of(WIDTHS, CODE),
        batch=BATCH,
        batch_end=BATCH_END,
        steps=round(samples / mean_batch(BATCH, BATCH_END)),
    )


def trained(
    x: BitMatrix, y: NDArray[np.uint16], margin: float, seed: int, kept: int
) -> tuple[Network, int]:
    """Train from scratch, the samples coming in the order in which they lie in flash."""
    network = Network.random(WIDTHS, CODE, seed)
    schedule = schedule_for(margin, EPOCHS * x.rows)
    order = np.tile(np.arange(x.rows, dtype=np.uint32), EPOCHS)
    updates = sum(1 for _ in learn_in_order(network, x, y, schedule, seed, kept, order=order))
    return network, updates


def accuracy(network: Network, x: BitMatrix, y: NDArray[np.generic]) -> float:
    return float(np.mean(network.predict(x)[0] == y))


def spread(values: list[float]) -> str:
    return f"{100 * statistics.mean(values):.2f} ± {100 * statistics.stdev(values):.2f} %"


def choose_margin(data: Dataset, kept: int) -> float:
    """Take the margin of the best mean accuracy on held-out images."""
    split = hold_out(data, 10_000, seed=0)
    assert split.x_validation is not None
    assert split.y_validation is not None
    x, y = bits_of(split.x_train), split.y_train.astype(np.uint16)
    held_out = bits_of(split.x_validation)
    means = {}
    for margin in MARGINS:
        networks = [trained(x, y, margin, seed, kept)[0] for seed in SEEDS]
        reached = [accuracy(network, held_out, split.y_validation) for network in networks]
        means[margin] = statistics.mean(reached)
        print(f"margin {margin:.1f}: {spread(reached)} on held-out images", flush=True)
    return max(means, key=lambda margin: means[margin])


def verify(data: Dataset, margin: float, kept: int, count: int) -> None:
    """Run the first samples of the training of seed 0 in QEMU."""
    project = Project(
        target=TARGET.name,
        network=Network.random(WIDTHS, CODE, 0),
        schedule=schedule_for(margin, EPOCHS * len(data.x_train)),
        capacity=kept,
        seed=0,
        samples=bits_of(data.x_train[:count]),
        labels=data.y_train[:count].astype(np.uint16),
        group=GROUP,
    )
    # As it starts on a chip: within 64 KB of RAM and not within all that the board has.
    target = replace(TARGET, ram_bytes=RAM_BYTES)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "project"
        write_project(project, folder)
        firmware = build_project(project, folder, target, Path(scratch))
        proof = replay(project, folder, target, Path(scratch), timeout_s=3600)
    used = firmware.static_ram_bytes + firmware.stack_reserved_bytes
    print(
        f"{TARGET.description}: {proof.samples} samples, all weights equal after each of "
        f"{proof.compared} updates; {used:,} bytes of RAM with {firmware.stack_reserved_bytes} of "
        f"stack ({proof.stack_bytes} in use), {firmware.flash_bytes:,} of flash; "
        f"{proof.predict_instructions:,.0f} instructions a prediction, "
        f"{proof.learn_instructions:,.0f} a sample learned, read {proof.reads_per_sample:.1f} times"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Train 784-256-10 within 64 KB of RAM.")
    parser.add_argument("--verify", type=int, default=4000, help="samples that QEMU learns")
    options = parser.parse_args()
    data = load("mnist")
    plan = plan_device(
        WIDTHS, 10, TARGET, batch=None, ram_bytes=RAM_BYTES, clock_hz=64e6, group=GROUP
    )
    kept = plan.largest_batch
    print(f"{plan.ram_bytes:,} bytes of RAM, {kept} samples with an error, groups of {GROUP} rows")
    margin = choose_margin(data, kept)
    x, y, test = bits_of(data.x_train), data.y_train.astype(np.uint16), bits_of(data.x_test)
    reached = []
    for seed in SEEDS:
        network, updates = trained(x, y, margin, seed, kept)
        reached.append(accuracy(network, test, data.y_test))
        print(f"seed {seed}: {100 * reached[-1]:.2f} % of the test set, {updates} updates")
    print(f"margin {margin:.1f}, {EPOCHS} epochs: {spread(reached)} of the test set (goal 95 %)")
    verify(data, margin, kept, options.verify)


if __name__ == "__main__":
    main()
