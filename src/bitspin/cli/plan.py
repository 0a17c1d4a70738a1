"""``bitspin device-plan``: what a network will need, before flashing."""

from __future__ import annotations

import json as json_format
import re
import sys
from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from bitspin.cli.device import chosen_group, chosen_times
from bitspin.cli.integer import Integer
from bitspin.cli.terminal import terminal
from bitspin.errors import ValidityError
from bitspin.export.plan import DevicePlan, plan_device
from bitspin.export.targets import target_named

__all__ = ["device_plan"]


def device_plan(
    *,
    hidden: Annotated[
        tuple[Integer, ...], Parameter(consume_multiple=True, negative="", show_default=False)
    ] = (Integer(128),),
    inputs: Integer = Integer(784),  # noqa: B008 (a constant)
    classes: Integer = Integer(10),  # noqa: B008 (a constant)
    code_length: Integer | None = None,
    batch: Integer | None = None,
    recompute: Annotated[bool, Parameter(negative="")] = False,
    group: Integer | None = None,
    rehearse: Integer | None = None,
    times: Integer | None = None,
    ram: str | None = None,
    target: str = "cortex-m4",
    clock_mhz: float = 64.0,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Say what a network that learns will need on a device.

    Parameters
    ----------
    hidden : int ...
        Units of each hidden layer. [default: 128]
    inputs : int
        Input bits.
    classes : int
        Classes.
    code_length : int
        Bits of a code word. [default: one-hot, one for each class]
    batch : int
        Samples with an error that are kept for an update. [default: as many as fit]
    recompute : bool
        Samples are read again and not kept, as by 'bitspin export --recompute'.
    group : int
        Rows that are updated together with --recompute, 1 to 32. [default: 8]
    rehearse : int
        Samples of the training in flash that the device rehearses, as by 'bitspin export
        --rehearse'.
    times : int
        How often it rehearses after each new sample, with --rehearse. [default: 8]
    ram : str
        Budget in bytes, such as 32k. [default: the RAM of the emulated board: 16k for cortex-m0,
        4M for the others]
    target : str
        cortex-m0, cortex-m0-large, cortex-m3, cortex-m4 or rv32imac.
    clock_mhz : float
        Clock for the times.
    json : bool
        Print one JSON object.
    """
    machine = target_named(target)
    if not hidden:
        raise ValidityError("--hidden: got no units, expected at least one layer of them; add some")
    widths = (inputs, *hidden, classes if code_length is None else code_length)
    for option, value, least in (
        ("--batch", 1 if batch is None else batch, 1),
        ("--inputs", inputs, 1),
        ("--hidden", min(hidden), 1),
        ("--classes", classes, 2),
        ("--code-length", widths[-1], 1),
    ):
        if value < least:
            raise ValidityError(f"{option}: got {value}, expected {least} or more; correct it")
    plan = plan_device(
        widths,
        classes,
        machine,
        batch=batch,
        ram_bytes=machine.ram_bytes if ram is None else parse_bytes(ram),
        clock_hz=1e6 * clock_mhz,
        group=chosen_group(group, recompute=recompute),
        rehearse=rehearse,
        times=chosen_times(times, rehearse),
    )
    if json:
        sys.stdout.write(json_format.dumps(asdict(plan)) + "\n")
    else:
        print_plan(plan, "-".join(map(str, widths)), target, clock_mhz)


def parse_bytes(text: str) -> int:
    """Read a size such as 16384, 16k or 1M.

    Raises
    ------
    ValidityError
        If it is none.

    Examples
    --------
    >>> parse_bytes("32k")
    32768
    """
    match = re.fullmatch(r"(\d+)([kKmM]?)", text)
    if match is None:
        raise ValidityError(f"--ram: got '{text}', expected bytes such as 16384, 16k or 1M")
    return int(match[1]) << {"": 0, "k": 10, "m": 20}[match[2].lower()]


def print_plan(plan: DevicePlan, widths: str, target: str, clock_mhz: float) -> None:
    """Print a plan with units."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    table.add_row("flash", f"{plan.flash_bytes:,} bytes")
    if plan.originals_bytes:
        table.add_row("  samples that are rehearsed", f"{plan.originals_bytes:,} bytes")
    table.add_row("RAM", f"{plan.ram_bytes:,} bytes")
    for name, size in plan.ram_items.items():
        table.add_row(f"  {name}", f"{size:,} bytes")
    table.add_row("largest batch", f"{plan.largest_batch} samples with an error")
    table.add_row("prediction", f"{plan.predict_instructions:,.0f} instructions")
    table.add_row("sample learned", f"{plan.learn_instructions:,.0f} instructions, at most")
    if plan.originals_bytes:
        text = f"{plan.user_sample_instructions:,.0f} instructions, at most"
        table.add_row("sample of the user with its rehearsals", text)
    if plan.reads_per_sample > 1:
        table.add_row("sample read", f"{plan.reads_per_sample:g} times, at most")
    table.add_row("update", f"{plan.update_instructions:,.0f} instructions, at most")
    table.add_row(f"prediction at {clock_mhz:g} MHz", f"{1e3 * plan.predict_s:.2f} ms")
    table.add_row(f"batch and update at {clock_mhz:g} MHz", f"{1e3 * plan.update_s:.1f} ms")
    table.add_row("energy of a batch (174 pJ a cycle)", f"{1e3 * plan.update_j:.3f} mJ")
    console = terminal()
    console.print(f"{widths} that learns on {target}")
    console.print(table)
