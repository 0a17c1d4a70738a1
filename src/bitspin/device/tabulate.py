"""From the macrospin to a table: toggle and SOT write probabilities where no closed form holds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bitspin.device.constants import GAMMA_0_M_PER_A_S
from bitspin.device.macrospin import MacrospinParameters, Segment, simulate_macrospin
from bitspin.device.parameters import TableToggle
from bitspin.device.validity import FloatArray, in_range, plain

__all__ = ["ring_down_time_s", "tabulate_sot", "tabulate_toggle"]


def ring_down_time_s(parameters: MacrospinParameters) -> float:
    """Return the time after a pulse in which the magnet settles into a well.

    t = 6 (1 + alpha^2) / (alpha gamma0 (H_k - H_x))

    Parameters
    ----------
    parameters : MacrospinParameters
        The free layer; H_k above H_x.

    Returns
    -------
    float
        Time in s: six relaxation times, our choice.

    Examples
    --------
    >>> layer = MacrospinParameters(saturation_magnetization_a_per_m=1.2e6,
    ...     free_layer_volume_m3=7e-24, damping=0.1, anisotropy_field_a_per_m=3.12e4)
    >>> round(ring_down_time_s(layer) * 1e9, 1)
    8.8
    """
    room = parameters.anisotropy_field_a_per_m - abs(parameters.inplane_field_a_per_m)
    in_range("H_k - H_x", room, 0.0, 2e7, unit="A/m", open_low=True)
    alpha = parameters.damping
    return 6.0 * (1.0 + alpha**2) / (alpha * GAMMA_0_M_PER_A_S * room)


def tabulate_toggle(
    parameters: MacrospinParameters,
    *,
    voltage_v: float,
    pulse_width_s: Sequence[float],
    junction_count: int = 10_000,
    temperature_kelvin: float = 300.0,
    seed: int = 0,
    time_step_s: float = 4e-12,
) -> TableToggle:
    """Simulate toggle pulses of several widths and return them as a toggle table.

    Parameters
    ----------
    parameters : MacrospinParameters
        The free layer.
    voltage_v : float
        Bias of the toggle pulse in V, above 0.
    pulse_width_s : sequence of float
        Widths in s, increasing, at least two.
    junction_count : int
        Trials per width; write error rates below its inverse are not resolved.
    temperature_kelvin, seed, time_step_s : float, int, float
        See `simulate_macrospin`.

    Returns
    -------
    TableToggle
        Laplace's estimate (k + 1) / (n + 2) per width.

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    Validity: that of `simulate_macrospin`; rectangular pulse, both states alike (upper well).

    Examples
    --------
    >>> layer = MacrospinParameters(saturation_magnetization_a_per_m=1.2e6,
    ...     free_layer_volume_m3=7e-24, damping=0.1, anisotropy_field_a_per_m=3.12e4,
    ...     vcma_field_a_per_m_per_v=6e4, inplane_field_a_per_m=7e3)
    >>> table = tabulate_toggle(layer, voltage_v=0.52, pulse_width_s=[1e-10, 2e-9],
    ...                         junction_count=20)
    >>> table.probability_table[1] > 0.9
    True
    """
    rest = Segment(ring_down_time_s(parameters))
    counts = [
        simulate_macrospin(
            parameters,
            [Segment(width, voltage_v), rest],
            junction_count=junction_count,
            temperature_kelvin=temperature_kelvin,
            seed=seed,
            time_step_s=time_step_s,
        ).fraction_down()
        * junction_count
        for width in pulse_width_s
    ]
    laplace = (np.rint(counts) + 1.0) / (junction_count + 2.0)
    return TableToggle(
        voltage_v=voltage_v,
        width_table_s=tuple(float(w) for w in pulse_width_s),
        probability_table=tuple(float(round(p, 6)) for p in laplace),
        trial_count=junction_count,
    )


def tabulate_sot(
    parameters: MacrospinParameters,
    *,
    current_density_a_per_m2: ArrayLike,
    pulse_width_s: float,
    gate_voltage_v: float = 0.0,
    junction_count: int = 10_000,
    temperature_kelvin: float = 300.0,
    seed: int = 0,
    time_step_s: float = 4e-12,
) -> FloatArray:
    """Simulate SOT write pulses of several current densities, in the switching direction.

    Parameters
    ----------
    parameters : MacrospinParameters
        The free layer.
    current_density_a_per_m2 : array_like of shape (T,)
        Magnitudes in A/m^2, 0 or larger.
    pulse_width_s : float
        Width in s.
    gate_voltage_v : float
        Bias over the junction during the pulse, in V.
    junction_count, temperature_kelvin, seed, time_step_s
        See `simulate_macrospin`.

    Returns
    -------
    ndarray of float64, shape (T,)
        Fraction switched, from the upper well.

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    With the in-plane field along +x and the spin along +y the negative current drives the upper
    state down. Validity: that of `simulate_macrospin`.

    Examples
    --------
    >>> layer = MacrospinParameters(saturation_magnetization_a_per_m=1.2e6,
    ...     free_layer_volume_m3=7e-24, damping=0.1, anisotropy_field_a_per_m=3.12e4,
    ...     inplane_field_a_per_m=3e3, sot_field_per_current_density_m=6e-8)
    >>> fractions = tabulate_sot(layer, current_density_a_per_m2=[1e10, 4.5e11],
    ...                          pulse_width_s=1e-9, junction_count=50)
    >>> bool(fractions[0] < 0.1), bool(fractions[1] > 0.6)
    (True, True)
    """
    rest = Segment(ring_down_time_s(parameters))
    densities = in_range("current_density_a_per_m2", current_density_a_per_m2, 0.0, 1e14)
    fractions = [
        simulate_macrospin(
            parameters,
            [Segment(pulse_width_s, gate_voltage_v, -density), rest],
            junction_count=junction_count,
            temperature_kelvin=temperature_kelvin,
            seed=seed,
            time_step_s=time_step_s,
        ).fraction_down()
        for density in np.atleast_1d(densities)
    ]
    return plain(fractions)
