"""Train on data of your own: an .npz archive of four arrays, here made by the example itself.

The samples are the readings of a weather station: five numbers on five scales. What the
station should say is one of three words.
"""

from pathlib import Path

import numpy as np

import bitspin

WORDS = ("dry", "wet", "storm")
FEATURES = ("temperature in K", "pressure in Pa", "humidity ratio", "wind in m/s", "hour")
CENTRE = np.array([[295, 102000, 0.3, 2, 12], [288, 100500, 0.8, 4, 12], [284, 98500, 0.9, 15, 12]])
SPREAD = np.array([6, 600, 0.12, 3, 7])


def draw(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Readings of shape (count, 5), float32, and their labels."""
    labels = rng.integers(0, len(WORDS), count)
    readings = CENTRE[labels] + SPREAD * rng.normal(size=(count, len(FEATURES)))
    return readings.astype(np.float32), labels


rng = np.random.default_rng(2)
x_train, y_train = draw(rng, 3000)
x_test, y_test = draw(rng, 600)
path = Path("weather.npz")
np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)

run = bitspin.fit(
    {"data": {"source": str(path)}, "network": {"hidden": [64]}, "epochs": 10},
    out="runs/example-weather",
)
inputs = run.model.widths[0]
print(
    f"{len(FEATURES)} features became {inputs} bits, by a {run.encoder.kind} chosen from the data"
)
print(f"test accuracy {run.test_accuracy:.2%}")

today = np.array([[283, 98900, 0.85, 13, 18]], np.float32)
print(f"today: {WORDS[run.predict(today)[0]]}")
