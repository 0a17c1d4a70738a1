"""Which array a network lives in: frozen descriptions, written to and read from a run's TOML."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from bitspin.settings import Settings

__all__ = ["AnyArray", "IdealArray", "MramArray"]


class Description(Settings):
    """Base of the descriptions: finite numbers."""

    model_config = ConfigDict(allow_inf_nan=False)


class IdealArray(Description):
    """Exact products, and pulses that switch with the probability that the rule asks for."""

    kind: Literal["ideal"] = "ideal"


class MramArray(Description):
    """An array of magnetic tunnel junctions.

    A device whose pulses switch more easily in one direction enters with the mean of both.

    Parameters
    ----------
    device : str
        Preset, or path of a device file.
    xnor : {"complementary", "toggle"}
        How a product is made: two junctions a weight of which the input selects one, or one
        junction that an input of -1 toggles and toggles back.
    device_seed : int
        Which chip: the draw of everything that is fixed once per device.
    cell_classes : int
        Classes into which the spread of the switching probability is quantised, 1 … 16.
    write_voltage_v, pulse_width_s : float or None
        Bias of a write pulse; None takes the voltage at which the nominal cell switches with the
        probability that the rule asks for, and the device's own pulse width.
    temperature_kelvin : float
        200 … 450.
    threshold_d2d_ratio : float or None
        Standard deviation of a cell's write threshold over its mean, 0 … 0.25; None takes the
        device's.
    stuck_probability : float
        Share of the cells that never switch, half of them in either state. 0 … 1.
    write_error_probability : float
        Chance that a pulse does not reach its cell (a failed driver), beside the cell's own. 0 … 1.
    toggle_error_rate : float or None
        Chance that a toggle fails, 0 … 0.01; None takes the device's.
    sense_offset : float
        Standard deviation over the sense paths, in units of the sum of ±1 terms; it is drawn once
        for each and rounded to even numbers, the step of a sum.
    read_noise : float
        Standard deviation of each read, in units of the sum; 0, or 0.2 … 78.
    sensing : {"product", "sum"}
        Each product has a sense amplifier of its own and a tree counts, or the currents of a row
        add up on its bit line and one comparator decides.
    resistance_d2d_ratio, tmr_d2d_ratio : float or None
        Standard deviation of R_P and of the TMR between junctions over their mean, 0 … 0.25; None
        takes the device's. How they enter a sum: `bitspin.array.sensing`.
    read_voltage_v, read_pulse_width_s : float
        Bias of a read, for read disturb and energy. Our choice: 0.1 V for 1 ns.
    retention_time_s : float
        Time at rest between training and use.
    retention_temperature_kelvin : float or None
        Of that rest, 200 … 450; None takes the temperature of training.
    """

    kind: Literal["mram"] = "mram"
    device: str = "mtj-sot"
    xnor: Literal["complementary", "toggle"] = "complementary"
    device_seed: int = Field(default=0, ge=0, lt=2**63)
    cell_classes: int = Field(default=8, ge=1, le=16)
    write_voltage_v: float | None = Field(default=None, gt=0, le=10)
    pulse_width_s: float | None = Field(default=None, gt=0, le=1)
    temperature_kelvin: float = Field(default=300.0, ge=200, le=450)
    threshold_d2d_ratio: float | None = Field(default=None, ge=0, le=0.25)
    stuck_probability: float = Field(default=0.0, ge=0, le=1)
    write_error_probability: float = Field(default=0.0, ge=0, le=1)
    toggle_error_rate: float | None = Field(default=None, ge=0, le=0.01)
    sense_offset: float = Field(default=0.0, ge=0, le=4000)
    read_noise: float = Field(default=0.0, ge=0, le=78)
    sensing: Literal["product", "sum"] = "product"
    resistance_d2d_ratio: float | None = Field(default=None, ge=0, le=0.25)
    tmr_d2d_ratio: float | None = Field(default=None, ge=0, le=0.25)
    read_voltage_v: float = Field(default=0.1, gt=0, le=1)
    read_pulse_width_s: float = Field(default=1e-9, gt=0, le=1e-3)
    retention_time_s: float = Field(default=0.0, ge=0, le=1e10)
    retention_temperature_kelvin: float | None = Field(default=None, ge=200, le=450)


AnyArray = IdealArray | MramArray
