"""Energy by kind of event, memory by item, and the source of each constant."""

from __future__ import annotations

from collections.abc import Callable

from bitspin.cost import CostBreakdown
from bitspin.report.groups import PALETTE
from bitspin.report.parts import Figure, Table
from bitspin.report.quantities import NARROW, count, percent, with_unit
from bitspin.results import RunResult
from bitspin.run import Run
from bitspin.train import Network

__all__ = ["energy_figure", "energy_table", "memory_table", "scheme_table"]


def energy_figure(costs: tuple[CostBreakdown, ...], key: str) -> Figure:
    """Energy of each kind of event, schemes side by side."""
    names = list(dict.fromkeys(item.name for cost in costs for item in cost.items))
    traces = []
    for index, cost in enumerate(costs):
        energy = {item.name: item.energy_j for item in cost.items}
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "y": names,
                "x": [energy.get(name) for name in names],
                "name": cost.scheme,
                "marker": {"color": PALETTE[index]},
                "hovertemplate": "%{y}: %{x:.3s}J<extra>%{fullData.name}</extra>",
            }
        )
    layout = {
        "height": 120 + 34 * len(names),
        "barmode": "group",
        "showlegend": len(costs) > 1,
        "legend": {"orientation": "h", "y": 1.1},
        "xaxis": {"title": {"text": "energy of training / J"}, "tickformat": "~s"},
        "yaxis": {"automargin": True, "autorange": "reversed"},
    }
    return Figure(
        key,
        "Energy of training",
        "Events counted in the array, times the price of one. The run used the scheme named first; "
        "the other one is priced with the same events, as if its accuracy were the same.",
        "cost.json of the run",
        traces,
        layout,
    )


def energy_table(cost: CostBreakdown) -> Table:
    """Events, price of one, energy, share, and where the price comes from."""
    total = cost.energy_j or 1.0
    rows = tuple(
        (
            item.name,
            count(item.events),
            with_unit(item.each_j, "J"),
            with_unit(item.energy_j, "J"),
            percent(item.energy_j / total, 1),
            item.source,
        )
        for item in cost.items
    )
    headings = ("event", "events", "each", "energy", "share", "source of the price")
    return Table(headings, rows, words=(5,))


def scheme_table(costs: tuple[CostBreakdown, ...]) -> Table:
    """What each scheme of the product comes to, and where its area comes from."""
    area = costs[0].area

    def row(name: str, source: str, say: Callable[[CostBreakdown], str]) -> tuple[str, ...]:
        return (name, *(say(cost) for cost in costs), source)

    rows = (
        row("energy", "sum of the events below", lambda one: with_unit(one.energy_j, "J")),
        row(
            "array time, at most",
            "write pulses one after the other",
            lambda one: with_unit(one.latency_s, "s"),
        ),
        row("junctions", "", lambda one: count(one.cells)),
        row("write pulses of a junction", "mean", lambda one: f"{one.pulses_per_cell:.2f}"),
        row("toggles of a junction", "mean", lambda one: count(round(one.toggles_per_cell))),
        row("area of the logic", area.logic_source, lambda one: square_mm(one.area.logic_m2)),
        row("area of the cells", area.cells_source, lambda one: square_mm(one.area.cells_m2)),
    )
    return Table(("", *(cost.scheme for cost in costs), ""), rows, words=(len(costs) + 1,))


def square_mm(area_m2: float | None) -> str:
    """Write an area, where it is known."""
    return "not known" if area_m2 is None else f"{area_m2 * 1e6:.3g}{NARROW}mm²"


def memory_table(run: Run, result: RunResult) -> Table:
    """Bytes that outlive a step, item by item, and the memory that a step works in."""
    if isinstance(run.model, Network):
        rows = [
            (f"weights of layer {layer + 1}", count(-(-cells // 8)), f"{count(cells)} bits")
            for layer, cells in enumerate(run.model.weight_counts)
        ]
        rest = result.state_bytes - run.model.state_bytes
        rows.append(("position", count(rest), "epoch, step and seed"))
    else:
        each = result.state_bytes // result.weight_count
        rows = [
            (
                "latent weights",
                count(result.state_bytes),
                f"{each} bytes a weight: a float32 and two moments of Adam",
            )
        ]
    rows.append(
        (
            "training state in all",
            count(result.state_bytes),
            f"{8 * result.state_bytes / result.weight_count:.2f} bits a weight",
        )
    )
    if result.scratch_bytes is not None:
        rows.append(
            ("working memory here", count(result.scratch_bytes), "nothing in it outlives a step")
        )
    return Table(("", "bytes", "what it is"), tuple(rows), words=(2,))
