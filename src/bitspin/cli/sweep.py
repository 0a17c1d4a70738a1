"""``bitspin sweep``: many runs from one file."""

from __future__ import annotations

import json as json_format
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from bitspin.cli.figures import readable
from bitspin.cli.integer import Integer
from bitspin.cli.sweep_progress import SweepBar
from bitspin.cli.terminal import terminal
from bitspin.results import QUANTITIES, ResultStore, is_result_store
from bitspin.sweep import Plan, Summary, SweepProgress, plan_sweep, run_sweep
from bitspin.sweep.summary import Figure, Row

__all__ = ["sweep"]

# Of a long table; the rest is told by 'bitspin compare'.
MOST_ROWS = 40
SHORT_ID = 10


def sweep(
    file: Path,
    *,
    out: Path | None = None,
    workers: Integer | None = None,
    threads: Integer = Integer(1),  # noqa: B008 (a constant)
    scheduler: str | None = None,
    list_: Annotated[bool, Parameter(name="--list", negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
    quiet: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Run every setting of a sweep file that has not been run yet.

    Parameters
    ----------
    file : path
        TOML file with [base] (a run's configuration) and [grid], [random] or [search].
    out : path
        Results folder; sweeps, and machines, may share one. [default: one in sweeps/ with the
        name of the file]
    workers : int
        Tasks at the same time. [default: all processors]
    threads : int
        Of each task; no result depends on it.
    scheduler : str
        Address of a Dask scheduler, such as tcp://10.0.0.1:8786, whose workers do the tasks.
    list_ : bool
        Show the tasks, and which are done, without running any.
    json : bool
        Print one JSON object and nothing else on stdout.
    quiet : bool
        Show no progress.
    """
    folder = out if out is not None else Path("sweeps") / file.stem
    plan = plan_sweep(file)
    if list_:
        show_tasks(plan, folder, as_json=json)
        return
    progress = SweepProgress() if quiet or json else SweepBar(Console(stderr=True))
    try:
        summary = run_sweep(
            plan,
            folder,
            workers=workers,
            threads=threads,
            scheduler=scheduler,
            progress=progress,
        )
    except KeyboardInterrupt:
        again = shlex.join(["bitspin", *sys.argv[1:]])
        print(f"bitspin: interrupted; what is done is kept, go on with: {again}", file=sys.stderr)
        sys.exit(130)
    if json:
        sys.stdout.write(json_format.dumps(plain(summary, folder)) + "\n")
    else:
        print_summary(terminal(), summary, folder)
    if summary.failures:
        sys.exit(1)


def show_tasks(plan: Plan, folder: Path, *, as_json: bool) -> None:
    """Show the tasks that are known before a sweep runs."""
    done = ResultStore.open(folder).ids() if is_result_store(folder) else frozenset()
    tasks = [
        {"id": task.id, "done": task.id in done, **setting.values, **task.repeats}
        for setting in plan.settings
        for task in setting.tasks
    ]
    if as_json:
        found = {"results": str(folder), "task_count": plan.task_count, "tasks": tasks}
        sys.stdout.write(json_format.dumps(found) + "\n")
        return
    console = terminal()
    if plan.sweep.search is not None:
        console.print(
            f"{plan.task_count} tasks: {plan.sweep.search.trials} points, suggested in batches of "
            f"{plan.sweep.search.batch} as results come in"
        )
        return
    table = Table(*dict.fromkeys(name for task in tasks for name in task), box=None, pad_edge=False)
    for task in tasks:
        shown = {**task, "id": str(task["id"])[:SHORT_ID], "done": "yes" if task["done"] else "no"}
        table.add_row(*(str(shown.get(str(column.header), "-")) for column in table.columns))
    console.print(table)
    missing = sum(not task["done"] for task in tasks)
    console.print(f"{len(tasks)} tasks, {missing} of them to do")


def print_summary(console: Console, summary: Summary, folder: Path) -> None:
    """Print the Pareto front of several objectives, or the settings, the best first."""
    several = len(summary.objectives) > 1
    rows = summary.front if several else best_first(summary)
    if several:
        directions = ", ".join(
            f"{name} {'up' if QUANTITIES[name].larger_is_better else 'down'}"
            for name in summary.objectives
        )
        console.print(
            f"Pareto front: {len(rows)} of {len(summary.rows)} settings ({directions})",
            highlight=False,
            soft_wrap=True,
        )
    console.print(row_table(rows[:MOST_ROWS], summary.objectives))
    if len(rows) > MOST_ROWS:
        console.print(f"… and {len(rows) - MOST_ROWS} more", highlight=False)
    again = f"every run: bitspin compare {shlex.quote(str(folder))}"
    console.print(again, highlight=False, soft_wrap=True)
    for failure in summary.failures[:MOST_ROWS]:
        what = ", ".join(f"{name} = {value}" for name, value in failure.values.items())
        print(f"bitspin: failed: {what}: {failure.reason}", file=sys.stderr)
    if summary.failures:
        print(
            f"bitspin: failed tasks: {len(summary.failures)}; the same command tries them again",
            file=sys.stderr,
        )


def best_first(summary: Summary) -> tuple[Row, ...]:
    """Settings that have the one objective, the best first."""
    [name] = summary.objectives
    sign = -1.0 if QUANTITIES[name].larger_is_better else 1.0
    rows = [row for row in summary.rows if name in row.figures]
    return tuple(sorted(rows, key=lambda row: sign * row.figures[name].mean))


def row_table(rows: tuple[Row, ...], objectives: tuple[str, ...]) -> Table:
    """One row a setting."""
    table = Table(box=None, pad_edge=False)
    names = list(rows[0].values) if rows else []
    for name in names:
        table.add_column(name, overflow="fold")
    for name in objectives:
        table.add_column(name, justify="right")
    table.add_column("runs", justify="right")
    for row in rows:
        table.add_row(
            *(str(row.values[name]) for name in names),
            *(with_deviation(name, row.figures[name]) for name in objectives),
            str(len(row.ids)),
        )
    return table


def with_deviation(name: str, figure: Figure) -> str:
    """Show a mean with the spread of single runs.

    Examples
    --------
    >>> with_deviation("test_accuracy", Figure(0.8954, 0.0011))
    '89.54 ± 0.11 %'
    >>> with_deviation("pulses_per_cell", Figure(0.4375, 0.004))
    '0.438 ± 0.004'
    """
    if not figure.deviation:
        return readable(name, figure.mean)
    if name.endswith("accuracy"):
        return f"{100 * figure.mean:.2f} ± {100 * figure.deviation:.2f} %"
    return f"{readable(name, figure.mean)} ± {readable(name, figure.deviation)}"


def plain(summary: Summary, folder: Path) -> dict[str, Any]:
    """Give a summary as plain values."""
    return {
        "results": str(folder),
        "objectives": list(summary.objectives),
        "settings": [asdict(row) for row in summary.rows],
        "failures": [asdict(failure) for failure in summary.failures],
    }
