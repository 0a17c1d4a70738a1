"""A voltage-gated SOT cell described by its geometry and materials; the rest follows from them."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field, model_validator

from bitspin.device.anisotropy import (
    anisotropy_field_a_per_m,
    barrier,
    sot_critical_current_density_a_per_m2,
    sot_field_a_per_m,
    stt_field_a_per_m,
)
from bitspin.device.cell import ROOM_TEMPERATURE_KELVIN
from bitspin.device.energy import junction_capacitance_farad
from bitspin.device.macrospin import MacrospinParameters
from bitspin.device.parameters import Record
from bitspin.device.precession import precession_period_s
from bitspin.device.sot_mtj import SotMtj
from bitspin.device.validity import FloatArray, in_range, plain
from bitspin.errors import ValidityError

__all__ = ["FreeLayer", "VgsotMtj"]

#: A bias over the junction also pushes by spin-transfer torque; up to this share of the in-plane
#: field the push leaves the precession as the closed form has it (our choice, checked by a test).
_MAX_STT_SHARE = 0.005


class FreeLayer(Record):
    """Geometry and materials of the magnet, its barrier and its track; SI units.

    Parameters
    ----------
    shape : {"circle", "square"}
        Of the junction.
    diameter_m : float
        Or the edge of a square, in m, above 0, at most 1e-6.
    free_layer_thickness_m, oxide_thickness_m : float
        t_f and t_ox in m, above 0, at most 1e-8.
    saturation_magnetization_a_per_m : float
        M_s in A/m, above 0, at most 3e6.
    interface_anisotropy_j_per_m2 : float
        K_i in J/m^2, above 0, at most 1e-2.
    demagnetization_factor : float
        N_z - N_x, 0 to 1.
    vcma_j_per_v_m : float
        xi in J/(V m), 0 to 1e-11.
    damping : float
        alpha, above 0, at most 1.
    resistance_area_ohm_m2 : float
        RA in ohm m^2, above 0, at most 1e-3.
    spin_polarization : float
        P, 0 to 1.
    spin_hall_angle : float
        Above 0, at most 2.
    inplane_field_a_per_m : float
        H_x in A/m, 0 to 2e6.
    track_thickness_m, track_width_m, track_length_m : float
        In m, above 0, at most 1e-7, 1e-6 and 1e-5.
    track_resistivity_ohm_m : float
        rho in ohm m, above 0, at most 1e-3.
    """

    shape: Literal["circle", "square"] = "circle"
    diameter_m: float = Field(gt=0, le=1e-6)
    free_layer_thickness_m: float = Field(gt=0, le=1e-8)
    oxide_thickness_m: float = Field(gt=0, le=1e-8)
    saturation_magnetization_a_per_m: float = Field(gt=0, le=3e6)
    interface_anisotropy_j_per_m2: float = Field(gt=0, le=1e-2)
    demagnetization_factor: float = Field(default=1.0, ge=0, le=1)
    vcma_j_per_v_m: float = Field(ge=0, le=1e-11)
    damping: float = Field(gt=0, le=1)
    resistance_area_ohm_m2: float = Field(gt=0, le=1e-3)
    spin_polarization: float = Field(ge=0, le=1)
    spin_hall_angle: float = Field(gt=0, le=2)
    inplane_field_a_per_m: float = Field(default=0.0, ge=0, le=2e6)
    track_thickness_m: float = Field(gt=0, le=1e-7)
    track_width_m: float = Field(gt=0, le=1e-6)
    track_length_m: float = Field(gt=0, le=1e-5)
    track_resistivity_ohm_m: float = Field(gt=0, le=1e-3)

    def area_m2(self) -> float:
        """Return the junction area (m^2)."""
        return self.diameter_m**2 * (math.pi / 4 if self.shape == "circle" else 1.0)

    def track_ohm(self) -> float:
        """Return the track resistance (ohm): rho l / (w d)."""
        section = self.track_width_m * self.track_thickness_m
        return self.track_resistivity_ohm_m * self.track_length_m / section

    def anisotropy_field_a_per_m(self, voltage_v: ArrayLike = 0.0) -> FloatArray:
        """Return the net anisotropy field (A/m) under a bias (V)."""
        return anisotropy_field_a_per_m(
            voltage_v,
            interface_anisotropy_j_per_m2=self.interface_anisotropy_j_per_m2,
            saturation_magnetization_a_per_m=self.saturation_magnetization_a_per_m,
            free_layer_thickness_m=self.free_layer_thickness_m,
            oxide_thickness_m=self.oxide_thickness_m,
            vcma_j_per_v_m=self.vcma_j_per_v_m,
            demagnetization_factor=self.demagnetization_factor,
        )

    def stability(
        self, voltage_v: ArrayLike = 0.0, temperature_kelvin: ArrayLike = ROOM_TEMPERATURE_KELVIN
    ) -> FloatArray:
        """Return Delta under a bias (V) and the in-plane field; needs H_k(V) above H_x."""
        return barrier(
            self.anisotropy_field_a_per_m(voltage_v),
            saturation_magnetization_a_per_m=self.saturation_magnetization_a_per_m,
            free_layer_volume_m3=self.area_m2() * self.free_layer_thickness_m,
            temperature_kelvin=temperature_kelvin,
            inplane_field_a_per_m=self.inplane_field_a_per_m,
        )

    def zero_anisotropy_voltage_v(self) -> float:
        """Return the bias (V) at which the perpendicular anisotropy vanishes.

        Raises
        ------
        ValidityError
            If no bias changes the anisotropy.
        """
        macrospin = self.macrospin()
        slope = macrospin.vcma_field_a_per_m_per_v
        if slope == 0.0:
            raise ValidityError("vcma_j_per_v_m is 0, expected more: no bias can toggle this cell")
        return macrospin.anisotropy_field_a_per_m / slope

    def critical_current_density_a_per_m2(self, gate_voltage_v: ArrayLike = 0.0) -> FloatArray:
        """Return the track current density (A/m^2) that switches at T = 0 under a gate bias."""
        return sot_critical_current_density_a_per_m2(
            self.anisotropy_field_a_per_m(gate_voltage_v),
            inplane_field_a_per_m=self.inplane_field_a_per_m,
            spin_hall_angle=self.spin_hall_angle,
            saturation_magnetization_a_per_m=self.saturation_magnetization_a_per_m,
            free_layer_thickness_m=self.free_layer_thickness_m,
        )

    def current_density_a_per_m2(self, track_voltage_v: ArrayLike) -> FloatArray:
        """Return the current density (A/m^2) of a voltage (V) over the track."""
        bias = in_range("track_voltage_v", track_voltage_v, -10.0, 10.0, unit="V")
        return plain(bias / (self.track_resistivity_ohm_m * self.track_length_m))

    def macrospin(self) -> MacrospinParameters:
        """Return this layer as a macrospin, for the reference simulation."""
        at_zero, at_one = (float(field) for field in self.anisotropy_field_a_per_m([0.0, 1.0]))
        layer = {
            "saturation_magnetization_a_per_m": self.saturation_magnetization_a_per_m,
            "free_layer_thickness_m": self.free_layer_thickness_m,
        }
        return MacrospinParameters(
            saturation_magnetization_a_per_m=self.saturation_magnetization_a_per_m,
            free_layer_volume_m3=self.area_m2() * self.free_layer_thickness_m,
            damping=self.damping,
            anisotropy_field_a_per_m=at_zero,
            vcma_field_a_per_m_per_v=at_zero - at_one,
            inplane_field_a_per_m=self.inplane_field_a_per_m,
            sot_field_per_current_density_m=float(
                sot_field_a_per_m(1.0, spin_hall_angle=self.spin_hall_angle, **layer)
            ),
            stt_field_a_per_m_per_v=float(
                stt_field_a_per_m(
                    1.0,
                    spin_polarization=self.spin_polarization,
                    resistance_area_ohm_m2=self.resistance_area_ohm_m2,
                    **layer,
                )
            ),
        )

    def phase_toggle(self) -> dict[str, Any] | None:
        """Return the closed-form toggle of this layer, or None outside its validity range."""
        macrospin = self.macrospin()
        field_x = macrospin.inplane_field_a_per_m
        if field_x == 0.0 or macrospin.vcma_field_a_per_m_per_v == 0.0:
            return None
        voltage = self.zero_anisotropy_voltage_v()
        field_ratio = field_x / macrospin.anisotropy_field_a_per_m
        stability = macrospin.thermal_stability(ROOM_TEMPERATURE_KELVIN)
        push = macrospin.stt_field_a_per_m_per_v * voltage / field_x
        inside = 0.15 <= field_ratio <= 0.2 and 0.01 <= self.damping <= 0.02
        if not (inside and 40.0 <= stability <= 65.0 and push <= _MAX_STT_SHARE and voltage <= 2.0):
            return None
        return {
            "kind": "phase",
            "voltage_v": voltage,
            "period_s": float(precession_period_s(field_x, damping=self.damping)),
            "field_ratio": field_ratio,
            "damping": self.damping,
            "stability": stability,
        }


class VgsotMtj(SotMtj):
    """A cell whose resistance, barrier, track and toggle follow from geometry and materials.

    Parameters
    ----------
    free_layer : FreeLayer
        Geometry and materials. `parallel_ohm`, `stability`, `track_ohm`,
        `junction_capacitance_farad`, `read_critical_voltage_v` and, inside the validity range of
        the closed form, `toggle` are derived from it unless given.
    gate_voltage_v : float
        Bias over the junction during a write pulse, in V, at which `write` holds.

    Notes
    -----
    `write` is a sigmoid fitted to the macrospin (`tabulate_sot`), since no closed form covers
    sub-nanosecond SOT switching.

    Examples
    --------
    >>> from bitspin.device import load_device
    >>> cell = load_device("vgsot-b")
    >>> round(float(cell.parallel_ohm)), round(cell.free_layer.zero_anisotropy_voltage_v(), 2)
    (50000, 0.52)
    """

    kind: Literal["vgsot-mtj"] = "vgsot-mtj"  # type: ignore[assignment]
    free_layer: FreeLayer
    gate_voltage_v: float = Field(default=0.0, ge=-2, le=2)

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "free_layer" not in data:
            return data
        layer = FreeLayer.model_validate(data["free_layer"])
        return {**derived_parameters(layer), **data}


def derived_parameters(layer: FreeLayer) -> dict[str, Any]:
    """Return the parameters of a cell that follow from its free layer.

    Parameters
    ----------
    layer : FreeLayer
        Geometry and materials.

    Returns
    -------
    dict
        Values for the fields of `VgsotMtj`, by name.

    Raises
    ------
    ValidityError
        If the layer holds no bit, its net anisotropy being below the in-plane field.
    """
    area = layer.area_m2()
    values: dict[str, Any] = {
        "parallel_ohm": layer.resistance_area_ohm_m2 / area,
        "stability": float(layer.stability()),
        "track_ohm": layer.track_ohm(),
        "junction_capacitance_farad": junction_capacitance_farad(area, layer.oxide_thickness_m),
    }
    macrospin = layer.macrospin()
    slope = macrospin.vcma_field_a_per_m_per_v
    if slope > 0.0:
        room = macrospin.anisotropy_field_a_per_m - macrospin.inplane_field_a_per_m
        # VCMA takes H_k down to H_x, where the barrier is gone; past 10 V nothing is left to read.
        values["read_critical_voltage_v"] = float(np.minimum(room / slope, 10.0))
    toggle = layer.phase_toggle()
    if toggle is not None:
        values["toggle"] = toggle
    return values
