"""Threshold and thermometer against their three-line definitions, and their way to a dict."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bitspin.encode import Encoder, Thermometer, Threshold, encoder_from_dict
from bitspin.errors import DataError, ShapeError

LEVELS = st.floats(-300, 300, allow_nan=False)


@given(level=LEVELS, data=st.data())
def test_threshold_is_its_definition(level: float, data: st.DataObject) -> None:
    x = np.array(data.draw(st.lists(st.lists(st.integers(-300, 300), min_size=3, max_size=3))))
    x = x.reshape(-1, 3)
    bits = Threshold(level=level).encode(x)
    assert bits.dtype == np.bool_
    assert bits.shape == (len(x), Threshold(level=level).bit_count(3))
    assert bits.tolist() == [[value > level for value in row] for row in x.tolist()]


@given(
    levels=st.lists(LEVELS, min_size=1, max_size=5).map(sorted),
    x=st.lists(st.tuples(LEVELS, LEVELS), min_size=1, max_size=5),
)
def test_thermometer_is_its_definition(levels: list[float], x: list[tuple[float, float]]) -> None:
    shared = Thermometer(levels=[[level] for level in levels])
    own = Thermometer(levels=[[level, -level] for level in levels[:1]])
    planes = [[value > level for level in levels for value in row] for row in x]
    assert shared.encode(x).tolist() == planes
    assert own.encode(x).tolist() == [[a > levels[0], b > -levels[0]] for a, b in x]


@given(a=LEVELS, b=LEVELS, levels=st.lists(LEVELS, min_size=1, max_size=8).map(sorted))
def test_hamming_distance_counts_the_levels_between(
    a: float, b: float, levels: list[float]
) -> None:
    first, second = Thermometer(levels=[[level] for level in levels]).encode([[a], [b]])
    between = sum(min(a, b) <= level < max(a, b) for level in levels)
    assert int((first ^ second).sum()) == between


def test_images_are_flattened_and_planes_stay_images() -> None:
    images = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    bits = Thermometer(levels=[[5], [15]], feature_count=12).encode(images)
    np.testing.assert_array_equal(bits.reshape(2, 2, 3, 4)[:, 1], images > 15)


ENCODERS: list[Encoder] = [
    Threshold(level=50.5),
    Threshold(level=-1e-3, feature_count=784),
    Thermometer(levels=[[0.1], [0.2]]),
    Thermometer(levels=[[0.1, 5.0], [0.2, 6.0]], feature_count=2),
]


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
def test_an_encoder_returns_from_a_plain_dict(encoder: Encoder) -> None:
    fields = json.loads(json.dumps(encoder.to_dict()))
    assert encoder_from_dict(fields) == encoder
    assert encoder_from_dict(encoder.to_dict()) == encoder


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=200)
def test_a_level_returns_exactly(level: float) -> None:
    restored = encoder_from_dict(json.loads(json.dumps(Threshold(level=level).to_dict())))
    assert restored == Threshold(level=level)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "magic"},
        {"kind": "threshold"},
        {"kind": "threshold", "level": "high"},
        {"kind": "threshold", "level": float("nan")},
        {"kind": "threshold", "level": 1, "colour": "red"},
        {"kind": "threshold", "level": 1, "feature_count": 0},
        {"kind": "thermometer", "levels": []},
        {"kind": "thermometer", "levels": [[]]},
        {"kind": "thermometer", "levels": [[1], [1, 2]]},
        {"kind": "thermometer", "levels": [[2], [1]]},
        {"kind": "thermometer", "levels": [[1, 2]], "feature_count": 3},
    ],
)
def test_a_wrong_record_is_refused_in_one_line(fields: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="encoder record is not valid") as caught:
        encoder_from_dict(fields)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
def test_encoders_are_frozen(encoder: Encoder) -> None:
    with pytest.raises(ValidationError):
        encoder.kind = "other"  # type: ignore[assignment]


@pytest.mark.parametrize("encoder", [ENCODERS[1], ENCODERS[3]], ids=str)
def test_another_width_is_refused(encoder: Encoder) -> None:
    with pytest.raises(ShapeError, match="got 3 features"):
        encoder.encode(np.zeros((5, 3)))
    with pytest.raises(ShapeError, match="got 3 features"):
        encoder.bit_count(3)


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
def test_nan_is_refused(encoder: Encoder) -> None:
    with pytest.raises(DataError, match="NaN"):
        encoder.encode(np.full((5, encoder.feature_count or 2), np.nan))


def test_bit_counts() -> None:
    assert [encoder.bit_count(2) for encoder in (ENCODERS[0], *ENCODERS[2:])] == [2, 4, 4]
