"""Every formula keeps its dimensions: run the real code in another system of units.

Base units are rescaled by unrelated factors; constants and arguments are converted with pint. A
formula whose dimensions are right gives its result in the new units, any other one does not.
"""

from __future__ import annotations

import pint
import pytest

from bitspin.device import activation, anisotropy, constants, energy, precession, resistance, sot
from bitspin.device.anisotropy import barrier

UNITS = pint.UnitRegistry()
SCALES = {
    "[length]": 1.07,
    "[mass]": 1.13,
    "[time]": 0.91,
    "[current]": 1.19,
    "[temperature]": 0.95,
}
CONSTANTS = {
    "BOLTZMANN_J_PER_KELVIN": "J/K",
    "ELEMENTARY_CHARGE_C": "C",
    "GAMMA_0_M_PER_A_S": "m/A/s",
    "HBAR_J_S": "J*s",
    "VACUUM_PERMEABILITY_H_PER_M": "H/m",
    "VACUUM_PERMITTIVITY_F_PER_M": "F/m",
}
MODULES = (activation, anisotropy, energy, precession, resistance, sot)


def factor(unit: str) -> float:
    """How much larger a number gets in the new units."""
    result = 1.0
    for base, power in UNITS.Quantity(1.0, unit or "dimensionless").dimensionality.items():
        result *= SCALES[base] ** float(power)
    return result


