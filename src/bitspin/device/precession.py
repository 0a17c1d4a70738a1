"""How a voltage pulse toggles the bit: the magnet precesses around an in-plane field.

While the bias holds the perpendicular anisotropy at zero, m turns around H_x; after half a period
it stands in the opposite state. What the end of the pulse catches depends on the phase: near the
equator the energy lies above the saddle, m rings through both wells, and the outcome is a coin
toss. Heat spreads the phase, first of all at the start.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from bitspin.device.constants import GAMMA_0_M_PER_A_S
from bitspin.device.validity import FloatArray, in_range, matching_shapes, plain

__all__ = [
    "damped_cosine_probability",
    "phase_toggle_probability",
    "precession_period_s",
]

#: Radians by which dissipation after the pulse makes every edge come early, per unit of damping.
#: Calibrated against the macrospin (our choice): 0.025 at alpha 0.01, 0.045 at 0.02.
_LAG_PER_DAMPING = 2.05

_normal_cdf = np.frompyfunc(lambda x: 0.5 * math.erfc(-x / math.sqrt(2.0)), 1, 1)


def precession_period_s(inplane_field_a_per_m: ArrayLike, *, damping: float = 0.0) -> FloatArray:
    """Return the period of precession around an in-plane field with no other field.

    T = 2 pi (1 + alpha^2) / (gamma0 H_x)

    Parameters
    ----------
    inplane_field_a_per_m : array_like
        H_x in A/m, above 0.
    damping : float
        alpha, 0 to 1.

    Returns
    -------
    ndarray of float64
        Period in s.

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    Validity: perpendicular anisotropy exactly cancelled by the bias. Source: Larmor precession of
    the Landau-Lifshitz-Gilbert equation.

    Examples
    --------
    >>> oersted_a_per_m = 1000 / (4 * math.pi)
    >>> f"{float(precession_period_s(100 * oersted_a_per_m)):.3g}"
    '3.57e-09'
    """
    field = in_range(
        "inplane_field_a_per_m", inplane_field_a_per_m, 0.0, 2e6, unit="A/m", open_low=True
    )
    in_range("damping", damping, 0.0, 1.0)
    return plain(2.0 * math.pi * (1.0 + damping**2) / (GAMMA_0_M_PER_A_S * field))


def damped_cosine_probability(
    pulse_width_s: ArrayLike, *, period_s: float, decay_time_s: float
) -> FloatArray:
    """Return the toggle probability of a cell described by a period and a decay time.

    P = 1/2 [1 - exp(-t / tau_d) cos(2 pi t / T)]

    Parameters
    ----------
    pulse_width_s : array_like
        t in s, above 0.
    period_s : float
        T in s, above 0.
    decay_time_s : float
        tau_d in s, above 0.

    Returns
    -------
    ndarray of float64
        Probability.

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    Validity: a description of measured oscillations with T and tau_d fitted, t <= 5 tau_d; it has
    no place for the flat top that a cold, well-made magnet shows, and is *not* an approximation of
    `phase_toggle_probability`. Source: common empirical form; sensitivity to the pulse width:
    Matsumoto, Yuasa and Imamura, arXiv:2211.07148.

    Examples
    --------
    >>> round(float(damped_cosine_probability(0.5e-9, period_s=1e-9, decay_time_s=1e-8)), 3)
    0.976
    """
    in_range("period_s", period_s, 0.0, 1.0, unit="s", open_low=True)
    in_range("decay_time_s", decay_time_s, 0.0, 1.0, unit="s", open_low=True)
    width = in_range(
        "pulse_width_s", pulse_width_s, 0.0, 5.0 * decay_time_s, unit="s", open_low=True
    )
    envelope = np.exp(-width / decay_time_s)
    return plain(0.5 * (1.0 - envelope * np.cos(2.0 * math.pi * width / period_s)))


def phase_toggle_probability(
    pulse_width_s: ArrayLike,
    *,
    period_s: float,
    field_ratio: float,
    damping: float,
    stability: ArrayLike,
) -> FloatArray:
    """Return the toggle probability of a pulse that cancels the perpendicular anisotropy.

    P = 1/2 [p(cos phi < -c) + p(cos phi < c)],   phi normal with
    mean 2 pi t / T + 2.05 alpha,   c^2 = 2 h / (1 + m_x),
    variance 1 / (2 Delta (1 - h^2)) + (alpha / (h Delta)) (2 pi t / T) / (1 - m_x^2)
             + (c / (2 (1 + m_x)))^2 / (2 Delta (1 - c^2))

    Parameters
    ----------
    pulse_width_s : array_like
        t in s, above 0, at most 1.25 periods.
    period_s : float
        T in s, above 0.
    field_ratio : float
        h = H_x / H_k at zero bias, 0.15 to 0.2.
    damping : float
        alpha, 0.01 to 0.02.
    stability : array_like
        Delta at zero bias and zero in-plane field, 40 to 65.

    Returns
    -------
    ndarray of float64
        Probability that the state is the other one after the pulse and its ringing.

    Raises
    ------
    ValidityError
        If an argument is out of range. Outside, tabulate the macrospin (`tabulate_toggle`).

    Notes
    -----
    m_x is the component along the field, which grows from h by damping: m_x = cos psi with
    tan(psi / 2) = tan(arccos(h) / 2) exp(-2 pi alpha t / T). c marks the band around the equator
    where the energy after the pulse exceeds the saddle. The three parts of the variance are the
    spread at the start, diffusion during the pulse, and the spread of the band's edge.

    Validity: within 0.03 of the macrospin in the ranges above, rectangular pulse at the bias where
    H_k(V) = 0, no spin-transfer torque; the largest errors are on the first rising edge, where the
    macrospin's is a little steeper. A colder magnet (Delta 80) resolves how often it rings through
    both wells, which the coin toss averages, and h = 0.25 has an edge where the well is steep; the
    error is then 0.035 to 0.04. Source: our derivation from the macrospin's energy and Brown's
    thermal field; the lag 2.05 alpha is calibrated (our choice). The tail far from an edge, hence
    a very small write error rate, is extrapolated.

    Examples
    --------
    >>> curve = phase_toggle_probability([0.25e-9, 0.5e-9, 1.0e-9], period_s=1e-9,
    ...                                  field_ratio=0.2, damping=0.02, stability=40.0)
    >>> [round(float(p), 3) for p in curve]
    [0.5, 1.0, 0.0]
    """
    in_range("period_s", period_s, 0.0, 1.0, unit="s", open_low=True)
    tabulate = "tabulate the macrospin (tabulate_toggle) and give the cell that table"
    width = in_range(
        "pulse_width_s", pulse_width_s, 0.0, 1.25 * period_s, unit="s", open_low=True,
        remedy=tabulate,
    )  # fmt: skip
    h = float(in_range("field_ratio", field_ratio, 0.15, 0.2, remedy=tabulate))
    alpha = float(in_range("damping", damping, 0.01, 0.02, remedy=tabulate))
    delta = in_range("stability", stability, 40.0, 65.0, remedy=tabulate)
    matching_shapes(pulse_width_s=width, stability=delta)
    turned = 2.0 * math.pi * width / period_s
    along = np.cos(2.0 * np.arctan(math.tan(math.acos(h) / 2.0) * np.exp(-alpha * turned)))
    band = np.sqrt(2.0 * h / (1.0 + along))
    variance = 0.5 / (delta * (1.0 - h * h))
    variance = variance + alpha / (h * delta) * turned / (1.0 - along**2)
    variance = variance + (0.5 * band / (1.0 + along)) ** 2 / (2.0 * delta * (1.0 - band**2))
    phase = turned + _LAG_PER_DAMPING * alpha
    return _captured(phase, np.arccos(band), np.sqrt(variance))


def _captured(phase: FloatArray, edge: FloatArray, spread: FloatArray) -> FloatArray:
    """Sum the four edges of each period: half a step up, up, down, down."""
    total = np.zeros(np.broadcast_shapes(phase.shape, spread.shape))
    for period in range(-1, 3):
        offset = phase - 2.0 * math.pi * period
        for sign, at in (
            (0.5, edge),
            (0.5, math.pi - edge),
            (-0.5, math.pi + edge),
            (-0.5, 2.0 * math.pi - edge),
        ):
            total = total + sign * np.asarray(_normal_cdf((offset - at) / spread), np.float64)
    return plain(np.clip(total, 0.0, 1.0))
