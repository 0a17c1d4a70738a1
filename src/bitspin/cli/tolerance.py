"""``bitspin tolerance``: how bad each part of an array may be."""

from __future__ import annotations

import json as json_format
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bitspin.array import MramModel
from bitspin.bits import resolve_backend
from bitspin.cli.integer import Integer
from bitspin.cli.terminal import terminal
from bitspin.cli.threads import granted_threads
from bitspin.config import RunConfig, make_config
from bitspin.errors import ValidityError
from bitspin.run.prepare import load_dataset, prepare
from bitspin.run.tolerance import FAULTS, Fault, Ledger, Tolerance, search, train_once, within_law

__all__ = ["tolerance"]


def tolerance(
    source: str = "mnist",
    *,
    array: Literal["mram"] = "mram",
    faults: Annotated[
        tuple[str, ...], Parameter(consume_multiple=True, negative="", show_default=False)
    ] = (),
    hidden: Annotated[
        tuple[Integer, ...], Parameter(consume_multiple=True, negative="", show_default=False)
    ] = (Integer(1000),),
    epochs: Integer = Integer(10),  # noqa: B008 (a constant)
    seeds: Integer = Integer(5),  # noqa: B008
    points: float = 1.0,
    halvings: Integer = Integer(6),  # noqa: B008
    device: str | None = None,
    retention_temperature: float = 300.0,
    out: Path = Path("tolerance.json"),
    threads: Integer | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
    quiet: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Find, for each fault alone, the largest value within some points of the ideal array.

    Each seed is a training and a chip of its own, compared with the ideal array of the same seed,
    and gives one edge between borne and not borne; the table shows their geometric mean. Its 95 %
    interval (Student's t over the seeds, widened by the step of the search) says how well that mean
    is known. A finished training is never done again, also not for more seeds or halvings.

    Parameters
    ----------
    source : str
        Data, as in 'bitspin train'.
    array : str
        Kind of array.
    faults : str ...
        Which faults, such as read_noise stuck_probability. [default: all]
    hidden : int ...
        Units of each hidden layer. [default: 1000]
    epochs : int
        Length of each training.
    seeds : int
        Trainings, and chips, for each figure; 2 or more give an interval.
    points : float
        Accuracy that may be lost, in percentage points.
    halvings : int
        Steps of each bisection.
    device : str
        Preset, or path of a device file. [default: vcma-toggle for the toggle, else mtj-sot]
    retention_temperature : float
        K of the rest between training and use.
    out : path
        Finished evaluations; the same command goes on from there.
    threads : int
        [default: all processors]
    json : bool
        Print one JSON object and nothing else on stdout.
    quiet : bool
        Show no progress.
    """
    workers, backend = granted_threads(threads), resolve_backend()
    if seeds < 1 or halvings < 1 or not 0 < points <= 100:
        raise ValidityError(
            f"tolerance: got {seeds} seeds, {halvings} halvings, {points} points, expected at "
            "least 1, at least 1, and more than 0 up to 100; correct them"
        )
    kelvin = retention_temperature
    config = make_config(
        {"data": {"source": source}, "network": {"hidden": hidden}, "epochs": epochs}
    )
    make_config({"array": {"kind": array, "retention_temperature_kelvin": kelvin}})
    wanted = [on_device(fault, device) for fault in choose(faults)]
    prepared = prepare(config, load_dataset(config, None))
    chosen = [within_law(fault, config, prepared) for fault in wanted]
    question = {
        "config": config.to_plain(),
        "data": prepared.dataset.fingerprint,
        "device": device,
        "retention_temperature_kelvin": kelvin,
    }
    ledger = Ledger(out, question)
    console = Console(stderr=True, quiet=quiet or json)

    with Steps(console, len(chosen) * seeds, halvings) as steps:

        def accuracy(name: str, asked: RunConfig) -> float:
            value = ledger.ask(name, lambda: train_once(asked, prepared, workers, backend))
            steps.show(name, value)
            return value

        found = []
        try:
            for fault in chosen:
                numbers = tuple(range(seeds))
                loss = points / 100
                found.append(search(config, fault, numbers, loss, halvings, accuracy, kelvin))
                steps.finish(len(found) * seeds)
        except KeyboardInterrupt:
            print(f"bitspin: interrupted; the same command goes on from {out}", file=sys.stderr)
            sys.exit(130)
    if json:
        facts = {"points": points, "seeds": seeds, "retention_temperature_kelvin": kelvin}
        sys.stdout.write(json_format.dumps({**facts, "faults": plain(found)}) + "\n")
    else:
        screen = terminal()
        screen.print(tolerance_table(found, points, seeds, kelvin))
        for one in found:
            if one.fault.law_ends and one.beyond:
                screen.print(where_the_law_ends(one.fault))


class Steps:
    """A bar over all trainings, and a line for each.

    A search whose range ends before an edge needs only one training or two a seed; the bar then
    jumps ahead.

    Parameters
    ----------
    console : Console
    searches : int
        Faults times seeds.
    halvings : int
    """

    def __init__(self, console: Console, searches: int, halvings: int) -> None:
        # The ideal array and both ends of the range come before the halvings.
        self._each = 3 + halvings
        columns = (TextColumn("trainings"), MofNCompleteColumn(), BarColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=console)
        self._task = self._bar.add_task("trainings", total=searches * self._each)

    def __enter__(self) -> Steps:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def show(self, name: str, accuracy: float) -> None:
        """Tell one training's accuracy."""
        self._bar.console.print(f"{name}: {100 * accuracy:.2f} %", highlight=False)
        self._bar.advance(self._task)

    def finish(self, searches: int) -> None:
        """So many searches are done, however many trainings they needed."""
        self._bar.update(self._task, completed=searches * self._each)


def choose(names: tuple[str, ...]) -> tuple[Fault, ...]:
    """Find the faults of some names; all of them for none."""
    known = {fault.name: fault for fault in FAULTS}
    for name in names:
        if name not in known:
            raise ValidityError(
                f"--faults: got '{name}', expected some of {', '.join(known)}; correct it"
            )
    return tuple(known[name] for name in names) or FAULTS


def on_device(fault: Fault, device: str | None) -> Fault:
    """Put a fault on the user's device, and see at once that this can be trained on."""
    fault = fault if device is None else replace(fault, device=device)
    MramModel.load(fault.array(fault.low, 0))
    return fault


def plain(found: list[Tolerance]) -> list[dict[str, Any]]:
    """Give the figures as plain values."""
    return [
        {
            "name": one.fault.name,
            "unit": one.fault.unit,
            "device": one.fault.device,
            "range": [one.fault.low, one.fault.high],
            "law_ends": one.fault.law_ends,
            "value": one.middle,
            "interval": one.interval,
            "seeds_beyond_range": one.beyond,
            "seeds_below_range": one.below,
            "brackets": [asdict(bracket) for bracket in one.brackets],
        }
        for one in found
    ]


def tolerance_table(
    found: list[Tolerance], points: float, seeds: int, retention_temperature_kelvin: float
) -> Table:
    """One row a fault: what is borne, with its interval over seeds."""
    distance = "1 point" if points == 1 else f"{points:g} points"
    trained = "one seed" if seeds == 1 else f"{seeds} seeds"
    title = f"largest value within {distance} of the ideal array, {trained}"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in ("fault alone", "largest", "95 % interval", "device"):
        table.add_column(heading)
    for one in found:
        sign = "≥ " if one.beyond else "≤ " if one.below else ""
        shown = f"{sign}{one.middle:.3g} {one.fault.unit}"
        if one.fault.unit == "s":
            shown += f", {retention_temperature_kelvin:g} K"
        table.add_row(one.fault.name, shown, interval(one), one.fault.device)
    return table


def where_the_law_ends(fault: Fault) -> str:
    """Say why a bound is no larger."""
    end = f"{fault.high:.3g} {fault.unit}".rstrip()
    return (
        f"{fault.name}: beyond {end} some cells leave the range in which the law of {fault.device} "
        "holds; no more was tried"
    )


def interval(one: Tolerance) -> str:
    """Write an interval, or why there is none."""
    count = len(one.brackets)
    if one.beyond or one.below:
        where = f"{one.beyond} above" if one.beyond else f"{one.below} below"
        return f"{where}, of {count}"
    between = one.interval
    return "one seed" if between is None else f"{between[0]:.3g} … {between[1]:.3g}"
