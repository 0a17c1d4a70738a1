"""Closed forms against the macrospin, inside their stated validity range: within 0.03 absolute.

With 10^4 junctions the sampling error is at most 0.005, so the tolerance is the target's, not the
statistics'. Default tests take a few points of each law; the grids are marked slow.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from bitspin.device import (
    MacrospinParameters,
    Segment,
    load_device,
    simulate_macrospin,
    tabulate_sot,
    tabulate_toggle,
)
from bitspin.device.activation import (
    brown_attempt_time_s,
    neel_brown_probability,
    relaxation_probability,
)
from bitspin.device.precession import phase_toggle_probability, precession_period_s

JUNCTIONS = 10_000
TOLERANCE = 0.03
FIELD = 3.12e4
MS = 1.2e6


def magnet(stability: float, damping: float, **more: float) -> MacrospinParameters:
    volume = stability * 1.380649e-23 * 300.0 * 2.0 / (4e-7 * math.pi * MS * FIELD)
    return MacrospinParameters(
        saturation_magnetization_a_per_m=MS,
        free_layer_volume_m3=volume,
        damping=damping,
        anisotropy_field_a_per_m=FIELD,
        **more,
    )


def check_relaxation(stability: float, damping: float, time_s: float) -> float:
    """Give the probability that is expected."""
    tau0 = brown_attempt_time_s(stability, anisotropy_field=FIELD, damping=damping)
    expected = relaxation_probability(time_s, stability=stability, attempt_time_s=tau0)
    found = simulate_macrospin(
        magnet(stability, damping),
        [Segment(time_s)],
        junction_count=JUNCTIONS,
        time_step_s=1e-11,
        seed=11,
    ).fraction_down()
    assert found == pytest.approx(float(expected), abs=TOLERANCE)
    return float(expected)


@pytest.mark.parametrize(("stability", "time_s"), [(3.0, 20e-9), (5.0, 40e-9)])
def test_relaxation_with_browns_attempt_time(stability, time_s):
    assert check_relaxation(stability, 0.1, time_s) > 3 * TOLERANCE, "informative point"


@pytest.mark.slow
@pytest.mark.parametrize("damping", [0.05, 0.1, 0.3])
@pytest.mark.parametrize("stability", [3.0, 4.0, 6.0, 8.0])
@pytest.mark.parametrize("time_s", [3e-9, 10e-9, 100e-9])
def test_relaxation_grid(stability, damping, time_s):
    check_relaxation(stability, damping, time_s)


def check_driven(stability: float, bias: float) -> None:
    """Survival from 20 ns on, when the well is filled up to the lowered barrier."""
    damping = 0.1
    pushed = magnet(stability, damping, stt_field_a_per_m_per_v=-damping * FIELD)
    settings = {"junction_count": JUNCTIONS, "time_step_s": 1e-11}
    first = simulate_macrospin(pushed, [Segment(20e-9, bias)], seed=1, **settings)
    later = simulate_macrospin(
        pushed, [Segment(40e-9, bias)], seed=2, initial=first.magnetization, **settings
    )
    survival = (1.0 - later.fraction_down()) / (1.0 - first.fraction_down())
    tau0 = brown_attempt_time_s(stability, anisotropy_field=FIELD, damping=damping, bias_ratio=bias)
    expected = neel_brown_probability(
        40e-9, bias, stability=stability, attempt_time_s=tau0, exponent=2.0
    )
    assert 1.0 - survival == pytest.approx(float(expected), abs=TOLERANCE)
    assert float(expected) > 3 * TOLERANCE, "informative point"


def test_driven_switching_has_a_quadratic_barrier():
    check_driven(20.0, 0.55)


@pytest.mark.slow
@pytest.mark.parametrize(("stability", "bias"), [(20.0, 0.5), (30.0, 0.6), (40.0, 0.7)])
def test_driven_switching_grid(stability, bias):
    check_driven(stability, bias)


def check_toggle(ratio: float, damping: float, stability: float, phases: np.ndarray) -> None:
    field_x = ratio * FIELD
    layer = magnet(
        stability, damping, inplane_field_a_per_m=field_x, vcma_field_a_per_m_per_v=FIELD
    )
    period_s = float(precession_period_s(field_x, damping=damping))
    step_s = 8e-12
    widths = np.rint(phases * period_s / step_s) * step_s
    table = tabulate_toggle(
        layer,
        voltage_v=1.0,
        pulse_width_s=list(widths),
        junction_count=JUNCTIONS,
        time_step_s=step_s,
        seed=4,
    )
    expected = phase_toggle_probability(
        widths, period_s=period_s, field_ratio=ratio, damping=damping, stability=stability
    )
    assert np.abs(expected - table.probability_table).max() <= TOLERANCE


def test_toggle_by_phase_on_the_edges():
    check_toggle(0.2, 0.02, 50.0, np.array([0.16, 0.35, 0.5, 0.65]))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ratio", "damping", "stability"),
    [
        (0.15, 0.02, 40.0),
        (0.15, 0.02, 65.0),
        (0.2, 0.02, 40.0),
        (0.2, 0.02, 65.0),
        (0.2, 0.015, 65.0),
        (0.15, 0.01, 40.0),
        (0.2, 0.01, 65.0),
    ],
)
def test_toggle_grid(ratio, damping, stability):
    phases = np.array([0.13, 0.16, 0.2, 0.31, 0.34, 0.5, 0.63, 0.66, 0.83, 0.87, 1.0, 1.14])
    check_toggle(ratio, damping, stability, phases)


def check_write_curve(name: str, voltage: list[float]) -> None:
    cell = load_device(name)
    layer = cell.free_layer
    found = tabulate_sot(
        layer.macrospin(),
        current_density_a_per_m2=layer.current_density_a_per_m2(voltage),
        pulse_width_s=cell.write.pulse_width_s,
        gate_voltage_v=cell.gate_voltage_v,
        junction_count=JUNCTIONS,
        time_step_s=3e-12,
        seed=21,
    )
    assert np.abs(found - cell.switching_probability(voltage)).max() <= TOLERANCE


def test_write_curve_of_set_b_near_its_threshold():
    check_write_curve("vgsot-b", [0.0140, 0.0180])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "voltage"),
    [
        ("vgsot-b", [0.002, 0.008, 0.012, 0.016, 0.02, 0.03, 0.06, 0.1, 0.14]),
        ("vgsot-a", [0.08, 0.1, 0.11, 0.118, 0.125, 0.14, 0.2, 0.3, 0.4]),
    ],
)
def test_write_curves_of_the_presets(name, voltage):
    check_write_curve(name, voltage)


@pytest.mark.slow
def test_toggle_table_of_set_b_between_its_rows():
    cell = load_device("vgsot-b")
    widths = [1.5e-9, 2.1e-9, 3.0e-9, 4.6e-9, 6.5e-9, 7.3e-9, 8.8e-9]
    table = tabulate_toggle(
        cell.free_layer.macrospin(),
        voltage_v=cell.toggle.voltage_v,
        pulse_width_s=widths,
        junction_count=JUNCTIONS,
        seed=31,
    )
    assert np.abs(cell.toggle.probability(widths) - table.probability_table).max() <= TOLERANCE


def test_toggle_preset_agrees_with_its_own_macrospin_including_spin_transfer():
    cell = load_device("vcma-toggle")
    widths = np.rint(np.array([0.35, 0.5, 0.65]) * cell.toggle.period_s / 8e-12) * 8e-12
    table = tabulate_toggle(
        cell.free_layer.macrospin(),
        voltage_v=cell.toggle.voltage_v,
        pulse_width_s=list(widths),
        junction_count=4000,
        time_step_s=8e-12,
        seed=9,
    )
    difference = cell.toggle.probability(widths) - table.probability_table
    assert np.abs(difference).max() <= TOLERANCE


@pytest.mark.parametrize(("factor", "switches"), [(0.9, False), (1.15, True)])
def test_critical_current_of_lee_brackets_the_switch(factor, switches):
    """T = 0, slow rise not needed: a 10 ns pulse below J_c returns, above it does not."""
    layer = load_device("vgsot-b").free_layer
    density = factor * float(layer.critical_current_density_a_per_m2())
    result = simulate_macrospin(
        layer.macrospin(),
        [Segment(10e-9, 0.0, -density), Segment(10e-9)],
        junction_count=1,
        temperature_kelvin=0.0,
        time_step_s=4e-12,
    )
    assert (result.fraction_down() == 1.0) == switches
