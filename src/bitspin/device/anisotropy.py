"""What holds the bit: perpendicular anisotropy, its control by a voltage, and the barrier."""

from __future__ import annotations

from numpy.typing import ArrayLike

from bitspin.device.constants import (
    BOLTZMANN_J_PER_KELVIN,
    ELEMENTARY_CHARGE_C,
    HBAR_J_S,
    VACUUM_PERMEABILITY_H_PER_M,
)
from bitspin.device.validity import FloatArray, in_range, plain

__all__ = [
    "anisotropy_field_a_per_m",
    "barrier",
    "sot_critical_current_density_a_per_m2",
    "sot_field_a_per_m",
    "stt_field_a_per_m",
    "vcma_barrier_slope_per_v",
]

_MAX_BIAS_V = 2.0


def anisotropy_field_a_per_m(
    voltage_v: ArrayLike,
    *,
    interface_anisotropy_j_per_m2: float,
    saturation_magnetization_a_per_m: float,
    free_layer_thickness_m: float,
    oxide_thickness_m: float,
    vcma_j_per_v_m: float,
    demagnetization_factor: float,
) -> FloatArray:
    """Return the net perpendicular anisotropy field under a bias.

    H_k(V) = 2 K_i / (mu0 M_s t_f) - 2 xi V / (mu0 M_s t_ox t_f) - N M_s

    Parameters
    ----------
    voltage_v : array_like
        Bias over the junction in V, any shape, |V| <= 2; positive lowers the anisotropy.
    interface_anisotropy_j_per_m2 : float
        K_i in J/m^2, 0 to 1e-2.
    saturation_magnetization_a_per_m : float
        M_s in A/m, above 0, at most 3e6.
    free_layer_thickness_m, oxide_thickness_m : float
        t_f and t_ox in m, above 0, at most 1e-8.
    vcma_j_per_v_m : float
        VCMA coefficient xi in J/(V m), 0 to 1e-11.
    demagnetization_factor : float
        N_z - N_x, 0 to 1.

    Returns
    -------
    ndarray of float64
        H_k in A/m; negative where the bias has turned the easy axis into the plane.

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    Validity: VCMA linear in the field, |V| <= 2 V. Source: Zhang et al., IEEE Access 8, 50792
    (2020); the demagnetising term is the thin-film shape anisotropy.

    Examples
    --------
    >>> field = anisotropy_field_a_per_m([0.0, 1.0], interface_anisotropy_j_per_m2=0.32e-3,
    ...     saturation_magnetization_a_per_m=0.625e6, free_layer_thickness_m=1.1e-9,
    ...     oxide_thickness_m=1.4e-9, vcma_j_per_v_m=60e-15, demagnetization_factor=1.0)
    >>> [round(float(f) / 1e3) for f in field]
    [116, 17]
    """
    bias = in_range("voltage_v", voltage_v, -_MAX_BIAS_V, _MAX_BIAS_V, unit="V")
    in_range("interface_anisotropy_j_per_m2", interface_anisotropy_j_per_m2, 0, 1e-2, unit="J/m^2")
    in_range("vcma_j_per_v_m", vcma_j_per_v_m, 0.0, 1e-11, unit="J/(V m)")
    in_range("demagnetization_factor", demagnetization_factor, 0.0, 1.0)
    in_range("oxide_thickness_m", oxide_thickness_m, 0.0, 1e-8, unit="m", open_low=True)
    moment = VACUUM_PERMEABILITY_H_PER_M * _sheet_moment(
        saturation_magnetization_a_per_m, free_layer_thickness_m
    )
    interface = 2.0 * (interface_anisotropy_j_per_m2 - vcma_j_per_v_m * bias / oxide_thickness_m)
    shape = demagnetization_factor * saturation_magnetization_a_per_m
    return plain(interface / moment - shape)


