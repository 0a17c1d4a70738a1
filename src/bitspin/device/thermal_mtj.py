"""A cell written slowly enough for heat to decide: the Neel-Brown law under a bias."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from bitspin.device.activation import neel_brown_bias_ratio, neel_brown_probability
from bitspin.device.cell import ROOM_TEMPERATURE_KELVIN, MtjCell
from bitspin.device.energy import voltage_pulse_energy_j
from bitspin.device.resistance import PARALLEL
from bitspin.device.validity import FloatArray, in_range, plain

__all__ = ["ThermalMtj"]


class ThermalMtj(MtjCell):
    """A junction whose write pulse lowers the barrier in proportion to the voltage.

    Parameters
    ----------
    critical_voltage_v : float
        V_c0 in V of the write pulse at which the barrier of P -> AP vanishes, above 0.
    critical_voltage_ap_to_p_v : float, optional
        The same for AP -> P; equal where not given.
    barrier_exponent : float
        n in (1 - V / V_c0)^n, 1 to 2.
    default_pulse_width_s : float
        Pulse width in s meant when none is given.
    track_ohm : float, optional
        Resistance the write pulse sees, in ohm; the junction itself where not given.

    Notes
    -----
    Formulas: `neel_brown_probability`; valid up to the critical voltage.

    Examples
    --------
    >>> from bitspin.device import load_device
    >>> cell = load_device("mtj-thermal")
    >>> voltage = cell.write_voltage_v(0.5)
    >>> round(float(cell.switching_probability(voltage)), 6)
    0.5
    """

    kind: Literal["thermal-mtj"] = "thermal-mtj"
    critical_voltage_v: float = Field(gt=0, le=10)
    critical_voltage_ap_to_p_v: float | None = Field(default=None, gt=0, le=10)
    barrier_exponent: float = Field(default=1.0, ge=1, le=2)
    default_pulse_width_s: float = Field(default=10e-9, gt=0, le=1)
    track_ohm: float | None = Field(default=None, gt=0, le=1e9)

    def switching_probability(
        self,
        voltage_v: ArrayLike,
        pulse_width_s: ArrayLike | None = None,
        temperature_kelvin: ArrayLike = ROOM_TEMPERATURE_KELVIN,
        from_state: ArrayLike = PARALLEL,
    ) -> FloatArray:
        """Return the probability that a pulse of this voltage (V) and width (s) switches."""
        bias = in_range("voltage_v", voltage_v, 0.0, 10.0, unit="V")
        return neel_brown_probability(
            self.default_pulse_width_s if pulse_width_s is None else pulse_width_s,
            bias / self._critical_v(from_state),
            stability=self.stability_at(temperature_kelvin),
            attempt_time_s=self.attempt_time_s,
            exponent=self.barrier_exponent,
        )

    def write_voltage_v(
        self,
        probability: ArrayLike,
        pulse_width_s: ArrayLike | None = None,
        temperature_kelvin: ArrayLike = ROOM_TEMPERATURE_KELVIN,
        from_state: ArrayLike = PARALLEL,
    ) -> FloatArray:
        """Return the voltage (V) that switches with a wanted probability."""
        ratio = neel_brown_bias_ratio(
            probability,
            self.default_pulse_width_s if pulse_width_s is None else pulse_width_s,
            stability=self.stability_at(temperature_kelvin),
            attempt_time_s=self.attempt_time_s,
            exponent=self.barrier_exponent,
        )
        return plain(ratio * self._critical_v(from_state))

    def write_energy_j(
        self, voltage_v: ArrayLike, pulse_width_s: ArrayLike | None = None
    ) -> FloatArray:
        """Return the energy (J) of a write pulse: V^2 t / R of its path, junction parallel."""
        resistance = self.parallel_ohm if self.track_ohm is None else self.track_ohm
        width = self.default_pulse_width_s if pulse_width_s is None else pulse_width_s
        return voltage_pulse_energy_j(voltage_v, resistance, width)

    def reference_pulse_width_s(self) -> float:
        """Return the write pulse width (s) that is meant when none is given."""
        return self.default_pulse_width_s

    def _critical_v(self, from_state: ArrayLike) -> FloatArray:
        state = in_range("from_state", from_state, 0.0, 1.0, remedy="write 0 for P and 1 for AP")
        other = self.critical_voltage_ap_to_p_v
        reverse = self.critical_voltage_v if other is None else other
        return plain(np.where(state > 0.5, reverse, self.critical_voltage_v))
