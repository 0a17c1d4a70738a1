"""Presets, TOML files and overrides: what a user types, and the one line that answers a slip."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from bitspin.device import (
    CosineToggle,
    Device,
    SotMtj,
    characteristics,
    load_device,
    preset_names,
    save_device,
    scaled_cell,
    switching_curves,
    toggle_curve,
)
from bitspin.errors import DataError, ValidityError


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_a_device_and_survives_a_file(name, tmp_path):
    device = load_device(name)
    assert isinstance(device, Device)
    assert device.name == name
    assert all(len(citation) > 20 for citation in device.citations)
    save_device(device, tmp_path / "cell.toml")
    assert load_device(tmp_path / "cell.toml") == device


def test_at_least_three_presets():
    assert len(preset_names()) >= 3


@pytest.mark.parametrize("name", preset_names())
def test_characteristics_of_every_preset(name):
    device = load_device(name)
    rows = characteristics(device)
    values = {(row.quantity, row.condition): row.value for row in rows}
    assert values["R_AP", "no bias"] == pytest.approx(device.parallel_ohm * (1 + device.tmr_ratio))
    for curve in switching_curves(device):
        assert curve.x.shape == curve.y.shape == (101,)
        assert curve.y[0] < 0.02 < 0.5 < curve.y[-1] <= 1.0
    curve = toggle_curve(device)
    assert (curve is None) == (device.toggle is None)


@pytest.mark.parametrize(
    ("name", "kelvin", "why"),
    [
        ("mtj-sot", 350.0, "temperature_kelvin is 350 K, expected a value in [290, 310] K"),
        ("vgsot-a", 300.0, "probability is 0.9, expected at most 0.73612"),
    ],
)
def test_a_write_voltage_that_is_not_known_says_why(name, kelvin, why):
    rows = characteristics(load_device(name), kelvin)
    unknown = [row for row in rows if row.quantity == "write voltage" and row.value is None]
    assert unknown[-1].condition.endswith(f" ns: {why}")


def test_measured_operating_curve():
    """Points of the measured SOT device (github JinChengZ18/smtj_pbnn_sim), 0.75 ns."""
    device = load_device("mtj-sot")
    curve = device.switching_probability([0.845, 0.894, 0.943])
    assert curve == pytest.approx([0.1, 0.5, 0.9], abs=0.002)
    assert float(device.write_energy_j(0.894)) == pytest.approx(0.78e-12, rel=0.015)
    assert device.write_voltage_v([0.1, 0.5, 0.9]) == pytest.approx([0.845, 0.894, 0.943], abs=1e-3)


def test_set_b_reproduces_its_published_figures():
    """Set B: Delta 40, R_P 50 kohm, 5 fJ in the junction and 2.9 fJ in the track."""
    device = load_device("vgsot-b")
    layer = device.free_layer
    assert layer.macrospin().thermal_stability(300.0) == pytest.approx(40.0, abs=0.1)
    assert device.parallel_ohm == pytest.approx(50e3)
    track_v = 2.2e11 / float(layer.current_density_a_per_m2(1.0))
    assert float(device.write_energy_j(track_v, 1e-9)) == pytest.approx(2.9e-15, rel=0.01)
    assert 0.5**2 * 1e-9 / device.parallel_ohm == pytest.approx(5e-15)


def test_overrides_reach_into_tables_and_recompute_what_follows():
    base = load_device("vgsot-b")
    thick = load_device("vgsot-b", {"free_layer.resistance_area_ohm_m2": 640e-12})
    assert thick.parallel_ohm == pytest.approx(2 * base.parallel_ohm)
    assert load_device("mtj-sot", {"write.slope_per_v": 30.0}).write.slope_per_v == 30.0


def test_an_overridden_derived_value_survives_a_file(tmp_path):
    device = load_device("vgsot-b", {"parallel_ohm": 12345.0})
    save_device(device, tmp_path / "cell.toml")
    assert load_device(tmp_path / "cell.toml").parallel_ohm == 12345.0


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"parallel_ohm": -1.0}, "parallel_ohm is -1.0"),
        ({"tmr_ratio": -0.1}, "tmr_ratio is -0.1"),
        ({"write.back_probability": 1.5}, "back_probability is 1.5"),
        ({"write.pulse_width_s": 0.0}, "pulse_width_s is 0.0"),
        ({"write.treshold_voltage_v": 0.9}, "did you mean write.threshold_voltage_v"),
        ({"tmr_ratio": "many"}, "tmr_ratio is 'many'"),
        ({"tmr_ratio": float("nan")}, "tmr_ratio is nan"),
        ({"tmr_ratio.x": 1.0}, "tmr_ratio is a value"),
        ({"spread.threshold_d2d_ratio": -0.1}, "threshold_d2d_ratio is -0.1"),
    ],
)
def test_bad_parameters_get_one_clear_line(overrides, message):
    with pytest.raises(ValidityError) as caught:
        load_device("mtj-sot", overrides)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bad_sources(tmp_path):
    with pytest.raises(DataError, match="did you mean mtj-sot"):
        load_device("mtj-sott")
    (tmp_path / "a.toml").write_text("kind = 'fram'\n")
    with pytest.raises(DataError, match="expected one of sot-mtj"):
        load_device(tmp_path / "a.toml")
    (tmp_path / "c.toml").write_text("kind = 'thermal-mtj'\n")
    with pytest.raises(ValidityError, match=" is missing, expected a value"):
        load_device(tmp_path / "c.toml")
    (tmp_path / "b.toml").write_text("kind = \n")
    with pytest.raises(DataError, match="not valid TOML"):
        load_device(tmp_path / "b.toml")


def test_bad_questions():
    device = load_device("mtj-sot")
    for bad in (0.0, -1e-9, float("nan")):
        with pytest.raises(ValidityError, match="pulse_width_s is"):
            device.switching_probability(0.9, bad)
    with pytest.raises(ValidityError, match="temperature_kelvin is 400 K"):
        device.switching_probability(0.9, temperature_kelvin=400.0)
    with pytest.raises(ValidityError, match="has no toggle"):
        device.toggle_error_rate()
    with pytest.raises(ValidityError, match="from_state is 2"):
        device.switching_probability(0.9, from_state=2)
    with pytest.raises(ValidityError, match="shapes"):
        device.switching_probability(np.ones(3) * 0.9, np.ones(2) * 0.75e-9)


def test_write_voltage_inverts_back_switching_and_says_when_out_of_reach():
    device = load_device("vgsot-b")
    voltage = device.write_voltage_v([0.2, 0.5, 0.8])
    assert device.switching_probability(voltage) == pytest.approx([0.2, 0.5, 0.8], abs=1e-9)
    with pytest.raises(ValidityError, match="back-switching"):
        device.write_voltage_v(0.99)


def test_states_may_have_different_thresholds():
    device = load_device("mtj-sot", {"write.threshold_ap_to_p_v": 0.8})
    both = device.switching_probability(0.8, from_state=[0, 1])
    assert both[1] == pytest.approx(0.5)
    assert both[0] < 0.02


def test_a_toggle_given_as_table_in_toml(tmp_path):
    table = {"kind": "cosine", "voltage_v": 1.0, "period_s": 2e-9, "decay_time_s": 1e-8}
    device = load_device("mtj-sot", {"toggle": table})
    assert isinstance(device, SotMtj)
    assert isinstance(device.toggle, CosineToggle)
    assert device.reference_toggle_width_s() == pytest.approx(1e-9, rel=0.05)
    save_device(device, tmp_path / "t.toml")
    assert load_device(tmp_path / "t.toml") == device


def test_literature_toggle_energies_are_femtojoules():
    """VCMA writes cost 3.5 to 6.3 fJ per bit (arXiv:2511.18143 and its references)."""
    assert 1e-15 < float(load_device("vcma-toggle").toggle_energy_j()) < 10e-15


@pytest.mark.parametrize("name", preset_names())
def test_a_scaled_cell_switches_at_a_scaled_voltage(name):
    nominal = load_device(name)
    strong = scaled_cell(nominal, threshold_factor=1.1, resistance_factor=0.9)
    assert type(strong) is type(nominal)
    assert strong.parallel_ohm == pytest.approx(0.9 * nominal.parallel_ohm)
    ratio = float(strong.write_voltage_v(0.4)) / float(nominal.write_voltage_v(0.4))
    assert 1.05 < ratio < 1.15
    with pytest.raises(ValidityError, match="threshold_factor is 0"):
        scaled_cell(nominal, threshold_factor=0.0)


def test_importing_the_room_does_not_load_scipy():
    code = "import sys, bitspin.device; assert 'scipy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ})


def test_no_toggle_is_claimed_more_certain_than_the_macrospin_showed():
    cell = load_device("vcma-toggle")
    assert float(cell.toggle_error_rate()) == pytest.approx(1.5e-5)
    careful = load_device(
        "vcma-toggle", {"toggle": cell.toggle.model_dump() | {"error_floor": 1e-3}}
    )
    assert float(careful.toggle_error_rate()) == pytest.approx(1e-3)