def barrier(
    anisotropy_field: ArrayLike,
    *,
    saturation_magnetization_a_per_m: float,
    free_layer_volume_m3: float,
    temperature_kelvin: ArrayLike,
    inplane_field_a_per_m: float = 0.0,
) -> FloatArray:
    """Return the thermal stability factor between the two perpendicular states.

    Delta = mu0 M_s H_k V_f / (2 k_B T) * (1 - H_x / H_k)^2

    Parameters
    ----------
    anisotropy_field : array_like
        Net H_k in A/m, not below `inplane_field_a_per_m`.
    saturation_magnetization_a_per_m, free_layer_volume_m3 : float
        M_s in A/m and volume in m^3, above 0.
    temperature_kelvin : array_like
        T in K, 1 to 600.
    inplane_field_a_per_m : float
        H_x in A/m, 0 or larger.

    Returns
    -------
    ndarray of float64
        Delta, dimensionless, 0 or larger.

    Raises
    ------
    ValidityError
        If H_k is below H_x (there is one state only), or an argument is out of range.

    Notes
    -----
    Validity: 0 <= H_x <= H_k, coherent rotation. Source: Stoner and Wohlfarth, Phil. Trans. R. Soc.
    A 240, 599 (1948), field along the hard axis.

    Examples
    --------
    >>> round(float(barrier(31.2e3, saturation_magnetization_a_per_m=1.2e6,
    ...     free_layer_volume_m3=7.04e-24, temperature_kelvin=300.0)), 1)
    40.0
    """
    low = inplane_field_a_per_m
    in_range("inplane_field_a_per_m", low, 0.0, 2e6, unit="A/m")
    field = in_range(
        "anisotropy field", anisotropy_field, low, 2e7, unit="A/m", remedy="lower the bias"
    )
    temperature = in_range("temperature_kelvin", temperature_kelvin, 1.0, 600.0, unit="K")
    in_range("saturation_magnetization_a_per_m", saturation_magnetization_a_per_m, 1.0, 3e6)
    in_range("free_layer_volume_m3", free_layer_volume_m3, 0.0, 1e-21, unit="m^3", open_low=True)
    energy = (
        0.5
        * VACUUM_PERMEABILITY_H_PER_M
        * saturation_magnetization_a_per_m
        * free_layer_volume_m3
        * field
    )
    reduction = (1.0 - low / field) ** 2 if low else 1.0
    return plain(energy / (BOLTZMANN_J_PER_KELVIN * temperature) * reduction)


def vcma_barrier_slope_per_v(
    *,
    vcma_j_per_v_m: float,
    area_m2: float,
    oxide_thickness_m: float,
    temperature_kelvin: ArrayLike,
) -> FloatArray:
    """Return how much a volt lowers the barrier.

    -dDelta/dV = xi A / (t_ox k_B T)

    Parameters
    ----------
    vcma_j_per_v_m : float
        xi in J/(V m), 0 to 1e-11.
    area_m2 : float
        Area of the junction in m^2, above 0.
    oxide_thickness_m : float
        t_ox in m, above 0.
    temperature_kelvin : array_like
        T in K, 1 to 600.

    Returns
    -------
    ndarray of float64
        Slope in 1/V.

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    Validity: no in-plane field. Source: derived from H_k(V) of `anisotropy_field_a_per_m`.

    Examples
    --------
    >>> import math
    >>> round(float(vcma_barrier_slope_per_v(vcma_j_per_v_m=60e-15,
    ...     area_m2=math.pi * 40e-9**2, oxide_thickness_m=1.4e-9, temperature_kelvin=300.0)))
    52
    """
    in_range("vcma_j_per_v_m", vcma_j_per_v_m, 0.0, 1e-11, unit="J/(V m)")
    in_range("area_m2", area_m2, 0.0, 1e-10, unit="m^2", open_low=True)
    in_range("oxide_thickness_m", oxide_thickness_m, 0.0, 1e-8, unit="m", open_low=True)
    temperature = in_range("temperature_kelvin", temperature_kelvin, 1.0, 600.0, unit="K")
    return plain(
        vcma_j_per_v_m * area_m2 / (oxide_thickness_m * BOLTZMANN_J_PER_KELVIN * temperature)
    )


def sot_field_a_per_m(
    current_density_a_per_m2: ArrayLike,
    *,
    spin_hall_angle: float,
    saturation_magnetization_a_per_m: float,
    free_layer_thickness_m: float,
) -> FloatArray:
    """Return the damping-like spin-orbit field of a current in the track.

    H_DL = hbar theta_SH J / (2 e mu0 M_s t_f)

    Parameters
    ----------
    current_density_a_per_m2 : array_like
        J in the track in A/m^2, |J| <= 1e14.
    spin_hall_angle : float
        theta_SH, -2 to 2.
    saturation_magnetization_a_per_m, free_layer_thickness_m : float
        M_s in A/m and t_f in m, above 0.

    Returns
    -------
    ndarray of float64
        Field in A/m, sign of J times theta_SH.

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    Validity: thin free layer, transparent interface. Source: Liu et al., Phys. Rev. Lett. 109,
    096602 (2012).

    Examples
    --------
    >>> round(float(sot_field_a_per_m(2.2e11, spin_hall_angle=0.3,
    ...     saturation_magnetization_a_per_m=1.2e6, free_layer_thickness_m=1.1e-9)))
    13095
    """
    density = in_range("current_density_a_per_m2", current_density_a_per_m2, -1e14, 1e14)
    in_range("spin_hall_angle", spin_hall_angle, -2.0, 2.0)
    moment = _sheet_moment(saturation_magnetization_a_per_m, free_layer_thickness_m)
    per_density = HBAR_J_S * spin_hall_angle / (2.0 * ELEMENTARY_CHARGE_C)
    return plain(per_density * density / (VACUUM_PERMEABILITY_H_PER_M * moment))


