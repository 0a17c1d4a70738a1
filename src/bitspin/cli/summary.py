"""The readable summary of a finished run."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bitspin.cli.array_summary import print_array_summary
from bitspin.cost import CostTable
from bitspin.results import RunResult
from bitspin.run import Run

__all__ = ["print_summary"]


def print_summary(console: Console, run: Run, prices: CostTable | None = None) -> None:
    """Print what the run came to, with units."""
    result = run.result
    assert result is not None
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    widths = "-".join(str(width) for width in run.model.widths)
    table.add_row("network", f"{widths}, {run.config.rule.mode}, {run.config.network.code}")
    table.add_row("test accuracy", f"[bold]{100 * result.test_accuracy:.2f} %[/bold]")
    if result.validation_accuracy is not None:
        table.add_row("validation accuracy", f"{100 * result.validation_accuracy:.2f} %")
    table.add_row("training time", training_time(result))
    bits = 8 * result.state_bytes / result.weight_count
    table.add_row(
        "training state",
        f"{result.state_bytes:,} bytes for {result.weight_count:,} weights ({bits:.2f} bits each)",
    )
    if result.pulses_per_cell is not None:
        table.add_row("write pulses", f"{result.pulses_per_cell:.3f} per cell")
        table.add_row("flips", f"{result.flips_per_cell:.3f} per cell")
    if run.folder is not None:
        table.add_row("run", str(run.folder.path))
    console.print(table)
    print_array_summary(console, run, prices)


def training_time(result: RunResult) -> str:
    """Say how long training took; a network that was trained elsewhere took none here."""
    if result.epochs == 0:
        return "none here; the network was taken over"
    threads = f"{result.threads} thread{'s' if result.threads > 1 else ''}"
    per_epoch = result.train_seconds / result.epochs
    return f"{result.train_seconds:.2f} s, {per_epoch:.3f} s an epoch ({result.backend}, {threads})"