LAYER = {
    "saturation_magnetization_a_per_m": (1.2e6, "A/m"),
    "free_layer_thickness_m": (1.1e-9, "m"),
}
PULSE = {"stability": (30.0, ""), "attempt_time_s": (1e-9, "s")}
CASES = [
    (
        resistance.mtj_resistance_ohm,
        {
            "state": (1, ""),
            "voltage_v": (0.3, "V"),
            "parallel_ohm": (5e3, "ohm"),
            "tmr_ratio": (1.2, ""),
            "half_voltage_v": (0.5, "V"),
        },
        "ohm",
    ),
    (
        anisotropy.anisotropy_field_a_per_m,
        LAYER
        | {
            "voltage_v": (0.2, "V"),
            "interface_anisotropy_j_per_m2": (1.006e-3, "J/m^2"),
            "oxide_thickness_m": (1.5e-9, "m"),
            "vcma_j_per_v_m": (75e-15, "J/V/m"),
            "demagnetization_factor": (0.5, ""),
        },
        "A/m",
    ),
    (
        barrier,
        {
            "anisotropy_field": (31e3, "A/m"),
            "saturation_magnetization_a_per_m": (1.2e6, "A/m"),
            "free_layer_volume_m3": (7e-24, "m^3"),
            "temperature_kelvin": (300.0, "K"),
            "inplane_field_a_per_m": (3e3, "A/m"),
        },
        "",
    ),
    (
        anisotropy.vcma_barrier_slope_per_v,
        {
            "vcma_j_per_v_m": (60e-15, "J/V/m"),
            "area_m2": (5e-15, "m^2"),
            "oxide_thickness_m": (1.4e-9, "m"),
            "temperature_kelvin": (300.0, "K"),
        },
        "1/V",
    ),
    (
        anisotropy.sot_field_a_per_m,
        LAYER | {"current_density_a_per_m2": (2e11, "A/m^2"), "spin_hall_angle": (0.3, "")},
        "A/m",
    ),
    (
        anisotropy.stt_field_a_per_m,
        LAYER
        | {
            "voltage_v": (0.5, "V"),
            "spin_polarization": (0.5, ""),
            "resistance_area_ohm_m2": (36e-12, "ohm*m^2"),
        },
        "A/m",
    ),
    (
        anisotropy.sot_critical_current_density_a_per_m2,
        LAYER
        | {
            "anisotropy_field": (31e3, "A/m"),
            "inplane_field_a_per_m": (3e3, "A/m"),
            "spin_hall_angle": (0.3, ""),
        },
        "A/m^2",
    ),
    (
        activation.brown_attempt_time_s,
        {"stability": (40.0, ""), "anisotropy_field": (31e3, "A/m"), "damping": (0.1, "")},
        "s",
    ),
    (
        activation.neel_brown_probability,
        PULSE | {"pulse_width_s": (1e-8, "s"), "bias_ratio": (0.9, "")},
        "",
    ),
    (
        activation.neel_brown_bias_ratio,
        PULSE | {"pulse_width_s": (1e-8, "s"), "probability": (0.4, "")},
        "",
    ),
    (activation.relaxation_probability, PULSE | {"time_s": (1e3, "s")}, ""),
    (
        precession.precession_period_s,
        {"inplane_field_a_per_m": (8e3, "A/m"), "damping": (0.1, "")},
        "s",
    ),
    (
        precession.damped_cosine_probability,
        {"pulse_width_s": (7e-10, "s"), "period_s": (2e-9, "s"), "decay_time_s": (5e-9, "s")},
        "",
    ),
    (
        precession.phase_toggle_probability,
        {
            "pulse_width_s": (7e-10, "s"),
            "period_s": (2e-9, "s"),
            "field_ratio": (0.2, ""),
            "damping": (0.02, ""),
            "stability": (50.0, ""),
        },
        "",
    ),
    (
        sot.sot_sigmoid_probability,
        {
            "voltage_v": (0.9, "V"),
            "threshold_voltage_v": (0.88, "V"),
            "slope_per_v": (44.6, "1/V"),
            "back_probability": (0.2, ""),
            "back_threshold_voltage_v": (1.0, "V"),
            "back_slope_per_v": (20.0, "1/V"),
        },
        "",
    ),
    (
        sot.sot_sigmoid_voltage_v,
        {
            "probability": (0.7, ""),
            "threshold_voltage_v": (0.88, "V"),
            "slope_per_v": (44.6, "1/V"),
        },
        "V",
    ),
    (
        energy.voltage_pulse_energy_j,
        {"voltage_v": (0.9, "V"), "resistance_ohm": (776.0, "ohm"), "pulse_width_s": (1e-9, "s")},
        "J",
    ),
    (
        energy.current_pulse_energy_j,
        {"current_a": (1e-3, "A"), "resistance_ohm": (776.0, "ohm"), "pulse_width_s": (1e-9, "s")},
        "J",
    ),
    (
        energy.junction_capacitance_farad,
        {"area_m2": (6e-15, "m^2"), "oxide_thickness_m": (1.5e-9, "m")},
        "F",
    ),
    (
        energy.capacitive_energy_j,
        {"capacitance_farad": (4e-16, "F"), "voltage_v": (0.5, "V")},
        "J",
    ),
]


@pytest.fixture
def other_units(monkeypatch):
    for name, unit in CONSTANTS.items():
        for module in MODULES:
            if hasattr(module, name):
                monkeypatch.setattr(module, name, getattr(constants, name) * factor(unit))


@pytest.mark.parametrize(
    ("formula", "arguments", "unit"), CASES, ids=lambda c: getattr(c, "__name__", "")
)
def test_formula_in_other_units(request, formula, arguments, unit):
    here = float(formula(**{name: value for name, (value, _) in arguments.items()}))
    request.getfixturevalue("other_units")
    there = float(formula(**{name: value * factor(u) for name, (value, u) in arguments.items()}))
    assert there == pytest.approx(here * factor(unit), rel=1e-9)


def test_the_check_can_fail(monkeypatch):
    """A constant left in old units is a formula with a missing unit; it must be noticed."""
    arguments = {"stability": 40.0, "anisotropy_field": 31e3, "damping": 0.1}
    here = float(activation.brown_attempt_time_s(**arguments))
    arguments["anisotropy_field"] *= factor("A/m")
    there = float(activation.brown_attempt_time_s(**arguments))
    assert there != pytest.approx(here * factor("s"), rel=1e-3)
