"""Prices: sums by hand, sources, and the column counted out."""

from __future__ import annotations

import pytest

from bitspin.array import MramArray, MramModel, OpCounts
from bitspin.cost import count_column, price_run, read_cost_table
from bitspin.errors import DataError, ValidityError

EVENTS = (OpCounts(products=160, senses=40, toggles=70, gradient_products=30, pulses=5),)


def test_energy_is_events_times_prices() -> None:
    model = MramModel.load(MramArray())
    cost = price_run(model, (4, 4), EVENTS, 0.5, "complementary")
    by_name = {item.name: item for item in cost.items}
    assert by_name["write pulses"].events == 10  # a pulse for each of the two junctions
    assert by_name["write pulses"].energy_j == pytest.approx(10 * 0.894**2 * 0.75e-9 / 776)
    assert cost.energy_j == pytest.approx(sum(i.events * i.each_j for i in cost.items))
    assert all(item.source for item in cost.items)
    assert cost.cells == 32
    assert cost.pulses_per_cell == pytest.approx(10 / 32)


def test_toggles_are_paid_where_they_happen() -> None:
    model = MramModel.load(MramArray(device="vcma-toggle"))
    cost = price_run(model, (4, 4), EVENTS, 0.5, "toggle")
    assert cost.cells == 16
    assert next(i for i in cost.items if i.name == "toggles").events == 70


def test_no_toggle_no_price() -> None:
    with pytest.raises(ValidityError, match="has no toggle"):
        price_run(MramModel.load(MramArray()), (4, 4), EVENTS, 0.5, "toggle")


def test_half_of_the_cells_but_not_of_the_logic() -> None:
    both, one = count_column("complementary"), count_column("toggle")
    assert (both.cells, both.read_branches) == (2 * one.cells, 2 * one.read_branches)
    assert both.logic_transistors == one.logic_transistors == 2278 + 3166 - 3040
    assert one.transistors / both.transistors > 0.9
    summed = [count_column(x, digital=False).transistors for x in ("complementary", "toggle")]
    assert summed[0] == 2 * summed[1]


def test_own_table(tmp_path) -> None:
    path = tmp_path / "cost.toml"
    path.write_text('[sense_j]\nvalue = 2e-15\nsource = "my chip"\n')
    assert read_cost_table(path).sense_j.value == 2e-15
    path.write_text('[sense_j]\nvalue = -1.0\nsource = "my chip"\n')
    with pytest.raises(DataError, match=r"sense_j\.value"):
        read_cost_table(path)
