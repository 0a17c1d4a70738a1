"""A writer's images, held to what can be counted by hand."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from bitspin.data import Writer
from bitspin.errors import BackendError, ShapeError, ValidityError

INK = 255


def bar(*places: tuple[int, int], size: int = 7) -> np.ndarray:
    """One image with ink at (row, column)."""
    image = np.zeros((1, size, size), np.uint8)
    for row, column in places:
        image[0, row, column] = INK
    return image


def inked(images: np.ndarray) -> set[tuple[int, int]]:
    return {(int(row), int(column)) for row, column in np.argwhere(images[0] > INK // 2)}


def test_nothing_changes_nothing() -> None:
    images = np.random.default_rng(1).integers(0, 256, (3, 28, 28)).astype(np.uint8)
    assert np.array_equal(Writer().write(images), images)


def test_a_quarter_turn_is_anticlockwise() -> None:
    arm = bar((3, 4), (3, 5))
    assert inked(Writer(rotation_rad=math.pi / 2).write(arm)) == {(2, 3), (1, 3)}
    assert inked(Writer(rotation_rad=-math.pi / 2).write(arm)) == {(4, 3), (5, 3)}


def test_a_shift_goes_down_and_right() -> None:
    assert inked(Writer(down=2, right=-1).write(bar((3, 3)))) == {(5, 2)}


def test_a_slant_moves_the_top_to_the_right() -> None:
    assert inked(Writer(slant=1.0).write(bar((1, 2), (3, 3), (5, 4)))) == {(1, 4), (3, 3), (5, 2)}


@pytest.mark.parametrize(("stroke", "pixels"), [(0, 9), (1, 16), (2, 25), (-1, 4), (-2, 1)])
def test_strokes_widen_by_whole_pixels(stroke: int, pixels: int) -> None:
    square = bar(*((row, column) for row in (2, 3, 4) for column in (2, 3, 4)))
    assert len(inked(Writer(stroke=stroke).write(square))) == pixels


def test_a_turn_keeps_the_ink() -> None:
    images = np.zeros((1, 28, 28), np.uint8)
    images[0, 8:20, 12:16] = INK
    turned = Writer(rotation_rad=math.radians(25)).write(images)
    assert turned.sum() == pytest.approx(images.sum(), rel=0.01)
    assert not np.array_equal(turned, images)


@pytest.mark.parametrize(
    "wrong", [{"rotation_rad": 4.0}, {"slant": math.nan}, {"stroke": 5}, {"down": math.inf}]
)
def test_numbers_out_of_range_are_refused(wrong) -> None:
    with pytest.raises(ValidityError, match=r"writer: got .*, expected"):
        Writer(**wrong)


def test_other_arrays_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"expected \(samples, height, width\) of uint8"):
        Writer().write(np.zeros((2, 784), np.uint8))


def test_a_missing_scipy_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    with pytest.raises(BackendError, match=r"pip install 'bitspin\[device\]'"):
        Writer().write(bar((3, 3)))
