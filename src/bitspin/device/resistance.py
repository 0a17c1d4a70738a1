"""What the cell looks like to a read: two resistances and the bias dependence of their ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bitspin.device.validity import FloatArray, in_range, matching_shapes, plain

__all__ = ["ANTIPARALLEL", "PARALLEL", "mtj_resistance_ohm", "tmr_ratio_at"]

#: States of a junction as the whole room writes them.
PARALLEL = 0
ANTIPARALLEL = 1

_MAX_BIAS_V = 2.0


def tmr_ratio_at(voltage_v: ArrayLike, *, tmr_ratio: float, half_voltage_v: float) -> FloatArray:
    """Return the tunnel magnetoresistance ratio under a read bias.

    TMR(V) = TMR0 / (1 + (V / V_h)^2)

    Parameters
    ----------
    voltage_v : array_like
        Bias over the junction in V, any shape, |V| <= 2.
    tmr_ratio : float
        TMR at zero bias, 0 to 10; 1.5 means 150 %.
    half_voltage_v : float
        Bias in V that halves the TMR, above 0.

    Returns
    -------
    ndarray of float64
        Same shape as `voltage_v`, dimensionless.

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    Validity: |V| <= 2 V, beyond which a MgO barrier breaks down. Source: the Lorentzian form used
    by the VGSOT compact model (Zhang et al., IEEE Access 8, 50792, 2020), V_h = 0.5 V there.

    Examples
    --------
    >>> float(tmr_ratio_at(0.5, tmr_ratio=1.0, half_voltage_v=0.5))
    0.5
    """
    bias = in_range("voltage_v", voltage_v, -_MAX_BIAS_V, _MAX_BIAS_V, unit="V")
    in_range("tmr_ratio", tmr_ratio, 0.0, 10.0)
    in_range("half_voltage_v", half_voltage_v, 0.0, 100.0, unit="V", open_low=True)
    return plain(tmr_ratio / (1.0 + (bias / half_voltage_v) ** 2))


def mtj_resistance_ohm(
    state: ArrayLike,
    voltage_v: ArrayLike,
    *,
    parallel_ohm: float,
    tmr_ratio: float,
    half_voltage_v: float,
) -> FloatArray:
    """Return the junction resistance of a state under a read bias.

    R_P = const; R_AP(V) = R_P (1 + TMR(V))

    Parameters
    ----------
    state : array_like
        0 for parallel, 1 for antiparallel, any shape.
    voltage_v : array_like
        Bias in V, broadcast against `state`, |V| <= 2.
    parallel_ohm : float
        R_P in ohm, above 0.
    tmr_ratio, half_voltage_v : float
        See `tmr_ratio_at`.

    Returns
    -------
    ndarray of float64
        Resistance in ohm, broadcast shape.

    Raises
    ------
    ValidityError
        If a state is neither 0 nor 1, or another argument is out of range.

    Notes
    -----
    Validity: |V| <= 2 V; the bias dependence of R_P itself is neglected, as in the source
    (Zhang et al., IEEE Access 8, 50792, 2020).

    Examples
    --------
    >>> mtj_resistance_ohm([0, 1], 0.0, parallel_ohm=4900.0, tmr_ratio=1.0, half_voltage_v=0.5)
    array([4900., 9800.])
    """
    states = in_range("state", state, 0.0, 1.0, remedy="write 0 for P and 1 for AP")
    in_range("fractional part of state", states % 1.0, 0.0, 0.0, remedy="write 0 or 1")
    in_range("parallel_ohm", parallel_ohm, 0.0, 1e12, unit="ohm", open_low=True)
    tmr = tmr_ratio_at(voltage_v, tmr_ratio=tmr_ratio, half_voltage_v=half_voltage_v)
    matching_shapes(state=states, voltage_v=tmr)
    return plain(parallel_ohm * (1.0 + np.multiply(states, tmr)))
