"""A shifted packed image is the shifted image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitspin.bits import BitMatrix, Shifts
from bitspin.errors import ShapeError
from bitspin.train import image_shifts


def moved(images: np.ndarray, down: int, right: int, background: np.ndarray) -> np.ndarray:
    """Images of shape (..., H, W): pixel (y, x) is the old (y - down, x - right), or background."""
    height, width = images.shape[-2:]
    rolled = np.roll(images, (down, right), axis=(-2, -1))
    y, x = np.mgrid[:height, :width]
    inside = np.isin(y - down, np.arange(height)) & np.isin(x - right, np.arange(width))
    return np.where(inside, rolled, background)


@st.composite
def pictures(draw: st.DrawFn):
    height, width = draw(st.tuples(st.integers(2, 9), st.integers(2, 40)))
    planes = draw(st.integers(1, 3))
    radius = draw(st.integers(1, min(height, width, 4) - 1))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    images = rng.random((2, planes, height, width)) < 0.5
    background = rng.random((planes, height, width)) < draw(st.sampled_from([0.0, 0.5, 1.0]))
    return images, background, radius


def assert_all_moves(images: np.ndarray, background: np.ndarray, radius: int) -> None:
    height, width = images.shape[-2:]
    shifts = image_shifts(height, width, radius, background.ravel())
    samples = BitMatrix.from_bool(images.reshape(len(images), -1))
    moves = [(d, r) for d in range(-radius, radius + 1) for r in range(-radius, radius + 1)]
    assert shifts.count == len(moves)
    for which, (down, right) in enumerate(moves):
        expected = moved(images, down, right, background).reshape(len(images), -1)
        np.testing.assert_array_equal(shifts.apply(samples, which).to_bool(), expected)


@settings(max_examples=100)
@given(pictures())
def test_every_move(picture) -> None:
    assert_all_moves(*picture)


def test_every_move_of_an_mnist_image() -> None:
    rng = np.random.default_rng(1)
    assert_all_moves(rng.random((3, 1, 28, 28)) < 0.5, np.zeros((1, 28, 28), np.bool_), 3)


@settings(max_examples=200)
@given(
    bits=st.sampled_from([1, 31, 32, 33, 64, 65, 100]),
    offset=st.integers(-99, 99),
    seed=st.integers(0, 2**32 - 1),
)
def test_moves_by_any_number_of_bits(bits: int, offset: int, seed: int) -> None:
    offset = int(np.clip(offset, 1 - bits, bits - 1))
    rng = np.random.default_rng(seed)
    source, fill = rng.random((2, bits)) < 0.5
    places = np.arange(bits) - offset
    keep = np.isin(places, np.arange(bits)) & (rng.random(bits) < 0.8)
    masks = (BitMatrix.from_bool(row[None]) for row in (keep, fill & ~keep))
    shifts = Shifts(np.array([offset], np.int32), *masks)
    shifted = shifts.apply(BitMatrix.from_bool(source[None]), 0).to_bool()[0]
    np.testing.assert_array_equal(shifted, np.where(keep, source[places % bits], fill))


@pytest.mark.parametrize("bits", [783, 785])
def test_feature_vectors_cannot_be_moved(bits: int) -> None:
    with pytest.raises(ShapeError, match=f"got samples of {bits} bits, expected whole planes"):
        image_shifts(28, 28, 1, np.zeros(bits, np.bool_))


@pytest.mark.parametrize("radius", [-1, 0, 5])
def test_a_radius_that_does_not_fit(radius: int) -> None:
    with pytest.raises(ShapeError, match=f"got {radius} pixels, expected 1 to 4"):
        image_shifts(5, 7, radius, np.zeros(35, np.bool_))
