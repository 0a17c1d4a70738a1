"""95 % intervals of a fit by profile likelihood: how far a parameter can go before the data object.

A parameter is held at a value and the others are fitted anew; the interval holds the values whose
likelihood is not significantly worse than the best. Unlike an interval from the covariance it is
not symmetric, and it is right for few trials too. Holding a parameter leaves a linear model.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bitspin.device.measured import SwitchingData
from bitspin.device.regression import (
    Design,
    log_likelihood,
    maximum_likelihood,
    scipy_module,
    start_values,
)
from bitspin.device.validity import FloatArray, plain
from bitspin.errors import DataError

__all__ = ["Profile", "held"]

#: 95 % quantile of chi-squared with one degree of freedom.
_CRITICAL = 3.841458820694124
#: An end that lies farther out than so many doublings of two standard errors is not known.
_DOUBLINGS = 6


def held(design: Design, name: str, value: float) -> Design:
    """Give the model with one physical parameter held at a value.

    Parameters
    ----------
    design : Design
        Columns: constant, bias over its scale, and perhaps logarithm of the width.
    name : str
        ``threshold_voltage`` or ``critical_voltage`` (minus the constant over the slope),
        ``slope``, ``stability`` (minus the constant), ``log_width_slope`` (over the slope).
    value : float
        In units of the scaled bias.
    """
    constant, bias, *rest = design.columns.T
    offset = design.offset
    if name in ("threshold_voltage", "critical_voltage"):
        columns = [bias - value * constant, *rest]
    elif name == "slope":
        columns, offset = [constant, *rest], plain(offset + value * bias)
    elif name == "stability":
        columns, offset = [bias, *rest], plain(offset - value * constant)
    else:
        columns = [constant, bias + value * rest[0]]
    return Design(np.stack(columns, axis=1), offset, design.model)


@dataclass(frozen=True)
class Profile:
    """The likelihood around a fit of counts.

    Parameters
    ----------
    data : SwitchingData
        With trials.
    design : Design
    coefficients : ndarray of float64
        Best ones.
    """

    data: SwitchingData
    design: Design
    coefficients: FloatArray

    def loss(self, name: str, value: float) -> float:
        """Twice the log-likelihood that is lost where a parameter is held at a value."""
        model = held(self.design, name, value)
        start = start_values(self.data, model)
        coefficients, _ = maximum_likelihood(self.data, model, start)
        best = log_likelihood(self.data, self.design.probability(self.coefficients))
        return 2.0 * (best - log_likelihood(self.data, model.probability(coefficients)))

    def interval(self, name: str, value: float, standard_error: float) -> tuple[float, float]:
        """95 % interval around an estimate, in units of the scaled bias.

        An end is infinite where no value of the parameter contradicts the data.

        Notes
        -----
        Source: Wilks, Ann. Math. Stat. 9, 60 (1938); Venzon and Moolgavkar, J. R. Stat. Soc. C 37,
        87 (1988).
        """
        return (
            self._end(name, value, -standard_error),
            self._end(name, value, standard_error),
        )

    def _end(self, name: str, value: float, error: float) -> float:
        def excess(distance: float) -> float:
            return self.loss(name, value + distance) - _CRITICAL

        far = self._bracket(excess, 2.0 * error)
        if far is None:
            return math.copysign(math.inf, error)
        optimize = scipy_module("optimize")
        return value + float(optimize.brentq(excess, 0.0, far, xtol=1e-4 * abs(error)))

    def _bracket(self, excess: Callable[[float], float], distance: float) -> float | None:
        """Go out until the data object; None if they never do, or no fit is left to be made."""
        for doubling in range(_DOUBLINGS):
            far = distance * 2.0**doubling
            try:
                if excess(far) > 0.0:
                    return far
            except DataError:
                return None
        return None
