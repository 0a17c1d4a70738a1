"""What a run in a real array adds to a summary: accuracy beside the ideal one, and cost."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bitspin.array.spec import MramArray
from bitspin.cost import CostBreakdown, CostTable, count_column
from bitspin.run import Run
from bitspin.run.price import run_costs

__all__ = ["costs_of", "print_array_summary"]

TENTH = 0.1  # µJ; what is less shows more decimals


def costs_of(run: Run, prices: CostTable | None = None) -> tuple[CostBreakdown, ...]:
    """Price a finished run in both schemes; nothing for one in an ideal array."""
    if run.array is None:
        return ()
    return run_costs(run.config, run.array, run.model.widths, run.epochs, prices)


def print_array_summary(console: Console, run: Run, prices: CostTable | None = None) -> None:
    """Print what the array did to accuracy, what training cost, and what a column is made of."""
    result = run.result
    assert result is not None
    if not isinstance(run.config.array, MramArray):
        return
    array = run.config.array
    if result.ideal_accuracy is not None:
        gap = 100 * (result.ideal_accuracy - result.test_accuracy)
        console.print(
            f"array: {array.device}, {array.xnor}; ideal array "
            f"{100 * result.ideal_accuracy:.2f} %, this one {abs(gap):.2f} points "
            f"{'below' if gap >= 0 else 'above'}",
            soft_wrap=True,
        )
    costs = costs_of(run, prices)
    console.print(energy_table(costs))
    console.print(run_table(costs, result.most_pulses))
    console.print(column_table())
    notes = [note for cost in costs for note in (*cost.remarks, *sources(cost))]
    for note in dict.fromkeys(notes):
        console.print(note, style="dim", highlight=False)


def small_table(title: str, *headings: str) -> Table:
    """Make a table of a name and figures."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def energy_table(costs: tuple[CostBreakdown, ...]) -> Table:
    """Energy of each kind of event, schemes side by side."""
    headings = [heading for cost in costs for heading in (f"{cost.scheme}\nevents", "\nµJ")]
    table = small_table("energy of training", *headings)
    for name in dict.fromkeys(item.name for cost in costs for item in cost.items):
        row = [name]
        for cost in costs:
            found = [item for item in cost.items if item.name == name]
            row += [f"{found[0].events:.3g}", microjoules(found[0].energy_j)] if found else ["", ""]
        table.add_row(*row)
    totals = [cell for cost in costs for cell in ("", microjoules(cost.energy_j))]
    table.add_row("all", *totals, style="bold")
    return table


def microjoules(energy_j: float) -> str:
    """Write an energy in µJ, a small one with two digits that count.

    Examples
    --------
    >>> microjoules(0.0123456), microjoules(3.4e-8), microjoules(0.0)
    ('12,345.6', '0.034', '0')
    """
    value = 1e6 * energy_j
    return f"{value:,.1f}" if value >= TENTH else f"{value:.2g}"


def run_table(costs: tuple[CostBreakdown, ...], most_pulses: int | None) -> Table:
    """Time, cells, wear and area of the whole run, schemes side by side."""
    table = small_table("the whole run", *(cost.scheme for cost in costs))
    table.add_row("array time", *(f"{cost.latency_s:.3g} s" for cost in costs))
    table.add_row("junctions", *(f"{cost.cells:,}" for cost in costs))
    table.add_row("write pulses a junction", *(f"{cost.pulses_per_cell:.2f}" for cost in costs))
    most = "not counted across a resume" if most_pulses is None else str(most_pulses)
    table.add_row("at most", *(most for _ in costs))
    table.add_row("endurance used, at most", *(endurance(cost, most_pulses) for cost in costs))
    table.add_row("toggles a junction", *(f"{cost.toggles_per_cell:.3g}" for cost in costs))
    table.add_row("area of the logic", *(square_mm(cost.area.logic_m2) for cost in costs))
    table.add_row("area of the junctions", *(square_mm(cost.area.cells_m2) for cost in costs))
    return table


def endurance(cost: CostBreakdown, most_pulses: int | None) -> str:
    """Say how much of a junction's life the most written cell has used."""
    if cost.endurance_cycles is None or most_pulses is None:
        return "not known"
    return f"{most_pulses / cost.endurance_cycles:.1e}"


def square_mm(area_m2: float | None) -> str:
    """Write an area."""
    return "not known" if area_m2 is None else f"{area_m2 * 1e6:.3g} mm²"


def sources(cost: CostBreakdown) -> list[str]:
    """Price of one event of each kind, and where it comes from."""
    priced = [f"{item.name}: {item.each_j * 1e15:.3g} fJ, {item.source}" for item in cost.items]
    return [
        *priced,
        f"area of the logic: {cost.area.logic_source}",
        f"area of the junctions: {cost.area.cells_source}",
    ]


def column_table() -> Table:
    """What a column of 64 products is made of, in both schemes and both ways to sum."""
    table = small_table(
        "a column of 64 products, counted by a tree of gates or as a sum of currents",
        "junctions",
        "their\ntransistors",
        "read\nbranches",
        "logic\ntransistors",
        "all",
    )
    for digital, how in ((True, "tree"), (False, "currents")):
        for scheme in ("complementary", "toggle"):
            count = count_column(scheme, 64, digital)
            table.add_row(
                f"{scheme}, {how}",
                str(count.cells),
                str(count.cell_transistors),
                str(count.read_branches),
                str(count.logic_transistors),
                str(count.transistors),
            )
    return table
