"""How heat flips a bit: Brown's attempt time, driven switching, and unwanted relaxation.

Two laws follow from one rate. Under a bias that favours one state the escape is one way and the
survival decays to zero (`neel_brown_probability`). Without a preferred state the bit wanders both
ways and its memory decays to a coin toss (`relaxation_probability`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bitspin.device.constants import GAMMA_0_M_PER_A_S
from bitspin.device.validity import FloatArray, in_range, matching_shapes, plain

__all__ = [
    "brown_attempt_time_s",
    "neel_brown_bias_ratio",
    "neel_brown_probability",
    "relaxation_probability",
]


def brown_attempt_time_s(
    stability: ArrayLike,
    *,
    anisotropy_field: ArrayLike,
    damping: float,
    bias_ratio: ArrayLike = 0.0,
) -> FloatArray:
    """Return the attempt time of a uniaxial magnet, for escape from one well.

    tau0 = (1 + alpha^2) / (alpha gamma0 H_k) * sqrt(pi / Delta) * (1 + 1/D)
           / ((1 - i^2)(1 - i)),   D = Delta (1 - i)^2

    Parameters
    ----------
    stability : array_like
        Delta without drive, dimensionless, at least 3.
    anisotropy_field : array_like
        H_k in A/m, above 0.
    damping : float
        alpha, above 0, at most 1.
    bias_ratio : array_like
        Field along the axis over H_k, or collinear spin torque over its critical value; 0 to
        below 1, with a remaining barrier D of at least 3.

    Returns
    -------
    ndarray of float64
        tau0 in s; the escape rate is exp(-D) / tau0.

    Raises
    ------
    ValidityError
        If the remaining barrier is below 3, or an argument is out of range.

    Notes
    -----
    Validity: remaining barrier D >= 3 (at i = 0 the correction 1/D is then good to 3 %), axial
    symmetry, so no in-plane field. Source: Brown, Phys. Rev. 130, 1677 (1963), high-barrier
    limit; the factor (1 + 1/D) is the asymptotic correction of Coffey et al., Phys. Rev. E 49,
    1869 (1994), which we carry over to i > 0 (our choice). A collinear spin torque acts as an axial
    field in the Fokker-Planck equation, which is why the same formula serves both.

    Examples
    --------
    >>> f"{float(brown_attempt_time_s(40.0, anisotropy_field=31.2e3, damping=0.1)):.2e}"
    '4.20e-10'
    """
    delta = in_range("stability", stability, 3.0, 1e4)
    field = in_range("anisotropy_field", anisotropy_field, 0.0, 2e7, unit="A/m", open_low=True)
    in_range("damping", damping, 0.0, 1.0, open_low=True)
    bias = in_range("bias_ratio", bias_ratio, 0.0, 1.0)
    matching_shapes(stability=delta, anisotropy_field=field, bias_ratio=bias)
    remaining = in_range(
        "remaining barrier", delta * (1.0 - bias) ** 2, 3.0, 1e4, remedy="lower the bias"
    )
    free = (1.0 + damping**2) / (damping * GAMMA_0_M_PER_A_S * field) * np.sqrt(np.pi / delta)
    return plain(free * (1.0 + 1.0 / remaining) / ((1.0 - bias**2) * (1.0 - bias)))


def neel_brown_probability(
    pulse_width_s: ArrayLike,
    bias_ratio: ArrayLike,
    *,
    stability: ArrayLike,
    attempt_time_s: ArrayLike,
    exponent: float = 1.0,
) -> FloatArray:
    """Return the probability that a pulse switches by thermal activation, one way.

    P = 1 - exp(-(t / tau0) exp(-Delta (1 - V / V_c0)^n))

    Parameters
    ----------
    pulse_width_s : array_like
        t in s, above 0.
    bias_ratio : array_like
        V / V_c0, 0 to 1.
    stability : array_like
        Delta at zero bias, 0 to 1e4.
    attempt_time_s : array_like
        tau0 in s, above 0.
    exponent : float
        n: 1 for the usual linear barrier, 2 for an axially symmetric magnet under a field or spin
        torque along its axis.

    Returns
    -------
    ndarray of float64
        Probability, broadcast shape.

    Raises
    ------
    ValidityError
        If an argument is out of range, among them a bias above critical, where switching is no
        longer thermal.

    Notes
    -----
    Validity: 0 <= V <= V_c0; escape one way, so the reverse barrier must be much larger. Source:
    Neel, Ann. Geophys. 5, 99 (1949); Brown, Phys. Rev. 130, 1677 (1963); linear barrier as in Koch,
    Katine and Sun, Phys. Rev. Lett. 92, 088302 (2004).

    Examples
    --------
    >>> round(float(neel_brown_probability(1e-9, 1.0, stability=40.0, attempt_time_s=1e-9)), 4)
    0.6321
    """
    width, delta, tau0 = _activation_arguments(pulse_width_s, stability, attempt_time_s)
    in_range("exponent", exponent, 1.0, 2.0)
    bias = in_range(
        "bias_ratio",
        bias_ratio,
        0.0,
        1.0,
        remedy="stay at or below the critical voltage, or use a sigmoid measured above it",
    )
    matching_shapes(pulse_width_s=width, bias_ratio=bias, stability=delta, attempt_time_s=tau0)
    return plain(-np.expm1(-width / tau0 * np.exp(-delta * (1.0 - bias) ** exponent)))


def neel_brown_bias_ratio(
    probability: ArrayLike,
    pulse_width_s: ArrayLike,
    *,
    stability: ArrayLike,
    attempt_time_s: ArrayLike,
    exponent: float = 1.0,
) -> FloatArray:
    """Return the bias that switches with a wanted probability: inverse of the law above.

    V / V_c0 = 1 - (ln(t / (tau0 (-ln(1 - P)))) / Delta)^(1/n)

    Parameters
    ----------
    probability : array_like
        P, above 0 and below 1.
    pulse_width_s, stability, attempt_time_s, exponent : array_like
        See `neel_brown_probability`.

    Returns
    -------
    ndarray of float64
        V / V_c0, 0 to 1.

    Raises
    ------
    ValidityError
        If no bias between 0 and V_c0 gives this probability in this pulse.

    Notes
    -----
    Validity and source: as `neel_brown_probability`.

    Examples
    --------
    >>> ratio = neel_brown_bias_ratio(0.5, 1e-8, stability=40.0, attempt_time_s=1e-9)
    >>> round(float(neel_brown_probability(1e-8, ratio, stability=40.0, attempt_time_s=1e-9)), 9)
    0.5
    """
    width, delta, tau0 = _activation_arguments(pulse_width_s, stability, attempt_time_s)
    in_range("exponent", exponent, 1.0, 2.0)
    wanted = in_range("probability", probability, 0.0, 1.0 - 1e-12, open_low=True)
    matching_shapes(probability=wanted, pulse_width_s=width, stability=delta, tau0=tau0)
    left = np.log(width / (tau0 * -np.log1p(-wanted))) / delta
    left = in_range(
        "share of the barrier that this probability leaves",
        left,
        0.0,
        1.0,
        remedy="change the pulse width, or ask for another probability",
    )
    return plain(1.0 - left ** (1.0 / exponent))


def relaxation_probability(
    time_s: ArrayLike, *, stability: ArrayLike, attempt_time_s: ArrayLike
) -> FloatArray:
    """Return the probability to find the other state after a time without a preferred state.

    P = 1/2 [1 - exp(-2 (t / tau0) exp(-Delta))]

    Parameters
    ----------
    time_s : array_like
        Elapsed time in s, 0 or longer.
    stability : array_like
        Delta, 0 to 1e4.
    attempt_time_s : array_like
        tau0 in s, above 0.

    Returns
    -------
    ndarray of float64
        Probability, 0 to 1/2; for short times (t / tau0) exp(-Delta).

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    Validity: both wells equally deep, times beyond the relaxation inside a well. With tau0 of
    `brown_attempt_time_s`: Delta >= 3. Source: two-state master equation over Brown's rate, Phys.
    Rev. 130, 1677 (1963).

    Examples
    --------
    >>> ten_years_s = 10 * 365.25 * 86400
    >>> f"{float(relaxation_probability(ten_years_s, stability=60.0, attempt_time_s=1e-9)):.1e}"
    '2.8e-09'
    """
    time = in_range("time_s", time_s, 0.0, 1e12, unit="s")
    delta = in_range("stability", stability, 0.0, 1e4)
    tau0 = in_range("attempt_time_s", attempt_time_s, 0.0, 1.0, unit="s", open_low=True)
    matching_shapes(time_s=time, stability=delta, attempt_time_s=tau0)
    return plain(-0.5 * np.expm1(-2.0 * time / tau0 * np.exp(-delta)))


def _activation_arguments(
    pulse_width_s: ArrayLike, stability: ArrayLike, attempt_time_s: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    return (
        in_range("pulse_width_s", pulse_width_s, 0.0, 1e6, unit="s", open_low=True),
        in_range("stability", stability, 0.0, 1e4, open_low=True),
        in_range("attempt_time_s", attempt_time_s, 0.0, 1.0, unit="s", open_low=True),
    )
