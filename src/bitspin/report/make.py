"""Make the page: read the runs, fill its parts, write the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bitspin.errors import StoreError, ValidityError
from bitspin.report.confusion import confusion_of, misread_pictures
from bitspin.report.contents import Page, Part, RunPart
from bitspin.report.curves import accuracy_figure, write_figures
from bitspin.report.gather import ReportedRun, gather
from bitspin.report.groups import Group, group_runs
from bitspin.report.neurons import neuron_pictures
from bitspin.report.pareto import commands, pareto_figures, read_configurations
from bitspin.report.parts import Missing, Picture
from bitspin.report.price import energy_figure, energy_table, memory_table, scheme_table
from bitspin.report.provenance import (
    SOURCES,
    configuration,
    environment_table,
    repeat_command,
)
from bitspin.report.render import check_extra, render
from bitspin.report.summary import headline, lead, run_facts, summary_table
from bitspin.report.tolerance import read_ledger, tolerance_figures
from bitspin.report.wear import wear_figures, wear_table
from bitspin.results.files import replace_file
from bitspin.version import __version__

__all__ = ["Options", "make_page", "write_report"]


@dataclass(frozen=True)
class Options:
    """What else the page shall show.

    Parameters
    ----------
    wear : bool
        Train each run once more to map the pulses of each cell.
    neurons : tuple of int
        Of the first layer; none to choose them.
    tolerance : Path or None
        Result of 'bitspin tolerance'.
    sweep : Path or None
        Results folder of 'bitspin sweep'.
    threads : int or None
    command : str
        That makes the page.
    """

    wear: bool = False
    neurons: tuple[int, ...] = ()
    tolerance: Path | None = None
    sweep: Path | None = None
    threads: int | None = None
    command: str = ""


def write_report(
    paths: Sequence[Path],
    out: Path,
    options: Options,
    on_run: Callable[[str], None] | None = None,
) -> Page:
    """Read runs and write one HTML file about them.

    Parameters
    ----------
    paths : sequence of Path
        Run folders.
    out : Path
        The file; an older one is replaced as a whole.
    options : Options
    on_run : callable, optional
        Gets the name of each run before it is read.

    Returns
    -------
    Page
        What the file shows.

    Raises
    ------
    BackendError
        If the extra packages are not installed.
    StoreError
        If a run cannot be read, or the file not be written.
    ValidityError
        If there is nothing to report, or an option does not fit.
    """
    check_extra()
    check_place(out)
    page = make_page(paths, options, on_run)
    # The name of the current folder, which the page may give, need not be text.
    replace_file(out, render(page).encode(errors="replace"))
    return page


def check_place(out: Path) -> None:
    """Refuse a place that no file can be written to, before any work is done."""
    if out.is_dir() or not out.parent.is_dir():
        got = "a folder" if out.is_dir() else f"no folder {out.parent}"
        raise StoreError(
            f"cannot write {out}: got {got}, expected a file name in an existing folder; choose "
            "another --out"
        )


def make_page(
    paths: Sequence[Path], options: Options, on_run: Callable[[str], None] | None = None
) -> Page:
    """Gather and arrange; see `write_report`."""
    if not paths and options.tolerance is None and options.sweep is None:
        raise ValidityError(
            "report: got nothing to report, expected run folders, --sweep or --tolerance; name some"
        )
    tolerance = None if options.tolerance is None else tolerance_part(options.tolerance)
    pareto = None if options.sweep is None else pareto_part(options.sweep)
    runs = gather(paths, wear=options.wear, threads=options.threads, on_run=on_run)
    groups = group_runs(runs)
    accuracy = accuracy_figure(groups)
    return Page(
        headline=headline(groups),
        lead=lead(groups),
        groups=groups,
        summary=summary_table(groups),
        accuracy=accuracy,
        writes=tuple(write_figures(groups)),
        tolerance=tolerance,
        pareto=pareto,
        runs=run_parts(groups, options.neurons),
        sources=SOURCES,
        command=options.command,
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        version=__version__,
    )


def tolerance_part(path: Path) -> Part:
    """Draw what a search for tolerances found."""
    ledger = read_ledger(path)
    return Part(tuple(tolerance_figures(ledger)), "What was evaluated", ledger.origin)


def pareto_part(path: Path) -> Part:
    """Draw what the configurations of a sweep reach, and at which price."""
    configurations = read_configurations(path)
    figures = tuple(pareto_figures(configurations, path))
    return Part(figures, "Commands that made the results", commands(configurations))


def run_parts(groups: Sequence[Group], neurons: Sequence[int]) -> tuple[RunPart, ...]:
    """Tell each run in detail, group after group."""
    pairs = [(group, run) for group in groups for run in group.runs]
    return tuple(
        run_part(f"run-{index}", group, run, neurons) for index, (group, run) in enumerate(pairs)
    )


def run_part(key: str, group: Group, reported: ReportedRun, neurons: Sequence[int]) -> RunPart:
    """Tell one run in detail."""
    reading, costs, wear = reported.reading, reported.costs, reported.wear
    priced = () if isinstance(costs, Missing) else costs
    result = reported.run.result
    return RunPart(
        key=key,
        name=reported.name,
        group=group,
        facts=run_facts(reported),
        confusion=reading if isinstance(reading, Missing) else confusion_of(reading),
        misread=misread_part(reported),
        misread_count=(
            0
            if isinstance(reading, Missing)
            else int((reading.predictions != reading.labels).sum())
        ),
        neurons=neuron_pictures(reported, neurons),
        wear=wear if isinstance(wear, Missing) else tuple(wear_figures(reported, wear, key)),
        wear_table=None if isinstance(wear, Missing) else wear_table(wear, priced),
        energy=costs if isinstance(costs, Missing) else energy_figure(costs, f"{key}-energy"),
        energy_tables=tuple((cost.scheme, energy_table(cost)) for cost in priced),
        scheme_table=scheme_table(priced) if priced else None,
        remarks=tuple(dict.fromkeys(remark for cost in priced for remark in cost.remarks)),
        memory=(
            Missing("Memory is noted when training ends.")
            if result is None
            else memory_table(reported.run, result)
        ),
        command=reported.environment.command,
        repeat=repeat_command(reported),
        configuration=configuration(reported),
        environment=environment_table(reported),
    )


def misread_part(reported: ReportedRun) -> tuple[Picture, ...] | Missing:
    """Picture the misread samples, if data and answers are there."""
    if isinstance(reported.dataset, Missing):
        return reported.dataset
    if isinstance(reported.reading, Missing):
        return reported.reading
    return misread_pictures(reported.dataset, reported.reading)
