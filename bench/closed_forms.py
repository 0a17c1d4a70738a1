"""How far the closed forms of a cell are from the simulations that they are checked against.

Each row takes one law over a grid inside its validity range, 10,000 junctions a point, and prints
the largest difference in probability; goal: 0.03. Then the macrospin itself against ngspice and, if
it is installed, PyPI's vgsot-sim, without heat: the largest difference in a final m_z; goal: 0.01.

    python bench/closed_forms.py            # a few minutes
    python bench/closed_forms.py --quick    # fewer points
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from bitspin.device import (
    MacrospinParameters,
    Segment,
    VgsotMtj,
    load_device,
    run_macrospin_deck,
    simulate_macrospin,
    tabulate_sot,
    tabulate_toggle,
)
from bitspin.device.activation import (
    brown_attempt_time_s,
    neel_brown_probability,
    relaxation_probability,
)
from bitspin.device.constants import BOLTZMANN_J_PER_KELVIN, VACUUM_PERMEABILITY_H_PER_M
from bitspin.device.precession import phase_toggle_probability, precession_period_s

JUNCTIONS = 10_000
FIELD = 3.12e4
MAGNETIZATION = 1.2e6
START = np.array([0.1, 0.05, 0.99])


@dataclass(frozen=True)
class Check:
    """A law, the differences over its grid, one number or more a point, and their goal."""

    law: str
    differences: Callable[[bool], Iterator[float]]
    goal: float


def magnet(stability: float, damping: float, **more: float) -> MacrospinParameters:
    energy = 2.0 * stability * BOLTZMANN_J_PER_KELVIN * 300.0
    return MacrospinParameters(
        saturation_magnetization_a_per_m=MAGNETIZATION,
        free_layer_volume_m3=energy / (VACUUM_PERMEABILITY_H_PER_M * MAGNETIZATION * FIELD),
        damping=damping,
        anisotropy_field_a_per_m=FIELD,
        **more,
    )


def relaxation(quick: bool) -> Iterator[float]:
    for stability in (3.0, 6.0) if quick else (3.0, 4.0, 6.0, 8.0):
        for damping in (0.05, 0.1, 0.3):
            for time_s in (3e-9, 10e-9) if quick else (3e-9, 10e-9, 100e-9):
                tau0 = brown_attempt_time_s(stability, anisotropy_field=FIELD, damping=damping)
                law = relaxation_probability(time_s, stability=stability, attempt_time_s=tau0)
                found = simulate_macrospin(
                    magnet(stability, damping),
                    [Segment(time_s)],
                    junction_count=JUNCTIONS,
                    time_step_s=1e-11,
                )
                yield float(law) - found.fraction_down()


def driven(quick: bool) -> Iterator[float]:
    """Survival from 20 ns on, when the well is filled up to the lowered barrier."""
    damping = 0.1
    cases = ((20.0, 0.5), (30.0, 0.6), (40.0, 0.7))
    for stability, bias in cases[:1] if quick else cases:
        pushed = magnet(stability, damping, stt_field_a_per_m_per_v=-damping * FIELD)
        settings = {"junction_count": JUNCTIONS, "time_step_s": 1e-11}
        first = simulate_macrospin(pushed, [Segment(20e-9, bias)], seed=1, **settings)
        later = simulate_macrospin(
            pushed, [Segment(40e-9, bias)], seed=2, initial=first.magnetization, **settings
        )
        survival = (1.0 - later.fraction_down()) / (1.0 - first.fraction_down())
        tau0 = brown_attempt_time_s(
            stability, anisotropy_field=FIELD, damping=damping, bias_ratio=bias
        )
        law = neel_brown_probability(
            40e-9, bias, stability=stability, attempt_time_s=tau0, exponent=2.0
        )
        yield float(law) - (1.0 - survival)


def toggle(quick: bool) -> Iterator[float]:
    phases = np.array([0.13, 0.16, 0.2, 0.31, 0.34, 0.5, 0.63, 0.66, 0.83, 0.87, 1.0, 1.14])
    corners = [
        (0.2, 0.02, 40.0),
        (0.15, 0.02, 40.0),
        (0.15, 0.02, 65.0),
        (0.2, 0.02, 65.0),
        (0.2, 0.015, 65.0),
        (0.15, 0.01, 40.0),
        (0.2, 0.01, 65.0),
    ]
    for ratio, damping, stability in corners[:1] if quick else corners:
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
        )
        law = phase_toggle_probability(
            widths, period_s=period_s, field_ratio=ratio, damping=damping, stability=stability
        )
        yield from law - table.probability_table


def write_curve(name: str, voltage_v: list[float]) -> Callable[[bool], Iterator[float]]:
    def differences(quick: bool) -> Iterator[float]:
        cell = load_device(name)
        assert isinstance(cell, VgsotMtj)
        voltages = voltage_v[::3] if quick else voltage_v
        found = tabulate_sot(
            cell.free_layer.macrospin(),
            current_density_a_per_m2=cell.free_layer.current_density_a_per_m2(voltages),
            pulse_width_s=cell.write.pulse_width_s,
            gate_voltage_v=cell.gate_voltage_v,
            junction_count=JUNCTIONS,
            time_step_s=3e-12,
            seed=21,
        )
        yield from cell.switching_probability(voltages) - found

    return differences


def final_direction(layer: MacrospinParameters, segments: list[Segment]) -> np.ndarray:
    return simulate_macrospin(
        layer,
        segments,
        junction_count=1,
        temperature_kelvin=0.0,
        initial=START,
        dtype=np.float64,
        time_step_s=4e-12,
    ).magnetization[:, 0]


def ngspice(quick: bool) -> Iterator[float]:
    layer = load_device("vgsot-b").free_layer
    voltage = layer.zero_anisotropy_voltage_v()
    widths_ns = (1.0, 4.0, 7.0) if quick else np.arange(0.5, 10.1, 0.5)
    for width_ns in widths_ns:
        segments = [Segment(float(width_ns) * 1e-9, voltage), Segment(15e-9)]
        _, spice = run_macrospin_deck(layer.macrospin(), segments, list(START))
        yield float(final_direction(layer.macrospin(), segments)[2] - spice[2, -1])


def vgsot_sim(quick: bool) -> Iterator[float]:
    """Their vector integrator, without heat, on parameter set A."""
    step_s = 1e-13
    constants = importlib.import_module("vgsot_sim.configs").PhysicalConstantsConfig(
        t_step=step_s, h_ex_x=3978.9, h_ex_y=0.0, theta_SH=0.25, D_elec=80e-9, RA=36e-12
    )
    step = importlib.import_module("vgsot_sim.dynamic_switching_vector").switching_vector
    shape = importlib.import_module("vgsot_sim.demag").demag_factors(constants)
    layer = load_device(
        "vgsot-a", {"free_layer.demagnetization_factor": float(shape[2] - shape[0])}
    ).free_layer.macrospin()
    layer = layer.model_copy(update={"stt_field_a_per_m_per_v": 0.0})
    for voltage_v, track_a, duration_s in ((1.17, 0.0, 2e-9), (0.0, -3e-4, 1e-9)):
        theirs = START / np.linalg.norm(START)
        for _ in range(round(duration_s / step_s)):
            theirs = step(
                theirs,
                voltage_v,
                track_a,
                7000.0,
                0,
                int(track_a != 0.0),
                sigma_SH=np.array([0.0, 1.0, 0.0]),
                constants=constants,
                R_SOT_FL_DL=0.0,
            )
        ours = simulate_macrospin(
            layer,
            [Segment(duration_s, voltage_v, track_a / constants.A2)],
            junction_count=1,
            temperature_kelvin=0.0,
            initial=START,
            time_step_s=step_s,
            dtype=np.float64,
        ).magnetization[:, 0]
        yield from ours - theirs


CHECKS = (
    Check("relaxation_probability, Brown's attempt time", relaxation, 0.03),
    Check("neel_brown_probability, exponent 2, driven", driven, 0.03),
    Check("phase_toggle_probability", toggle, 0.03),
    Check(
        "write sigmoid of vgsot-b",
        write_curve("vgsot-b", [0.002, 0.008, 0.012, 0.016, 0.02, 0.03, 0.06, 0.1, 0.14]),
        0.03,
    ),
    Check(
        "write sigmoid of vgsot-a",
        write_curve("vgsot-a", [0.08, 0.1, 0.11, 0.118, 0.125, 0.14, 0.2, 0.3, 0.4]),
        0.03,
    ),
    Check("macrospin against ngspice: m_z", ngspice, 0.01),
)
THIRD_OPINION = Check("macrospin against vgsot-sim: m", vgsot_sim, 0.01)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer points")
    quick = parser.parse_args().quick
    installed = importlib.util.find_spec("vgsot_sim") is not None
    good = True
    print(f"{'law':46} {'points':>6} {'largest':>8} {'mean':>8} {'goal':>5}")
    for check in (*CHECKS, THIRD_OPINION) if installed else CHECKS:
        found = np.abs(np.fromiter(check.differences(quick), float))
        good &= bool(found.max() <= check.goal)
        figures = f"{found.size:6} {found.max():8.4f} {found.mean():8.4f} {check.goal:5}"
        print(f"{check.law:46} {figures}", flush=True)
    if not installed:
        print("vgsot-sim is not installed: pip install vgsot-sim")
    sys.exit(not good)


if __name__ == "__main__":
    main()
