"""What a spread of resistance between junctions does to a sensed sum.

A junction of R_P (1 + e) and TMR m (1 + t), e and t normal and drawn once per device, conducts more
or less than its state says. Where currents of a row add up on the bit line (``sensing = "sum"``) so
do these errors, in units of half the difference between both conductances. Where each product has
a sense amplifier of its own (``"product"``) a junction is misread if its spread carries it across
the reference, midway between both conductances.

Which junction, or which state, is read depends on the input. The mean over inputs is fixed: an
offset of the row. The rest changes with the input; we take it as read noise, drawn anew for every
read. That is pessimistic, for learning could adapt to what is fixed in truth. Errors are taken to
first order in the spread, so the loss of signal by misread junctions is neglected.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from bitspin.errors import ValidityError

__all__ = ["ReadSpread", "StateErrors", "misread_errors", "read_spread", "summed_errors"]


@dataclass(frozen=True)
class StateErrors:
    """Variances of what one junction adds to a sum of ±1 terms, beyond its state.

    Parameters
    ----------
    parallel, antiparallel : float
        In either state.
    covariance : float
        Between both states of the same junction.
    """

    parallel: float
    antiparallel: float
    covariance: float


@dataclass(frozen=True)
class ReadSpread:
    """Variance that each product adds to a sensed sum.

    Parameters
    ----------
    fixed : float
        The same for every input: it makes the offset of the row.
    varying : float
        Changing with the input.
    """

    fixed: float
    varying: float


def summed_errors(
    tmr_ratio: float, resistance_d2d_ratio: float, tmr_d2d_ratio: float
) -> StateErrors:
    """Errors where currents add up: deviations of conductance over half the difference.

    a_P = 2 s_R (1 + m) / m,  a_AP = 2 s_R / m,  b = 2 s_T / (1 + m)

    Parameters
    ----------
    tmr_ratio : float
        m at the read voltage, above 0.
    resistance_d2d_ratio, tmr_d2d_ratio : float
        s_R and s_T, relative, 0 … 0.25.

    Notes
    -----
    Validity: first order in both spreads. Source: derived from G_P = 1 / R_P and
    G_AP = 1 / (R_P (1 + m)).

    Examples
    --------
    >>> errors = summed_errors(1.0, 0.05, 0.0)
    >>> round(errors.parallel, 3), round(errors.antiparallel, 3), round(errors.covariance, 3)
    (0.04, 0.01, 0.02)
    """
    parallel = 2.0 * resistance_d2d_ratio * (1.0 + tmr_ratio) / tmr_ratio
    antiparallel = 2.0 * resistance_d2d_ratio / tmr_ratio
    by_tmr = 2.0 * tmr_d2d_ratio / (1.0 + tmr_ratio)
    return StateErrors(parallel**2, antiparallel**2 + by_tmr**2, parallel * antiparallel)


def misread_errors(
    tmr_ratio: float, resistance_d2d_ratio: float, tmr_d2d_ratio: float
) -> StateErrors:
    """Errors where each product is sensed by itself: a misread junction is 2 off.

    p = Phi(-m / ((2 + m) s)),  s_P = s_R,  s_AP² = s_R² + (s_T m / (1 + m))²

    Parameters
    ----------
    tmr_ratio, resistance_d2d_ratio, tmr_d2d_ratio : float
        As in `summed_errors`.

    Notes
    -----
    Validity: as `summed_errors`; a junction is never misread in both states. Source: derived, with
    the reference at the mean of both conductances.

    Examples
    --------
    >>> misread_errors(1.0, 0.05, 0.0).parallel < 1e-9
    True
    """
    margin = tmr_ratio / (2.0 + tmr_ratio)
    in_parallel = tail(margin, resistance_d2d_ratio)
    by_tmr = tmr_d2d_ratio * tmr_ratio / (1.0 + tmr_ratio)
    in_antiparallel = tail(margin, math.hypot(resistance_d2d_ratio, by_tmr))
    return StateErrors(
        4.0 * in_parallel * (1.0 - in_parallel),
        4.0 * in_antiparallel * (1.0 - in_antiparallel),
        4.0 * in_parallel * in_antiparallel,
    )


def tail(margin: float, deviation: float) -> float:
    """Chance that a normal number of that deviation exceeds a margin."""
    return NormalDist().cdf(-margin / deviation) if deviation > 0.0 else 0.0


def read_spread(
    sensing: str,
    xnor: str,
    tmr_ratio: float,
    resistance_d2d_ratio: float,
    tmr_d2d_ratio: float,
) -> ReadSpread:
    """Split the error of a product into what is fixed and what varies with the input.

    Parameters
    ----------
    sensing : {"product", "sum"}
    xnor : {"complementary", "toggle"}
        The input selects one of two junctions, each in a state of its own, or the state of one.
    tmr_ratio, resistance_d2d_ratio, tmr_d2d_ratio : float
        As in `summed_errors`.

    Raises
    ------
    ValidityError
        If the states cannot be told apart.
    """
    if resistance_d2d_ratio == 0.0 and tmr_d2d_ratio == 0.0:
        return ReadSpread(0.0, 0.0)
    if tmr_ratio <= 0.0:
        raise ValidityError(
            f"TMR at the read voltage: got {tmr_ratio:g}, expected more than 0 for junctions that "
            "differ; use another device"
        )
    errors_of = summed_errors if sensing == "sum" else misread_errors
    errors = errors_of(tmr_ratio, resistance_d2d_ratio, tmr_d2d_ratio)
    shared = 2.0 * errors.covariance if xnor == "toggle" else 0.0
    both = errors.parallel + errors.antiparallel
    return ReadSpread(0.25 * (both + shared), 0.25 * (both - shared))
