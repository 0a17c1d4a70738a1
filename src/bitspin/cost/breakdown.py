"""Events times prices: what a training run costs in an array, item by item."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bitspin.array import MramModel, OpCounts
from bitspin.cost.column import logic_transistors
from bitspin.cost.table import CostTable
from bitspin.device import ANTIPARALLEL, PARALLEL, AnyDevice, load_device

__all__ = ["TOGGLE_PRESET", "Area", "CostBreakdown", "CostItem", "Scheme", "price_run"]

Scheme = Literal["complementary", "toggle"]

# Whose toggle is priced where the array's own device has none.
TOGGLE_PRESET = "vcma-toggle"


@dataclass(frozen=True)
class CostItem:
    """So many events at so much each.

    Parameters
    ----------
    name : str
    events : int
    each_j : float
        Energy of one event.
    source : str
        Where the price comes from.
    """

    name: str
    events: int
    each_j: float
    source: str

    @property
    def energy_j(self) -> float:
        """Energy of all of them."""
        return self.events * self.each_j


@dataclass(frozen=True)
class Area:
    """Silicon under a network of which every row has a column circuit of its own.

    Parameters
    ----------
    logic_m2 : float
        Popcount trees and thresholds; 0 where currents add up.
    cells_m2 : float or None
        Junctions with their transistors; None where the table does not say.
    logic_source, cells_source : str
        Where the prices come from.
    """

    logic_m2: float
    cells_m2: float | None
    logic_source: str
    cells_source: str


@dataclass(frozen=True)
class CostBreakdown:
    """Price of a run in one scheme.

    Parameters
    ----------
    scheme : {"complementary", "toggle"}
    items : tuple of CostItem
    latency_s : float
        Array time: every row of a layer works at once, layers and samples one after the other,
        write pulses one at a time (an upper bound).
    cells : int
        Junctions that hold the network.
    pulses_per_cell : float
        Mean write pulses of a junction. Toggles are not among them.
    toggles_per_cell : float
        Mean toggles of a junction; 0 where products need none.
    endurance_cycles : float or None
        Writes that a junction survives, where the device says.
    area : Area
    remarks : tuple of str
        What to know before comparing.
    """

    scheme: Scheme
    items: tuple[CostItem, ...]
    latency_s: float
    cells: int
    pulses_per_cell: float
    toggles_per_cell: float
    endurance_cycles: float | None
    area: Area
    remarks: tuple[str, ...] = ()

    @property
    def energy_j(self) -> float:
        """Energy of the run."""
        return sum(item.energy_j for item in self.items)

    def to_plain(self) -> dict[str, Any]:
        """Give plain values for a file."""
        return {**asdict(self), "energy_j": self.energy_j}


def price_run(
    model: MramModel,
    widths: tuple[int, ...],
    layers: tuple[OpCounts, ...],
    write_probability: float,
    scheme: Scheme,
    table: CostTable | None = None,
) -> CostBreakdown:
    """Price the events of a run.

    Parameters
    ----------
    model : MramModel
        The array; its device tells read, write and toggle energies.
    widths : tuple of int
        Input bits, hidden units …, code bits.
    layers : tuple of OpCounts
        Events of each layer over the run.
    write_probability : float
        What the rule asked of a pulse; it sets the voltage that is paid for.
    scheme : {"complementary", "toggle"}
        A product of the first reads one of two junctions, and a write pulses both.
    table : CostTable, optional

    Returns
    -------
    CostBreakdown
        With a remark where the scheme is not the array's own, or the device has no toggle and that
        of `TOGGLE_PRESET` is priced in its place.
    """
    table = table or CostTable()
    total = sum(layers, OpCounts())
    branches = 2 if scheme == "complementary" else 1
    products = sum(a * b for a, b in itertools.pairwise(widths))
    cells = branches * products
    return CostBreakdown(
        scheme=scheme,
        items=energy_items(model, total, write_probability, scheme, table),
        latency_s=latency_s(model, widths, layers, scheme, table),
        cells=cells,
        pulses_per_cell=branches * total.pulses / cells,
        toggles_per_cell=total.toggles / cells if scheme == "toggle" else 0.0,
        endurance_cycles=model.device.endurance_cycles,
        area=area(0 if model.spec.sensing == "sum" else products, cells, table),
        remarks=remarks(model, scheme),
    )


def toggling_device(model: MramModel) -> AnyDevice:
    """Device whose toggle is priced."""
    return model.device if model.device.toggle else load_device(TOGGLE_PRESET)


def remarks(model: MramModel, scheme: Scheme) -> tuple[str, ...]:
    """What to know before comparing a scheme."""
    found = []
    if scheme != model.spec.xnor:
        found.append(
            f"{scheme}: priced with the events of this {model.spec.xnor} run; its own accuracy "
            f"would need a run with --xnor {scheme}"
        )
    if scheme == "toggle" and model.device.toggle is None:
        found.append(
            f"toggle: {model.device.name} cannot toggle; energy and width of the toggles are those "
            f"of {TOGGLE_PRESET}"
        )
    return tuple(found)


def area(counted_products: int, cells: int, table: CostTable) -> Area:
    """Silicon of trees and cells; sense amplifiers, drivers and wires are not in it."""
    logic, cell = table.logic_transistor_m2, table.cell_m2
    return Area(
        logic_m2=logic_transistors(counted_products) * logic.value,
        cells_m2=None if cell is None else cells * cell.value,
        logic_source=logic.source,
        cells_source="not known; give cell_m2 with --cost" if cell is None else cell.source,
    )


def energy_items(
    model: MramModel, total: OpCounts, write_probability: float, scheme: Scheme, table: CostTable
) -> tuple[CostItem, ...]:
    """Energy of each kind of event."""
    spec, device = model.spec, model.device
    conductance = 0.5 * sum(
        1.0 / float(device.resistance_ohm(state, spec.read_voltage_v))
        for state in (PARALLEL, ANTIPARALLEL)
    )
    read_j = spec.read_voltage_v**2 * spec.read_pulse_width_s * conductance
    read = f"V²t/R at {spec.read_voltage_v:g} V, mean of both states; {device.name}"
    voltage = model.voltage_v(write_probability)
    write_j = float(device.write_energy_j(voltage, model.pulse_width_s))
    by_sum = spec.sensing == "sum"
    senses = (
        total.senses + total.backward_senses if by_sum else total.products + total.backward_products
    )
    sense, popcount = table.sense_j, table.popcount_j
    # Currents that add up on the bit line need no popcount.
    popcounts = (0, 0) if by_sum else (total.products, total.backward_products)
    items = [
        CostItem("forward products", total.products, read_j, read),
        CostItem("popcount", popcounts[0], popcount.value, popcount.source),
        CostItem("sense", senses, sense.value, sense.source),
        CostItem("backward products", total.backward_products, read_j, read),
        CostItem("backward popcount", popcounts[1], popcount.value, popcount.source),
        CostItem(
            "gradients",
            total.gradient_products,
            table.accumulate_j.value,
            table.accumulate_j.source,
        ),
        CostItem(
            "write pulses",
            (2 if scheme == "complementary" else 1) * total.pulses,
            write_j,
            f"{voltage:.3f} V, {model.pulse_width_s * 1e9:g} ns; {device.name}",
        ),
    ]
    if scheme == "toggle":
        toggling = toggling_device(model)
        toggle_j = float(toggling.toggle_energy_j())
        width_s = toggling.reference_toggle_width_s()
        source = f"leakage and charge of a pulse of {width_s * 1e9:.3g} ns; {toggling.name}"
        items.insert(1, CostItem("toggles", total.toggles, toggle_j, source))
    return tuple(items)


def latency_s(
    model: MramModel,
    widths: tuple[int, ...],
    layers: tuple[OpCounts, ...],
    scheme: Scheme,
    table: CostTable,
) -> float:
    """Time of the array alone."""
    read = model.spec.read_pulse_width_s + table.sense_s.value
    if scheme == "toggle":
        read += 2.0 * toggling_device(model).reference_toggle_width_s()
    time = 0.0
    for index, events in enumerate(layers):
        forward = events.senses // widths[index + 1]
        backward = events.backward_senses // widths[index]
        time += (forward + backward) * read + events.pulses * model.pulse_width_s
    return time
