"""A camera's images, held to what can be counted by hand."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from bitspin.data import Camera
from bitspin.errors import BackendError, ShapeError, ValidityError


def digits(count: int = 40) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 28, 28)).astype(np.uint8)


def test_a_good_camera_changes_nothing() -> None:
    assert np.array_equal(Camera().take(digits()), digits())


def test_a_spot_hides_its_rectangle_and_nothing_else() -> None:
    seen = Camera(spot=(3, 20, 5, 100)).take(digits())
    assert not seen[:, 3:8, 20:].any()
    seen[:, 3:8, 20:] = digits()[:, 3:8, 20:]
    assert np.array_equal(seen, digits())


def test_a_blur_spreads_the_ink_by_its_standard_deviation() -> None:
    point = np.zeros((2, 31, 31), np.uint8)
    point[0, 15, 15] = point[0, 15, 16] = 255
    seen = Camera(blur=1.5).take(point).astype(float)
    assert not seen[1].any()  # each image for itself
    places = np.arange(31) - 15
    assert seen[0].sum() == pytest.approx(510, rel=0.03)
    assert (seen[0].sum(axis=1) * places**2).sum() / seen[0].sum() == pytest.approx(1.5**2, rel=0.1)


def test_noise_has_its_standard_deviation_and_stays_in_range() -> None:
    grey = np.full((50, 28, 28), 128, np.uint8)
    seen = Camera(noise=0.1, seed=3).take(grey)
    assert seen.std() == pytest.approx(25.5, rel=0.02)
    assert seen.mean() == pytest.approx(128, abs=0.5)
    assert Camera(noise=1.0).take(grey).mean() == pytest.approx(128, abs=2)  # cut off, not wrapped


def test_the_seed_alone_decides() -> None:
    first, again, other = (Camera(noise=0.1, seed=seed).take(digits()) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    "wrong",
    [
        {"blur": -1.0},
        {"blur": float("nan")},
        {"noise": 1.5},
        {"spot": (0, -1, 2, 2)},
        {"seed": -1},
    ],
)
def test_numbers_out_of_range_are_refused(wrong) -> None:
    with pytest.raises(ValidityError, match=r"camera: got .*, expected"):
        Camera(**wrong)


def test_other_arrays_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"camera: got images .*, expected \(samples"):
        Camera().take(np.zeros((2, 784), np.uint8))


def test_a_missing_scipy_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    with pytest.raises(BackendError, match=r"pip install 'bitspin\[device\]'"):
        Camera(blur=1.0).take(digits())
