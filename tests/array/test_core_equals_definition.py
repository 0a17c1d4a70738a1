"""The core's real array is its definition, bit for bit."""

from __future__ import annotations

import itertools
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitspin.array.definition import DefinedArray, define_gap
from bitspin.bits import (
    BitMatrix,
    CellArray,
    LayerCells,
    LayerStep,
    StepEngine,
    StepRule,
    _core,
    backend_names,
    random_words,
)
from bitspin.bits.cells import RATE_BITS
from bitspin.bits.engine import NO_BUDGET, PROBABILITY_ONE
from bitspin.encode import make_code
from bitspin.train import Network
from bitspin.train.definition import define_scores, define_step


def random_cells(rng, rows: int, cells: int, classes: int, scale: int, rates) -> LayerCells:
    member = rng.integers(0, classes, (rows, cells))
    stuck = rng.random((rows, cells)) < 0.1
    return LayerCells(
        np.stack([BitMatrix.from_bool((member == c) & ~stuck).words for c in range(classes)]),
        BitMatrix.from_bool(~stuck).words,
        rng.integers(-3, 4, rows).astype(np.int16),
        scale,
        *rates,
    )


@st.composite
def problems(draw: st.DrawFn):
    rate = st.sampled_from([0, 1, 2**RATE_BITS // 10**6, 2**RATE_BITS // 500, 2**RATE_BITS // 50])
    return {
        "hidden": draw(st.lists(st.sampled_from([1, 31, 33, 64, 130]), max_size=2)),
        "inputs": draw(st.sampled_from([1, 31, 33, 100])),
        "batch": draw(st.sampled_from([1, 31, 33, 70])),
        "classes": draw(st.sampled_from([1, 3, 16])),
        "scale": draw(st.sampled_from([0, 12, 55, 1088])),
        "rates": (draw(rate), draw(rate)),
        "budget": draw(st.sampled_from([300, 20 * 256, NO_BUDGET])),
        "independent": draw(st.booleans()),
        "seed": draw(st.integers(0, 2**64 - 1)),
    }


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("backend", backend_names())
@settings(max_examples=25)
@given(problem=problems())
def test_several_steps(problem, backend: str, threads: int) -> None:
    rng = np.random.default_rng(problem["seed"])
    code = BitMatrix.from_bool(make_code("onehot", 4, None))
    widths = (problem["inputs"], *problem["hidden"], 4)
    layer = LayerStep(8, 256, 1, problem["budget"], 0)
    rule = StepRule(problem["independent"], 4, (layer,) * (len(widths) - 1))
    samples = BitMatrix.from_bool(rng.random((100, widths[0])) < 0.5)
    labels = rng.integers(0, 4, 100).astype(np.uint16)
    network = Network.random(widths, code, problem["seed"])
    weights = [network.layer(index).to_signs() for index in range(network.layer_count)]
    parts = [
        random_cells(rng, rows, cells, problem["classes"], problem["scale"], problem["rates"])
        for cells, rows in itertools.pairwise(widths)
    ]
    chances = [
        tuple(int(p) for p in rng.integers(0, PROBABILITY_ONE + 1, problem["classes"]))
        for _ in parts
    ]
    defined = DefinedArray(parts, chances)
    cells = CellArray(widths, parts)
    for index, chance in enumerate(chances):
        cells.set_bias(index, chance)
    engine = StepEngine(widths, network.weights, code, problem["seed"], 128, threads, backend)
    engine.attach(cells)
    for step in range(3):
        order = rng.permutation(100)[: problem["batch"]].astype(np.uint32)
        tally = engine.step(samples, labels, order, step, rule)
        expected = define_step(
            weights,
            code.to_signs(),
            samples.to_signs()[order],
            labels[order],
            rule,
            problem["seed"],
            step,
            defined,
        )
        assert asdict(tally).items() <= asdict(expected).items()
        assert cells.tally().disturbed == expected.disturbed
        for index, matrix in enumerate(weights):
            np.testing.assert_array_equal(network.layer(index).to_signs(), matrix)
    _, scores = network.predict(samples, threads, backend, cells, 77)
    np.testing.assert_array_equal(
        scores, define_scores(weights, code.to_signs(), samples.to_signs(), defined, 77)
    )


@pytest.mark.parametrize("rate", [1, 2**20, 2**RATE_BITS // 10**5, 2**RATE_BITS // 2])
def test_gaps(rate: int) -> None:
    expected = [define_gap(rate, int(word)) for word in random_words(9, 2000)]
    np.testing.assert_array_equal(_core.disturb_gaps(rate, 9, 2000), expected)


def test_gaps_are_exponential() -> None:
    """10**5 gaps at rate 0.01: the mean within 5 standard errors, which 15 % off is not."""
    gaps = _core.disturb_gaps(2**RATE_BITS // 100, 3, 100_000)
    expected = 1 / (np.exp(0.01) - 1)
    assert abs(gaps.mean() - expected) < 5 * 100 / np.sqrt(100_000)
    assert abs(1.15 * gaps.mean() - expected) > 5 * 100 / np.sqrt(100_000)
