"""Small frozen parameter records shared by the cells: spread, SOT write curve, toggle."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import ConfigDict, Field, model_validator

from bitspin.device.precession import damped_cosine_probability, phase_toggle_probability
from bitspin.device.validity import FloatArray, in_range, plain
from bitspin.settings import Settings

__all__ = ["CosineToggle", "PhaseToggle", "SotWrite", "Spread", "TableToggle", "Toggle"]

Ratio = Annotated[float, Field(ge=0, le=0.5)]


class Record(Settings):
    """Parameters of a device: finite numbers."""

    model_config = ConfigDict(allow_inf_nan=False)


class Spread(Record):
    """Device-to-device standard deviations, each relative to its mean (dimensionless, 0 to 0.5)."""

    threshold_d2d_ratio: Ratio = 0.0
    stability_d2d_ratio: Ratio = 0.0
    resistance_d2d_ratio: Ratio = 0.0
    tmr_d2d_ratio: Ratio = 0.0


class SotWrite(Record):
    """The sigmoid of a write pulse on the track, with the conditions it was measured under.

    Parameters
    ----------
    threshold_voltage_v : float
        Track voltage in V at which half of the pulses switch P to AP, above 0, at most 5.
    slope_per_v : float
        beta in 1/V, above 0.
    pulse_width_s, temperature_kelvin : float
        Of the measurement, in s (above 0, at most 1e-3) and K (1 to 600).
    threshold_ap_to_p_v : float, optional
        The threshold of AP to P in V; the same where not given.
    log_width_slope_v : float, optional
        Fall of the threshold with the logarithm of the pulse width, in V, 0 to 1; see Notes.
    temperature_slope_v_per_kelvin : float, optional
        Rise of the threshold with temperature in V/K, -0.1 to 0.1; see Notes.
    back_probability, back_threshold_voltage_v, back_slope_per_v : float
        Fall-back at high current; see `sot_sigmoid_probability`.
    highest_voltage_v : float
        Track voltage in V up to which the curve is known, above 0, at most 5.

    Notes
    -----
    `log_width_slope_v` is -dV_th / d ln t; without it the curve holds at `pulse_width_s` only
    (within 1 %), with it from `pulse_width_s` / 4 to 4 `pulse_width_s`. Likewise
    `temperature_slope_v_per_kelvin` is dV_th / dT; without it the curve holds within 10 K of
    `temperature_kelvin`, with it within 150 K. Both laws are linear by our choice.
    """

    threshold_voltage_v: float = Field(gt=0, le=5)
    slope_per_v: float = Field(gt=0, le=1e6)
    pulse_width_s: float = Field(gt=0, le=1e-3)
    temperature_kelvin: float = Field(default=300.0, ge=1, le=600)
    threshold_ap_to_p_v: float | None = Field(default=None, gt=0, le=5)
    log_width_slope_v: float | None = Field(default=None, ge=0, le=1)
    temperature_slope_v_per_kelvin: float | None = Field(default=None, ge=-0.1, le=0.1)
    back_probability: float = Field(default=0.0, ge=0, le=1)
    back_threshold_voltage_v: float = Field(default=5.0, gt=0, le=100)
    back_slope_per_v: float = Field(default=1.0, gt=0, le=1e6)
    highest_voltage_v: float = Field(default=5.0, gt=0, le=5)

    def threshold_at(
        self, pulse_width_s: ArrayLike, temperature_kelvin: ArrayLike, from_state: ArrayLike
    ) -> FloatArray:
        """Return V_th (V) for a pulse width (s), a temperature (K) and a starting state (0/1)."""
        state = in_range("from_state", from_state, 0.0, 1.0, remedy="write 0 for P and 1 for AP")
        other = self.threshold_ap_to_p_v or self.threshold_voltage_v
        threshold = self.threshold_voltage_v + state * (other - self.threshold_voltage_v)
        reach = 1.01 if self.log_width_slope_v is None else 4.0
        width = in_range(
            "pulse_width_s",
            pulse_width_s,
            self.pulse_width_s / reach,
            self.pulse_width_s * reach,
            unit="s",
            remedy="use the measured pulse width, or give write.log_width_slope_v",
        )
        reach_kelvin = 10.0 if self.temperature_slope_v_per_kelvin is None else 150.0
        temperature = in_range(
            "temperature_kelvin",
            temperature_kelvin,
            self.temperature_kelvin - reach_kelvin,
            self.temperature_kelvin + reach_kelvin,
            unit="K",
            remedy="stay near the measurement, or give write.temperature_slope_v_per_kelvin",
        )
        if self.log_width_slope_v:
            threshold = threshold - self.log_width_slope_v * np.log(width / self.pulse_width_s)
        slope = self.temperature_slope_v_per_kelvin or 0.0
        # The width takes part in the shape even where it does not move the threshold.
        return plain(threshold + slope * (temperature - self.temperature_kelvin) + 0.0 * width)


class _ToggleBase(Record):
    """The bias of a toggle pulse, common to all descriptions of its outcome."""

    voltage_v: float = Field(gt=0, le=2)

    def probability(self, pulse_width_s: ArrayLike) -> FloatArray:
        """Return the toggle probability of a pulse width (s)."""
        raise NotImplementedError

    def candidate_widths_s(self) -> FloatArray:
        """Return pulse widths (s) among which the best one is looked for."""
        raise NotImplementedError


class PhaseToggle(_ToggleBase):
    """Precession of a lightly damped magnet: see `phase_toggle_probability`.

    Parameters
    ----------
    voltage_v : float
        Bias of the toggle pulse in V, above 0, at most 2.
    period_s : float
        T in s, above 0.
    field_ratio : float
        h, 0.15 to 0.2.
    damping : float
        alpha, 0.01 to 0.02.
    stability : float
        Delta at zero bias and zero in-plane field, 40 to 65.
    error_floor : float
        Smallest error rate that is claimed, 0 to 0.5.

    Notes
    -----
    No toggle is claimed to be more certain than `error_floor`. Its default is the 95 % upper bound
    of what the macrospin resolved: no failure in 200,000 pulses of the best width.
    """

    kind: Literal["phase"] = "phase"
    period_s: float = Field(gt=0, le=1e-6)
    field_ratio: float = Field(ge=0.15, le=0.2)
    damping: float = Field(ge=0.01, le=0.02)
    stability: float = Field(ge=40, le=65)
    error_floor: float = Field(default=1.5e-5, ge=0, le=0.5)

    def probability(self, pulse_width_s: ArrayLike) -> FloatArray:
        """Return the toggle probability of a pulse width (s)."""
        probability = phase_toggle_probability(
            pulse_width_s,
            period_s=self.period_s,
            field_ratio=self.field_ratio,
            damping=self.damping,
            stability=self.stability,
        )
        return plain(np.clip(probability, self.error_floor, 1.0 - self.error_floor))

    def candidate_widths_s(self) -> FloatArray:
        """Return pulse widths (s) around half a period."""
        return plain(np.linspace(0.3, 0.7, 401) * self.period_s)


class CosineToggle(_ToggleBase):
    """Measured oscillation with a period and a decay: see `damped_cosine_probability`.

    Parameters
    ----------
    voltage_v : float
        Bias of the toggle pulse in V, above 0, at most 2.
    period_s, decay_time_s : float
        In s, above 0.
    """

    kind: Literal["cosine"] = "cosine"
    period_s: float = Field(gt=0, le=1e-6)
    decay_time_s: float = Field(gt=0, le=1)

    def probability(self, pulse_width_s: ArrayLike) -> FloatArray:
        """Return the toggle probability of a pulse width (s)."""
        return damped_cosine_probability(
            pulse_width_s, period_s=self.period_s, decay_time_s=self.decay_time_s
        )

    def candidate_widths_s(self) -> FloatArray:
        """Return pulse widths (s) around half a period, as far as the decay allows."""
        widths = np.linspace(0.3, 0.7, 401) * self.period_s
        return plain(widths[widths <= 5.0 * self.decay_time_s])


class TableToggle(_ToggleBase):
    """Toggle probability tabulated at pulse widths, straight lines in between.

    Parameters
    ----------
    voltage_v : float
        Bias of the toggle pulse in V, above 0, at most 2.
    width_table_s : tuple of float
        At least two pulse widths in s, increasing, above 0.
    probability_table : tuple of float
        Probability at each width, 0 to 1.
    trial_count : int
        Pulses behind each probability, 1 or more.

    Notes
    -----
    `probability_table` holds Laplace's rule (k + 1) / (n + 2) of n = `trial_count` trials, so a
    write error rate below 1 / n is never claimed.
    """

    kind: Literal["table"] = "table"
    width_table_s: tuple[float, ...] = Field(min_length=2)
    probability_table: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(min_length=2)
    trial_count: int = Field(ge=1)

    @model_validator(mode="after")
    def _rows_fit(self) -> TableToggle:
        if len(self.width_table_s) != len(self.probability_table):
            raise ValueError("width_table_s and probability_table differ in length")
        if self.width_table_s[0] <= 0 or np.any(np.diff(self.width_table_s) <= 0):
            raise ValueError("width_table_s must be positive and increase")
        return self

    def probability(self, pulse_width_s: ArrayLike) -> FloatArray:
        """Return the toggle probability of a pulse width (s) inside the table."""
        width = in_range(
            "pulse_width_s",
            pulse_width_s,
            self.width_table_s[0],
            self.width_table_s[-1],
            unit="s",
            remedy="stay inside the toggle table, or tabulate a wider one",
        )
        return plain(np.interp(width, self.width_table_s, self.probability_table))

    def candidate_widths_s(self) -> FloatArray:
        """Return the tabulated widths (s)."""
        return plain(self.width_table_s)


Toggle = Annotated[PhaseToggle | CosineToggle | TableToggle, Field(discriminator="kind")]


def best_toggle_width_s(toggle: PhaseToggle | CosineToggle | TableToggle) -> float:
    """Return the middle of the widths (s) with the lowest toggle error.

    Parameters
    ----------
    toggle : PhaseToggle, CosineToggle or TableToggle
        The cell's toggle.

    Returns
    -------
    float
        Pulse width in s.

    Examples
    --------
    >>> toggle = CosineToggle(voltage_v=0.5, period_s=2e-9, decay_time_s=1e-6)
    >>> round(best_toggle_width_s(toggle) * 1e9, 3)
    1.0
    """
    widths = toggle.candidate_widths_s()
    probability = toggle.probability(widths)
    best = np.flatnonzero(probability >= probability.max() - 1e-12)
    return float(widths[math.floor(best.mean())])
