"""Closed-form points, metamorphic relations and refusals of the formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitspin.device import load_device
from bitspin.device.activation import (
    brown_attempt_time_s,
    neel_brown_bias_ratio,
    neel_brown_probability,
    relaxation_probability,
)
from bitspin.device.anisotropy import anisotropy_field_a_per_m, barrier, vcma_barrier_slope_per_v
from bitspin.device.energy import voltage_pulse_energy_j
from bitspin.device.precession import (
    damped_cosine_probability,
    phase_toggle_probability,
    precession_period_s,
)
from bitspin.device.resistance import mtj_resistance_ohm, tmr_ratio_at
from bitspin.device.sot import sot_sigmoid_probability, sot_sigmoid_voltage_v
from bitspin.errors import ValidityError

delta = st.floats(5.0, 80.0)
ratio = st.floats(0.0, 1.0)
width = st.floats(1e-10, 1e-3)


def test_at_critical_voltage_and_attempt_time_p_is_one_minus_one_over_e():
    probability = neel_brown_probability(1e-9, 1.0, stability=40.0, attempt_time_s=1e-9)
    assert float(probability) == pytest.approx(1.0 - math.exp(-1.0), rel=1e-12)
    cell = load_device("mtj-thermal")
    assert float(cell.switching_probability(cell.critical_voltage_v, 1e-9)) == pytest.approx(
        1.0 - math.exp(-1.0), rel=1e-12
    )


@given(delta, ratio, width)
def test_a_double_pulse_squares_the_survival(stability, bias, time):
    once = neel_brown_probability(time, bias, stability=stability, attempt_time_s=1e-9)
    twice = neel_brown_probability(2 * time, bias, stability=stability, attempt_time_s=1e-9)
    assert 1.0 - float(twice) == pytest.approx((1.0 - float(once)) ** 2, abs=1e-12)


@given(delta, st.floats(1e-9, 1e3))
def test_relaxation_composes_like_two_coin_flips(stability, time):
    """Memory is a correlation 1 - 2P, and correlations multiply."""
    once = relaxation_probability(time, stability=stability, attempt_time_s=1e-9)
    twice = relaxation_probability(2 * time, stability=stability, attempt_time_s=1e-9)
    assert 1 - 2 * float(twice) == pytest.approx((1 - 2 * float(once)) ** 2, abs=1e-12)
    assert 0.0 <= float(once) <= 0.5


@given(st.floats(0.001, 0.6), st.floats(20.0, 80.0), st.floats(1e-9, 1e-6), st.sampled_from([1, 2]))
def test_neel_brown_inverse(probability, stability, time, exponent):
    settings = {"stability": stability, "attempt_time_s": 1e-9, "exponent": exponent}
    bias = neel_brown_bias_ratio(probability, time, **settings)
    assert float(neel_brown_probability(time, bias, **settings)) == pytest.approx(probability)


def test_a_wanted_probability_out_of_reach_is_refused():
    with pytest.raises(ValidityError, match="change the pulse width"):
        neel_brown_bias_ratio(0.99, 1e-9, stability=40.0, attempt_time_s=1e-9)


@given(st.floats(0.01, 0.99))
def test_sigmoid_inverse(probability):
    voltage = sot_sigmoid_voltage_v(probability, threshold_voltage_v=0.894, slope_per_v=44.6)
    back = sot_sigmoid_probability(voltage, threshold_voltage_v=0.894, slope_per_v=44.6)
    assert float(back) == pytest.approx(probability, rel=1e-9)


def test_back_switching_makes_the_probability_fall_again():
    voltage = np.linspace(0.7, 2.0, 200)
    curve = sot_sigmoid_probability(
        voltage,
        threshold_voltage_v=0.894,
        slope_per_v=44.6,
        back_probability=0.3,
        back_threshold_voltage_v=1.3,
        back_slope_per_v=20.0,
    )
    assert curve.max() > 0.98
    assert curve[-1] == pytest.approx(0.7, abs=1e-3)


def test_tmr_halves_at_the_half_voltage_in_both_directions():
    for bias in (0.5, -0.5):
        assert float(tmr_ratio_at(bias, tmr_ratio=1.2, half_voltage_v=0.5)) == pytest.approx(0.6)
    assert mtj_resistance_ohm(
        [0, 1], 0.5, parallel_ohm=1e3, tmr_ratio=1.0, half_voltage_v=0.5
    ) == pytest.approx([1000.0, 1500.0])


def test_barrier_falls_by_52_per_volt_for_set_a():
    """Spec point: D 80 nm, xi 60 fJ/Vm, t_ox 1.4 nm give about 52 per volt."""
    slope = vcma_barrier_slope_per_v(
        vcma_j_per_v_m=60e-15,
        area_m2=math.pi * 40e-9**2,
        oxide_thickness_m=1.4e-9,
        temperature_kelvin=300.0,
    )
    assert float(slope) == pytest.approx(52.0, abs=0.5)


def test_slope_of_the_barrier_follows_from_the_field():
    """Two routes to the same number: H_k(V) through the barrier, and the slope formula."""
    layer = load_device("vgsot-b", {"free_layer.inplane_field_a_per_m": 0.0}).free_layer
    drop = float(layer.stability(0.0)) - float(layer.stability(0.1))
    slope = vcma_barrier_slope_per_v(
        vcma_j_per_v_m=layer.vcma_j_per_v_m,
        area_m2=layer.area_m2(),
        oxide_thickness_m=layer.oxide_thickness_m,
        temperature_kelvin=300.0,
    )
    assert drop == pytest.approx(0.1 * float(slope), rel=1e-9)


def test_period_of_100_oersted_is_3_6_ns():
    assert float(precession_period_s(100e3 / (4 * math.pi))) == pytest.approx(3.6e-9, rel=0.01)


def test_toggle_returns_after_a_whole_period_and_switches_after_half():
    settings = {"period_s": 4e-9, "field_ratio": 0.2, "damping": 0.01, "stability": 60.0}
    assert float(phase_toggle_probability(2e-9, **settings)) > 1 - 1e-6
    assert float(phase_toggle_probability(4e-9, **settings)) < 1e-4
    cosine = {"period_s": 4e-9, "decay_time_s": 1e-6}
    assert float(damped_cosine_probability(2e-9, **cosine)) == pytest.approx(1.0, abs=1e-3)
    assert float(damped_cosine_probability(4e-9, **cosine)) == pytest.approx(0.0, abs=3e-3)


def test_retention_point_of_the_textbook():
    """Delta 40 and tau0 1 ns: a mean lifetime of 1e-9 exp(40) s, some seven years."""
    lifetime_s = 1e-9 * math.exp(40.0)
    probability = relaxation_probability(lifetime_s, stability=40.0, attempt_time_s=1e-9)
    assert float(probability) == pytest.approx(0.5 * (1 - math.exp(-2.0)))


def test_heat_hurts_retention_and_a_stronger_read_disturbs_more():
    cell = load_device("mtj-sot")
    retention = cell.retention_failure_probability(1.0, [300.0, 350.0, 400.0])
    assert np.all(np.diff(retention) > 0)
    disturb = cell.read_disturb_probability([0.1, 0.2, 0.4], 1e-9)
    assert np.all(np.diff(disturb) > 0)
    assert float(cell.read_disturb_probability(-0.2, 1e-9)) == pytest.approx(disturb[1])


def test_arrays_broadcast():
    cell = load_device("mtj-sot")
    table = cell.switching_probability(np.linspace(0.8, 1.0, 5), np.array([[5e-10], [1e-9]]))
    assert table.shape == (2, 5)
    assert np.all(np.diff(table, axis=1) > 0)
    assert np.all(table[1] > table[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: voltage_pulse_energy_j(1.0, -5.0, 1e-9), "resistance_ohm is -5 ohm"),
        (lambda: voltage_pulse_energy_j(1.0, 5.0, 0.0), "pulse_width_s is 0 s"),
        (lambda: tmr_ratio_at(0.0, tmr_ratio=-0.1, half_voltage_v=0.5), "tmr_ratio is -0.1"),
        (
            lambda: mtj_resistance_ohm(0.5, 0, parallel_ohm=1, tmr_ratio=1, half_voltage_v=1),
            "fractional part of state",
        ),
        (
            lambda: sot_sigmoid_voltage_v(1.5, threshold_voltage_v=1.0, slope_per_v=1.0),
            "probability is 1.5",
        ),
        (
            lambda: neel_brown_probability(1e-9, 1.1, stability=40, attempt_time_s=1e-9),
            "bias_ratio is 1.1",
        ),
        (
            lambda: brown_attempt_time_s(2.0, anisotropy_field=3e4, damping=0.1),
            "stability is 2",
        ),
        (
            lambda: barrier(
                1e3,
                saturation_magnetization_a_per_m=1e6,
                free_layer_volume_m3=1e-24,
                temperature_kelvin=300.0,
                inplane_field_a_per_m=2e3,
            ),
            "anisotropy field is 1000",
        ),
        (
            lambda: anisotropy_field_a_per_m(
                3.0,
                interface_anisotropy_j_per_m2=1e-3,
                saturation_magnetization_a_per_m=1e6,
                free_layer_thickness_m=1e-9,
                oxide_thickness_m=1e-9,
                vcma_j_per_v_m=1e-14,
                demagnetization_factor=1.0,
            ),
            "voltage_v is 3 V",
        ),
        (
            lambda: phase_toggle_probability(
                1e-9, period_s=2e-9, field_ratio=0.2, damping=0.1, stability=50
            ),
            "damping is 0.1, expected .* tabulate",
        ),
        (lambda: load_device("mtj-sot").switching_probability("high"), "expected a number"),
    ],
)
def test_refusals_are_one_line_with_got_and_expected(call, message):
    with pytest.raises(ValidityError, match=message) as caught:
        call()
    assert "expected" in str(caught.value)
    assert "\n" not in str(caught.value)
