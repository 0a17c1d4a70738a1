"""A cell's figures as plain rows, ready to print or to draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bitspin.device.files import AnyDevice
from bitspin.device.resistance import ANTIPARALLEL, PARALLEL
from bitspin.device.validity import FloatArray
from bitspin.errors import ValidityError

__all__ = ["Characteristic", "Curve", "characteristics", "switching_curves", "toggle_curve"]

_TEN_YEARS_S = 10 * 365.25 * 86400.0


@dataclass(frozen=True)
class Characteristic:
    """One figure of a cell: what, value in SI units (None where not known), unit, condition."""

    quantity: str
    value: float | None
    unit: str
    condition: str = ""


@dataclass(frozen=True)
class Curve:
    """One line of a figure.

    Attributes
    ----------
    label : str
        What is held fixed.
    x_name, y_name : str
        Names with unit suffix.
    x, y : ndarray of float64, shape (T,)
        The points.
    """

    label: str
    x_name: str
    y_name: str
    x: FloatArray
    y: FloatArray


def characteristics(device: AnyDevice, temperature_kelvin: float = 300.0) -> list[Characteristic]:
    """Return the figures of a cell as rows.

    Parameters
    ----------
    device : SotMtj, ThermalMtj or VgsotMtj
        The cell.
    temperature_kelvin : float
        Temperature in K.

    Returns
    -------
    list of Characteristic
        Resistances, Delta, write voltages and energies, toggle, retention, endurance.

    Raises
    ------
    ValidityError
        If the cell's write curve is not known at this temperature.

    Examples
    --------
    >>> from bitspin.device import load_device
    >>> rows = characteristics(load_device("mtj-sot"))
    >>> [(r.quantity, round(r.value), r.unit) for r in rows[:2]]
    [('R_P', 4900, 'ohm'), ('R_AP', 9800, 'ohm')]
    """
    rows = [
        Characteristic("R_P", float(device.resistance_ohm(PARALLEL)), "ohm", "no bias"),
        Characteristic("R_AP", float(device.resistance_ohm(ANTIPARALLEL)), "ohm", "no bias"),
        Characteristic("TMR", device.tmr_ratio, "", "no bias"),
        Characteristic(
            "Delta",
            float(device.stability_at(temperature_kelvin)),
            "",
            f"{temperature_kelvin:g} K",
        ),
        Characteristic(
            "retention failure",
            float(device.retention_failure_probability(_TEN_YEARS_S, temperature_kelvin)),
            "",
            "10 years",
        ),
    ]
    rows += _write_rows(device, temperature_kelvin)
    rows += _toggle_rows(device)
    rows += [
        Characteristic(f"d2d spread, {name.removesuffix('_d2d_ratio')}", value, "", "relative")
        for name, value in device.spread.model_dump().items()
    ]
    rows.append(Characteristic("endurance", device.endurance_cycles, "cycles"))
    return rows


def switching_curves(
    device: AnyDevice,
    pulse_widths_s: tuple[float, ...] | None = None,
    *,
    temperature_kelvin: float = 300.0,
    point_count: int = 101,
) -> list[Curve]:
    """Return the switching probability against voltage, one curve per pulse width.

    Parameters
    ----------
    device : SotMtj, ThermalMtj or VgsotMtj
        The cell.
    pulse_widths_s : tuple of float, optional
        Widths in s; by default the reference width, and half and double of it where the cell's
        write curve is known there.
    temperature_kelvin : float
        Temperature in K.
    point_count : int
        Points per curve, at least 2.

    Returns
    -------
    list of Curve
        Probability against voltage in V.

    Raises
    ------
    ValidityError
        If a wanted width is outside the validity range.

    Examples
    --------
    >>> from bitspin.device import load_device
    >>> [curve.label for curve in switching_curves(load_device("mtj-sot"))]
    ['0.375 ns', '0.75 ns', '1.5 ns']
    """
    reference = device.reference_pulse_width_s()
    widths = pulse_widths_s or _known_widths(device, reference, temperature_kelvin)
    curves = []
    for width in widths:
        low, high = (
            float(_voltage_near(device, p, width, temperature_kelvin)) for p in (0.01, 0.99)
        )
        voltage = np.linspace(low, high, point_count)
        probability = device.switching_probability(voltage, width, temperature_kelvin)
        label = f"{width * 1e9:.4g} ns"
        curves.append(Curve(label, "voltage_v", "switching_probability", voltage, probability))
    return curves


def toggle_curve(device: AnyDevice, point_count: int = 201) -> Curve | None:
    """Return the toggle probability against pulse width, or None for a cell without toggle.

    Parameters
    ----------
    device : SotMtj, ThermalMtj or VgsotMtj
        The cell.
    point_count : int
        Number of points.

    Returns
    -------
    Curve or None
        Probability against width in s, up to twice the best width where it is known.

    Examples
    --------
    >>> from bitspin.device import load_device
    >>> toggle_curve(load_device("mtj-sot")) is None
    True
    """
    if device.toggle is None:
        return None
    best = device.reference_toggle_width_s()
    low, high = 0.1 * best, 2.0 * best
    if device.toggle.kind == "table":
        low, high = device.toggle.width_table_s[0], device.toggle.width_table_s[-1]
    width = np.linspace(low, high, point_count)
    label = f"{device.toggle.voltage_v:.3g} V"
    probability = device.toggle.probability(width)
    return Curve(label, "pulse_width_s", "toggle_probability", width, probability)


def _write_rows(device: AnyDevice, temperature_kelvin: float) -> list[Characteristic]:
    width = device.reference_pulse_width_s()
    rows = []
    for probability in (0.1, 0.5, 0.9):
        condition = f"P = {probability:g}, {width * 1e9:.4g} ns"
        try:
            voltage = float(device.write_voltage_v(probability, width, temperature_kelvin))
        except ValidityError as error:
            why = str(error).partition(":")[0]  # without the remedy, which is for a caller
            rows.append(Characteristic("write voltage", None, "V", f"{condition}: {why}"))
            continue
        rows.append(Characteristic("write voltage", voltage, "V", condition))
        energy = float(device.write_energy_j(voltage, width))
        rows.append(Characteristic("write energy", energy, "J", condition))
    return rows


def _toggle_rows(device: AnyDevice) -> list[Characteristic]:
    if device.toggle is None:
        return [Characteristic("toggle", None, "", "none")]
    width = device.reference_toggle_width_s()
    condition = f"{device.toggle.voltage_v:.3g} V, {width * 1e9:.4g} ns"
    return [
        Characteristic("toggle pulse width", width, "s", condition),
        Characteristic("toggle error rate", float(device.toggle_error_rate(width)), "", condition),
        Characteristic("toggle energy", float(device.toggle_energy_j(width)), "J", condition),
    ]


def _known_widths(
    device: AnyDevice, reference_s: float, temperature_kelvin: float
) -> tuple[float, ...]:
    known = []
    for factor in (0.5, 1.0, 2.0):
        try:
            _voltage_near(device, 0.5, factor * reference_s, temperature_kelvin)
        except ValidityError:
            continue
        known.append(factor * reference_s)
    return tuple(known)


def _voltage_near(device: AnyDevice, probability: float, width_s: float, kelvin: float) -> Any:
    """Return the voltage of a probability, or of as much of it as the cell can reach."""
    for share in (1.0, 0.85, 0.7):
        try:
            return device.write_voltage_v(share * probability, width_s, kelvin)
        except ValidityError as error:
            last = error
    raise last
