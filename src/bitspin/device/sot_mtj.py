"""A three-terminal cell known by its measured write curve: a sigmoid on the track."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from bitspin.device.cell import ROOM_TEMPERATURE_KELVIN, MtjCell
from bitspin.device.energy import voltage_pulse_energy_j
from bitspin.device.parameters import SotWrite
from bitspin.device.resistance import PARALLEL
from bitspin.device.sot import sot_sigmoid_probability, sot_sigmoid_voltage_v
from bitspin.device.validity import FloatArray, in_range, plain
from bitspin.errors import ValidityError

__all__ = ["SotMtj"]


class SotMtj(MtjCell):
    """A junction on a heavy-metal track, written by a current in the track.

    Parameters
    ----------
    track_ohm : float
        Resistance of the track in ohm, above 0.
    write : SotWrite
        The write curve and the conditions it holds under.

    Notes
    -----
    Formulas: `sot_sigmoid_probability`, `voltage_pulse_energy_j`. Voltages are over the track.

    Examples
    --------
    >>> from bitspin.device import load_device
    >>> cell = load_device("mtj-sot")
    >>> round(float(cell.switching_probability(0.894)), 3)
    0.5
    >>> round(float(cell.write_voltage_v(0.9)), 3)
    0.943
    """

    kind: Literal["sot-mtj"] = "sot-mtj"
    track_ohm: float = Field(gt=0, le=1e9)
    write: SotWrite

    def switching_probability(
        self,
        voltage_v: ArrayLike,
        pulse_width_s: ArrayLike | None = None,
        temperature_kelvin: ArrayLike = ROOM_TEMPERATURE_KELVIN,
        from_state: ArrayLike = PARALLEL,
    ) -> FloatArray:
        """Return the probability that a pulse of this track voltage (V) and width (s) switches."""
        in_range(
            "voltage_v",
            voltage_v,
            0.0,
            self.write.highest_voltage_v,
            unit="V",
            remedy="stay where the write curve is known",
        )
        threshold = self._threshold_v(pulse_width_s, temperature_kelvin, from_state)
        return self._sigmoid(voltage_v, threshold)

    def write_voltage_v(
        self,
        probability: ArrayLike,
        pulse_width_s: ArrayLike | None = None,
        temperature_kelvin: ArrayLike = ROOM_TEMPERATURE_KELVIN,
        from_state: ArrayLike = PARALLEL,
    ) -> FloatArray:
        """Return the lowest track voltage (V) that switches with a wanted probability.

        Raises
        ------
        ValidityError
            If back-switching keeps the cell from ever reaching that probability.
        """
        threshold = self._threshold_v(pulse_width_s, temperature_kelvin, from_state)
        slope = self.write.slope_per_v
        if self.write.back_probability == 0.0:
            return sot_sigmoid_voltage_v(
                probability, threshold_voltage_v=threshold, slope_per_v=slope
            )
        wanted = in_range("probability", probability, 0.0, 1.0 - 1e-12, open_low=True)
        pairs = np.broadcast(wanted, threshold)
        found = [self._search_voltage(float(p), float(v)) for p, v in pairs]
        return plain(np.reshape(found, pairs.shape))

    def write_energy_j(
        self, voltage_v: ArrayLike, pulse_width_s: ArrayLike | None = None
    ) -> FloatArray:
        """Return the energy (J) of a write pulse of this track voltage (V): V^2 t / R."""
        width = self.write.pulse_width_s if pulse_width_s is None else pulse_width_s
        return voltage_pulse_energy_j(voltage_v, self.track_ohm, width)

    def reference_pulse_width_s(self) -> float:
        """Return the pulse width (s) at which the write curve is known."""
        return self.write.pulse_width_s

    def _threshold_v(
        self,
        pulse_width_s: ArrayLike | None,
        temperature_kelvin: ArrayLike,
        from_state: ArrayLike,
    ) -> FloatArray:
        width = self.write.pulse_width_s if pulse_width_s is None else pulse_width_s
        return self.write.threshold_at(width, temperature_kelvin, from_state)

    def _search_voltage(self, wanted: float, threshold_v: float) -> float:
        """Bisect the rising branch, which ends where back-switching takes over."""
        grid = np.linspace(0.0, self.write.highest_voltage_v, 2001)
        values = self._sigmoid(grid, threshold_v)
        above = np.flatnonzero(values >= wanted)
        if above.size == 0:
            raise ValidityError(
                f"probability is {wanted:.6g}, expected at most {values.max():.6g}: "
                f"back-switching in {self.name} keeps it from going higher; ask for less"
            )
        if above[0] == 0:
            raise ValidityError(
                f"probability is {wanted:.6g}, expected more than {values[0]:.6g}: "
                "that is what this cell does at zero volt; ask for more"
            )
        low, high = grid[above[0] - 1], grid[above[0]]
        for _ in range(60):
            middle = 0.5 * (low + high)
            if self._sigmoid(middle, threshold_v) < wanted:
                low = middle
            else:
                high = middle
        return float(high)

    def _sigmoid(self, voltage_v: ArrayLike, threshold_v: ArrayLike) -> FloatArray:
        curve = self.write
        return sot_sigmoid_probability(
            voltage_v,
            threshold_voltage_v=threshold_v,
            slope_per_v=curve.slope_per_v,
            back_probability=curve.back_probability,
            back_threshold_voltage_v=curve.back_threshold_voltage_v,
            back_slope_per_v=curve.back_slope_per_v,
        )
