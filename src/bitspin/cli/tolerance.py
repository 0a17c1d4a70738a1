"""``bitspin tolerance``: how bad each part of an array may be."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from bitspin.bits import default_threads
from bitspin.config import RunConfig, make_config
from bitspin.errors import ValidityError
from bitspin.run.prepare import load_dataset, prepare
from bitspin.run.tolerance import FAULTS, Fault, Ledger, Tolerance, search, train_once

__all__ = ["tolerance"]


def tolerance(
    source: str = "mnist",
    *,
    array: Literal["mram"] = "mram",
    faults: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")] = (),
    hidden: Annotated[tuple[int, ...], Parameter(consume_multiple=True, negative="")] = (1000,),
    epochs: int = 10,
    seeds: int = 3,
    points: float = 1.0,
    halvings: int = 6,
    out: Path = Path("tolerance.json"),
    threads: int | None = None,
) -> None:
    """Find, for each fault alone, the largest value within some points of the ideal array.

    Parameters
    ----------
    source : str
        Data, as in 'bitspin train'.
    array : str
        Kind of array.
    faults : str ...
        Which faults, such as read_noise stuck_probability. [default: all]
    hidden : int ...
        Units of each hidden layer.
    epochs : int
        Length of each training.
    seeds : int
        Trainings, and chips, for each figure; 2 or more give an interval.
    points : float
        Accuracy that may be lost, in percentage points.
    halvings : int
        Steps of each bisection.
    out : path
        Finished evaluations; the same command goes on from there.
    threads : int
        [default: all processors]
    """
    if seeds < 1 or halvings < 1 or points <= 0:
        raise ValidityError(
            f"tolerance: got {seeds} seeds, {halvings} halvings, {points} points, expected at "
            "least 1, 1 and more than 0; correct them"
        )
    config = make_config(
        {"data": {"source": source}, "network": {"hidden": hidden}, "epochs": epochs}
    )
    chosen = choose(faults)
    prepared = prepare(config, load_dataset(config, None))
    ledger = Ledger(out, {"config": config.to_plain(), "data": prepared.dataset.fingerprint})
    workers = threads or default_threads()

    def accuracy(name: str, asked: RunConfig) -> float:
        value = ledger.ask(name, lambda: train_once(asked, prepared, workers, "auto"))
        print(f"{name}: {100 * value:.2f} %", file=sys.stderr)
        return value

    found = [
        search(config, fault, tuple(range(seeds)), points / 100, halvings, accuracy)
        for fault in chosen
    ]
    Console().print(tolerance_table(found, points, seeds))


def choose(names: tuple[str, ...]) -> tuple[Fault, ...]:
    """Find the faults of some names; all of them for none."""
    known = {fault.name: fault for fault in FAULTS}
    for name in names:
        if name not in known:
            raise ValidityError(
                f"--faults: got '{name}', expected some of {', '.join(known)}; correct it"
            )
    return tuple(known[name] for name in names) or FAULTS


def tolerance_table(found: list[Tolerance], points: float, seeds: int) -> Table:
    """One row a fault: what is borne, with its interval over seeds."""
    title = f"largest value within {points:g} points of the ideal array, {seeds} seeds"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in ("fault alone", "largest", "95 % interval", ""):
        table.add_column(heading)
    for one in found:
        shown = f"{one.middle:.3g} {one.fault.unit}"
        if min(one.values) >= one.fault.high:
            shown = f"≥ {shown}"
        if max(one.values) <= one.fault.low:
            shown = f"≤ {shown}"
        between = one.interval
        interval = "one seed" if between is None else f"{between[0]:.3g} … {between[1]:.3g}"
        table.add_row(one.fault.name, shown, interval, one.fault.device)
    return table