def stt_field_a_per_m(
    voltage_v: ArrayLike,
    *,
    spin_polarization: float,
    resistance_area_ohm_m2: float,
    saturation_magnetization_a_per_m: float,
    free_layer_thickness_m: float,
) -> FloatArray:
    """Return the damping-like spin-transfer field of a bias over the junction.

    H_STT = hbar P (V / RA) / (2 e mu0 M_s t_f)

    Parameters
    ----------
    voltage_v : array_like
        Bias in V, |V| <= 2.
    spin_polarization : float
        P, 0 to 1.
    resistance_area_ohm_m2 : float
        Resistance-area product in ohm m^2, above 0.
    saturation_magnetization_a_per_m, free_layer_thickness_m : float
        M_s in A/m and t_f in m, above 0.

    Returns
    -------
    ndarray of float64
        Field in A/m.

    Raises
    ------
    ValidityError
        If an argument is out of range.

    Notes
    -----
    Validity: angular dependence of the torque neglected. Source: Slonczewski, J. Magn. Magn.
    Mater. 159, L1 (1996), in the form of Zhang et al., IEEE Access 8, 50792 (2020).

    Examples
    --------
    >>> round(float(stt_field_a_per_m(1.0, spin_polarization=0.58, resistance_area_ohm_m2=36e-12,
    ...     saturation_magnetization_a_per_m=0.625e6, free_layer_thickness_m=1.1e-9)))
    6137
    """
    bias = in_range("voltage_v", voltage_v, -_MAX_BIAS_V, _MAX_BIAS_V, unit="V")
    in_range("spin_polarization", spin_polarization, 0.0, 1.0)
    in_range("resistance_area_ohm_m2", resistance_area_ohm_m2, 0.0, 1e-3, open_low=True)
    return sot_field_a_per_m(
        bias / resistance_area_ohm_m2,
        spin_hall_angle=spin_polarization,
        saturation_magnetization_a_per_m=saturation_magnetization_a_per_m,
        free_layer_thickness_m=free_layer_thickness_m,
    )


def sot_critical_current_density_a_per_m2(
    anisotropy_field: ArrayLike,
    *,
    inplane_field_a_per_m: float,
    spin_hall_angle: float,
    saturation_magnetization_a_per_m: float,
    free_layer_thickness_m: float,
) -> FloatArray:
    """Return the track current density that turns a perpendicular layer over without heat.

    J_c = (2 e / hbar) (mu0 M_s t_f / theta_SH) (H_k / 2 - H_x / sqrt(2))

    Parameters
    ----------
    anisotropy_field : array_like
        Net H_k in A/m, above 0.
    inplane_field_a_per_m : float
        Field along the current in A/m, 0 to 0.2 H_k.
    spin_hall_angle : float
        theta_SH, above 0, at most 2.
    saturation_magnetization_a_per_m, free_layer_thickness_m : float
        M_s in A/m and t_f in m, above 0.

    Returns
    -------
    ndarray of float64
        J_c in A/m^2.

    Raises
    ------
    ValidityError
        If an argument is out of range, among them H_x above 0.2 H_k.

    Notes
    -----
    Validity: H_x well below H_k (here <= 0.2 H_k), damping high enough that the layer follows
    (alpha >= 0.03), pulses much longer than a precession, no thermal field. Source: Lee, Lee, Min
    and Lee, Appl. Phys. Lett. 102, 112410 (2013).

    Examples
    --------
    >>> density = sot_critical_current_density_a_per_m2(31.2e3, inplane_field_a_per_m=3e3,
    ...     spin_hall_angle=0.3, saturation_magnetization_a_per_m=1.2e6,
    ...     free_layer_thickness_m=1.1e-9)
    >>> f"{float(density):.3g}"
    '2.26e+11'
    """
    field = in_range("anisotropy field", anisotropy_field, 0.0, 2e7, unit="A/m", open_low=True)
    in_range(
        "inplane_field_a_per_m over the anisotropy field", inplane_field_a_per_m / field, 0.0, 0.2
    )
    in_range("spin_hall_angle", spin_hall_angle, 0.0, 2.0, open_low=True)
    per_density = sot_field_a_per_m(
        1.0,
        spin_hall_angle=spin_hall_angle,
        saturation_magnetization_a_per_m=saturation_magnetization_a_per_m,
        free_layer_thickness_m=free_layer_thickness_m,
    )
    return plain((0.5 * field - inplane_field_a_per_m / 2.0**0.5) / per_density)


def _sheet_moment(saturation_magnetization_a_per_m: float, free_layer_thickness_m: float) -> float:
    in_range(
        "saturation_magnetization_a_per_m",
        saturation_magnetization_a_per_m,
        0.0,
        3e6,
        unit="A/m",
        open_low=True,
    )
    in_range("free_layer_thickness_m", free_layer_thickness_m, 0.0, 1e-8, unit="m", open_low=True)
    return saturation_magnetization_a_per_m * free_layer_thickness_m
