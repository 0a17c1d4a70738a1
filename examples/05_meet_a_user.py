"""A device meets a user whose digits look otherwise, and learns without forgetting the others'.

The network is trained on MNIST and delivered on a Cortex-M4 together with some of its training
images. Each digit that the user writes and labels is learned at once; between new ones the device
rehearses. QEMU runs the very firmware; every weight and class must be the simulated one. All users
are simulated, the first one also lives on the device.

    python examples/05_meet_a_user.py                 # one user and a small network, in seconds
    python examples/05_meet_a_user.py --full          # five users, as in the documentation
    python examples/05_meet_a_user.py --user camera   # whose camera is blurred, noisy and dirty
    python examples/05_meet_a_user.py --full --judge validation --originals 0     # for choices
"""

import argparse
import math
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

import bitspin
from bitspin.data import Camera, Writer, hold_out
from bitspin.export.adapt_on_device import describe, run_on_device
from bitspin.export.adaptation import Adaptation, simulate
from bitspin.export.curves import curves_table, write_curves
from bitspin.export.labelled import Labelled
from bitspin.export.targets import target_named
from bitspin.run.prepare import encode_bits

USER_IMAGES = 1000  # of the judging set; users write these, all others are for exams
VALIDATION_IMAGES = 10000
FIRST_VALIDATION_USER = 100


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="the sizes of the documentation")
    parser.add_argument("--user", choices=["writer", "camera"], default="writer")
    parser.add_argument("--judge", choices=["test", "validation"], default="test")
    parser.add_argument("--samples", type=int, help="of each user")
    parser.add_argument("--originals", type=int, default=500, help="training images in flash")
    parser.add_argument("--times", type=int, default=8, help="rehearsals after each new sample")
    parser.add_argument("--target", default="cortex-m4", help="or cortex-m3, rv32imac, host ...")
    parser.add_argument("--html", type=Path, default=Path("meet-a-user.html"))
    return parser.parse_args()


def draw_writer(number: int) -> Writer:
    """A person: digits turned by 20 to 30 degrees, shifted, with thicker or thinner strokes."""
    rng = np.random.default_rng(number)
    return Writer(
        rotation_rad=math.radians(rng.choice([-1, 1]) * rng.uniform(20, 30)),
        down=float(rng.integers(-1, 2)),
        right=float(rng.integers(-1, 2)),
        stroke=int(rng.choice([-1, 1])),
    )


def draw_camera(number: int) -> Camera:
    """A camera that is a little out of focus and noisy, with dirt in its middle."""
    rng = np.random.default_rng(number)
    return Camera(
        blur=float(rng.uniform(0.5, 1.0)),
        spot=(int(rng.integers(6, 15)), int(rng.integers(6, 15)), 7, 7),
        noise=0.1,
        seed=number,
    )


def deliver_and_meet(options: argparse.Namespace, number: int) -> Adaptation:
    """Train a network, and give it a user of that number."""
    judged_on_test = options.judge == "test"
    settings = {
        "network": {"hidden": [256]},
        "epochs": 60 if options.full else 6,
        "seed": number,
        "data": {"shift": 1, "validation": 0 if judged_on_test else VALIDATION_IMAGES},
    }
    run = bitspin.fit(settings)
    data = hold_out(bitspin.load("mnist"), settings["data"]["validation"], seed=number)
    x, y = (data.x_test, data.y_test) if judged_on_test else (data.x_validation, data.y_validation)
    order = np.random.default_rng(number).permutation(len(y))
    x, y = x[order], y[order]
    person = number if judged_on_test else FIRST_VALIDATION_USER + number
    user = draw_writer(person) if options.user == "writer" else draw_camera(person)
    print(f"user {number}: {user}")
    of_user = user.write(x) if isinstance(user, Writer) else user.take(x)

    def labelled(images: np.ndarray, labels: np.ndarray) -> Labelled:
        return Labelled(encode_bits(run.encoder, images), labels.astype(np.uint16))

    samples = options.samples or (500 if options.full else 150)
    exam = slice(USER_IMAGES, None if options.full else USER_IMAGES + 400)
    flash = np.random.default_rng(number).permutation(len(data.y_train))[: options.originals]
    return Adaptation(
        network=run.model,
        originals=labelled(data.x_train[flash], data.y_train[flash]),
        user=labelled(of_user[:samples], y[:samples]),
        exams={
            "the user's digits": labelled(of_user[exam], y[exam]),
            "everyone else's": labelled(x[exam], y[exam]),
        },
        times=options.times,
        every=50,
        batch=512,
        capacity=176,  # so that all RAM, stack included, is less than 64 KiB
        seed=number,
    )


options = parse()
courses = [deliver_and_meet(options, number) for number in range(5 if options.full else 1)]
curves = [simulate(course) for course in courses]

print(curves_table(curves))

# The device itself, on the first user, with smaller exams: QEMU takes a minute for 10,000 images.
exams = {name: exam.some(slice(400)) for name, exam in courses[0].exams.items()}
course = replace(courses[0], exams=exams)
with tempfile.TemporaryDirectory() as folder:
    device = run_on_device(course, target_named(options.target), Path(folder))
print(describe(course, device))
write_curves(curves, options.html, device=device.curve)
print(f"curves  {options.html}")
