"""The slow reference: many single-domain magnets, each followed step by step with its heat bath.

Everything that a closed form of this room claims about a switching probability can be checked
here. The free layer is one vector m of unit length that obeys the Landau-Lifshitz-Gilbert equation
with a thermal field (Brown 1963), integrated by Heun's scheme, whose limit is the Stratonovich
solution (Garcia-Palacios and Lazaro 1998).

    (1 + alpha^2)/gamma0 * dm/dt = - m x B - alpha * m x (m x B)
    B = H_k(V) m_z z + H_x x + H_z z + H_thermal + m x (a_sot y + a_stt z)

The spin torques enter through the last term of B, which is the damping-like torque of the Gilbert
form written as a field.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from bitspin.device.constants import (
    BOLTZMANN_J_PER_KELVIN,
    GAMMA_0_M_PER_A_S,
    VACUUM_PERMEABILITY_H_PER_M,
)
from bitspin.device.heun import FieldArray, HeunPlan, HeunStepper
from bitspin.device.validity import FloatArray, in_range, plain
from bitspin.errors import ShapeError, ValidityError
from bitspin.settings import Settings

__all__ = ["MacrospinParameters", "MacrospinResult", "Segment", "simulate_macrospin"]

#: Junctions integrated together: about twenty float32 rows of this length fit a 2 MB L2 cache, and
#: a row is long enough to hide NumPy's call overhead. The random stream is keyed by block, so the
#: number is part of the reproducible result.
BLOCK_JUNCTIONS = 16384
#: Starting directions stop short of the equator, where the wells meet; a magnet worth storing a
#: bit in is never found there.
_EQUATOR_MZ = 0.1


class MacrospinParameters(Settings):
    """One free layer as a macrospin; all fields in A/m.

    Parameters
    ----------
    saturation_magnetization_a_per_m : float
        M_s in A/m, above 0, at most 3e6.
    free_layer_volume_m3 : float
        V_f in m^3, above 0, at most 1e-21.
    damping : float
        alpha, above 0, at most 1.
    anisotropy_field_a_per_m : float
        Net perpendicular field at zero bias, demagnetisation included, -2e6 to 2e6.
    vcma_field_a_per_m_per_v : float
        By how much 1 V lowers that field.
    inplane_field_a_per_m, perpendicular_field_a_per_m : float
        Applied fields along x and z, -2e6 to 2e6.
    sot_field_per_current_density_m : float
        Damping-like field of the track current for each A/m^2 of it, in m.
    stt_field_a_per_m_per_v : float
        Damping-like field of the current through the junction for each V over it.
    """

    saturation_magnetization_a_per_m: float = Field(gt=0, le=3e6)
    free_layer_volume_m3: float = Field(gt=0, le=1e-21)
    damping: float = Field(gt=0, le=1)
    anisotropy_field_a_per_m: float = Field(ge=-2e6, le=2e6)
    vcma_field_a_per_m_per_v: float = Field(default=0.0, ge=-1e7, le=1e7)
    inplane_field_a_per_m: float = Field(default=0.0, ge=-2e6, le=2e6)
    perpendicular_field_a_per_m: float = Field(default=0.0, ge=-2e6, le=2e6)
    sot_field_per_current_density_m: float = Field(default=0.0, ge=-1, le=1)
    stt_field_a_per_m_per_v: float = Field(default=0.0, ge=-1e7, le=1e7)

    def anisotropy_field_at(self, voltage_v: float) -> float:
        """Return the net perpendicular anisotropy field (A/m) under a bias (V)."""
        return self.anisotropy_field_a_per_m - self.vcma_field_a_per_m_per_v * voltage_v

    def thermal_stability(self, temperature_kelvin: float, voltage_v: float = 0.0) -> float:
        """Return mu0 M_s H_k(V) V_f / (2 k_B T) without the in-plane field (dimensionless)."""
        energy = (
            0.5
            * VACUUM_PERMEABILITY_H_PER_M
            * self.saturation_magnetization_a_per_m
            * self.anisotropy_field_at(voltage_v)
            * self.free_layer_volume_m3
        )
        return energy / (BOLTZMANN_J_PER_KELVIN * temperature_kelvin)


@dataclass(frozen=True)
class Segment:
    """A stretch of constant bias.

    Parameters
    ----------
    duration_s : float
        In s, above 0.
    voltage_v : float
        Bias over the junction in V.
    current_density_a_per_m2 : float
        In the track, in A/m^2.
    """

    duration_s: float
    voltage_v: float = 0.0
    current_density_a_per_m2: float = 0.0


@dataclass(frozen=True)
class MacrospinResult:
    """Where the magnets ended, and their mean m_z on the way if it was asked for.

    Attributes
    ----------
    magnetization : ndarray of shape (3, N)
        Final unit vectors.
    time_s : ndarray of shape (T,)
        Recording times; empty unless `record_every` was given.
    mean_mz : ndarray of shape (T,)
        Mean of m_z over the junctions at these times.
    """

    magnetization: FieldArray
    time_s: FloatArray
    mean_mz: FloatArray

    def fraction_down(self) -> float:
        """Return the fraction of junctions with m_z below zero."""
        return float(np.mean(self.magnetization[2] < 0.0))


def simulate_macrospin(
    parameters: MacrospinParameters,
    segments: Sequence[Segment],
    *,
    junction_count: int,
    temperature_kelvin: float = 300.0,
    seed: int = 0,
    time_step_s: float = 1e-12,
    initial: FieldArray | None = None,
    record_every: int = 0,
    dtype: type[np.float32] | type[np.float64] = np.float32,
) -> MacrospinResult:
    """Integrate the stochastic LLG equation for many independent junctions.

    Parameters
    ----------
    parameters : MacrospinParameters
        The free layer.
    segments : sequence of Segment
        Bias against time, one after the other; each is rounded to whole time steps.
    junction_count : int
        Number of junctions N, at least 1.
    temperature_kelvin : float
        Bath temperature in K, 0 to 1000; 0 switches the thermal field off.
    seed : int
        Key of the counter-based random stream, 0 or larger.
    time_step_s : float
        Step in s; a step may turn the magnetization by 0.2 rad at most.
    initial : ndarray of shape (3,) or (3, N), optional
        Starting directions; by default thermal equilibrium of the upper well at zero bias.
    record_every : int
        Record the mean of m_z every so many steps; 0 records nothing.
    dtype : numpy.float32 or numpy.float64
        Working precision; float32 halves the time, its rounding is far below the thermal field.

    Returns
    -------
    MacrospinResult
        Final directions, of shape (3, N) and the working precision.

    Raises
    ------
    ValidityError
        If an argument is out of range, or the time step too long for the fields.
    ShapeError
        If `initial` has another shape.

    Notes
    -----
    Thermal field per component and step: standard deviation
    sqrt(2 alpha k_B T / (mu0 gamma0 M_s V_f dt)) (Brown, Phys. Rev. 130, 1677, 1963). Its normals
    are drawn from a symmetric table of 2^16 quantiles of exactly unit variance: Heun's scheme
    converges weakly as long as the low moments agree (Kloeden and Platen, *Numerical Solution of
    Stochastic Differential Equations*, 1992, ch. 14), and a table costs a tenth of a normal.

    Validity: one rigid domain, which is doubtful above some 50 nm in diameter; no self-heating.

    Examples
    --------
    >>> free_layer = MacrospinParameters(saturation_magnetization_a_per_m=1e6,
    ...     free_layer_volume_m3=5e-24, damping=0.1, anisotropy_field_a_per_m=5e4)
    >>> result = simulate_macrospin(free_layer, [Segment(1e-10)], junction_count=4, seed=1)
    >>> result.magnetization.shape, result.fraction_down()
    ((3, 4), 0.0)
    """
    _check_run(parameters, segments, junction_count, temperature_kelvin, seed, time_step_s)
    start = _initial_directions(parameters, initial, junction_count, temperature_kelvin, seed)
    plan = [_plan(parameters, s, temperature_kelvin, time_step_s) for s in segments]
    final = np.empty((3, junction_count), dtype)
    mean_mz = np.zeros(sum(p.step_count for p in plan) // record_every if record_every else 0)
    for first in range(0, junction_count, BLOCK_JUNCTIONS):
        block = slice(first, min(first + BLOCK_JUNCTIONS, junction_count))
        stepper = HeunStepper(np.ascontiguousarray(start[:, block], dtype), seed, first)
        final[:, block] = stepper.run(plan, record_every, mean_mz)
    time_s = np.arange(1, mean_mz.size + 1) * (record_every * time_step_s)
    return MacrospinResult(final, plain(time_s), mean_mz / junction_count)


def _check_run(
    parameters: MacrospinParameters,
    segments: Sequence[Segment],
    junction_count: int,
    temperature_kelvin: float,
    seed: int,
    time_step_s: float,
) -> None:
    in_range("junction_count", junction_count, 1, 1e8)
    in_range("temperature_kelvin", temperature_kelvin, 0.0, 1000.0, unit="K")
    in_range("seed", seed, 0, 2.0**63)
    in_range("time_step_s", time_step_s, 0.0, 1e-9, unit="s", open_low=True)
    if not segments:
        raise ValidityError("segments is empty, expected at least one: give a Segment")
    for segment in segments:
        in_range("duration_s", segment.duration_s, 0.0, 1.0, unit="s", open_low=True)
        plan = _plan(parameters, segment, temperature_kelvin, time_step_s)
        turn = abs(plan.anisotropy) + math.hypot(plan.field_x, plan.field_z)
        turn += math.hypot(plan.sot, plan.stt)
        in_range(
            "turn per time step",
            max(turn, plan.thermal),
            0.0,
            0.2,
            unit="rad",
            remedy="shorten time_step_s",
        )


def _plan(
    parameters: MacrospinParameters,
    segment: Segment,
    temperature_kelvin: float,
    time_step_s: float,
) -> HeunPlan:
    damping = parameters.damping
    turn = GAMMA_0_M_PER_A_S * time_step_s / (1.0 + damping * damping)
    thermal_field = math.sqrt(
        2.0
        * damping
        * BOLTZMANN_J_PER_KELVIN
        * temperature_kelvin
        / (
            VACUUM_PERMEABILITY_H_PER_M
            * GAMMA_0_M_PER_A_S
            * parameters.saturation_magnetization_a_per_m
            * parameters.free_layer_volume_m3
            * time_step_s
        )
    )
    sot = parameters.sot_field_per_current_density_m * segment.current_density_a_per_m2
    return HeunPlan(
        step_count=max(1, round(segment.duration_s / time_step_s)),
        damping=damping,
        anisotropy=turn * parameters.anisotropy_field_at(segment.voltage_v),
        field_x=turn * parameters.inplane_field_a_per_m,
        field_z=turn * parameters.perpendicular_field_a_per_m,
        sot=turn * sot,
        stt=turn * parameters.stt_field_a_per_m_per_v * segment.voltage_v,
        thermal=turn * thermal_field,
    )


def _initial_directions(
    parameters: MacrospinParameters,
    initial: FieldArray | None,
    junction_count: int,
    temperature_kelvin: float,
    seed: int,
) -> FieldArray:
    if initial is None:
        return _upper_well(parameters, junction_count, temperature_kelvin, seed)
    start = np.asarray(initial, dtype=np.float64)
    if start.shape == (3,):
        start = np.repeat(start[:, None], junction_count, axis=1)
    if start.shape != (3, junction_count):
        raise ShapeError(
            f"initial has shape {start.shape}, expected (3,) or (3, {junction_count}): "
            "give one unit vector, or one per junction"
        )
    return plain(start / np.linalg.norm(start, axis=0))


def _upper_well(
    parameters: MacrospinParameters, junction_count: int, temperature_kelvin: float, seed: int
) -> FieldArray:
    """Draw from the Boltzmann law of the upper well at zero bias.

    With m_z^2 = 1 - m_x^2 - m_y^2 the energy is quadratic in (m_x, m_y), so the law is a Gaussian
    around the tilted minimum times the area element 1/m_z of the sphere, which rejection supplies.
    """
    field = parameters.anisotropy_field_a_per_m
    if field <= abs(parameters.inplane_field_a_per_m):
        raise ValidityError(
            f"anisotropy_field_a_per_m is {field:.6g}, expected more than the in-plane field: "
            "there is no stable state to start from; give `initial`"
        )
    tilt = parameters.inplane_field_a_per_m / field
    if temperature_kelvin == 0.0:
        rest = np.array([tilt, 0.0, math.sqrt(1.0 - tilt * tilt)])
        return np.repeat(rest[:, None], junction_count, axis=1)
    barrier = parameters.thermal_stability(temperature_kelvin)
    rng = np.random.Generator(np.random.Philox(key=np.array([seed, 2**63], dtype=np.uint64)))
    kept = np.empty((3, 0))
    while kept.shape[1] < junction_count:
        plane = rng.normal(scale=math.sqrt(0.5 / barrier), size=(2, 2 * junction_count))
        plane[0] += tilt
        inside = np.einsum("ij,ij->j", plane, plane) < 1.0
        plane = plane[:, inside]
        mz = np.sqrt(1.0 - np.einsum("ij,ij->j", plane, plane))
        accepted = (mz > _EQUATOR_MZ) & (rng.random(mz.size) * mz < _EQUATOR_MZ)
        kept = np.concatenate([kept, np.vstack([plane, mz])[:, accepted]], axis=1)
    return kept[:, :junction_count]
