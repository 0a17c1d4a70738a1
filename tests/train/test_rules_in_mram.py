"""The battery of every strict rule, in an array of real cells with everything wrong at once."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bitspin.array import MramArray, MramModel, OpCounts, layer_counts
from bitspin.bits import BitMatrix, CellArray, StepEngine, backend_names
from bitspin.bits.engine import PROBABILITY_ONE
from bitspin.encode import make_code
from bitspin.train import Network, Plain, RowBudget, Trainer
from bitspin.train.reading import ArrayReader, measuring_key
from bitspin.train.rule import Geometry


@pytest.fixture(scope="session", params=["complementary", "toggle"])
def toy_array(request: pytest.FixtureRequest) -> MramModel:
    """Spread, stuck cells, lost pulses, noise and offsets at once, in both schemes."""
    toggle = request.param == "toggle"
    return MramModel.load(
        MramArray(
            device="vcma-toggle" if toggle else "mtj-sot",
            xnor=request.param,
            toggle_error_rate=1e-7 if toggle else None,
            stuck_probability=0.05,
            write_error_probability=0.1,
            read_noise=1.0,
            sense_offset=1.0,
        )
    )


def train(
    network: Network, rule, toy, array: MramModel, epochs: int, seed: int = 1, **options
) -> Network:
    """Train a copy of a network; give the copy."""
    copy = Network(network.widths, network.weights.copy(), network.code)
    trainer = Trainer(copy, rule, toy, epochs, seed, array=array, **options)
    for _ in range(epochs):
        trainer.run_epoch()
    return copy


def test_learns_a_separable_toy(toy, toy_network, toy_rule, toy_array) -> None:
    reader = ArrayReader(toy_array, toy_network.widths)

    def accuracy(network: Network) -> float:
        classes, _ = reader.predict(network, toy.samples, measuring_key(1, 8), 1)
        return float((classes == toy.labels).mean())

    assert accuracy(toy_network) < 0.6
    assert accuracy(train(toy_network, toy_rule, toy, toy_array, 8)) > 0.95


def test_is_reproducible_from_its_seeds(toy, toy_network, toy_rule, toy_array) -> None:
    def weights(**options) -> np.ndarray:
        return train(
            toy_network, toy_rule, toy, options.pop("array", toy_array), 2, **options
        ).weights

    other = toy_array.spec.model_copy(update={"device_seed": 1})
    np.testing.assert_array_equal(weights(), weights())
    assert (weights() != weights(seed=2)).any()
    assert (weights() != weights(array=MramModel.load(other))).any()


@pytest.mark.parametrize("backend", backend_names())
def test_same_bits_for_threads_and_backends(toy, toy_network, toy_array, backend) -> None:
    rule = RowBudget(batch=50, batch_end=100, budget=4, output_budget=2)
    expected = train(toy_network, rule, toy, toy_array, 2, backend="ref").weights
    for threads in (1, 3):
        found = train(toy_network, rule, toy, toy_array, 2, backend=backend, threads=threads)
        np.testing.assert_array_equal(found.weights, expected)


def test_every_step_on_an_echoed_batch_counts(toy, toy_network, toy_array) -> None:
    products = []
    for echo in (1, 3):
        rule = RowBudget(batch=50, batch_end=100, echo=echo)
        trainer = Trainer(toy_network, rule, toy, epochs=1, seed=1, array=toy_array)
        tally = trainer.run_epoch()
        assert tuple(counts.pulses for counts in tally.events) == tally.pulses
        products.append([counts.products for counts in tally.events])
    assert products[1] == [3 * once for once in products[0]]


def test_stuck_cells_stay_as_they_are(toy, toy_network, toy_rule, toy_array) -> None:
    network = train(toy_network, toy_rule, toy, toy_array, 3)
    moved = False
    for index, (cells, rows) in enumerate(itertools.pairwise(network.widths)):
        stuck, value = toy_array.stuck(index, rows, cells)
        assert stuck.any()
        after, before = network.layer(index).to_bool(), toy_network.layer(index).to_bool()
        np.testing.assert_array_equal(after[stuck], value[stuck])
        moved |= bool((after[~stuck] != before[~stuck]).any())
    assert moved


@pytest.mark.parametrize(
    ("rule", "pulses", "errors"),
    [
        # One rival: rows 0 and 1 are in error, two pulses each.
        (RowBudget(write_probability=1, budget=2, output_budget=2), 4, 2),
        # Every row is in error.
        (Plain(write_probability=1, gradient_floor=0), 8, 4),
    ],
)
def test_events_are_those_of_a_count_by_hand(rule, pulses, errors) -> None:
    """One sample + + - - of class 0 on 4 x 4 cells that all hold +1; every pulse switches.

    The error of row 0, which must rise, is -1; that of a row that must fall is +1.
    """
    model = MramModel.load(MramArray(threshold_d2d_ratio=0.0, read_voltage_v=1e-6))
    cells = CellArray((4, 4), model.cells((4, 4)))
    cells.set_bias(0, (PROBABILITY_ONE,))
    weights = np.full(4, 0b1111, np.uint32)
    code = BitMatrix.from_bool(make_code("onehot", 4, None))
    engine = StepEngine((4, 4), weights, code, seed=1, batch_max=1)
    engine.attach(cells)
    sample = BitMatrix.from_bool(np.array([[True, True, False, False]]))
    step_rule = rule.step_rule(Geometry(widths=(4, 4), code_distance=2), 1, 0.0)
    tally = engine.step(sample, np.zeros(1, np.uint16), np.zeros(1, np.uint32), 0, step_rule)
    found = cells.tally()
    assert (found.errors, found.error_minus) == ((errors,), (1,))
    assert layer_counts((4, 4), 1, tally.active, tally.pulses, tally.flips, found) == (
        OpCounts(
            products=16,
            senses=4,
            toggles=2 * 2 * 4,
            gradient_products=4 * errors,
            pulses=pulses,
            flips=pulses,
        ),
    )
