"""A toy problem that several test files train on."""

from __future__ import annotations

import numpy as np
import pytest

from bitspin.bits import BitMatrix
from bitspin.encode import make_code
from bitspin.train import Network, Plain, RowBudget, TrainingSet, image_shifts

SIDE = 9
CLASSES = 4
SAMPLES = 500
TOY_WIDTHS = (SIDE * SIDE, 33, CLASSES)


@pytest.fixture(scope="session")
def toy() -> TrainingSet:
    """Noisy copies (every tenth pixel is wrong) of one random image a class."""
    rng = np.random.default_rng(5)
    images = rng.random((CLASSES, SIDE * SIDE)) < 0.5
    labels = rng.integers(0, CLASSES, SAMPLES).astype(np.uint16)
    noise = rng.random((SAMPLES, SIDE * SIDE)) < 0.1
    return TrainingSet(BitMatrix.from_bool(images[labels] ^ noise), labels)


@pytest.fixture(scope="session")
def shifted_toy(toy: TrainingSet) -> TrainingSet:
    background = np.zeros(SIDE * SIDE, np.bool_)
    return TrainingSet(toy.samples, toy.labels, image_shifts(SIDE, SIDE, 1, background))


@pytest.fixture
def toy_network() -> Network:
    code = BitMatrix.from_bool(make_code("onehot", CLASSES, None))
    return Network.random(TOY_WIDTHS, code, 11)


@pytest.fixture(params=["row-budget", "plain"])
def toy_rule(request: pytest.FixtureRequest) -> RowBudget | Plain:
    """Every strict learning rule, with constants for the toy."""
    if request.param == "plain":
        return Plain(batch=50, batch_end=100, write_probability=0.1, write_probability_end=0.01)
    return RowBudget(batch=50, batch_end=100, budget=4, output_budget=2)
