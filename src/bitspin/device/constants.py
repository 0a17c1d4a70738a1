"""Physical constants in SI units (CODATA 2018 values).

The gyromagnetic ratio of the electron enters every formula as ``GAMMA_0_M_PER_A_S``, that is
mu0 times gamma, so that fields can stay in A/m.
"""

from __future__ import annotations

import math

__all__ = [
    "BOLTZMANN_J_PER_KELVIN",
    "ELEMENTARY_CHARGE_C",
    "GAMMA_0_M_PER_A_S",
    "GYROMAGNETIC_RATIO_RAD_PER_S_T",
    "HBAR_J_S",
    "VACUUM_PERMEABILITY_H_PER_M",
    "VACUUM_PERMITTIVITY_F_PER_M",
]

BOLTZMANN_J_PER_KELVIN = 1.380649e-23
ELEMENTARY_CHARGE_C = 1.602176634e-19
HBAR_J_S = 1.054571817e-34
VACUUM_PERMEABILITY_H_PER_M = 4e-7 * math.pi
VACUUM_PERMITTIVITY_F_PER_M = 8.8541878128e-12
GYROMAGNETIC_RATIO_RAD_PER_S_T = 1.76085963e11
GAMMA_0_M_PER_A_S = GYROMAGNETIC_RATIO_RAD_PER_S_T * VACUUM_PERMEABILITY_H_PER_M
