"""The strict rule, on the real objects.

What persists between steps is weight bits and a few scalars; every signal between layers is in
{-1, 0, +1}.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bitspin.bits import BitMatrix, LayerStep, StepEngine, StepRule, _core, backend_names
from bitspin.bits.engine import PROBABILITY_ONE
from bitspin.train import Network, Position, Trainer, TrainingSet
from bitspin.train.definition import independent_errors, project_back, rival_errors

SCALARS = (bool, int, float, str, type(None))


def copied(network: Network) -> Network:
    return Network(network.widths, network.weights.copy(), network.code)


# ---- what persists -------------------------------------------------------------------------------


def arrays_within(value: object) -> Iterator[np.ndarray]:
    """All arrays that a value keeps; anything that could hide one is an error."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from arrays_within(part)
    elif isinstance(value, Trainer | StepEngine | Network | BitMatrix | Position | BaseModel):
        for part in vars(value).values():
            yield from arrays_within(part)
    else:
        # The training set is the user's; the core's trainer is scratch: see the tests below.
        scratch_or_data = (_core.Trainer, TrainingSet)
        assert isinstance(value, (*SCALARS, *scratch_or_data)), f"a {type(value)} persists"


def assert_only_bits(network: Network) -> None:
    """All words are rows of weight bits, and padding carries nothing."""
    assert network.weights.dtype == np.uint32
    padded = int(np.bitwise_count(network.weights).sum())
    layers = [network.layer(index) for index in range(network.layer_count)]
    assert network.weights.size == sum(layer.words.size for layer in layers)
    assert padded == sum(int(layer.to_bool().sum()) for layer in layers)


def test_only_weight_bits_persist(toy_network, toy_rule, shifted_toy) -> None:
    trainer = Trainer(toy_network, toy_rule, shifted_toy, epochs=2, seed=1)
    trainer.run_epoch()
    kept = {id(array): array for array in arrays_within(trainer)}
    assert set(kept) == {id(toy_network.weights), id(toy_network.code.words)}
    assert_only_bits(toy_network)


def test_a_hidden_array_would_be_found(toy_network, toy_rule, toy) -> None:
    trainer = Trainer(toy_network, toy_rule, toy, epochs=2, seed=1)
    trainer.momentum = np.zeros(3)
    assert any(array.dtype == np.float64 for array in arrays_within(trainer))
    trainer.momentum = [0.5]
    with pytest.raises(AssertionError, match=r"list.* persists"):
        list(arrays_within(trainer))


def test_training_has_no_state_but_the_dense_bits_and_the_position(
    toy_network, toy_rule, shifted_toy
) -> None:
    straight = copied(toy_network)
    trainer = Trainer(straight, toy_rule, shifted_toy, epochs=4, seed=2)
    for _ in range(4):
        trainer.run_epoch()

    network, position = copied(toy_network), Position()
    for epoch in range(4):
        trainer = Trainer(
            network,
            toy_rule,
            shifted_toy,
            epochs=4,
            seed=2,
            threads=1 + epoch % 2,
            backend=backend_names()[epoch % len(backend_names())],
            position=position,
        )
        trainer.run_epoch()
        # Everything else is thrown away.
        dense, position = network.dense_layers(), trainer.position
        network = Network.from_dense(network.widths, dense, network.code)
    np.testing.assert_array_equal(network.weights, straight.weights)


@pytest.mark.parametrize("independent", [False, True])
def test_scratch_of_a_step_does_not_reach_the_next(toy_network, toy, independent: bool) -> None:
    layer = LayerStep(
        window=6, dead_zone_q8=256, floor=1, budget_q8=3 * 256, probability_q31=PROBABILITY_ONE // 2
    )
    rule = StepRule(independent, 6, (layer, layer))

    def engine_of(network: Network) -> StepEngine:
        return StepEngine(network.widths, network.weights, network.code, 3, batch_max=200)

    kept, renewed = copied(toy_network), copied(toy_network)
    engine = engine_of(kept)
    # Large batches before small ones leave the most behind.
    for step, batch in enumerate([200, 1, 33, 170, 31, 7, 64, 2]):
        order = np.arange(batch, dtype=np.uint32)
        tally = engine.step(toy.samples, toy.labels, order, step, rule)
        expected = engine_of(renewed).step(toy.samples, toy.labels, order, step, rule)
        assert tally == expected
        np.testing.assert_array_equal(kept.weights, renewed.weights)
    assert_only_bits(kept)


# ---- signals -------------------------------------------------------------------------------------


def assert_ternary(values: np.ndarray) -> None:
    assert set(np.unique(values).tolist()) <= {-1, 0, 1}


@st.composite
def layers_with_errors(draw: st.DrawFn):
    """Errors above, weights, sums below; the sizes make sums far beyond the ternary range."""
    batch, above, below = (draw(st.integers(1, 40)) for _ in range(3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    errors = rng.integers(-1, 2, (batch, above))
    weights = rng.choice(np.array([-1, 1]), (above, below))
    sums = rng.integers(-50, 51, (batch, below))
    window, dead_zone = draw(st.sampled_from([0, 10, 50])), draw(st.sampled_from([0, 256, 700]))
    return errors, weights, sums, LayerStep(window, dead_zone, 0, 256, 0)


@given(layers_with_errors())
def test_hidden_errors_are_ternary(problem) -> None:
    errors, weights, sums, layer = problem
    below = project_back(errors, weights, sums, layer)
    assert_ternary(below)
    assert not below[np.abs(sums) > layer.window].any()


@given(
    length=st.integers(1, 40),
    classes=st.integers(2, 6),
    margin=st.sampled_from([0, 5, 100]),
    seed=st.integers(0, 2**32 - 1),
)
def test_output_errors_are_ternary(length: int, classes: int, margin: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    code = rng.choice(np.array([-1, 1]), (classes, length))
    sums = rng.integers(-50, 51, length)
    scores = (code > 0) @ sums
    for label in range(classes):
        rule = StepRule(False, margin, ())
        assert_ternary(rival_errors(sums, scores, code, label, rule))
        assert_ternary(independent_errors(sums, code, label, rule))
