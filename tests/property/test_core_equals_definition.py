"""The core's training step is its definition, bit for bit."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitspin.bits import BitMatrix, LayerStep, ScaledCode, StepEngine, StepRule, backend_names
from bitspin.bits.engine import NO_BUDGET, PROBABILITY_ONE
from bitspin.encode import make_code
from bitspin.train import Network
from bitspin.train.definition import define_scores, define_step


@st.composite
def layer_steps(draw: st.DrawFn) -> LayerStep:
    return LayerStep(
        window=draw(st.sampled_from([0, 3, 8, 20, 10_000])),
        dead_zone_q8=draw(st.sampled_from([0, 128, 256, 700])),
        floor=draw(st.sampled_from([0, 1, 2, 5])),
        budget_q8=draw(st.sampled_from([100, 256, 300, 3 * 256 + 77, 40 * 256, NO_BUDGET])),
        probability_q31=draw(
            st.sampled_from([0, PROBABILITY_ONE // 50, PROBABILITY_ONE // 2, PROBABILITY_ONE])
        ),
    )


@st.composite
def problems(draw: st.DrawFn):
    classes = draw(st.integers(2, 6))
    kind, length = draw(st.sampled_from([("onehot", None), ("hadamard", 7), ("hadamard", 63)]))
    code = BitMatrix.from_bool(make_code(kind, classes, length))
    if draw(st.booleans()):
        scales = [draw(st.integers(0, 50)) for _ in range(classes)]
        addends = [draw(st.integers(-300, 300)) for _ in range(classes)]
        code = ScaledCode.of(code, np.array([scales, addends], np.int32))
    hidden = draw(st.lists(st.sampled_from([1, 5, 31, 32, 33, 64, 70]), min_size=0, max_size=2))
    inputs = draw(st.sampled_from([1, 16, 31, 32, 33, 65, 100]))
    widths = (inputs, *hidden, code.columns)
    rule = StepRule(
        independent=draw(st.booleans()),
        margin=draw(st.sampled_from([0, 1, 4, 10, 100])),
        layers=tuple(draw(layer_steps()) for _ in widths[1:]),
    )
    # Few distinct samples make many equal gradients, and so ties.
    distinct = draw(st.sampled_from([2, 5, 200]))
    batch = draw(st.sampled_from([1, 15, 32, 33, 70]))
    return widths, code, rule, distinct, batch, draw(st.integers(0, 2**64 - 1))


def scale_of(code: BitMatrix) -> np.ndarray | None:
    return code.class_scale.astype(np.int64) if isinstance(code, ScaledCode) else None


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("backend", backend_names())
@settings(max_examples=60, deadline=None)
@given(problem=problems())
def test_several_steps(problem, backend: str, threads: int) -> None:
    widths, code, rule, distinct, batch, seed = problem
    rng = np.random.default_rng(seed)
    pool = rng.random((distinct, widths[0])) < 0.5
    samples = BitMatrix.from_bool(pool[rng.integers(0, distinct, 200)])
    labels = rng.integers(0, code.rows, 200).astype(np.uint16)
    network = Network.random(widths, code, seed)
    weights = [network.layer(index).to_signs() for index in range(network.layer_count)]
    engine = StepEngine(widths, network.weights, code, seed, 128, threads, backend)
    for step in range(4):
        order = rng.permutation(200)[:batch].astype(np.uint32)
        tally = engine.step(samples, labels, order, step, rule)
        expected = define_step(
            weights,
            code.to_signs(),
            samples.to_signs()[order],
            labels[order],
            rule,
            seed,
            step,
            class_scale=scale_of(code),
        )
        assert asdict(tally).items() <= asdict(expected).items()
        for index, matrix in enumerate(weights):
            np.testing.assert_array_equal(network.layer(index).to_signs(), matrix)
    classes, scores = network.predict(samples, threads, backend)
    expected_scores = define_scores(
        weights, code.to_signs(), samples.to_signs(), class_scale=scale_of(code)
    )
    np.testing.assert_array_equal(scores, expected_scores)
    np.testing.assert_array_equal(classes, scores.argmax(axis=1))
