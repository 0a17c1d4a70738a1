"""How a current in the track writes the bit: the measured sigmoid and its back-switching."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bitspin.device.validity import FloatArray, in_range, matching_shapes, plain

__all__ = ["logistic", "sot_sigmoid_probability", "sot_sigmoid_voltage_v"]

_MAX_TRACK_V = 5.0


def logistic(x: ArrayLike) -> FloatArray:
    """Return 1 / (1 + exp(-x)) without overflow.

    Parameters
    ----------
    x : array_like
        Any real numbers.

    Returns
    -------
    ndarray of float64
        Same shape, in [0, 1].

    Examples
    --------
    >>> logistic([-1000.0, 0.0, 1000.0])
    array([0. , 0.5, 1. ])
    """
    exponent = np.asarray(x, dtype=np.float64)
    small = np.exp(-np.abs(exponent))
    return plain(np.where(exponent >= 0.0, 1.0, small) / (1.0 + small))


def sot_sigmoid_probability(
    voltage_v: ArrayLike,
    *,
    threshold_voltage_v: ArrayLike,
    slope_per_v: float,
    back_probability: float = 0.0,
    back_threshold_voltage_v: float = _MAX_TRACK_V,
    back_slope_per_v: float = 1.0,
) -> FloatArray:
    """Return the switching probability of one write pulse on the track.

    P = S(beta (V - V_th)) * (1 - b S(beta_b (V - V_b))),   S(x) = 1 / (1 + exp(-x))

    Parameters
    ----------
    voltage_v : array_like
        Voltage over the track in V, 0 to 5.
    threshold_voltage_v : array_like
        V_th in V where half of the pulses switch (without back-switching), above 0.
    slope_per_v : float
        beta in 1/V, above 0.
    back_probability : float
        b, the share that falls back at very high current, 0 to 1.
    back_threshold_voltage_v, back_slope_per_v : float
        V_b in V and beta_b in 1/V of the fall-back, above 0.

    Returns
    -------
    ndarray of float64
        Probability, broadcast shape.

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    Validity: the pulse width and temperature at which the curve was measured or calibrated; below
    some 3 % and above 97 % the tails are extrapolated. Source: logistic form and its use for the
    measured operating curve: smtj_pbnn_sim (see the preset ``mtj-sot``). That the probability can
    fall again is reported in arXiv:2503.19840; the second sigmoid is our choice of form.

    Examples
    --------
    >>> curve = sot_sigmoid_probability([0.845, 0.894, 0.943], threshold_voltage_v=0.894,
    ...                                 slope_per_v=44.6)
    >>> [round(float(p), 2) for p in curve]
    [0.1, 0.5, 0.9]
    """
    bias = in_range("voltage_v", voltage_v, 0.0, _MAX_TRACK_V, unit="V")
    threshold = in_range(
        "threshold_voltage_v", threshold_voltage_v, 0.0, _MAX_TRACK_V, unit="V", open_low=True
    )
    in_range("slope_per_v", slope_per_v, 0.0, 1e6, unit="1/V", open_low=True)
    in_range("back_probability", back_probability, 0.0, 1.0)
    matching_shapes(voltage_v=bias, threshold_voltage_v=threshold)
    switched = logistic(slope_per_v * (bias - threshold))
    if back_probability == 0.0:
        return switched
    back = logistic(back_slope_per_v * (bias - back_threshold_voltage_v))
    return plain(switched * (1.0 - back_probability * back))


def sot_sigmoid_voltage_v(
    probability: ArrayLike, *, threshold_voltage_v: ArrayLike, slope_per_v: float
) -> FloatArray:
    """Return the track voltage that switches with a wanted probability, without back-switching.

    V = V_th + ln(P / (1 - P)) / beta

    Parameters
    ----------
    probability : array_like
        P, above 0 and below 1.
    threshold_voltage_v : array_like
        V_th in V.
    slope_per_v : float
        beta in 1/V, above 0.

    Returns
    -------
    ndarray of float64
        Voltage in V.

    Raises
    ------
    ValidityError
        If the probability is not strictly between 0 and 1, or the voltage would be negative.

    Notes
    -----
    Validity and source: as `sot_sigmoid_probability`.

    Examples
    --------
    >>> round(float(sot_sigmoid_voltage_v(0.9, threshold_voltage_v=0.894, slope_per_v=44.6)), 3)
    0.943
    """
    wanted = in_range("probability", probability, 0.0, 1.0 - 1e-12, open_low=True)
    in_range("slope_per_v", slope_per_v, 0.0, 1e6, unit="1/V", open_low=True)
    threshold = np.asarray(threshold_voltage_v, dtype=np.float64)
    voltage = threshold + np.log(wanted / (1.0 - wanted)) / slope_per_v
    return in_range("voltage for this probability", voltage, 0.0, _MAX_TRACK_V, unit="V")
