"""The readable summary of a finished run."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from bitspin.cli.array_summary import print_array_summary
from bitspin.cost import CostTable
from bitspin.results import RunResult
from bitspin.run import Run

__all__ = ["print_summary"]


def print_summary(console: Console, run: Run, prices: CostTable | None = None) -> None:
    """Print what the run came to, with units."""
    result = run.result
    assert result is not None
    widths = "-".join(str(width) for width in run.model.widths)
    bits = 8 * result.state_bytes / result.weight_count
    facts = {
        "network": f"{widths}, {run.config.rule.mode}, {run.config.network.code}",
        "test accuracy": f"{100 * result.test_accuracy:.2f} %",
    }
    if result.validation_accuracy is not None:
        facts["validation accuracy"] = f"{100 * result.validation_accuracy:.2f} %"
    facts["training time"] = training_time(result)
    facts["training state"] = (
        f"{result.state_bytes:,} bytes for {result.weight_count:,} weights ({bits:.2f} bits each)"
    )
    if result.pulses_per_cell is not None:
        facts["write pulses"] = f"{result.pulses_per_cell:.3f} per cell"
        facts["flips"] = f"{result.flips_per_cell:.3f} per cell"
    if run.folder is not None:
        facts["run"] = str(run.folder.path)
    print_facts(console, facts)
    print_array_summary(console, run, prices)


def print_facts(console: Console, facts: dict[str, str]) -> None:
    """Print names and values in two columns; a long value, such as a path, stays in one piece."""
    width = max(map(len, facts)) + 2
    for name, value in facts.items():
        style = "bold" if name == "test accuracy" else ""
        line = Text.assemble((name.ljust(width), "dim"), (value, style))
        console.print(line, soft_wrap=True)


def training_time(result: RunResult) -> str:
    """Say how long training took; a network that was trained elsewhere took none here."""
    if result.epochs == 0:
        return "none here; the network was taken over"
    threads = f"{result.threads} thread{'s' if result.threads > 1 else ''}"
    per_epoch = result.train_seconds / result.epochs
    return f"{result.train_seconds:.2f} s, {per_epoch:.3f} s an epoch ({result.backend}, {threads})"
