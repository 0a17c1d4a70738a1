"""Physics of one memory cell: parameters, bias and time in; probabilities, ohms and joules out.

What comes in: a preset name or a TOML file (`load_device`), a measured switching curve
(`read_switching_csv`, `fit_switching`), a bias, a pulse width, a temperature. What goes out:
switching probability, resistance, error rates and energies of ONE cell, as float64 arrays in SI
units, each formula with its source and validity range, and `ValidityError` outside it. Arrays of
cells, learning rules and prices live elsewhere.

Read `cell.py` first (what a cell can be asked), then `sot_mtj.py` and `vgsot_mtj.py` (how it
answers). The closed forms stand in `resistance.py`, `anisotropy.py`, `activation.py`,
`precession.py`, `sot.py` and `energy.py`; `macrospin.py` is the slow simulation that they are
checked against (`heun.py` is its step), `tabulate.py` turns it into tables, `spice.py` checks it in
turn. `measured.py` reads a switching curve and `fit.py` fits it (`regression.py` by two methods,
`profile.py` for intervals); `fitted_device.py` makes a cell of the result. `spread.py` is one cell
out of many.

State 0 is parallel (low resistance), state 1 antiparallel.
"""

from __future__ import annotations

from bitspin.device.cell import Device, MtjCell
from bitspin.device.characteristics import (
    Characteristic,
    Curve,
    characteristics,
    switching_curves,
    toggle_curve,
)
from bitspin.device.files import (
    AnyDevice,
    device_from_table,
    device_table,
    device_toml,
    load_device,
    preset_names,
    save_device,
)
from bitspin.device.fit import Fit, FittedParameter, fit_switching
from bitspin.device.fitted_device import device_from_fit
from bitspin.device.macrospin import (
    MacrospinParameters,
    MacrospinResult,
    Segment,
    simulate_macrospin,
)
from bitspin.device.measured import SwitchingData, read_switching_csv
from bitspin.device.parameters import CosineToggle, PhaseToggle, SotWrite, Spread, TableToggle
from bitspin.device.resistance import ANTIPARALLEL, PARALLEL
from bitspin.device.sot_mtj import SotMtj
from bitspin.device.spice import macrospin_deck, run_macrospin_deck
from bitspin.device.spread import scaled_cell
from bitspin.device.tabulate import tabulate_sot, tabulate_toggle
from bitspin.device.thermal_mtj import ThermalMtj
from bitspin.device.vgsot_mtj import FreeLayer, VgsotMtj

__all__ = [
    "ANTIPARALLEL",
    "PARALLEL",
    "AnyDevice",
    "Characteristic",
    "CosineToggle",
    "Curve",
    "Device",
    "Fit",
    "FittedParameter",
    "FreeLayer",
    "MacrospinParameters",
    "MacrospinResult",
    "MtjCell",
    "PhaseToggle",
    "Segment",
    "SotMtj",
    "SotWrite",
    "Spread",
    "SwitchingData",
    "TableToggle",
    "ThermalMtj",
    "VgsotMtj",
    "characteristics",
    "device_from_fit",
    "device_from_table",
    "device_table",
    "device_toml",
    "fit_switching",
    "load_device",
    "macrospin_deck",
    "preset_names",
    "read_switching_csv",
    "run_macrospin_deck",
    "save_device",
    "scaled_cell",
    "simulate_macrospin",
    "switching_curves",
    "tabulate_sot",
    "tabulate_toggle",
    "toggle_curve",
]
