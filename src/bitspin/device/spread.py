"""One particular cell out of many: the nominal cell with its own threshold, barrier and ohms."""

from __future__ import annotations

from typing import Any

from bitspin.device.files import AnyDevice
from bitspin.device.thermal_mtj import ThermalMtj
from bitspin.device.validity import in_range

__all__ = ["scaled_cell"]


def scaled_cell(
    device: AnyDevice,
    *,
    threshold_factor: float = 1.0,
    stability_factor: float = 1.0,
    resistance_factor: float = 1.0,
    tmr_factor: float = 1.0,
) -> AnyDevice:
    """Return a cell that differs from the nominal one by the given factors.

    Parameters
    ----------
    device : SotMtj, ThermalMtj or VgsotMtj
        The nominal cell.
    threshold_factor : float
        Scales every write threshold (and the back-switching threshold), above 0, at most 3.
    stability_factor, resistance_factor, tmr_factor : float
        Scale Delta, R_P and TMR, above 0, at most 3.

    Returns
    -------
    SotMtj, ThermalMtj or VgsotMtj
        The scaled cell, of the same class.

    Raises
    ------
    ValidityError
        If a factor is out of range.

    Notes
    -----
    Validity: spread moves a curve without changing its width (our choice). Draw a factor as
    1 + sigma * z with sigma from the cell's `spread`; the toggle of a cell is not scaled.

    Examples
    --------
    >>> from bitspin.device import load_device
    >>> weak = scaled_cell(load_device("mtj-sot"), threshold_factor=0.95)
    >>> round(weak.write.threshold_voltage_v, 4), float(weak.switching_probability(0.894)) > 0.85
    (0.8493, True)
    """
    factors = {
        "threshold_factor": threshold_factor,
        "stability_factor": stability_factor,
        "resistance_factor": resistance_factor,
        "tmr_factor": tmr_factor,
    }
    for name, value in factors.items():
        in_range(name, value, 0.0, 3.0, open_low=True)
    update: dict[str, Any] = {
        "stability": device.stability * stability_factor,
        "parallel_ohm": device.parallel_ohm * resistance_factor,
        "tmr_ratio": device.tmr_ratio * tmr_factor,
    }
    if isinstance(device, ThermalMtj):
        names: tuple[str, ...] = ("critical_voltage_v", "critical_voltage_ap_to_p_v")
        update |= _scaled_fields(device, names, threshold_factor)
    else:
        names = ("threshold_voltage_v", "threshold_ap_to_p_v", "back_threshold_voltage_v")
        moved = _scaled_fields(device.write, names, threshold_factor)
        update["write"] = device.write.model_copy(update=moved)
    return device.model_copy(update=update)


def _scaled_fields(record: Any, names: tuple[str, ...], factor: float) -> dict[str, Any]:
    return {
        name: getattr(record, name) * factor for name in names if getattr(record, name) is not None
    }
