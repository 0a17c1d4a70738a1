"""Data that would give silent nonsense are refused."""

from __future__ import annotations

import numpy as np
import pytest

import bitspin
from bitspin.errors import DataError


def images(scale: type, count: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Bright left or bright right halves, as bytes or as floats of 0 to 1."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 2, count)
    pixels = rng.integers(0, 60, (count, 6, 6))
    pixels[labels == 0, :, :3] += 180
    pixels[labels == 1, :, 3:] += 180
    return (pixels / 255 if scale is float else pixels).astype(
        np.float64 if scale is float else np.uint8
    ), labels


def dataset(x: np.ndarray, y: np.ndarray) -> bitspin.Dataset:
    return bitspin.Dataset(name="halves", x_train=x[:80], y_train=y[:80], x_test=x, y_test=y)


@pytest.fixture(scope="module")
def run_on_bytes() -> bitspin.Run:
    return bitspin.fit({"network": {"hidden": [16]}, "epochs": 3}, data=dataset(*images(np.uint8)))


def test_bytes_and_whole_numbers_are_understood(run_on_bytes: bitspin.Run) -> None:
    x, y = images(np.uint8)
    assert run_on_bytes.accuracy(x, y) > 0.9
    assert run_on_bytes.accuracy(x.astype(np.int64), y) == run_on_bytes.accuracy(x, y)
    assert run_on_bytes.predict(x > 120).shape == (120,)  # truth values are bytes of 0 and 1


def test_floats_on_another_scale_are_refused(run_on_bytes: bitspin.Run) -> None:
    x, _ = images(float)
    with pytest.raises(DataError, match="got float64, expected uint8 as in training"):
        run_on_bytes.predict(x)
    with pytest.raises(DataError, match="got int64, expected uint8 as in training"):
        run_on_bytes.predict((1000 * x).astype(np.int64))


def test_bytes_for_a_run_on_floats_are_refused() -> None:
    run = bitspin.fit({"network": {"hidden": [16]}, "epochs": 1}, data=dataset(*images(float)))
    x, _ = images(np.uint8)
    with pytest.raises(DataError, match="got uint8, expected float64 as in training"):
        run.predict(x)
    assert run.predict(images(float)[0].astype(np.float32)).shape == (120,)


def test_samples_that_all_become_the_same_bits_are_refused() -> None:
    data = dataset(*images(np.uint8))
    with pytest.raises(DataError, match="got the same 36 bits for each of 80 training samples"):
        bitspin.fit({"data": {"pixel_threshold": 1e9}, "epochs": 1}, data=data)
