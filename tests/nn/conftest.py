"""Small data that the networks of these tests belong to."""

from __future__ import annotations

import numpy as np
import pytest

from bitspin.data import Dataset, load
from bitspin.encode import Threshold

PIXELS = 784


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    return load("mnist")


@pytest.fixture(scope="session")
def some_digits(mnist: Dataset) -> Dataset:
    return Dataset(
        "digits", mnist.x_train[:600], mnist.y_train[:600], mnist.x_test[:300], mnist.y_test[:300]
    )


@pytest.fixture(scope="session")
def pixels() -> Threshold:
    return Threshold(level=50, feature_count=PIXELS)


@pytest.fixture(scope="session")
def signs(mnist: Dataset) -> np.ndarray:
    """The whole test set as ±1, float32 of shape (10000, 784)."""
    return np.where(mnist.x_test.reshape(-1, PIXELS) > 50, np.float32(1), np.float32(-1))
