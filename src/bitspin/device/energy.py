"""What a pulse costs: Joule heat in track and junction, charge on the junction's capacitance."""

from __future__ import annotations

from numpy.typing import ArrayLike

from bitspin.device.constants import VACUUM_PERMITTIVITY_F_PER_M
from bitspin.device.validity import FloatArray, in_range, matching_shapes, plain

__all__ = [
    "capacitive_energy_j",
    "current_pulse_energy_j",
    "junction_capacitance_farad",
    "voltage_pulse_energy_j",
]


def voltage_pulse_energy_j(
    voltage_v: ArrayLike, resistance_ohm: ArrayLike, pulse_width_s: ArrayLike
) -> FloatArray:
    """Return the heat of a rectangular voltage pulse: E = V^2 t / R.

    Parameters
    ----------
    voltage_v : array_like
        V over the resistance, in V, |V| <= 10.
    resistance_ohm : array_like
        R in ohm, above 0.
    pulse_width_s : array_like
        t in s, above 0.

    Returns
    -------
    ndarray of float64
        Energy in J, broadcast shape.

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    Validity: ohmic resistance, rectangular pulse. Source: Joule's law.

    Examples
    --------
    >>> f"{float(voltage_pulse_energy_j(0.894, 776.0, 0.75e-9)):.3g}"
    '7.72e-13'
    """
    bias = in_range("voltage_v", voltage_v, -10.0, 10.0, unit="V")
    resistance, width = _resistance_and_width(resistance_ohm, pulse_width_s)
    matching_shapes(voltage_v=bias, resistance_ohm=resistance, pulse_width_s=width)
    return plain(bias**2 * width / resistance)


def current_pulse_energy_j(
    current_a: ArrayLike, resistance_ohm: ArrayLike, pulse_width_s: ArrayLike
) -> FloatArray:
    """Return the heat of a rectangular current pulse: E = I^2 R t.

    Parameters
    ----------
    current_a : array_like
        I in A, |I| <= 1.
    resistance_ohm, pulse_width_s : array_like
        As in `voltage_pulse_energy_j`.

    Returns
    -------
    ndarray of float64
        Energy in J, broadcast shape.

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    Validity: ohmic resistance, rectangular pulse. Source: Joule's law.

    Examples
    --------
    >>> f"{float(current_pulse_energy_j(1e-3, 776.0, 1e-9)):.3g}"
    '7.76e-13'
    """
    current = in_range("current_a", current_a, -1.0, 1.0, unit="A")
    resistance, width = _resistance_and_width(resistance_ohm, pulse_width_s)
    matching_shapes(current_a=current, resistance_ohm=resistance, pulse_width_s=width)
    return plain(current**2 * resistance * width)


def junction_capacitance_farad(
    area_m2: float, oxide_thickness_m: float, *, relative_permittivity: float = 9.8
) -> float:
    """Return the plate capacitance of the barrier: C = eps0 eps_r A / t_ox.

    Parameters
    ----------
    area_m2 : float
        A in m^2, above 0.
    oxide_thickness_m : float
        t_ox in m, above 0.
    relative_permittivity : float
        eps_r, 1 to 100; 9.8 is bulk MgO at low frequency.

    Returns
    -------
    float
        Capacitance in F.

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    Validity: plate much wider than thick; no stray capacitance of the wires, which is larger.
    Source: parallel-plate formula.

    Examples
    --------
    >>> f"{junction_capacitance_farad(6.4e-15, 1.5e-9):.2g}"
    '3.7e-16'
    """
    in_range("area_m2", area_m2, 0.0, 1e-10, unit="m^2", open_low=True)
    in_range("oxide_thickness_m", oxide_thickness_m, 0.0, 1e-8, unit="m", open_low=True)
    in_range("relative_permittivity", relative_permittivity, 1.0, 100.0)
    return VACUUM_PERMITTIVITY_F_PER_M * relative_permittivity * area_m2 / oxide_thickness_m


def capacitive_energy_j(capacitance_farad: ArrayLike, voltage_v: ArrayLike) -> FloatArray:
    """Return what the supply gives to charge and discharge a capacitance once: E = C V^2.

    Parameters
    ----------
    capacitance_farad : array_like
        C in F, above 0.
    voltage_v : array_like
        V in V, |V| <= 10.

    Returns
    -------
    ndarray of float64
        Energy in J, broadcast shape.

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    Validity: full swing, no charge recovery. Source: half of C V^2 is lost on each edge.

    Examples
    --------
    >>> f"{float(capacitive_energy_j(3.7e-16, 0.5)):.2g}"
    '9.2e-17'
    """
    capacitance = in_range(
        "capacitance_farad", capacitance_farad, 0.0, 1.0, unit="F", open_low=True
    )
    bias = in_range("voltage_v", voltage_v, -10.0, 10.0, unit="V")
    matching_shapes(capacitance_farad=capacitance, voltage_v=bias)
    return plain(capacitance * bias**2)


def _resistance_and_width(
    resistance_ohm: ArrayLike, pulse_width_s: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    resistance = in_range("resistance_ohm", resistance_ohm, 0.0, 1e15, unit="ohm", open_low=True)
    width = in_range("pulse_width_s", pulse_width_s, 0.0, 1.0, unit="s", open_low=True)
    return resistance, width
