"""The two regressions behind a fit: binomial maximum likelihood, and least squares."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bitspin.device.measured import SwitchingData
from bitspin.device.sot import logistic
from bitspin.device.validity import FloatArray, plain
from bitspin.errors import BackendError, DataError

__all__ = [
    "Design",
    "ModelName",
    "least_squares",
    "log_likelihood",
    "maximum_likelihood",
    "scipy_module",
    "start_values",
]

ModelName = Literal["logistic", "neel-brown"]

_MAX_STEPS = 200
#: Beyond this linear predictor a probability differs from 0 or 1 by less than rounding.
_MAX_PREDICTOR = 30.0


@dataclass(frozen=True)
class Design:
    """The linear model behind a fit: columns, known offset, and the inverse link."""

    columns: FloatArray
    offset: FloatArray
    model: ModelName

    def probability(self, coefficients: FloatArray) -> FloatArray:
        """Return P per point, shape (T,)."""
        eta = self.predictor(coefficients)
        if self.model == "logistic":
            return logistic(eta)
        return plain(-np.expm1(-np.exp(eta)))

    def slope(self, coefficients: FloatArray) -> FloatArray:
        """Return dP / d(linear predictor)."""
        eta = self.predictor(coefficients)
        if self.model == "logistic":
            probability = logistic(eta)
            return plain(probability * (1.0 - probability))
        return plain(np.exp(np.minimum(eta, 6.0) - np.exp(np.minimum(eta, 6.0))))

    def predictor(self, coefficients: FloatArray) -> FloatArray:
        """Return the linear predictor per point, shape (T,), short of overflow."""
        top = _MAX_PREDICTOR if self.model == "logistic" else 6.0
        return plain(np.clip(self.offset + self.columns @ coefficients, -_MAX_PREDICTOR, top))


def start_values(data: SwitchingData, design: Design) -> FloatArray:
    """Linear regression on the transformed, shrunk probabilities."""
    trials = np.full(len(data), 100.0) if data.trials is None else data.trials
    shrunk = (data.probability * trials + 0.5) / (trials + 1.0)
    if design.model == "logistic":
        eta = np.log(shrunk / (1.0 - shrunk))
    else:
        eta = np.log(-np.log1p(-shrunk))
    weight = np.sqrt(shrunk * (1.0 - shrunk))
    solution = np.linalg.lstsq(
        design.columns * weight[:, None], (eta - design.offset) * weight, rcond=None
    )
    return plain(solution[0])


def maximum_likelihood(
    data: SwitchingData, design: Design, start: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Fisher scoring with step halving; the covariance is the inverse information.

    Raises
    ------
    DataError
        If it does not converge.
    """
    assert data.trials is not None
    coefficients, best = start, log_likelihood(data, design.probability(start))
    for _ in range(_MAX_STEPS):
        probability = np.clip(design.probability(coefficients), 1e-12, 1.0 - 1e-12)
        slope = design.slope(coefficients)
        variance = probability * (1.0 - probability) / data.trials
        score = design.columns.T @ (slope * (data.probability - probability) / variance)
        information = (design.columns * (slope**2 / variance)[:, None]).T @ design.columns
        step = _solve(information, score)
        for halving in range(40):
            trial = plain(coefficients + step * 0.5**halving)
            likelihood = log_likelihood(data, design.probability(trial))
            if likelihood >= best - 1e-12 * abs(best):
                break
        gain, best, coefficients = likelihood - best, likelihood, trial
        if abs(gain) < 1e-10 * (1.0 + abs(best)):
            return coefficients, plain(np.linalg.inv(information))
    raise DataError(_no_convergence())


def least_squares(
    data: SwitchingData, design: Design, start: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Minimise the squared residuals of P; the covariance scales with their mean square.

    Raises
    ------
    DataError
        If it does not converge.
    BackendError
        If SciPy is not installed.
    """
    optimize = scipy_module("optimize")
    solution = optimize.least_squares(
        lambda c: design.probability(c) - data.probability, start, x_scale="jac", max_nfev=2000
    )
    if not solution.success:
        raise DataError(_no_convergence())
    jacobian = design.columns * design.slope(solution.x)[:, None]
    free = len(data) - start.size
    noise = float(np.sum(solution.fun**2)) / free
    return plain(solution.x), plain(noise * _solve(jacobian.T @ jacobian, np.eye(start.size)))


def _solve(matrix: FloatArray, right: FloatArray) -> FloatArray:
    if not np.all(np.isfinite(matrix)) or np.linalg.cond(matrix) > 1e14:
        raise DataError(_no_convergence())
    return plain(np.linalg.solve(matrix, right))


def _no_convergence() -> str:
    return (
        "the fit does not converge, expected a smooth rise from 0 to 1: "
        "measure more points where the cell switches sometimes"
    )


def log_likelihood(data: SwitchingData, probability: FloatArray) -> float:
    """Binomial log-likelihood up to a constant; a certain outcome that did not happen costs."""
    assert data.trials is not None
    hits = data.probability * data.trials
    misses = data.trials - hits
    inside = np.clip(probability, 1e-300, 1.0)
    outside = np.clip(1.0 - probability, 1e-300, 1.0)
    return float(np.sum(hits * np.log(inside) + misses * np.log(outside)))


def scipy_module(module: str) -> Any:
    """Import a part of SciPy on first use, or say how to get it.

    Raises
    ------
    BackendError
        If SciPy is not installed.
    """
    try:
        return importlib.import_module(f"scipy.{module}")
    except ModuleNotFoundError as error:
        raise BackendError(
            "fitting needs SciPy, which is not installed: pip install 'bitspin[device]'"
        ) from error
