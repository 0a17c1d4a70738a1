"""A cell that switches as measured: the fitted curve on the body of a preset."""

from __future__ import annotations

from typing import Any

from bitspin.device.files import AnyDevice, device_from_table, load_device
from bitspin.device.fit import Fit
from bitspin.device.validity import in_range
from bitspin.errors import ValidityError

__all__ = ["device_from_fit"]


def device_from_fit(
    fit: Fit,
    *,
    base: str = "mtj-sot",
    name: str = "fitted",
    source: str = "user's measurement",
    track_section_m2: float | None = None,
    overrides: dict[str, Any] | None = None,
) -> AnyDevice:
    """Return a cell that switches as fitted and is otherwise like a preset.

    Parameters
    ----------
    fit : Fit
        The fitted curve.
    base : str
        Preset (or TOML file) of a cell with a track, whose resistances, spread and so on are taken.
    name : str
        Name of the new cell.
    source : str
        Where the data come from; becomes the first citation.
    track_section_m2 : float, optional
        Cross-section of the track in m^2, needed for data in A/m^2.
    overrides : dict, optional
        Further parameters to replace, as in `load_device`.

    Returns
    -------
    SotMtj or ThermalMtj
        A cell that `save_device` writes and `load_device` reads.

    Raises
    ------
    ValidityError
        If the bias cannot be turned into a voltage, or the fitted values are not physical.

    Notes
    -----
    Currents become voltages by the track resistance of the cell.

    Examples
    --------
    >>> import numpy as np
    >>> from bitspin.device.fit import fit_switching
    >>> from bitspin.device.measured import SwitchingData
    >>> voltage = np.linspace(0.8, 1.0, 9)
    >>> probability = 1 / (1 + np.exp(-40.0 * (voltage - 0.9)))
    >>> data = SwitchingData(voltage, "V", np.full(9, 7.5e-10), probability)
    >>> cell = device_from_fit(fit_switching(data, models=("logistic",))[0])
    >>> round(float(cell.switching_probability(0.9)), 3)
    0.5
    """
    preset = load_device(base)
    extra = dict(overrides or {})
    if preset.track_ohm is None:
        raise ValidityError(
            f"base {base} has no track_ohm, expected a cell with a track: change it"
        )
    track_ohm = float(extra.get("track_ohm", preset.track_ohm))
    volts = _volts_per_unit(fit.bias_unit, track_ohm, track_section_m2)
    shared = ("parallel_ohm", "tmr_ratio", "tmr_half_voltage_v", "endurance_cycles", "spread")
    dump = preset.model_dump(mode="json", exclude_none=True)
    table: dict[str, Any] = {key: dump[key] for key in shared if key in dump}
    table |= {"name": name, "track_ohm": track_ohm}
    table["read_critical_voltage_v"] = preset.read_critical_voltage_v
    table["citations"] = (f"write curve: {fit.model} fit to {source}", *preset.citations)
    table["attempt_time_s"] = fit.attempt_time_s
    if fit.model == "logistic":
        table |= _sigmoid_table(fit, volts, preset)
    else:
        table |= {
            "kind": "thermal-mtj",
            "stability": fit["stability"].value,
            "reference_temperature_kelvin": fit.reference_temperature_kelvin,
            "critical_voltage_v": fit["critical_voltage"].value * volts,
            "default_pulse_width_s": fit.reference_width_s,
        }
    given = {key: value for key, value in table.items() if value is not None}
    return device_from_table(given, name, extra)


def _sigmoid_table(fit: Fit, volts: float, preset: AnyDevice) -> dict[str, Any]:
    write: dict[str, Any] = {
        "threshold_voltage_v": fit["threshold_voltage"].value * volts,
        "slope_per_v": fit["slope"].value / volts,
        "pulse_width_s": fit.reference_width_s,
        "temperature_kelvin": fit.reference_temperature_kelvin,
    }
    if any(p.name == "log_width_slope" for p in fit.parameters):
        write["log_width_slope_v"] = fit["log_width_slope"].value * volts
    return {"kind": "sot-mtj", "stability": preset.stability, "write": write}


def _volts_per_unit(unit: str, track_ohm: float, track_section_m2: float | None) -> float:
    if unit == "V":
        return 1.0
    if unit == "A":
        return track_ohm
    if track_section_m2 is None:
        raise ValidityError(
            "the data are in A/m^2, expected the cross-section of the track, to turn them into a "
            "current: give track_section_m2 (--track-section)"
        )
    in_range("track_section_m2", track_section_m2, 0.0, 1e-10, unit="m^2", open_low=True)
    return track_ohm * track_section_m2
