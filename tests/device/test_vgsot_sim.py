"""Third opinion: the vector integrator of PyPI vgsot-sim, without heat, on parameter set A."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from bitspin.device import Segment, load_device, simulate_macrospin

FIELD_X = 3978.9
RESISTANCE_AREA = 36e-12
STEP_S = 1e-13


@pytest.mark.vgsot
@pytest.mark.parametrize(
    ("voltage_v", "track_a", "duration_s"), [(1.17, 0.0, 2e-9), (0.0, -3e-4, 1e-9)]
)
def test_trajectory_agrees_with_vgsot_sim(voltage_v, track_a, duration_s):
    configs = importlib.import_module("vgsot_sim.configs")
    constants = configs.PhysicalConstantsConfig(
        t_step=STEP_S,
        h_ex_x=FIELD_X,
        h_ex_y=0.0,
        theta_SH=0.25,
        D_elec=80e-9,
        RA=RESISTANCE_AREA,
    )
    step = importlib.import_module("vgsot_sim.dynamic_switching_vector").switching_vector
    shape = importlib.import_module("vgsot_sim.demag").demag_factors(constants)
    start = np.array([0.1, 0.05, 0.99]) / np.linalg.norm([0.1, 0.05, 0.99])

    theirs = start
    for _ in range(round(duration_s / STEP_S)):
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
    layer = load_device(
        "vgsot-a", {"free_layer.demagnetization_factor": float(shape[2] - shape[0])}
    ).free_layer
    ours = simulate_macrospin(
        layer.macrospin().model_copy(update={"stt_field_a_per_m_per_v": 0.0}),
        [Segment(duration_s, voltage_v, track_a / constants.A2)],
        junction_count=1,
        temperature_kelvin=0.0,
        initial=start,
        time_step_s=STEP_S,
        dtype=np.float64,
    ).magnetization[:, 0]
    assert ours == pytest.approx(theirs, abs=5e-3)
    assert np.abs(ours - start).max() > 10 * 5e-3, "the magnet moved"
