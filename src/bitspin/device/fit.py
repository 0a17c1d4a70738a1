"""From a measured switching curve to a cell: two models, honest intervals, a choice by AIC.

Both models are linear in a transformed probability, which makes the fit well behaved:

    logistic:    ln(P / (1 - P))  = beta (V - V_th) + beta s ln(t / t_ref)
    Neel-Brown:  ln(-ln(1 - P))   = ln(t / tau0) - Delta (T_ref / T) (1 - V / V_c0)

Counts are fitted by maximum likelihood of the binomial law (Fisher scoring), bare probabilities by
least squares. Needs SciPy, which is loaded on the first fit (extra ``device``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bitspin.device.measured import SwitchingData
from bitspin.device.profile import Profile
from bitspin.device.regression import (
    Design,
    ModelName,
    least_squares,
    log_likelihood,
    maximum_likelihood,
    scipy_module,
    start_values,
)
from bitspin.device.validity import FloatArray, in_range
from bitspin.errors import DataError, ValidityError

__all__ = ["Fit", "FittedParameter", "fit_switching"]

_CONFIDENCE = 0.95
_PER = {"V": "1/V", "A": "1/A", "A/m^2": "m^2/A"}


@dataclass(frozen=True)
class FittedParameter:
    """A parameter with its standard error, to first order, and its 95 % interval."""

    name: str
    value: float
    unit: str
    standard_error: float
    low: float
    high: float


@dataclass(frozen=True)
class Fit:
    """One model fitted to one measured curve.

    Attributes
    ----------
    model : str
        ``"logistic"`` or ``"neel-brown"``.
    parameters : tuple of FittedParameter
        Estimates with intervals.
    method : str
        ``"binomial maximum likelihood"`` or ``"least squares"``.
    interval_method : str
        How the intervals were made.
    point_count, degrees_of_freedom : int
        Number of points, and points minus parameters.
    deviance : float
        Twice the log-likelihood ratio to the saturated model (binomial), or the residual sum of
        squares (least squares).
    p_value : float or None
        Chance of a deviance this large if the model is right; None for least squares.
    r_squared : float
        Share of the variance of the observed probabilities that the model explains.
    aic : float
        Akaike's criterion, comparable between models of the same data.
    points_outside_validity : int
        Points above the critical voltage, where the Neel-Brown law does not hold.
    reference_width_s, reference_temperature_kelvin : float
        Conditions the parameters refer to.
    bias_unit : str
        Unit of the bias.
    """

    model: ModelName
    parameters: tuple[FittedParameter, ...]
    method: str
    interval_method: str
    point_count: int
    degrees_of_freedom: int
    deviance: float
    p_value: float | None
    r_squared: float
    aic: float
    points_outside_validity: int
    reference_width_s: float
    reference_temperature_kelvin: float
    bias_unit: str
    attempt_time_s: float
    fitted_probability: FloatArray = field(repr=False)

    def __getitem__(self, name: str) -> FittedParameter:
        """Return the parameter of this name."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        known = ", ".join(p.name for p in self.parameters)
        raise ValidityError(f"parameter {name!r} is not in this fit, expected one of {known}")


