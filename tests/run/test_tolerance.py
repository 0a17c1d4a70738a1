"""The search for what training bears: bisection, ledger, intervals."""

from __future__ import annotations

import pytest

from bitspin.config import RunConfig
from bitspin.errors import StoreError
from bitspin.run.tolerance import FAULTS, Ledger, Tolerance, bisect, search


def test_bisection_finds_the_edge() -> None:
    found = bisect(1e-6, 1.0, 20, lambda value: value <= 0.02)
    assert found == pytest.approx(0.02, rel=1e-3)


def test_ends_of_the_range() -> None:
    assert bisect(1.0, 9.0, 5, lambda _: True) == 9.0
    assert bisect(1.0, 9.0, 5, lambda _: False) == 1.0


def test_search_compares_with_the_ideal_array_of_the_same_seed() -> None:
    def accuracy(name: str, config: RunConfig) -> float:
        if name.startswith("ideal"):
            return 0.9 + config.seed / 100
        return 0.9 + config.seed / 100 - config.array.read_noise / 1000

    fault = next(fault for fault in FAULTS if fault.name == "read_noise")
    found = search(RunConfig(), fault, (0, 1), 0.01, 16, accuracy)
    assert found.values == pytest.approx((10, 10), rel=1e-3)


def test_interval_over_seeds() -> None:
    low, high = Tolerance(FAULTS[0], (1.0, 2.0, 4.0)).interval or (0, 0)
    assert low < 2.0 < high
    assert low * high == pytest.approx(4.0)
    assert Tolerance(FAULTS[0], (1.0,)).interval is None


def test_ledger_goes_on_where_it_stopped(tmp_path) -> None:
    path = tmp_path / "ledger.json"
    assert Ledger(path, {"a": 1}).ask("x", lambda: 0.5) == 0.5
    assert Ledger(path, {"a": 1}).ask("x", lambda: pytest.fail("asked again")) == 0.5
    with pytest.raises(StoreError, match="another configuration"):
        Ledger(path, {"a": 2})
