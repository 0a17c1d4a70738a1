"""Events times prices: what a training run costs in an array, item by item."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bitspin.array import MramModel, OpCounts
from bitspin.cost.table import CostTable
from bitspin.device import ANTIPARALLEL, PARALLEL
from bitspin.errors import ValidityError

__all__ = ["CostBreakdown", "CostItem", "price_run"]

Scheme = Literal["complementary", "toggle"]


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
    endurance_cycles : float or None
        Writes that a junction survives, where the device says.
    """

    scheme: Scheme
    items: tuple[CostItem, ...]
    latency_s: float
    cells: int
    pulses_per_cell: float
    endurance_cycles: float | None

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

    Raises
    ------
    ValidityError
        If the scheme toggles and the device cannot.
    """
    table = table or CostTable()
    if scheme == "toggle" and model.device.toggle is None:
        raise ValidityError(
            f"cost of a toggle array: got {model.device.name}, which has no toggle; expected a "
            "device with one, such as vcma-toggle"
        )
    total = sum(layers, OpCounts())
    branches = 2 if scheme == "complementary" else 1
    cells = branches * sum(a * b for a, b in itertools.pairwise(widths))
    items = energy_items(model, total, write_probability, branches, table)
    return CostBreakdown(
        scheme,
        items,
        latency_s(model, widths, layers, scheme, table),
        cells,
        branches * total.pulses / cells,
        model.device.endurance_cycles,
    )


def energy_items(
    model: MramModel, total: OpCounts, write_probability: float, branches: int, table: CostTable
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
    items = [
        CostItem("forward products", total.products, read_j, read),
        CostItem("popcount", total.products, table.popcount_j.value, table.popcount_j.source),
        # Each product is sensed by itself and counted digitally.
        CostItem(
            "sense",
            total.products + total.backward_products,
            table.sense_j.value,
            table.sense_j.source,
        ),
        CostItem("backward products", total.backward_products, read_j, read),
        CostItem(
            "backward popcount",
            total.backward_products,
            table.popcount_j.value,
            table.popcount_j.source,
        ),
        CostItem(
            "gradients",
            total.gradient_products,
            table.accumulate_j.value,
            table.accumulate_j.source,
        ),
        CostItem(
            "write pulses",
            branches * total.pulses,
            write_j,
            f"{voltage:.3f} V, {model.pulse_width_s * 1e9:g} ns; {device.name}",
        ),
    ]
    if branches == 1:
        toggle_j = float(device.toggle_energy_j())
        items.insert(1, CostItem("toggles", total.toggles, toggle_j, f"{device.name}"))
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
        read += 2.0 * model.device.reference_toggle_width_s()
    time = 0.0
    for index, events in enumerate(layers):
        forward = events.senses // widths[index + 1]
        backward = events.backward_senses // widths[index]
        time += (forward + backward) * read + events.pulses * model.pulse_width_s
    return time
