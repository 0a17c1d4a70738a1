"""What tests of several rooms need: repeatable property tests, and two small data sets."""

from __future__ import annotations

import signal

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import settings

from bitspin.data import Dataset

# A suite that a shell starts in the background ignores Ctrl-C, and so would every command that a
# test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Property tests draw the same examples in every run: a red test is red for everybody.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")

SIDE = 8
CLASSES = 4


def noisy_images(count: int, seed: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Draw copies of one black-and-white image a class, in which every tenth pixel is wrong."""
    images = np.random.default_rng(1).random((CLASSES, SIDE, SIDE)) < 0.5
    labels = (np.arange(count) % CLASSES).astype(np.uint8)
    noise = np.random.default_rng(seed).random((count, SIDE, SIDE)) < 0.1
    return np.where(images[labels] ^ noise, np.uint8(200), np.uint8(10)), labels


@pytest.fixture(scope="session")
def tiny_images() -> Dataset:
    """Four classes of 8 x 8 images in uint8; any network learns them at once."""
    x_train, y_train = noisy_images(400, 2)
    x_test, y_test = noisy_images(100, 3)
    return Dataset("tiny", x_train, y_train, x_test, y_test)


@pytest.fixture(scope="session")
def tiny_vectors() -> Dataset:
    """Four clouds in twelve features, each feature on a scale of its own."""
    rng = np.random.default_rng(4)
    centres, scales = rng.normal(size=(CLASSES, 12)), 10.0 ** np.arange(-6, 6)
    y_train, y_test = np.arange(400) % CLASSES, np.arange(100) % CLASSES
    x_train, x_test = (
        (centres[y] + 0.3 * rng.normal(size=(len(y), 12))) * scales for y in (y_train, y_test)
    )
    return Dataset("clouds", x_train, y_train, x_test, y_test)
