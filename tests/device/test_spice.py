"""Second opinion without our integrator: the same magnet in ngspice, no thermal field."""

from __future__ import annotations

import numpy as np
import pytest

from bitspin.device import Segment, load_device, simulate_macrospin
from bitspin.device.spice import macrospin_deck, run_macrospin_deck
from bitspin.errors import BackendError, ShapeError

B = load_device("vgsot-b").free_layer
START = np.array([0.1, 0.05, 0.99])


def ours(segments, parameters):
    return simulate_macrospin(
        parameters,
        segments,
        junction_count=1,
        temperature_kelvin=0.0,
        initial=START,
        dtype=np.float64,
        time_step_s=4e-12,
    ).magnetization[:, 0]


@pytest.mark.ngspice
def test_switching_windows_and_final_state_agree_with_ngspice():
    """Pulses from below half a period to beyond a whole one; final m_z within 1 %."""
    parameters = B.macrospin()
    voltage = B.zero_anisotropy_voltage_v()
    switched = []
    for width_ns in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 6.5, 7.0, 7.5, 8.0, 9.0, 10.0):
        segments = [Segment(width_ns * 1e-9, voltage), Segment(15e-9)]
        _, spice = run_macrospin_deck(parameters, segments, START)
        mine = ours(segments, parameters)
        assert mine[2] == pytest.approx(spice[2, -1], rel=0.01), f"{width_ns} ns"
        switched.append(bool(spice[2, -1] < 0))
    assert any(switched)
    assert not switched[0]
    assert not switched[-1]


@pytest.mark.ngspice
def test_spin_orbit_and_spin_transfer_torque_agree_with_ngspice():
    parameters = B.macrospin()
    for density, gate in ((-1e11, 0.5), (-4e11, 0.0), (3e11, 0.3)):
        segments = [Segment(1e-9, gate, density), Segment(15e-9)]
        time_s, spice = run_macrospin_deck(parameters, segments, START)
        mine = ours(segments, parameters)
        assert mine[2] == pytest.approx(spice[2, -1], rel=0.01)
        during = int(np.searchsorted(time_s, 0.9e-9))
        part = simulate_macrospin(
            parameters,
            [Segment(float(time_s[during]), gate, density)],
            junction_count=1,
            temperature_kelvin=0.0,
            initial=START,
            dtype=np.float64,
            time_step_s=1e-13,
        ).magnetization[:, 0]
        assert part == pytest.approx(spice[:, during], abs=0.01)


@pytest.mark.ngspice
def test_the_comparison_notices_a_field_that_is_five_percent_off():
    parameters = B.macrospin()
    segments = [Segment(4e-9, B.zero_anisotropy_voltage_v())]
    _, spice = run_macrospin_deck(parameters, segments, START)
    field = parameters.inplane_field_a_per_m
    wrong = parameters.model_copy(update={"inplane_field_a_per_m": 1.05 * field})
    assert ours(segments, parameters)[2] == pytest.approx(spice[2, -1], rel=0.01)
    assert ours(segments, wrong)[2] != pytest.approx(spice[2, -1], rel=0.03)


def test_the_deck_is_plain_text_with_every_drive():
    deck = macrospin_deck(
        B.macrospin(), [Segment(1e-9, 0.5), Segment(2e-9)], START, result_path="o"
    )
    for piece in ("Vhk hk 0 PWL(", "Vsot sot 0", "Vstt stt 0", ".tran", "quit 0"):
        assert piece in deck


def test_missing_ngspice_is_an_error_that_says_how_to_get_it(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BackendError, match="apt-get install ngspice"):
        run_macrospin_deck(B.macrospin(), [Segment(1e-9)], START)


def test_a_start_that_is_no_vector_is_refused():
    with pytest.raises(ShapeError, match="initial has shape"):
        macrospin_deck(B.macrospin(), [Segment(1e-9)], [1.0, 0.0], result_path="o")
