"""Seconds of `TGBNNClassifier.fit` on MNIST beside those of `bitspin.fit`: same work, same weights.

`bitspin.fit` also measures the test accuracy after each epoch, and `bitspin train` loads its data
besides; so a ratio below 1 is to be expected.

    python bench/estimators.py
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

import bitspin
from bitspin.estimators import TGBNNClassifier
from bitspin.train import Network

EPOCHS = 5
ROUNDS = 5
GOAL = 1.3

Result = TypeVar("Result")


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def main() -> None:
    data = bitspin.load("mnist")
    x = data.x_train.reshape(len(data.x_train), -1)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        seconds, run = timed(lambda: bitspin.fit({"epochs": EPOCHS}, data=data))
        theirs.append(seconds)
        classifier = TGBNNClassifier(epochs=EPOCHS, random_state=0)
        ours.append(timed(lambda fit=classifier.fit: fit(x, data.y_train))[0])
        assert isinstance(run.model, Network)
        assert np.array_equal(classifier.network_.weights, run.model.weights)
    line = {
        "case": f"estimator / run, 784-1000-10 on MNIST, {EPOCHS} epochs, default threads",
        "estimator_seconds": round(min(ours), 3),
        "run_seconds": round(min(theirs), 3),
        "ratio": round(min(ours) / min(theirs), 2),
        "goal": GOAL,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
