"""What every cell can be asked, and what all magnetic tunnel junctions answer alike.

`Device` is the door through which the array room looks at a cell. `MtjCell` holds what does not
depend on how the cell is written: resistance, retention, read disturb, toggle.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from numpy.typing import ArrayLike
from pydantic import Field

from bitspin.device.activation import neel_brown_probability, relaxation_probability
from bitspin.device.energy import capacitive_energy_j, voltage_pulse_energy_j
from bitspin.device.parameters import Record, Spread, Toggle, best_toggle_width_s
from bitspin.device.resistance import PARALLEL, mtj_resistance_ohm
from bitspin.device.validity import FloatArray, in_range, plain
from bitspin.errors import ValidityError

__all__ = ["ROOM_TEMPERATURE_KELVIN", "Device", "MtjCell"]

ROOM_TEMPERATURE_KELVIN = 300.0


@runtime_checkable
class Device(Protocol):
    """One memory cell, as the array room sees it. State 0 is parallel, 1 antiparallel."""

    @property
    def name(self) -> str:
        """Name of the preset or file."""

    @property
    def citations(self) -> tuple[str, ...]:
        """Where the parameters come from, and which are our choice."""

    @property
    def spread(self) -> Spread:
        """Device-to-device standard deviations."""

    @property
    def endurance_cycles(self) -> float | None:
        """Writes a cell survives; None where not known."""

    def resistance_ohm(self, state: ArrayLike, voltage_v: ArrayLike = 0.0) -> FloatArray:
        """Return the resistance of a state under a read bias."""

    def switching_probability(
        self,
        voltage_v: ArrayLike,
        pulse_width_s: ArrayLike | None = None,
        temperature_kelvin: ArrayLike = ROOM_TEMPERATURE_KELVIN,
        from_state: ArrayLike = PARALLEL,
    ) -> FloatArray:
        """Return the probability that one write pulse switches the cell."""

    def write_voltage_v(
        self,
        probability: ArrayLike,
        pulse_width_s: ArrayLike | None = None,
        temperature_kelvin: ArrayLike = ROOM_TEMPERATURE_KELVIN,
        from_state: ArrayLike = PARALLEL,
    ) -> FloatArray:
        """Return the voltage of a write pulse that switches with a wanted probability."""

    def write_energy_j(
        self, voltage_v: ArrayLike, pulse_width_s: ArrayLike | None = None
    ) -> FloatArray:
        """Return the energy of one write pulse."""

    def reference_pulse_width_s(self) -> float:
        """Return the write pulse width that is meant when none is given."""

    def reference_toggle_width_s(self) -> float:
        """Return the toggle pulse width with the lowest error."""

    def toggle_error_rate(self, pulse_width_s: ArrayLike | None = None) -> FloatArray:
        """Return the probability that a toggle pulse fails to toggle."""

    def toggle_energy_j(
        self, pulse_width_s: ArrayLike | None = None, state: ArrayLike = PARALLEL
    ) -> FloatArray:
        """Return the energy of one toggle pulse."""

    def retention_failure_probability(
        self, time_s: ArrayLike, temperature_kelvin: ArrayLike = ROOM_TEMPERATURE_KELVIN
    ) -> FloatArray:
        """Return the probability to find the other state after a time at rest."""

    def read_disturb_probability(
        self,
        voltage_v: ArrayLike,
        pulse_width_s: ArrayLike,
        temperature_kelvin: ArrayLike = ROOM_TEMPERATURE_KELVIN,
    ) -> FloatArray:
        """Return the probability that one read flips the cell."""


class MtjCell(Record):
    """A magnetic tunnel junction without its write path; SI units throughout.

    Parameters
    ----------
    name : str
        Name shown in tables.
    citations : tuple of str
        Source of each group of parameters, at least one.
    parallel_ohm, tmr_ratio, tmr_half_voltage_v : float
        See `mtj_resistance_ohm`.
    stability : float
        Delta at `reference_temperature_kelvin`.
    attempt_time_s : float
        tau0 in s; 1 ns is the textbook value.
    read_critical_voltage_v : float, optional
        Junction bias in V at which the barrier vanishes; needed for read disturb.
    junction_capacitance_farad : float
        Capacitance charged by a toggle pulse, in F; 0 where not known.
    endurance_cycles : float, optional
        Writes a cell survives.
    spread : Spread
        Device-to-device standard deviations.
    toggle : PhaseToggle, CosineToggle or TableToggle, optional
        Toggle by a voltage pulse, where the cell has one.
    """

    name: str = Field(min_length=1)
    citations: tuple[str, ...] = Field(min_length=1)
    parallel_ohm: float = Field(gt=0, le=1e12)
    tmr_ratio: float = Field(ge=0, le=10)
    tmr_half_voltage_v: float = Field(default=0.5, gt=0, le=100)
    stability: float = Field(gt=0, le=1e3)
    reference_temperature_kelvin: float = Field(default=300.0, ge=1, le=600)
    attempt_time_s: float = Field(default=1e-9, gt=0, le=1e-6)
    read_critical_voltage_v: float | None = Field(default=None, gt=0, le=10)
    junction_capacitance_farad: float = Field(default=0.0, ge=0, le=1e-9)
    endurance_cycles: float | None = Field(default=None, gt=0)
    spread: Spread = Spread()
    toggle: Toggle | None = None

    def resistance_ohm(self, state: ArrayLike, voltage_v: ArrayLike = 0.0) -> FloatArray:
        """Return the resistance (ohm) of a state (0 P, 1 AP) under a read bias (V)."""
        return mtj_resistance_ohm(
            state,
            voltage_v,
            parallel_ohm=self.parallel_ohm,
            tmr_ratio=self.tmr_ratio,
            half_voltage_v=self.tmr_half_voltage_v,
        )

    def stability_at(self, temperature_kelvin: ArrayLike) -> FloatArray:
        """Return Delta at a temperature in K, 200 to 450: Delta = Delta_ref T_ref / T.

        Notes
        -----
        The anisotropy's own temperature dependence is neglected (our choice), which flatters hot
        cells; hence the narrow validity range.
        """
        temperature = in_range("temperature_kelvin", temperature_kelvin, 200.0, 450.0, unit="K")
        return plain(self.stability * self.reference_temperature_kelvin / temperature)

    def retention_failure_probability(
        self, time_s: ArrayLike, temperature_kelvin: ArrayLike = ROOM_TEMPERATURE_KELVIN
    ) -> FloatArray:
        """Return the probability to find the other state after a time (s) at rest.

        See `relaxation_probability` for formula, validity and source.
        """
        return relaxation_probability(
            time_s,
            stability=self.stability_at(temperature_kelvin),
            attempt_time_s=self.attempt_time_s,
        )

    def read_disturb_probability(
        self,
        voltage_v: ArrayLike,
        pulse_width_s: ArrayLike,
        temperature_kelvin: ArrayLike = ROOM_TEMPERATURE_KELVIN,
    ) -> FloatArray:
        """Return the probability that a read of this bias (V) and width (s) flips the cell.

        The read lowers the barrier as a write through the junction would: the Neel-Brown law with
        `read_critical_voltage_v`, in the unfavourable direction.

        Raises
        ------
        ValidityError
            If the cell's `read_critical_voltage_v` is not known, or an argument is out of range.
        """
        if self.read_critical_voltage_v is None:
            raise ValidityError(
                f"read disturb of {self.name} is not known, expected read_critical_voltage_v: "
                "give that parameter"
            )
        bias = in_range("voltage_v", voltage_v, -10.0, 10.0, unit="V")
        return neel_brown_probability(
            pulse_width_s,
            abs(bias) / self.read_critical_voltage_v,
            stability=self.stability_at(temperature_kelvin),
            attempt_time_s=self.attempt_time_s,
        )

    def toggle_error_rate(self, pulse_width_s: ArrayLike | None = None) -> FloatArray:
        """Return the probability that a toggle pulse of this width (s) fails to toggle."""
        width = self.reference_toggle_width_s() if pulse_width_s is None else pulse_width_s
        return plain(1.0 - self._toggle().probability(width))

    def reference_toggle_width_s(self) -> float:
        """Return the toggle pulse width (s) with the lowest error."""
        return best_toggle_width_s(self._toggle())

    def toggle_energy_j(
        self, pulse_width_s: ArrayLike | None = None, state: ArrayLike = PARALLEL
    ) -> FloatArray:
        """Return the energy (J) of a toggle pulse: leakage V^2 t / R plus C V^2.

        The state before the pulse sets the leakage; that it changes on the way is neglected.
        """
        toggle = self._toggle()
        width = self.reference_toggle_width_s() if pulse_width_s is None else pulse_width_s
        leakage = voltage_pulse_energy_j(
            toggle.voltage_v, self.resistance_ohm(state, toggle.voltage_v), width
        )
        if self.junction_capacitance_farad == 0.0:
            return leakage
        charge = capacitive_energy_j(self.junction_capacitance_farad, toggle.voltage_v)
        return plain(leakage + charge)

    def _toggle(self) -> Toggle:
        if self.toggle is None:
            raise ValidityError(
                f"{self.name} has no toggle, expected a [toggle] table: give one, or use a "
                "complementary array"
            )
        return self.toggle
