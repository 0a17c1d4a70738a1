"""The battery that every strict learning rule must pass, and the rules' whole numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from bitspin.bits import BitMatrix, LayerStep, StepRule, StepTally
from bitspin.bits.engine import NO_BUDGET, PROBABILITY_ONE, StepEngine
from bitspin.encode import make_code
from bitspin.train import Network, Plain, RowBudget, Trainer
from bitspin.train.rule import Geometry, geometric, root_threshold

# ---- the battery ---------------------------------------------------------------------------------


def accuracy(network: Network, toy) -> float:
    return float((network.predict(toy.samples)[0] == toy.labels).mean())


def test_learns_a_separable_toy(toy, toy_network, toy_rule) -> None:
    before = accuracy(toy_network, toy)
    trainer = Trainer(toy_network, toy_rule, toy, epochs=8, seed=1)
    tallies = [trainer.run_epoch() for _ in range(8)]
    assert before < 0.6
    assert accuracy(toy_network, toy) > 0.95
    assert tallies[-1].train_accuracy > tallies[0].train_accuracy
    assert tallies[-1].active_share < tallies[0].active_share


def test_is_reproducible_from_its_seed(toy, toy_network, toy_rule) -> None:
    def trained(seed: int) -> np.ndarray:
        network = Network(toy_network.widths, toy_network.weights.copy(), toy_network.code)
        trainer = Trainer(network, toy_rule, toy, epochs=2, seed=seed)
        trainer.run_epoch()
        trainer.run_epoch()
        return network.weights

    np.testing.assert_array_equal(trained(3), trained(3))
    assert (trained(3) != trained(4)).any()


ONE_ROW_EACH = Geometry(widths=(4, 4), code_distance=2)


def hand_counted_step(rule: RowBudget | Plain) -> tuple[StepTally, np.ndarray]:
    """One sample + + - - of class 0, on a layer of 4 x 4 cells that all hold +1.

    All four sums are 0. A row that must rise disagrees in its cells 2 and 3 (stored +1, input -1),
    a row that must fall in its cells 0 and 1.
    """
    weights = np.full(4, 0b1111, np.uint32)
    code = BitMatrix.from_bool(make_code("onehot", 4, None))
    engine = StepEngine((4, 4), weights, code, seed=1, batch_max=1)
    sample = BitMatrix.from_bool(np.array([[True, True, False, False]]))
    label, order = np.zeros(1, np.uint16), np.zeros(1, np.uint32)
    tally = engine.step(sample, label, order, 0, rule.step_rule(ONE_ROW_EACH, 1, 0.0))
    return tally, weights


def test_row_budget_counts_as_by_hand() -> None:
    # The rival is class 1, the first of the equal wrong ones: rows 0 and 1 have two pulses each.
    tally, weights = hand_counted_step(RowBudget(write_probability=1, budget=2, output_budget=2))
    assert tally == StepTally(pulses=(4,), flips=(4,), correct=1, active=1)
    assert weights.tolist() == [0b0011, 0b1100, 0b1111, 0b1111]


def test_a_budget_of_one_pulses_one_cell_a_row() -> None:
    tally, weights = hand_counted_step(RowBudget(write_probability=1, budget=1, output_budget=1))
    assert tally == StepTally(pulses=(2,), flips=(2,), correct=1, active=1)
    assert weights[0] in (0b1011, 0b0111)
    assert weights[1] in (0b1110, 0b1101)
    assert weights[2:].tolist() == [0b1111, 0b1111]


def test_plain_counts_as_by_hand() -> None:
    # Every output is in error: row 0 must rise, rows 1 to 3 must fall, two pulses each.
    tally, weights = hand_counted_step(Plain(write_probability=1, gradient_floor=0))
    assert tally == StepTally(pulses=(8,), flips=(8,), correct=1, active=1)
    assert weights.tolist() == [0b0011, 0b1100, 0b1100, 0b1100]


@pytest.mark.parametrize("rule", [RowBudget(margin=0), Plain(margin=0, gradient_floor=0)])
def test_no_error_without_a_margin(rule: RowBudget | Plain) -> None:
    # Ties are no errors where the margin is 0: 0 < 0 does not hold.
    tally, weights = hand_counted_step(rule)
    assert tally == StepTally(pulses=(0,), flips=(0,), correct=1, active=0)
    assert weights.tolist() == [0b1111] * 4


def test_pulses_that_do_not_switch_are_counted_as_pulses() -> None:
    tally, weights = hand_counted_step(RowBudget(write_probability=0, budget=2, output_budget=2))
    assert tally == StepTally(pulses=(4,), flips=(0,), correct=1, active=1)
    assert weights.tolist() == [0b1111] * 4


# ---- whole numbers -------------------------------------------------------------------------------

MNIST = Geometry(widths=(784, 1000, 10), code_distance=2)


def test_row_budget_at_known_points() -> None:
    rule = RowBudget(
        margin=2.5,
        window=0.7,
        error_dead_zone=1.0,
        gradient_floor=0.4,
        write_probability=0.5,
        budget=8,
        budget_end=0.5,
        output_budget=4,
        output_budget_end=0.4,
        batch=512,
        batch_end=8192,
    )
    half = PROBABILITY_ONE // 2
    # Windows 0.7 * 28 = 19.6 and 0.7 * 31.62 = 22.1; floors 0.4 * 22.63 = 9.05, 0.4 * 45.25 =
    # 18.1 and 0.4 * 90.51 = 36.2; margin 2.5 * 31.62 = 79.06.
    expected = {
        0.0: (512, (9, 8 * 256), (9, 4 * 256)),
        0.5: (2048, (18, 2 * 256), (18, round(math.sqrt(4 * 0.4) * 256))),
        1.0: (8192, (36, 128), (36, 102)),
    }
    for progress, (batch, (floor, budget), (out_floor, out_budget)) in expected.items():
        assert rule.batch_schedule(60_000, 24).at(progress) == batch
        layers = (
            LayerStep(19, 256, floor, budget, half),
            LayerStep(22, 256, out_floor, out_budget, half),
        )
        assert rule.step_rule(MNIST, batch, progress) == StepRule(False, 79, layers)


@pytest.mark.parametrize(
    ("samples", "epochs", "echo", "start", "end"),
    [
        (60_000, 1, 1, 400, 2000),
        (60_000, 24, 1, 885, 9798),
        (10**6, 80, 1, 1196, 16384),
        (600, 4, 1, 32, 200),
        (60_000, 24, 4, 1771, 16384),
        (60_000, 1, 1000, 12649, 16384),
        (600, 24, 1000, 200, 200),
        (30, 24, 1000, 32, 32),
    ],
)
def test_the_batch_follows_from_samples_epochs_and_echo(samples, epochs, echo, start, end) -> None:
    schedule = RowBudget(echo=echo).batch_schedule(samples, epochs)
    assert (schedule.start, schedule.end) == (start, end)


def test_steps_on_the_same_batch_share_its_budget_by_the_root() -> None:
    echoing = RowBudget(budget=8, output_budget=4, echo=4)
    layers = echoing.step_rule(MNIST, 512, 0.0).layers
    assert [layer.budget_q8 for layer in layers] == [1024, 512]
    assert echoing.without_echo() == RowBudget(budget=8, output_budget=4)


def test_the_margin_of_a_code_grows_with_its_distance() -> None:
    # 2 * sqrt(1000 * 32 / 2) = 252.98: 32 bits differ, each in a sum over 1000 weights.
    geometry = Geometry(widths=(784, 1000, 63), code_distance=32)
    assert RowBudget(margin=2).step_rule(geometry, 512, 0.0).margin == 252


def test_every_hidden_layer_has_the_hidden_budget() -> None:
    geometry = Geometry(widths=(784, 100, 100, 10), code_distance=2)
    layers = RowBudget(budget=8, output_budget=4).step_rule(geometry, 512, 0.0).layers
    assert [layer.budget_q8 for layer in layers] == [2048, 2048, 1024]


def test_plain_at_known_points() -> None:
    rule = Plain(
        margin=1.0,
        window=0.7,
        error_dead_zone=0.5,
        gradient_floor=1.5,
        write_probability=0.25,
        write_probability_end=0.0625,
        batch=512,
        batch_end=512,
    )
    # Floor 1.5 * 22.63 = 33.9; margin sqrt(1000) = 31.6.
    for progress, probability in ((0.0, 1 / 4), (0.5, 1 / 8), (1.0, 1 / 16)):
        q31 = int(probability * PROBABILITY_ONE)
        layers = (LayerStep(19, 128, 33, NO_BUDGET, q31), LayerStep(22, 128, 33, NO_BUDGET, q31))
        assert rule.batch_schedule(60_000, 24).at(progress) == 512
        assert rule.step_rule(MNIST, 512, progress) == StepRule(True, 31, layers)


def test_a_certain_pulse_is_certain() -> None:
    layers = RowBudget(write_probability=1).step_rule(MNIST, 512, 0.0).layers
    assert {layer.probability_q31 for layer in layers} == {PROBABILITY_ONE}


@pytest.mark.parametrize("progress", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(("start", "end"), [(8.0, 0.8), (1.0, 1.0), (512, 8192)])
def test_geometric_is_straight_in_the_logarithm(start: float, end: float, progress: float) -> None:
    expected = (1 - progress) * math.log(start) + progress * math.log(end)
    assert math.log(geometric(start, end, progress)) == pytest.approx(expected)


@pytest.mark.parametrize(("terms", "expected"), [(1, 3), (2, 4), (4, 6), (100, 30)])
def test_a_threshold_is_rounded_down(terms: int, expected: int) -> None:
    assert root_threshold(3.0, terms) == expected


@pytest.mark.parametrize("rule", [RowBudget, Plain])
@pytest.mark.parametrize(
    "constants",
    [
        {"margin": -1},
        {"window": 0},
        {"error_dead_zone": 65},
        {"gradient_floor": -0.1},
        {"write_probability": 1.5},
        {"batch": 0},
        {"batch_end": 32768},
        {"margin": math.nan},
        {"marign": 3},
    ],
)
def test_constants_out_of_range_are_named(rule, constants: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(constants))):
        rule(**constants)


def test_a_rule_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        RowBudget().margin = 2.0
