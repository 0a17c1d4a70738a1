"""``bitspin export`` and ``bitspin verify``: a trained network on a microcontroller."""

from __future__ import annotations

import json as json_format
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.table import Table

from bitspin.cli.integer import Integer
from bitspin.cli.terminal import terminal
from bitspin.errors import ValidityError
from bitspin.export.from_run import Learning, check_tools, export_run
from bitspin.export.project import read_project
from bitspin.export.replay import Replay, replay
from bitspin.export.targets import target_named
from bitspin.run import load_run

__all__ = ["chosen_group", "chosen_times", "export", "verify"]

GROUP, TIMES = 8, 8
KEEPING = Learning()
RECOMPUTING = Learning(batch=512)
REHEARSING = Learning(batch=256, samples=500, begin=0.0)
FEW = 1000  # averages below show a decimal


def export(
    run: Path,
    *,
    out: Path,
    target: str = "cortex-m4",
    train: Annotated[bool, Parameter(name="--train", negative="--infer-only")] = True,
    recompute: Annotated[bool, Parameter(negative="")] = False,
    batch: Integer | None = None,
    batch_end: Integer | None = None,
    capacity: Integer | None = None,
    group: Integer | None = None,
    rehearse: Integer | None = None,
    times: Integer | None = None,
    samples: Integer | None = None,
    begin: float | None = None,
    seed: Integer | None = None,
    verify_samples: Integer = Integer(1000),  # noqa: B008 (a constant)
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Write a C99 project of a run's network, measured for a microcontroller.

    Parameters
    ----------
    run : path
        Folder of the run.
    out : path
        New folder for the project.
    target : str
        cortex-m0, cortex-m0-large, cortex-m3, cortex-m4, rv32imac or host.
    train : bool
        --train: the device predicts and learns. --infer-only: it predicts.
    recompute : bool
        The device can read its samples again, from flash or a card: it keeps none of them, but
        computes anew what each group of rows needs. Batches of thousands fit in a few kilobytes.
    batch : int
        Samples an update of the weights. [default: 64; with --recompute 512, with --rehearse 256]
    batch_end : int
        The same at the end of the schedule. [default: as at its start]
    capacity : int
        Samples with an error that the device keeps. [default: as many as fit, at most the batch]
    group : int
        Rows that are updated together with --recompute, 1 to 32. [default: 8]
    rehearse : int
        Training samples that go with the device in flash, as many of each class. It learns from a
        user, by the rule for users, and rehearses them and what the user has shown before.
    times : int
        How often it rehearses after each new sample, with --rehearse. [default: 8]
    samples : int
        Length of the learning schedule, in samples; rehearsed ones are not counted. [default:
        60000; with --rehearse 500]
    begin : float
        Where in the schedule of the rule the device begins: 0 at its start, 1 at its end.
        [default: 0.5; with --rehearse 0]
    seed : int
        Of the device's random stream. [default: the run's]
    verify_samples : int
        Real samples that go with the project for 'bitspin verify'.
    json : bool
        Print one JSON object.
    """
    of_learning = {
        "--recompute": recompute or None,
        "--batch": batch,
        "--batch-end": batch_end,
        "--capacity": capacity,
        "--rehearse": rehearse,
        "--samples": samples,
        "--begin": begin,
        "--seed": seed,
    }
    if not train:
        refuse_learning(of_learning)
    usual = RECOMPUTING if recompute else KEEPING if rehearse is None else REHEARSING
    learning = Learning(
        batch=usual.batch if batch is None else batch,
        capacity=capacity,
        samples=usual.samples if samples is None else samples,
        begin=usual.begin if begin is None else begin,
        seed=seed,
        batch_end=batch_end,
        group=chosen_group(group, recompute=recompute),
    )
    if verify_samples < 1:
        raise ValidityError(
            f"--verify-samples: got {verify_samples}, expected 1 or more; correct it"
        )
    exported = export_run(
        load_run(run),
        out,
        target=target,
        learning=learning if train else None,
        verify_samples=verify_samples,
        rehearse=rehearse,
        times=chosen_times(times, rehearse),
    )
    firmware = exported.firmware
    facts = {
        "flash_bytes": firmware.flash_bytes,
        "ram_bytes": firmware.static_ram_bytes,
        "capacity": exported.project.capacity,
        **asdict(exported.replay),
    }
    show(facts, f"{out} for {target}", as_json=json)


def refuse_learning(options: Mapping[str, object]) -> None:
    """Raise `ValidityError` if a device that only predicts got an option of learning."""
    for option, value in options.items():
        if value is not None:
            raise ValidityError(
                f"{option}: got --infer-only as well, expected a device that learns; leave out one"
            )


def chosen_group(group: int | None, *, recompute: bool) -> int:
    """Rows that are updated together; 0 if samples are kept.

    Raises
    ------
    ValidityError
        If --group was given without --recompute, or is out of range.
    """
    if not recompute:
        if group is not None:
            raise ValidityError(
                f"--group: got {group} without --recompute, expected both or neither"
            )
        return 0
    if group == 0:
        raise ValidityError("--group: got 0 rows, expected 1 to 32; choose another --group")
    return GROUP if group is None else group


def chosen_times(times: int | None, rehearse: int | None) -> int:
    """Tell how often a device rehearses after each new sample.

    Raises
    ------
    ValidityError
        If --times was given without --rehearse.
    """
    if times is None:
        return TIMES
    if rehearse is None:
        raise ValidityError(f"--times: got {times} without --rehearse, expected both or neither")
    return times


def verify(
    folder: Path,
    *,
    target: str | None = None,
    samples: Integer | None = None,
    every: Integer = Integer(1),  # noqa: B008 (a constant)
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Prove that an exported project predicts and learns exactly as simulated.

    Parameters
    ----------
    folder : path
        Folder of the project.
    target : str
        [default: the one it was exported for]
    samples : int
        How many of the project's real samples. [default: all]
    every : int
        Updates between two comparisons of all weights.
    json : bool
        Print one JSON object.
    """
    project = read_project(folder)
    machine = target_named(target or project.target)
    check_tools(machine)
    with tempfile.TemporaryDirectory(prefix="bitspin-verify-") as scratch:
        result = replay(project, folder, machine, Path(scratch), samples=samples, every=every)
    show(asdict(result), verdict(result), as_json=json)


def verdict(result: Replay) -> str:
    """Say in a line what a replay proved."""
    weights = f", all weights {result.compared} times" if result.compared else ""
    return f"{result.target} equals the simulation: {result.samples} samples{weights}"


def show(facts: dict[str, Any], title: str, *, as_json: bool) -> None:
    """Print facts, readable or as one JSON object."""
    if as_json:
        sys.stdout.write(json_format.dumps(facts) + "\n")
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    for name, value in facts.items():
        if value is not None:
            table.add_row(name.replace("_", " "), readable(name, value))
    console = terminal()
    console.print(title)
    console.print(table)


def readable(name: str, value: Any) -> str:
    """Write a fact for a reader.

    Examples
    --------
    >>> readable("accuracy_after", 0.9375), readable("reads_per_sample", 5.375)
    ('93.75 %', '5.4')
    """
    if name.startswith("accuracy"):
        return f"{100 * value:.2f} %"
    if isinstance(value, float):
        return f"{value:,.1f}" if value < FEW else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else f"{value}"