def fit_switching(
    data: SwitchingData,
    *,
    models: tuple[ModelName, ...] = ("logistic", "neel-brown"),
    attempt_time_s: float = 1e-9,
) -> tuple[Fit, ...]:
    """Fit a measured switching curve; the best model comes first.

    Parameters
    ----------
    data : SwitchingData
        The measured curve, at least five points.
    models : tuple of str
        Models to try.
    attempt_time_s : float
        tau0 of the Neel-Brown law in s, fixed, because one curve cannot tell it from V_c0.

    Returns
    -------
    tuple of Fit
        Models whose validity range covers the data first, then by AIC.

    Raises
    ------
    DataError
        If there are too few points, or no fit converges.
    ValidityError
        If the logistic model alone is asked for data of several temperatures.
    BackendError
        If SciPy is not installed.

    Notes
    -----
    Intervals are 95 %: for counts by profile likelihood (`bitspin.device.profile`), for bare
    probabilities from the least-squares covariance with Student's t, carried to the physical
    parameters to first order. Source: McCullagh and Nelder, *Generalized Linear Models* (1989);
    Akaike, IEEE Trans. Autom. Control 19, 716 (1974).

    Examples
    --------
    >>> from bitspin.device.sot import logistic
    >>> voltage = np.linspace(0.8, 1.0, 9)
    >>> data = SwitchingData(voltage, "V", np.full(9, 7.5e-10), logistic(44.6 * (voltage - 0.894)),
    ...                      trials=np.full(9, 1000.0))
    >>> best = fit_switching(data)[0]
    >>> best.model, round(best["threshold_voltage"].value, 3), round(best["slope"].value, 1)
    ('logistic', 0.894, 44.6)
    """
    in_range("attempt_time_s", attempt_time_s, 0.0, 1e-6, unit="s", open_low=True)
    _check_points(data)
    fits: list[Fit] = []
    problems: list[str] = []
    for model in models:
        try:
            fits.append(_fit_model(data, model, attempt_time_s))
        except (DataError, ValidityError) as error:
            if len(models) == 1:
                raise
            problems.append(f"{model}: {error}")
    if not fits:
        raise DataError("; ".join(problems))
    return tuple(sorted(fits, key=lambda fit: (fit.points_outside_validity > 0, fit.aic)))


def _check_points(data: SwitchingData) -> None:
    if len(data) < 5:
        raise DataError(
            f"the curve has {len(data)} points, expected at least 5: measure more voltages"
        )
    inside = (data.probability > 0.0) & (data.probability < 1.0)
    if np.unique(data.bias[inside]).size < 2:
        raise DataError(
            "fewer than two voltages switch sometimes but not always, so the slope cannot be "
            "found: measure points between never and always"
        )


def _fit_model(data: SwitchingData, model: ModelName, attempt_time_s: float) -> Fit:
    scale = float(np.max(np.abs(data.bias)))
    if scale == 0.0:
        raise DataError("every bias is zero, expected pulses: check the bias column")
    width = float(np.exp(np.mean(np.log(data.pulse_width_s))))
    kelvin = _reference_temperature(data)
    design = _design(data, model, scale, width, kelvin, attempt_time_s)
    if len(data) < design.columns.shape[1] + 2:
        raise DataError(
            f"the curve has {len(data)} points for {design.columns.shape[1]} parameters, expected "
            "two more than parameters: measure more"
        )
    coefficients = start_values(data, design)
    if data.trials is None:
        coefficients, covariance = least_squares(data, design, coefficients)
    else:
        coefficients, covariance = maximum_likelihood(data, design, coefficients)
    _refuse_degenerate(coefficients, covariance, model)
    named = _physical(coefficients, covariance, scale, data, design)
    return _summary(data, design, coefficients, named, width, kelvin, attempt_time_s)


def _design(
    data: SwitchingData,
    model: ModelName,
    scale: float,
    width_s: float,
    kelvin: float,
    attempt_time_s: float,
) -> Design:
    bias = data.bias / scale
    ones = np.ones_like(bias)
    if model == "logistic":
        temperature = data.temperature_kelvin
        if temperature is not None and np.ptp(temperature) > 1.0:
            raise ValidityError(
                "the logistic model got several temperatures, expected one: "
                "fit each apart, or use the Neel-Brown model"
            )
        columns = [ones, bias]
        if np.ptp(np.log(data.pulse_width_s)) > 0.01:
            columns.append(np.log(data.pulse_width_s / width_s))
        return Design(np.stack(columns, axis=1), 0.0 * ones, model)
    heat = ones if data.temperature_kelvin is None else kelvin / data.temperature_kelvin
    offset = np.log(data.pulse_width_s / attempt_time_s)
    return Design(np.stack([heat, heat * bias], axis=1), offset, model)


def _reference_temperature(data: SwitchingData) -> float:
    return 300.0 if data.temperature_kelvin is None else float(np.mean(data.temperature_kelvin))


