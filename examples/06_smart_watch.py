"""A smart watch tells shoulder exercises apart, and gets used to the arm that wears it.

The network is trained on the recordings of nine people (examples/data) and delivered on a
micro:bit, a Cortex-M0 with 16 KB of RAM. The tenth puts it on. Each labelled window of 2.6 seconds
is learned at once; between new ones the device rehearses some of the windows that it was delivered
with. QEMU runs the very firmware; every weight and class must be the simulated one. All
people are simulated, the first one also wears the device.

    python examples/06_smart_watch.py                     # one person, in seconds
    python examples/06_smart_watch.py --people 5 6 7 8 9 10 --seeds 3     # as in the documentation
    python examples/06_smart_watch.py --people 1 2 3 4 --originals 0      # for choices
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import bitspin
from bitspin.export.adapt_on_device import describe, run_on_device
from bitspin.export.adaptation import Adaptation, simulate
from bitspin.export.curves import curves_table, write_curves
from bitspin.export.labelled import Labelled
from bitspin.export.targets import target_named
from bitspin.run.prepare import encode_bits

DATA = Path(__file__).with_name("data") / "shoulder_exercises.npz"
WINDOW, STEP = 64, 32  # of 25 values a second
LEARNED_SHARE = 0.6  # the first part of each recording; the rest is for exams
EXAMINATIONS = 5


@dataclass(frozen=True)
class Part:
    """Windows as features, and what was done in them."""

    x: np.ndarray
    y: np.ndarray


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, nargs="+", default=[5], choices=range(1, 11))
    parser.add_argument("--seeds", type=int, default=1, help="networks for each person")
    parser.add_argument("--originals", type=int, default=500, help="windows of others in flash")
    parser.add_argument("--times", type=int, default=8, help="rehearsals after each new window")
    parser.add_argument("--in-blocks", action="store_true", help="one exercise after the other")
    parser.add_argument("--target", default="cortex-m0", help="or cortex-m3, rv32imac, host ...")
    parser.add_argument("--html", type=Path, default=Path("smart-watch.html"))
    return parser.parse_args()


def features(windows: np.ndarray) -> np.ndarray:
    """Six whole numbers for each of the six signals, as a watch can compute them.

    Sum, absolute deviation, least, largest, length of the path, crossings of the mean.
    """
    values = windows.astype(np.int32)
    total = values.sum(axis=1)
    centred = WINDOW * values - total[:, np.newaxis]
    parts = (
        total,
        np.abs(centred).sum(axis=1) // WINDOW,
        values.min(axis=1),
        values.max(axis=1),
        np.abs(np.diff(values, axis=1)).sum(axis=1),
        np.diff(centred > 0, axis=1).sum(axis=1),
    )
    return np.concatenate(parts, axis=1).astype(np.float32)


def read_windows() -> list[tuple[int, Part, Part]]:
    """For each recording the person, the windows to learn from and, after a gap, those of exams."""
    with np.load(DATA) as file:
        signals = np.split(file["signals"], np.cumsum(file["lengths"])[:-1])
        people, exercises = file["person"], file["exercise"].astype(np.int64)
    recordings = []
    for signal, person, exercise in zip(signals, people, exercises, strict=True):
        begins = range(0, len(signal) - WINDOW + 1, STEP)
        x = features(np.array([signal[begin : begin + WINDOW] for begin in begins]))
        y = np.full(len(x), exercise)
        end = int(LEARNED_SHARE * len(x))
        # The window between the parts overlaps both.
        recordings.append((int(person), Part(x[:end], y[:end]), Part(x[end + 1 :], y[end + 1 :])))
    return recordings


def join(parts: list[Part]) -> Part:
    return Part(np.concatenate([p.x for p in parts]), np.concatenate([p.y for p in parts]))


def deliver_and_wear(options: argparse.Namespace, person: int, seed: int) -> Adaptation:
    """Train on all but one person, and give the watch to that one."""
    recordings = read_windows()
    others = join([learn for who, learn, _ in recordings if who != person])
    others_exam = join([exam for who, _, exam in recordings if who != person])
    own = join([learn for who, learn, _ in recordings if who == person])
    own_exam = join([exam for who, _, exam in recordings if who == person])
    data = bitspin.Dataset("shoulder", others.x, others.y, others_exam.x, others_exam.y)
    run = bitspin.fit({"network": {"hidden": [128]}, "epochs": 60, "seed": seed}, data=data)

    def labelled(part: Part) -> Labelled:
        return Labelled(encode_bits(run.encoder, part.x), part.y.astype(np.uint16))

    rng = np.random.default_rng([person, seed])
    user = labelled(own)
    if not options.in_blocks:
        user = user.some(rng.permutation(len(user)))
    return Adaptation(
        network=run.model,
        originals=labelled(others).some(rng.permutation(len(others.y))[: options.originals]),
        user=user,
        exams={"the wearer": labelled(own_exam), "the other nine": labelled(others_exam)},
        times=options.times,
        every=-(-len(user) // EXAMINATIONS),
        batch=256,
        capacity=80,
        seed=seed,
    )


options = parse()
courses = [deliver_and_wear(options, p, s) for p in options.people for s in range(options.seeds)]
curves = [simulate(course) for course in courses]

print(f"{len(options.people)} people, networks {'-'.join(map(str, courses[0].network.widths))}")
print(curves_table(curves))
for first, person in enumerate(options.people):
    own = [c.accuracy["the wearer"] for c in curves[first * options.seeds :][: options.seeds]]
    before, *_, after = 100 * np.mean(own, axis=0)
    print(f"person {person}: {before:.1f} to {after:.1f}")

with tempfile.TemporaryDirectory() as folder:
    device = run_on_device(courses[0], target_named(options.target), Path(folder))
print(describe(courses[0], device))
write_curves(curves, options.html, device=device.curve)
print(f"curves  {options.html}")
