"""What a run in a real array adds to a summary: accuracy beside the ideal one, and cost."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bitspin.array import MramModel
from bitspin.array.spec import MramArray
from bitspin.cost import CostBreakdown, count_column
from bitspin.run import Run
from bitspin.run.price import run_costs

__all__ = ["print_array_summary"]


def print_array_summary(console: Console, run: Run) -> None:
    """Print what the array did to accuracy, what training cost, and what a column is made of."""
    result = run.result
    assert result is not None
    if not isinstance(run.config.array, MramArray):
        return
    model = MramModel.load(run.config.array)
    costs = run_costs(run.config, model, run.model.widths, run.epochs)
    if result.ideal_accuracy is not None:
        gap = 100 * (result.ideal_accuracy - result.test_accuracy)
        console.print(
            f"array: {model.device.name}, {model.spec.xnor}; ideal array "
            f"{100 * result.ideal_accuracy:.2f} %, this one {gap:.2f} points below"
        )
    console.print(cost_table(costs))
    for line in dict.fromkeys(line for cost in costs for line in price_lines(cost)):
        console.print(line, style="dim")
    for cost in costs:
        most = None if result.most_pulses is None else f", at most {result.most_pulses}"
        share = endurance(cost, result.most_pulses)
        console.print(
            f"{cost.scheme}: {cost.energy_j * 1e3:.3f} mJ, {cost.latency_s:.3f} s of array time, "
            f"{cost.cells:,} junctions, {cost.pulses_per_cell:.2f} pulses each{most or ''}{share}"
        )
    console.print(column_table())


def endurance(cost: CostBreakdown, most_pulses: int | None) -> str:
    """Say how much of a junction's life the most written cell has used."""
    if cost.endurance_cycles is None or most_pulses is None:
        return ""
    return f" ({most_pulses / cost.endurance_cycles:.1e} of its endurance)"


def cost_table(costs: tuple[CostBreakdown, ...]) -> Table:
    """Energy of each kind of event, schemes side by side."""
    table = Table(title="energy of training", title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    for cost in costs:
        table.add_column(f"{cost.scheme}\nevents", justify="right")
        table.add_column("\nµJ", justify="right")
    names = dict.fromkeys(item.name for cost in costs for item in cost.items)
    for name in names:
        row = [name]
        for cost in costs:
            found = [item for item in cost.items if item.name == name]
            row += (
                [f"{found[0].events:.3g}", f"{found[0].energy_j * 1e6:.1f}"] if found else ["", ""]
            )
        table.add_row(*row)
    return table


def price_lines(cost: CostBreakdown) -> list[str]:
    """Price of one event of each kind, and where it comes from."""
    return [f"{item.name}: {item.each_j * 1e15:.3g} fJ, {item.source}" for item in cost.items]


def column_table() -> Table:
    """What a column of 64 products is made of, in both schemes and both ways to sum."""
    table = Table(title="a column of 64 products", title_justify="left", box=None, pad_edge=False)
    for name in ("", "junctions", "their transistors", "read branches", "logic transistors", "all"):
        table.add_column(name, justify="right" if name else "left")
    for digital, how in ((True, "popcount tree (yosys)"), (False, "summed currents")):
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
