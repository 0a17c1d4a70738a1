"""The search for what training bears: bisection, ledger, intervals."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from bitspin.array import MramModel
from bitspin.array.classes import GRID
from bitspin.bits.cells import RATE_BITS
from bitspin.config import RunConfig
from bitspin.errors import StoreError, ValidityError
from bitspin.run.prepare import Prepared, prepare
from bitspin.run.tolerance import (
    FAULTS,
    Bracket,
    Fault,
    Ledger,
    Tolerance,
    bisect,
    search,
    train_once,
    within_law,
)

BY_NAME = {fault.name: fault for fault in FAULTS}
SMALL = RunConfig.model_validate({"network": {"hidden": [8]}, "epochs": 1})


@pytest.fixture(scope="module")
def tiny_prepared(tiny_images) -> Prepared:
    return prepare(SMALL, tiny_images)


def array_of(fault: Fault, value: float) -> RunConfig:
    """The small training in an array with a fault."""
    return SMALL.model_copy(update={"array": fault.array(value, 0)})


def test_bisection_brackets_the_edge() -> None:
    found = bisect(1e-6, 1.0, 20, lambda value: value <= 0.02)
    assert found.borne <= 0.02 < found.failed
    assert found.failed / found.borne == pytest.approx(1e6 ** (0.5**20), rel=1e-4)
    assert found.edge == pytest.approx(0.02, rel=1e-4)


def test_ends_of_the_range() -> None:
    assert bisect(1.0, 9.0, 5, lambda _: True) == Bracket(9.0, None)
    assert bisect(1.0, 9.0, 5, lambda _: False) == Bracket(None, 1.0)


def test_search_compares_with_the_ideal_array_of_the_same_seed() -> None:
    def accuracy(name: str, config: RunConfig) -> float:
        if name.startswith("ideal"):
            return 0.9 + config.seed / 100
        return 0.9 + config.seed / 100 - config.array.read_noise / 1000

    found = search(RunConfig(), BY_NAME["read_noise"], (0, 1), 0.01, 16, accuracy)
    assert found.edges == pytest.approx((10, 10), rel=1e-3)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_comes_alone(fault) -> None:
    """At the low end of each range nothing but that fault makes an array differ from an ideal."""
    spec = fault.array(fault.low, 3)
    assert getattr(spec, fault.name) == fault.low
    others = {
        "stuck_probability": 0.0,
        "write_error_probability": 0.0,
        "sense_offset": 0.0,
        "read_noise": 0.0,
        "retention_time_s": 0.0,
        "threshold_d2d_ratio": 0.0,
    }
    others.pop(fault.name, None)
    assert {name: getattr(spec, name) for name in others} == others
    model = MramModel.load(spec)
    assert model.read_disturb_rate() * 2**RATE_BITS < 0.5  # rounds to no disturbance at all
    assert (model.toggle_error_rate() > 0) == (fault.name == "toggle_error_rate")


def test_a_range_ends_where_the_device_s_law_does(tiny_prepared) -> None:
    spread = replace(BY_NAME["threshold_d2d_ratio"], device="mtj-thermal")
    cut = within_law(spread, SMALL, tiny_prepared)
    # The weakest cell that stands for others is 3.1 deviations below the mean, and the pulse of
    # the nominal cell, 0.813 V, is then its critical voltage of 0.8965 V times (1 - 3.1 sigma).
    weakest = NormalDist().inv_cdf(0.5 / GRID)
    assert cut.law_ends
    assert cut.high == pytest.approx((0.813 / 0.8965 - 1) / weakest, rel=2e-3)
    train_once(array_of(cut, cut.high), tiny_prepared, 1, "auto")
    with pytest.raises(ValidityError, match="leave the range of the device's law"):
        train_once(array_of(cut, 1.01 * cut.high), tiny_prepared, 1, "auto")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_range_stays_as_it_is_where_the_law_holds(fault, tiny_prepared) -> None:
    assert within_law(fault, SMALL, tiny_prepared) == fault


def test_a_law_that_does_not_even_hold_at_the_low_end(tiny_prepared) -> None:
    wide = replace(BY_NAME["threshold_d2d_ratio"], device="mtj-thermal", low=0.1)
    with pytest.raises(ValidityError, match=r"a spread of 0.1 leave the range"):
        within_law(wide, SMALL, tiny_prepared)


def test_interval_over_seeds() -> None:
    brackets = tuple(Bracket(value / 1.1, value * 1.1) for value in (1.0, 2.0, 4.0))
    found = Tolerance(BY_NAME["sense_offset"], brackets)
    assert found.middle == pytest.approx(2.0)
    low, high = found.interval or (0, 0)
    assert low * high == pytest.approx(4.0)
    # t of 2 degrees of freedom, the deviation ln 2 of three seeds, half a bracket.
    assert math.log(high / 2) == pytest.approx(4.30 * math.log(2) / math.sqrt(3) + math.log(1.1))
    assert Tolerance(BY_NAME["sense_offset"], brackets[:1]).interval is None


def test_an_interval_ends_where_the_fault_does() -> None:
    brackets = Bracket(1e-6, 2e-6), Bracket(1e-3, 2e-3)
    two_seeds = Tolerance(BY_NAME["write_error_probability"], brackets)
    low, high = two_seeds.interval or (0, 0)
    assert low < 1e-6
    assert high == 1


def test_equal_seeds_do_not_pretend_to_be_exact() -> None:
    found = Tolerance(BY_NAME["sense_offset"], (Bracket(1.0, 2.0),) * 5)
    assert found.interval == pytest.approx((1.0, 2.0))


@pytest.mark.parametrize(
    ("bracket", "beyond", "below"), [(Bracket(9.0, None), 1, 0), (Bracket(None, 1.0), 0, 1)]
)
def test_a_seed_beyond_the_range_is_a_bound_without_an_interval(bracket, beyond, below) -> None:
    found = Tolerance(FAULTS[0], (Bracket(2.0, 3.0), bracket))
    assert (found.beyond, found.below) == (beyond, below)
    assert found.interval is None


def covered(searches: int, fewer_degrees: bool = False) -> float:
    """How often the interval holds the true mean edge, on accuracies with noise of a training."""
    rng = np.random.default_rng(7)
    fault, hits = BY_NAME["sense_offset"], 0
    for _ in range(searches):
        edges = 20.0 * np.exp(rng.normal(0, 0.3, 5))

        def accuracy(name: str, config: RunConfig, edges: np.ndarray = edges) -> float:
            lost = 0.0
            if not name.startswith("ideal"):
                lost = 0.01 * (config.array.sense_offset / edges[config.seed]) ** 1.5
            return float(0.96 - lost + rng.normal(0, 0.001))

        found = search(RunConfig(), fault, (0, 1, 2, 3, 4), 0.01, 6, accuracy)
        low, high = found.interval or (math.nan, math.nan)
        if fewer_degrees:  # what a normal law and no regard for the step would give
            logs = np.log(found.edges)
            reach = 1.96 * logs.std() / math.sqrt(5)
            low, high = math.exp(logs.mean() - reach), math.exp(logs.mean() + reach)
        hits += low <= 20.0 <= high
    return hits / searches


def test_intervals_hold_the_truth_as_often_as_they_claim() -> None:
    """400 searches with known edges: 95 % within 3 binomial deviations; a shorter reach fails."""
    least = 0.95 - 3 * math.sqrt(0.95 * 0.05 / 400)
    assert covered(400) > least
    assert covered(400, fewer_degrees=True) < least


def test_ledger_goes_on_where_it_stopped(tmp_path) -> None:
    path = tmp_path / "ledger.json"
    assert Ledger(path, {"a": 1}).ask("x", lambda: 0.5) == 0.5
    assert Ledger(path, {"a": 1}).ask("x", lambda: pytest.fail("asked again")) == 0.5
    with pytest.raises(StoreError, match="another configuration"):
        Ledger(path, {"a": 2})


def test_more_halvings_ask_only_for_what_is_new(tmp_path) -> None:
    asked: list[str] = []
    ledger = Ledger(tmp_path / "ledger.json", {})

    def accuracy(name: str, config: RunConfig) -> float:
        def train() -> float:
            asked.append(name)
            return 0.9 if name.startswith("ideal") else 0.9 - config.array.read_noise / 1000

        return ledger.ask(name, train)

    search(RunConfig(), BY_NAME["read_noise"], (0,), 0.01, 3, accuracy)
    assert len(asked) == 1 + 2 + 3
    search(RunConfig(), BY_NAME["read_noise"], (0,), 0.01, 6, accuracy)
    assert len(asked) == 1 + 2 + 6
