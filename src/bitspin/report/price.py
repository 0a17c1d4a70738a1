"""Energy by kind of event, memory by item, and the source of each constant."""

from __future__ import annotations

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
    names = list(dict.fromkeys(item.name for cost in costs for item in cost.items))[::-1]
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
        "yaxis": {"automargin": True},
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


def energy_table(costs: tuple[CostBreakdown, ...]) -> Table:
    """Events, price of one, energy, share, and where the price comes from."""
    rows = []
    for cost in costs:
        total = cost.energy_j or 1.0
        rows += [
            (
                item.name if len(costs) == 1 else f"{item.name} ({cost.scheme})",
                count(item.events),
                with_unit(item.each_j, "J"),
                with_unit(item.energy_j, "J"),
                percent(item.energy_j / total, 1),
                item.source,
            )
            for item in cost.items
        ]
    headings = ("event", "events", "each", "energy", "share", "source of the price")
    return Table(headings, tuple(rows), words=(5,))


def scheme_table(costs: tuple[CostBreakdown, ...]) -> Table:
    """What each scheme of the product comes to, and where its area comes from."""
    rows = tuple(
        (
            cost.scheme,
            with_unit(cost.energy_j, "J"),
            with_unit(cost.latency_s, "s"),
            count(cost.cells),
            f"{cost.pulses_per_cell:.2f}",
            f"{cost.toggles_per_cell:.3g}",
            square_mm(cost.area.logic_m2),
            square_mm(cost.area.cells_m2),
            "; ".join([cost.area.logic_source, cost.area.cells_source, *cost.remarks]),
        )
        for cost in costs
    )
    headings = (
        "scheme",
        "energy",
        "array time, at most",
        "junctions",
        "pulses each",
        "toggles each",
        "logic",
        "cells",
        "source of the areas, and remarks",
    )
    return Table(headings, rows, words=(8,))


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
