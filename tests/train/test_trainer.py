"""The training loop: the same bits whoever does the work, even batches, clear errors."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitspin.bits import (
    BitMatrix,
    LayerStep,
    StepEngine,
    StepRule,
    backend_names,
    derive_key,
    random_words,
)
from bitspin.bits.engine import MAX_BATCH, PROBABILITY_ONE
from bitspin.encode import make_code
from bitspin.errors import BackendError, DataError, ShapeError, ValidityError
from bitspin.train import EpochTally, Network, Plain, Position, RowBudget, Trainer, TrainingSet
from bitspin.train import trainer as trainer_module
from bitspin.train.trainer import DOMAIN_SHIFT, split_evenly


def untimed(tally: EpochTally) -> EpochTally:
    return dataclasses.replace(tally, seconds=0.0)


def trained(network: Network, rule, data: TrainingSet, **options):
    """Weights after an epoch on a copy of a network, and what happened."""
    copy = Network(network.widths, network.weights.copy(), network.code)
    tally = Trainer(copy, rule, data, epochs=1, seed=9, **options).run_epoch()
    return copy.weights, untimed(tally)


# ---- who does the work ---------------------------------------------------------------------------


@pytest.mark.parametrize("backend", backend_names())
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_same_bits_for_threads_and_backends(
    toy_network, toy_rule, shifted_toy, threads: int, backend: str
) -> None:
    expected, expected_tally = trained(toy_network, toy_rule, shifted_toy, backend="ref")
    assert (expected != toy_network.weights).any()
    weights, tally = trained(toy_network, toy_rule, shifted_toy, threads=threads, backend=backend)
    np.testing.assert_array_equal(weights, expected)
    assert tally == expected_tally


def test_shifts_matter(toy_network, toy, shifted_toy) -> None:
    plain, _ = trained(toy_network, RowBudget(), toy)
    shifted, _ = trained(toy_network, RowBudget(), shifted_toy)
    assert (plain != shifted).any()


def test_every_sample_takes_every_shift(toy_network, shifted_toy) -> None:
    trainer = Trainer(toy_network, RowBudget(), shifted_toy, epochs=1, seed=9)
    choices = [trainer._draw_shifts(epoch, 0, 500) for epoch in range(2)]
    assert set(choices[0].tolist()) == set(range(9))
    assert (choices[0] != choices[1]).any()


# ---- an epoch ------------------------------------------------------------------------------------


def test_an_epoch_takes_every_sample_once(toy_network, toy, toy_rule) -> None:
    seen: list[int] = []
    trainer = Trainer(toy_network, toy_rule, toy, epochs=1, seed=9)
    tally = trainer.run_epoch(seen.append)
    assert seen[-1] == toy.samples.rows
    assert len(seen) == tally.steps
    # The batch grows from 50 to 100 (each at most half as large again to come out even).
    sizes = np.diff([0, *seen])
    assert sizes.min() >= 50 / 1.5
    assert sizes.max() <= 100 * 1.5
    assert trainer.position == Position(epoch=1, step=tally.steps)
    assert tally.seconds > 0


def test_an_echoed_batch_is_stepped_on_again(toy_network, shifted_toy, toy_rule) -> None:
    echoing = toy_rule.model_copy(update={"echo": 3})
    trainer = Trainer(toy_network, echoing, shifted_toy, epochs=1, seed=9)
    step = trainer._engine.step
    calls = []

    def recorded(samples, labels, order, index, rule, shifts, choice):
        calls.append((order.tolist(), choice.tolist(), index, rule))
        return step(samples, labels, order, index, rule, shifts, choice)

    trainer._engine.step = recorded
    tally = trainer.run_epoch()
    orders, choices, indices, rules = zip(*calls, strict=True)
    assert list(indices) == list(range(tally.steps))
    assert orders[0::3] == orders[1::3] == orders[2::3]
    assert rules[0::3] == rules[1::3] == rules[2::3]
    assert sorted(sample for order in orders[0::3] for sample in order) == list(range(500))
    # Each turn moves the samples anew, by a stream of its own over all of them.
    for turn in range(3):
        words = random_words(derive_key(9, turn, DOMAIN_SHIFT), 500).tolist()
        moves = [word * shifted_toy.shifts.count >> 32 for word in words]
        assert [move for choice in choices[turn::3] for move in choice] == moves
    # Shares are over all turns.
    assert 0.25 < tally.train_accuracy < 1
    assert 0 < tally.active_share <= 1


def test_no_more_shifts_are_drawn_than_a_step_takes(
    toy_network, shifted_toy, toy_rule, monkeypatch
) -> None:
    drawn = []

    def recorded(key: int, count: int, first: int) -> np.ndarray:
        drawn.append(count)
        return random_words(key, count, first)

    monkeypatch.setattr(trainer_module, "random_words", recorded)
    echoing = toy_rule.model_copy(update={"echo": 40})
    Trainer(toy_network, echoing, shifted_toy, epochs=1, seed=9).run_epoch()
    assert sum(drawn) == 40 * 500
    assert max(drawn) <= 1.5 * 100  # of the largest batch, which may come out half as large again


def test_flips_are_the_bits_that_changed_an_odd_number_of_times(toy_network, toy, toy_rule) -> None:
    before = toy_network.weights.copy()
    tally = Trainer(toy_network, toy_rule, toy, epochs=1, seed=9).run_epoch()
    start = 0
    for index, (pulses, flips) in enumerate(zip(tally.pulses, tally.flips, strict=True)):
        words = toy_network.layer(index).words.size
        layer = slice(start, start + words)
        changed = int(np.bitwise_count(before[layer] ^ toy_network.weights[layer]).sum())
        assert 0 < changed <= flips < pulses
        assert changed % 2 == flips % 2
        start += words


def test_every_epoch_has_draws_of_its_own(toy_network, toy) -> None:
    rule = Plain()  # of constant batch, so that the schedule alone changes nothing
    first, _ = trained(toy_network, rule, toy, position=Position(epoch=0, step=0))
    other_order, _ = trained(toy_network, rule, toy, position=Position(epoch=1, step=0))
    other_pulses, _ = trained(toy_network, rule, toy, position=Position(epoch=0, step=10))
    assert (first != other_order).any()
    assert (first != other_pulses).any()


# ---- batches -------------------------------------------------------------------------------------


@given(st.integers(1, 200_000), st.integers(1, MAX_BATCH))
def test_batches_come_out_even(samples: int, wanted: int) -> None:
    sizes = []
    remaining = samples
    while remaining:
        sizes.append(split_evenly(remaining, wanted))
        remaining -= sizes[-1]
    assert sum(sizes) == samples
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= MAX_BATCH
    if samples >= wanted:
        assert max(sizes) <= 1.5 * wanted
        assert min(sizes) >= wanted / 1.5 - 1


@pytest.mark.parametrize(
    ("remaining", "wanted", "expected"),
    [(60_000, 512, 513), (1000, 300, 334), (10, 512, 10), (1, 1, 1), (65_534, 65_534, 32_767)],
)
def test_known_batches(remaining: int, wanted: int, expected: int) -> None:
    assert split_evenly(remaining, wanted) == expected


# ---- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("epochs", [0, -3])
def test_no_epochs(toy_network, toy, epochs: int) -> None:
    with pytest.raises(ValidityError, match=f"epochs: got {epochs}, expected 1 or more"):
        Trainer(toy_network, RowBudget(), toy, epochs, seed=1)


def test_an_unknown_backend(toy_network, toy) -> None:
    with pytest.raises(BackendError, match="'mmx'"):
        Trainer(toy_network, RowBudget(), toy, 1, seed=1, backend="mmx")


@pytest.mark.parametrize("threads", [0, -1, 1025, 1.5, 2.0, True, "2"])
def test_threads_that_are_no_number_of_threads(toy_network, toy, threads) -> None:
    complaint = f"threads: got {threads!r}, expected a whole number from 1 to 1024; leave it out"
    with pytest.raises(ValidityError, match=complaint):
        Trainer(toy_network, RowBudget(), toy, 1, seed=1, threads=threads)
    with pytest.raises(ValidityError, match=complaint):
        toy_network.predict(toy.samples, threads)


def test_labels_and_samples_of_different_number(toy) -> None:
    with pytest.raises(ShapeError, match=r"got \(499,\) labels for 500 samples"):
        TrainingSet(toy.samples, toy.labels[1:])


def test_labels_of_another_type_would_wrap(toy) -> None:
    with pytest.raises(ShapeError, match="labels of int64, expected uint16"):
        TrainingSet(toy.samples, toy.labels.astype(np.int64) + 65536)


def test_weights_that_cannot_change_in_place(toy_network) -> None:
    strided = np.zeros((toy_network.weights.size, 2), np.uint32)[:, 0]
    frozen = toy_network.weights.copy()
    frozen.setflags(write=False)
    for weights in (strided, frozen):
        with pytest.raises(ShapeError, match="strided or read-only"):
            Network(toy_network.widths, weights, toy_network.code)


def test_a_file_of_another_network(toy_network) -> None:
    with pytest.raises(ShapeError, match="got 3 layers, expected 2"):
        Network.from_dense(
            toy_network.widths,
            [*toy_network.dense_layers(), np.zeros(4, np.uint8)],
            toy_network.code,
        )


def test_a_label_without_a_class(toy_network, toy, toy_rule) -> None:
    labels = toy.labels.copy()
    labels[17] = 4
    with pytest.raises(DataError, match=r"label .* is out of range"):
        Trainer(toy_network, toy_rule, TrainingSet(toy.samples, labels), 1, seed=1).run_epoch()


def test_samples_of_another_width(toy_network, toy) -> None:
    wide = TrainingSet(BitMatrix.from_bool(np.ones((500, 100), np.bool_)), toy.labels)
    with pytest.raises(ShapeError, match="samples do not fit the network's inputs"):
        Trainer(toy_network, RowBudget(), wide, 1, seed=1).run_epoch()


# ---- errors of one step --------------------------------------------------------------------------

LAYER = LayerStep(
    window=10, dead_zone_q8=256, floor=0, budget_q8=256, probability_q31=PROBABILITY_ONE
)
CODE = BitMatrix.from_bool(make_code("onehot", 3, None))


def step_arguments(**changes):
    """A good step of a 40-3 network, with some of its arguments changed."""
    arguments = {
        "samples": BitMatrix.from_bool(np.ones((5, 40), np.bool_)),
        "labels": np.array([0, 1, 2, 0, 1], np.uint16),
        "order": np.arange(5, dtype=np.uint32),
        "index": 0,
        "rule": StepRule(False, 100, (LAYER,)),
    }
    return arguments | changes


def run_step(**changes) -> np.ndarray:
    weights = np.zeros(6, np.uint32)
    engine = StepEngine((40, 3), weights, CODE, seed=1, batch_max=5)
    engine.step(**step_arguments(**changes))
    return weights


def test_a_good_step_is_accepted() -> None:
    assert run_step().any()


@pytest.mark.parametrize(
    ("error", "message", "changes"),
    [
        (ShapeError, "is zero or exceeds", {"order": np.zeros(0, np.uint32)}),
        (ShapeError, "is zero or exceeds", {"order": np.zeros(6, np.uint32)}),
        (ShapeError, "labels and samples differ", {"labels": np.zeros(4, np.uint16)}),
        (ShapeError, "one rule a layer", {"rule": StepRule(False, 1, (LAYER, LAYER))}),
        (DataError, "out of range", {"order": np.array([5], np.uint32)}),
        (DataError, "out of range", {"labels": np.array([0, 1, 2, 3, 0], np.uint16)}),
        (ValidityError, "outside its range", {"rule": StepRule(False, -1, (LAYER,))}),
    ],
)
def test_a_step_that_does_not_fit(error, message: str, changes) -> None:
    with pytest.raises(error, match=f"training step: .*{message}|step: .*{message}"):
        run_step(**changes)


@pytest.mark.parametrize(
    "change", [{"probability_q31": PROBABILITY_ONE + 1}, {"dead_zone_q8": 64 * 256 + 1}]
)
def test_a_layer_constant_out_of_range(change: dict[str, int]) -> None:
    layer = dataclasses.replace(LAYER, **change)
    with pytest.raises(ValidityError, match="a parameter of the rule is outside its range"):
        run_step(rule=StepRule(False, 1, (layer,)))


@pytest.mark.parametrize("batch_max", [0, MAX_BATCH + 1])
def test_a_batch_beyond_the_limits(batch_max: int) -> None:
    with pytest.raises(ShapeError, match=f"batch {batch_max} is not in 1 to 32767"):
        StepEngine((40, 3), np.zeros(6, np.uint32), CODE, seed=1, batch_max=batch_max)


def test_a_refused_step_leaves_the_weights() -> None:
    weights = np.zeros(6, np.uint32)
    engine = StepEngine((40, 3), weights, CODE, seed=1, batch_max=5)
    with pytest.raises(DataError):
        engine.step(**step_arguments(labels=np.full(5, 3, np.uint16)))
    assert not weights.any()
    engine.step(**step_arguments())
    np.testing.assert_array_equal(weights, run_step())


def test_plain_pulses_are_not_limited_by_a_budget(toy_network, toy) -> None:
    _, limited = trained(toy_network, RowBudget(batch=500, batch_end=500, budget=8), toy)
    _, unlimited = trained(toy_network, Plain(batch=500, batch_end=500), toy)
    assert limited.pulses[0] <= 33 * 8 < unlimited.pulses[0]