def _refuse_degenerate(coefficients: FloatArray, covariance: FloatArray, model: ModelName) -> None:
    errors = np.sqrt(np.diag(covariance))
    if not np.all(np.isfinite(errors)) or coefficients[1] <= 0.0:
        raise DataError(
            f"the {model} fit finds no rise of the probability with the bias, expected one: "
            "check the bias column and its sign"
        )
    if errors[1] > coefficients[1]:
        raise DataError(
            f"the {model} slope is not determined (its error exceeds it), so the fit does not "
            "converge: measure more points or more trials"
        )
    if model == "neel-brown" and coefficients[0] >= 0.0:
        raise DataError(
            "the neel-brown fit finds no barrier, expected Delta above 0: "
            "the pulses are too short for thermal activation; use the logistic model"
        )


def _physical(
    coefficients: FloatArray,
    covariance: FloatArray,
    scale: float,
    data: SwitchingData,
    design: Design,
) -> tuple[FittedParameter, ...]:
    """Turn linear coefficients into named parameters, each with its error and its interval."""
    a, b = float(coefficients[0]), float(coefficients[1])
    unit = data.bias_unit
    by_root = [-1.0 / b, a / b**2]
    # Name, value in units of the scaled bias, factor to the bias itself, its unit, gradient.
    rows: list[tuple[str, float, float, str, list[float]]]
    if design.model == "logistic":
        rows = [
            ("threshold_voltage", -a / b, scale, unit, by_root),
            ("slope", b, 1.0 / scale, _PER[unit], [0.0, 1.0]),
        ]
        if coefficients.size == 3:
            c = float(coefficients[2])
            rows.append(("log_width_slope", c / b, scale, unit, [0.0, -c / b**2, 1.0 / b]))
    else:
        rows = [
            ("stability", -a, 1.0, "", [-1.0, 0.0]),
            ("critical_voltage", -a / b, scale, unit, by_root),
        ]
    profile = None if data.trials is None else Profile(data, design, coefficients)
    named = []
    for name, value, factor, unit_of, gradient in rows:
        full = np.zeros(coefficients.size)
        full[: len(gradient)] = gradient
        error = float(np.sqrt(full @ covariance @ full))
        if profile is None:
            reach = _student(data, coefficients.size) * error
            low, high = value - reach, value + reach
        else:
            low, high = profile.interval(name, value, error)
        named.append(
            FittedParameter(
                name, value * factor, unit_of, error * factor, low * factor, high * factor
            )
        )
    return tuple(named)


def _student(data: SwitchingData, parameter_count: int) -> float:
    """Two-sided quantile for as many points as are left beside the parameters."""
    stats = scipy_module("stats")
    return float(stats.t.ppf(0.5 + _CONFIDENCE / 2.0, len(data) - parameter_count))


def _summary(
    data: SwitchingData,
    design: Design,
    coefficients: FloatArray,
    named: tuple[FittedParameter, ...],
    width_s: float,
    kelvin: float,
    attempt_time_s: float,
) -> Fit:
    fitted = design.probability(coefficients)
    residual = float(np.sum((data.probability - fitted) ** 2))
    total = float(np.sum((data.probability - data.probability.mean()) ** 2))
    free = len(data) - coefficients.size
    p_value: float | None
    if data.trials is None:
        deviance, p_value = residual, None
        floor = np.finfo(np.float64).eps ** 2
        aic = len(data) * float(np.log(max(residual / len(data), floor))) + 2 * coefficients.size
    else:
        likelihood = log_likelihood(data, fitted)
        deviance = 2.0 * (log_likelihood(data, data.probability) - likelihood)
        p_value = float(scipy_module("stats").chi2.sf(deviance, free))
        aic = 2.0 * coefficients.size - 2.0 * likelihood
    critical = {p.name: p.value for p in named}.get("critical_voltage", np.inf)
    return Fit(
        model=design.model,
        parameters=named,
        method="least squares" if data.trials is None else "binomial maximum likelihood",
        interval_method="covariance" if data.trials is None else "profile likelihood",
        point_count=len(data),
        degrees_of_freedom=free,
        deviance=deviance,
        p_value=p_value,
        r_squared=1.0 - residual / total if total else 0.0,
        aic=aic,
        points_outside_validity=int(np.sum(data.bias > critical)),
        reference_width_s=width_s,
        reference_temperature_kelvin=kelvin,
        bias_unit=data.bias_unit,
        attempt_time_s=attempt_time_s,
        fitted_probability=fitted,
    )
