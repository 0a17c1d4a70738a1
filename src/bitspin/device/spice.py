"""The macrospin as a circuit: a deck for ngspice, which knows nothing of our integrator.

The three components of m are the charges of three capacitors of 1 F, each fed by a behavioural
current source that computes its Landau-Lifshitz-Gilbert derivative. No thermal field: the deck is
the second opinion on the deterministic part.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bitspin.device.constants import GAMMA_0_M_PER_A_S
from bitspin.device.macrospin import MacrospinParameters, Segment
from bitspin.device.validity import FloatArray, in_range, plain
from bitspin.errors import BackendError, DataError, ShapeError

__all__ = ["macrospin_deck", "run_macrospin_deck"]

#: The deck counts time in nanoseconds and fields in units of the turn they cause per nanosecond,
#: which keeps node voltages near 1, where the simulator's tolerances are meant to work.
_NANOSECOND_S = 1e-9


def macrospin_deck(
    parameters: MacrospinParameters,
    segments: Sequence[Segment],
    initial: Sequence[float],
    *,
    result_path: str,
    print_step_s: float = 1e-11,
) -> str:
    """Return an ngspice deck that integrates one macrospin without heat.

    Parameters
    ----------
    parameters : MacrospinParameters
        The free layer.
    segments : sequence of Segment
        Bias against time.
    initial : sequence of three floats
        Starting direction; normalised here.
    result_path : str
        File the deck writes time (ns), m_x, m_y, m_z to, without spaces.
    print_step_s : float
        Largest internal step in s.

    Returns
    -------
    str
        The deck, ending in a control block that runs it and quits.

    Raises
    ------
    ShapeError
        If `initial` is no 3-vector.
    ValidityError
        If a duration or the step is not positive.

    Notes
    -----
    Same equation as `simulate_macrospin`, written out by components, length kept by a weak spring.
    Source: behavioural-source macrospin as used in MTJ compact models; equation as in
    `bitspin.device.macrospin`.

    Examples
    --------
    >>> layer = MacrospinParameters(saturation_magnetization_a_per_m=1e6,
    ...     free_layer_volume_m3=5e-24, damping=0.1, anisotropy_field_a_per_m=5e4)
    >>> deck = macrospin_deck(layer, [Segment(1e-9)], [0, 0, 1], result_path="out.txt")
    >>> deck.splitlines()[0], deck.splitlines()[-1]
    ('* macrospin, time in ns', '.end')
    """
    start = np.asarray(initial, dtype=np.float64)
    if start.shape != (3,):
        raise ShapeError(f"initial has shape {start.shape}, expected (3,): give one vector")
    start = start / np.linalg.norm(start)
    in_range("print_step_s", print_step_s, 0.0, 1e-6, unit="s", open_low=True)
    end_ns = sum(
        float(in_range("duration_s", s.duration_s, 0.0, 1e-3, unit="s", open_low=True))
        for s in segments
    )
    turn = GAMMA_0_M_PER_A_S * _NANOSECOND_S / (1.0 + parameters.damping**2)
    drives = {
        "hk": [turn * parameters.anisotropy_field_at(s.voltage_v) for s in segments],
        "sot": [
            turn * parameters.sot_field_per_current_density_m * s.current_density_a_per_m2
            for s in segments
        ],
        "stt": [turn * parameters.stt_field_a_per_m_per_v * s.voltage_v for s in segments],
    }
    lines = ["* macrospin, time in ns"]
    lines += [f"V{name} {name} 0 {_pwl(values, segments)}" for name, values in drives.items()]
    lines += _field_lines(
        turn * parameters.inplane_field_a_per_m, turn * parameters.perpendicular_field_a_per_m
    )
    lines += _torque_lines(parameters.damping)
    for axis, value in zip("xyz", start, strict=True):
        lines += [f"C{axis} m{axis} 0 1", f".ic v(m{axis})={value:.12g}"]
    step_ns = print_step_s / _NANOSECOND_S
    lines += [
        ".options reltol=1e-6 abstol=1e-9 vntol=1e-9 method=gear",
        f".tran {step_ns:.6g} {end_ns / _NANOSECOND_S:.9g} 0 {step_ns:.6g} uic",
        ".control",
        "run",
        "set wr_singlescale",
        "set numdgt=10",
        f"wrdata {result_path} v(mx) v(my) v(mz)",
        "quit 0",
        ".endc",
        ".end",
    ]
    return "\n".join(lines)


def run_macrospin_deck(
    parameters: MacrospinParameters,
    segments: Sequence[Segment],
    initial: Sequence[float],
    *,
    print_step_s: float = 1e-11,
    timeout_s: float = 120.0,
) -> tuple[FloatArray, FloatArray]:
    """Run the deck in ngspice and return the trajectory.

    Parameters
    ----------
    parameters, segments, initial, print_step_s
        See `macrospin_deck`.
    timeout_s : float
        Time in s after which ngspice is stopped.

    Returns
    -------
    time_s : ndarray of float64, shape (T,)
        Times in s.
    magnetization : ndarray of float64, shape (3, T)
        The direction at these times.

    Raises
    ------
    BackendError
        If ngspice is not installed, fails, or takes too long.
    DataError
        If ngspice wrote no readable result.
    """
    program = shutil.which("ngspice")
    if program is None:
        raise BackendError(
            "ngspice is not installed, expected the program on the PATH: "
            "apt-get install ngspice (Debian), or leave this cross-check out"
        )
    with tempfile.TemporaryDirectory() as folder:
        deck = Path(folder, "macrospin.cir")
        deck.write_text(
            macrospin_deck(
                parameters, segments, initial, result_path="out.txt", print_step_s=print_step_s
            )
        )
        try:
            run = subprocess.run(
                [program, "-b", deck.name],
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise BackendError(
                f"ngspice ran longer than {timeout_s:g} s, expected it to finish: "
                "shorten the run or raise timeout_s"
            ) from error
        return _read_result(Path(folder, "out.txt"), run)


def _read_result(
    path: Path, run: subprocess.CompletedProcess[str]
) -> tuple[FloatArray, FloatArray]:
    if run.returncode != 0 or not path.is_file():
        said = (run.stderr or run.stdout).strip().splitlines()[-1:]
        raise BackendError(f"ngspice failed ({said}), expected a result: check the parameters")
    columns = np.loadtxt(path)
    if columns.ndim != 2 or columns.shape[1] != 4:
        raise DataError(f"ngspice wrote shape {columns.shape}, expected (T, 4): check its version")
    return plain(columns[:, 0] * _NANOSECOND_S), plain(columns[:, 1:].T)


def _pwl(values: Sequence[float], segments: Sequence[Segment]) -> str:
    """Return a source that steps from segment to segment within a femtosecond."""
    edge_ns = 1e-6
    time_ns = 0.0
    points = [(0.0, values[0])]
    for index, segment in enumerate(segments[:-1]):
        time_ns += segment.duration_s / _NANOSECOND_S
        points += [(time_ns, values[index]), (time_ns + edge_ns, values[index + 1])]
    return "PWL(" + " ".join(f"{t:.9g} {v:.12g}" for t, v in points) + ")"


def _field_lines(field_x: float, field_z: float) -> list[str]:
    """Effective field B including the damping-like torques: nodes bx, by, bz."""
    return [
        f"Bbx bx 0 V={field_x:.12g}-v(sot)*v(mz)+v(stt)*v(my)",
        "Bby by 0 V=-v(stt)*v(mx)",
        f"Bbz bz 0 V={field_z:.12g}+v(hk)*v(mz)+v(sot)*v(mx)",
    ]


def _torque_lines(damping: float) -> list[str]:
    """Nodes a = m x B, then the currents -(a + alpha m x a) that charge m."""
    lines = []
    cycle = (("x", "y", "z"), ("y", "z", "x"), ("z", "x", "y"))
    for i, j, k in cycle:
        lines.append(f"Ba{i} a{i} 0 V=v(m{j})*v(b{k})-v(m{k})*v(b{j})")
    length = "(v(mx)*v(mx)+v(my)*v(my)+v(mz)*v(mz))"
    spring = 2.0 * math.pi
    for i, j, k in cycle:
        lines.append(
            f"Bd{i} 0 m{i} I=-v(a{i})-{damping:.12g}*(v(m{j})*v(a{k})-v(m{k})*v(a{j}))"
            f"+{spring:.6g}*v(m{i})*(1-{length})"
        )
    return lines
