"""Comparing with a level is exact in every dtype, and samples are checked."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from bitspin.encode.features import as_features, exceeds
from bitspin.errors import DataError, ShapeError

DTYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]

finite = {"allow_nan": False, "allow_infinity": False}


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[npt.NDArray[Any], float]:
    """Draw features and a level which is often equal or next to one of them."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    elements = st_numpy.from_dtype(dtype, **(finite if dtype.kind == "f" else {}))
    x = draw(st_numpy.arrays(dtype, (2, 3), elements=elements))
    if dtype.kind in "iu" and dtype.itemsize == 8:
        # Whole numbers beyond 2**53 have no exact neighbour among the levels, which are floats.
        x = (x // 2**11).astype(dtype)
    near = float(x[0, 0])
    neighbours = st.sampled_from(
        [
            near,
            near + 0.5,
            near - 0.5,
            math.nextafter(near, math.inf),
            math.nextafter(near, -math.inf),
        ]
    )
    level = draw(neighbours | st.floats(**finite))
    return x, level if math.isfinite(level) else 0.0


@given(comparisons())
@settings(max_examples=300)
def test_comparison_is_that_of_real_numbers(comparison: tuple[npt.NDArray[Any], float]) -> None:
    x, level = comparison
    truth = [[Fraction(value) > Fraction(level) for value in row] for row in x.tolist()]
    assert exceeds(x, level).tolist() == truth
    assert exceeds(x, np.full(x.shape[1], level)).tolist() == truth


def test_one_level_per_feature() -> None:
    x = np.array([[1, 2, 3], [3, 2, 1]], np.uint8)
    bits = exceeds(x, np.array([1.5, 2.0, -1.0]))
    assert bits.tolist() == [[False, False, True], [True, False, True]]


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.zeros(5), ShapeError, r"got shape \(5,\)"),
        (np.zeros((5, 0)), ShapeError, "no feature axis"),
        (np.zeros((5, 3)), ShapeError, "got 3 features, expected 4"),
        (np.zeros((5, 2, 3)), ShapeError, "got 6 features, expected 4"),
        (np.full((5, 4), "a"), DataError, "not numeric"),
        (np.zeros((5, 4), complex), DataError, "not numeric"),
        (np.array([[1, 2, np.nan, np.inf]]), DataError, "got 2 such values"),
    ],
)
def test_samples_that_do_not_fit(x: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        as_features(x, feature_count=4)
    assert "\n" not in str(caught.value)
