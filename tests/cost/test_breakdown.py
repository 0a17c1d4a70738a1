"""Prices: sums by hand, sources, and the column counted out."""

from __future__ import annotations

import pytest

from bitspin.array import MramArray, MramModel, OpCounts
from bitspin.cost import CostTable, Price, count_column, price_run, read_cost_table
from bitspin.cost.column import LOGIC_64
from bitspin.device import load_device
from bitspin.errors import DataError, ShapeError

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


def test_a_device_without_toggle_is_priced_with_that_of_a_named_preset() -> None:
    cost = price_run(MramModel.load(MramArray()), (4, 4), EVENTS, 0.5, "toggle")
    toggles = next(item for item in cost.items if item.name == "toggles")
    stand_in = load_device("vcma-toggle")
    assert toggles.each_j == pytest.approx(float(stand_in.toggle_energy_j()))
    assert toggles.source.endswith("vcma-toggle")
    assert any("mtj-sot cannot toggle" in remark for remark in cost.remarks)
    other = price_run(MramModel.load(MramArray()), (4, 4), EVENTS, 0.5, "complementary")
    # Ten array accesses of a sample each; two toggles longer.
    longer = cost.latency_s - other.latency_s
    assert longer == pytest.approx(10 * 2 * stand_in.reference_toggle_width_s())
    assert other.remarks == ()


def test_a_device_that_toggles_is_priced_with_its_own() -> None:
    model = MramModel.load(MramArray(device="vcma-toggle", xnor="toggle"))
    assert price_run(model, (4, 4), EVENTS, 0.5, "toggle").remarks == ()
    [remark] = price_run(model, (4, 4), EVENTS, 0.5, "complementary").remarks
    assert "events of this toggle run" in remark


def test_area_is_cells_and_transistors_times_prices() -> None:
    model = MramModel.load(MramArray())
    cost = price_run(model, (64, 2), EVENTS, 0.5, "complementary")
    assert cost.area.logic_m2 == pytest.approx(2 * LOGIC_64.transistors * 0.614e-12 / 4)
    assert cost.area.cells_m2 is None
    assert "cell_m2" in cost.area.cells_source
    table = CostTable(cell_m2=Price(value=1e-14, source="layout"))
    sizes = [
        price_run(model, (64, 2), EVENTS, 0.5, scheme, table).area.cells_m2
        for scheme in ("complementary", "toggle")
    ]
    assert sizes == pytest.approx([256e-14, 128e-14])


def test_half_of_the_cells_but_not_of_the_logic() -> None:
    both, one = count_column("complementary"), count_column("toggle")
    assert (both.cells, both.read_branches) == (2 * one.cells, 2 * one.read_branches)
    assert both.logic_transistors == one.logic_transistors == LOGIC_64.transistors
    assert one.transistors / both.transistors > 0.9
    summed = [count_column(x, digital=False).transistors for x in ("complementary", "toggle")]
    assert summed[0] == 2 * summed[1]


def test_a_digital_column_of_another_size_is_not_guessed() -> None:
    with pytest.raises(ShapeError, match="got 100 products"):
        count_column("toggle", 100)


def test_own_table(tmp_path) -> None:
    path = tmp_path / "cost.toml"
    path.write_text('[sense_j]\nvalue = 2e-15\nsource = "my chip"\n')
    assert read_cost_table(path).sense_j == Price(value=2e-15, source="my chip")
    assert read_cost_table(path).popcount_j == CostTable().popcount_j


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[sense_j]\nvalue = -1.0\nsource = "a"', r"got sense_j\.value = -1\.0, expected greater"),
        ('[sense_j]\nvalue = nan\nsource = "a"', r"sense_j\.value = nan"),
        ('[sense_j]\nvalue = "5 fJ"\nsource = "a"', r"sense_j\.value = '5 fJ'"),
        ("[sense_j]\nvalue = 1e-15", r"got no 'sense_j\.source', expected a value and a source"),
        ('[sense_j]\nvalue = 1e-15\nsource = ""', r"sense_j\.source = ''"),
        ("sense_j = 1e-15", r"expected a table \[sense_j\] with a value and a source"),
        (
            '[sence_j]\nvalue = 1.0\nsource = "a"',
            r"unknown key 'sence_j', expected some of",
        ),
        ('[sense_j]\nvalue = 1.0\nunit = "J"\nsource = "a"', r"unknown key 'sense_j\.unit'"),
        ("[sense_j", "cannot be read"),
    ],
)
def test_a_bad_table_is_refused_in_one_line(tmp_path, text, complaint) -> None:
    path = tmp_path / "cost.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=complaint) as refused:
        read_cost_table(path)
    assert str(path) in str(refused.value)


def test_a_table_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_cost_table(tmp_path / "none.toml")
