"""A BNN with thresholds and the network of bits made of it decide the same, for every input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitspin.bits import BitMatrix, ScaledCode
from bitspin.bits.code import SCORE_LIMIT
from bitspin.errors import ShapeError
from bitspin.train.bias_cells import strict_network
from bitspin.train.folded_bnn import FoldedBnn, FoldedHiddenLayer, FoldedOutputLayer


@st.composite
def folded_networks(draw: st.DrawFn) -> FoldedBnn:
    """Random networks; thresholds at and beyond the extremes, of either parity, flips."""
    widths = draw(st.lists(st.integers(1, 9), min_size=2, max_size=4))
    classes = draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    hidden = []
    for fan_in, units in itertools.pairwise(widths):
        thresholds = [draw(st.integers(-fan_in - 2, fan_in + 3)) for _ in range(units)]
        weights = rng.random((units, fan_in)) < 0.5
        hidden.append(FoldedHiddenLayer(weights, np.array(thresholds), rng.random(units) < 0.5))
    # Multiples of 1/8 are exact in float32, so that ties are ties in both.
    scale = np.array([draw(st.integers(-12, 12)) for _ in range(classes)], np.float32) / 8
    offset = np.array([draw(st.integers(-30, 30)) for _ in range(classes)], np.float32) / 8
    weights = rng.random((classes, widths[-1])) < 0.5
    return FoldedBnn(tuple(hidden), FoldedOutputLayer(weights, scale, offset))


def all_inputs(bits: int) -> np.ndarray:
    return (np.arange(2**bits)[:, None] >> np.arange(bits)) % 2 == 1


@settings(max_examples=150, deadline=None)
@given(folded=folded_networks())
def test_every_input_gets_the_same_class(folded: FoldedBnn) -> None:
    strict = strict_network(folded)
    inputs = all_inputs(folded.widths[0])
    wanted, _ = folded.predict(BitMatrix.from_bool(inputs))
    biased = np.pad(inputs, ((0, 0), (0, strict.input_ones)), constant_values=True)
    classes, _ = strict.network.predict(BitMatrix.from_bool(biased))
    np.testing.assert_array_equal(classes, wanted)


def one_layer(thresholds: list[int], fan_in: int) -> FoldedBnn:
    units = len(thresholds)
    hidden = FoldedHiddenLayer(
        np.ones((units, fan_in), np.bool_), np.array(thresholds), np.zeros(units, np.bool_)
    )
    ones = np.ones(2, np.float32)
    return FoldedBnn((hidden,), FoldedOutputLayer(np.ones((2, units), np.bool_), ones, 0 * ones))


def test_no_cell_is_spent_without_need() -> None:
    assert strict_network(one_layer([0, 0], 4)).input_ones == 0
    assert strict_network(one_layer([1, 1], 5)).input_ones == 0  # odd sums: one decides as zero
    assert strict_network(one_layer([-6, 7], 20)).input_ones == 7
    assert strict_network(one_layer([-6, 8], 20)).input_ones == 7


def test_a_code_without_scales_stays_plain() -> None:
    network = strict_network(one_layer([3], 9)).network
    assert not isinstance(network.code, ScaledCode)


@pytest.mark.parametrize("scale", [1e-30, 0.03, 1e30])
def test_scores_stay_in_range_whatever_their_scale(scale: float) -> None:
    folded = one_layer([0] * 500, 3)
    weights = np.stack([np.ones(500, np.bool_), np.zeros(500, np.bool_)])
    scales = np.array([scale, scale / 3], np.float32)
    output = FoldedOutputLayer(weights, scales, np.array([scale, -40 * scale], np.float32))
    strict = strict_network(FoldedBnn(folded.hidden, output))
    inputs = all_inputs(3)
    biased = np.pad(inputs, ((0, 0), (0, strict.input_ones)), constant_values=True)
    _, scores = strict.network.predict(BitMatrix.from_bool(biased))
    assert SCORE_LIMIT // 4 < np.abs(scores).max() < SCORE_LIMIT


def test_scales_that_do_not_fit_are_refused() -> None:
    code = BitMatrix.from_bool(np.eye(3, dtype=np.bool_))
    with pytest.raises(ShapeError, match=r"expected \(2, 3\) of int32"):
        ScaledCode.of(code, np.ones((2, 2), np.int32))
    with pytest.raises(ShapeError, match="below 0"):
        ScaledCode.of(code, np.full((2, 3), -1, np.int32))
