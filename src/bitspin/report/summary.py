"""The page in a few numbers: headline, first sentence, one row a group, and the facts of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from bitspin.report.gather import ReportedRun
from bitspin.report.groups import Group
from bitspin.report.parts import Missing, Table
from bitspin.report.quantities import count, percent, span, with_unit
from bitspin.results import RunResult

__all__ = ["headline", "lead", "run_facts", "summary_table"]

NOTHING = "\N{EN DASH}"


def headline(groups: Sequence[Group]) -> str:
    """What the page is about."""
    if not groups:
        return "Sweep and tolerance"
    data = " and ".join(
        dict.fromkeys(
            Path(run.run.config.data.source).stem for group in groups for run in group.runs
        )
    )
    if len(groups) == 1:
        return f"{groups[0].structure} on {data}"
    return f"{len(groups)} configurations on {data}"


def lead(groups: Sequence[Group]) -> str:
    """The best result, in one sentence."""
    finished = [(group, accuracies(group)) for group in groups if accuracies(group)]
    if not groups:
        return "No single run is shown here."
    if not finished:
        return "No run is finished yet."
    best, values = max(finished, key=lambda pair: sum(pair[1]) / len(pair[1]))
    who = "It" if len(groups) == 1 else f"The best of them, {best.label},"
    if len(values) == 1:
        return f"{who} classifies {percent(values[0])} of the test samples rightly (one seed)."
    return (
        f"{who} classifies {percent(sum(values) / len(values))} of the test samples rightly: the "
        f"mean of {len(values)} seeds, which lie between {percent(min(values))} and "
        f"{percent(max(values))}."
    )


def accuracies(group: Group) -> list[float]:
    """Test accuracies of the finished runs."""
    return [run.run.result.test_accuracy for run in group.runs if run.run.result is not None]


def summary_table(groups: Sequence[Group]) -> Table:
    """One row a group: means over its finished runs."""
    headings = (
        "configuration",
        "runs",
        "epochs",
        "test accuracy",
        "weights",
        "bits a weight",
        "pulses a cell",
        "flips a cell",
        "training time",
        "energy",
    )
    return Table(headings, tuple(summary_row(group) for group in groups))


def summary_row(group: Group) -> tuple[str, ...]:
    """Means over the finished runs of a group."""
    results = [run.run.result for run in group.runs if run.run.result is not None]
    if not results:
        done = max(len(run.run.epochs) for run in group.runs)
        epochs = f"{done} of {group.runs[0].run.config.epochs}"
        return (group.label, str(len(group.runs)), epochs, *[NOTHING] * 7)
    first = results[0]
    return (
        group.label,
        str(len(group.runs)),
        count(first.epochs),
        span([result.test_accuracy for result in results]),
        count(first.weight_count),
        f"{8 * first.state_bytes / first.weight_count:.2f}",
        mean_text(results, lambda result: result.pulses_per_cell, "{:.3f}"),
        mean_text(results, lambda result: result.flips_per_cell, "{:.3f}"),
        mean_text(results, lambda result: result.train_seconds, "{:.2f} s"),
        energy_text(group),
    )


def mean_text(
    results: Sequence[RunResult], field: Callable[[RunResult], float | None], form: str
) -> str:
    """Mean of a field, where the runs have it."""
    values = [value for value in map(field, results) if value is not None]
    return form.format(sum(values) / len(values)) if values else NOTHING


def energy_text(group: Group) -> str:
    """Mean energy of training in the array's own scheme."""
    priced = [run.costs[0].energy_j for run in group.runs if not isinstance(run.costs, Missing)]
    return with_unit(sum(priced) / len(priced), "J") if priced else NOTHING


def run_facts(reported: ReportedRun) -> tuple[tuple[str, str], ...]:
    """Name and value of what a run came to."""
    run, result = reported.run, reported.run.result
    if result is None:
        return (("not finished", f"{len(run.epochs)} of {run.config.epochs} epochs"),)
    facts = [("test accuracy", percent(result.test_accuracy))]
    if result.validation_accuracy is not None:
        facts.append(("validation accuracy", percent(result.validation_accuracy)))
    if result.ideal_accuracy is not None:
        facts.append(("in an ideal array", percent(result.ideal_accuracy)))
    facts += [("seed", str(result.seed)), ("epochs", count(result.epochs))]
    if result.pulses_per_cell is not None and result.flips_per_cell is not None:
        facts.append(("write pulses a cell", f"{result.pulses_per_cell:.3f}"))
        facts.append(("flips a cell", f"{result.flips_per_cell:.3f}"))
    facts.append(("training state", f"{count(result.state_bytes)} bytes"))
    facts.append(("training time", f"{result.train_seconds:.2f} s"))
    return tuple(facts)
