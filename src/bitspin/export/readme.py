"""README.md of an exported project, with the figures measured for its target."""

from __future__ import annotations

from textwrap import fill

from bitspin.export.memory import code_bytes, weight_bytes
from bitspin.export.originals import originals_bytes
from bitspin.export.project import Project
from bitspin.export.rehearsal import Rehearsal
from bitspin.export.replay import Replay
from bitspin.export.toolchain import Firmware
from bitspin.version import __version__

__all__ = ["readme"]

WIDTH = 100


def readme(project: Project, firmware: Firmware, measured: Replay) -> str:
    """Describe a project and what it needs.

    Parameters
    ----------
    project : Project
    firmware : Firmware
        Its example, built for the target.
    measured : Replay
        Of real samples on the target.
    """
    widths = "-".join(map(str, project.network.widths))
    does = "predicts and learns" if project.learns else "predicts"
    return f"""\
# A network of {widths} units that {does} on a microcontroller

Written by Bitspin {__version__} for {firmware.target.name} ({firmware.target.description}). C99;
no heap, no floating point, no library. `main.c` is an example, `network.h` the door, `network.c`
the network; `bitspin/` holds the part of Bitspin's core that it needs.

    make            # libnetwork.a for {firmware.target.name}
    make example    # main.c for this machine
    bitspin verify .    # real samples, on the device and simulated: every weight, every prediction

## What it needs on {firmware.target.name}

Measured with {firmware.compiler}, -O2, start-up code of the emulator included.

{table(project, firmware, measured)}
{learning_text(project) if project.learns else ""}
## Input

A sample is {project.network.widths[0]} bits in words of 32, lowest bit first, unused bits zero;
bit 1 is +1. Encode it as the training data were (`bs_pack` in `bitspin/bits.h` packs truth values).
"""


def table(project: Project, firmware: Firmware, measured: Replay) -> str:
    """Lay out the figures as a Markdown table."""
    network = project.network
    weights = weight_bytes(network.widths)
    rows = [("flash", f"{firmware.flash_bytes:,} bytes", "code, weights, schedule, samples")]
    rows.append(("weights", f"{weights:,} bytes", "in RAM" if project.learns else "in flash"))
    rows.append(("code words", f"{code_bytes(network.widths, network.code.rows):,} bytes", "flash"))
    if project.rehearsal is not None:
        stored = len(project.rehearsal.originals)
        size = originals_bytes(project.rehearsal.originals)
        rows.append((f"{stored} samples of the training", f"{size:,} bytes", "flash"))
    rows.append(("RAM", f"{firmware.static_ram_bytes:,} bytes", "variables, without the stack"))
    rows += [(name, f"{size:,} bytes", "of the RAM") for name, size in project.memory_items.items()]
    if measured.stack_bytes is not None:
        rows.append(("stack", f"{measured.stack_bytes:,} bytes", "most in use, measured"))
    if measured.predict_instructions is not None:
        rows.append(("a prediction", f"{measured.predict_instructions:,.0f} instructions", "mean"))
    if measured.learn_instructions is not None:
        text = f"{measured.learn_instructions:,.0f} instructions"
        note = "mean, updates included"
        if project.rehearsal is not None:
            rehearsed = f"{measured.rehearsed_per_sample} rehearsals"
            note = f"mean, {rehearsed} and updates included, but not reading the user's samples"
        rows.append(("a sample learned", text, note))
    if measured.reads_per_sample is not None:
        text = f"{measured.reads_per_sample:.1f} times"
        rows.append(("a sample learned is read", text, "mean"))
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(["| item | figure | note |", "|---|---|---|", *lines])


def learning_text(project: Project) -> str:
    """Say how the device learns."""
    schedule = (
        f"The schedule has {len(project.schedule)} entries; the last one holds from update "
        f"{project.schedule[-1].from_step} on."
    )
    images = (
        "`bs_image_save` and `bs_image_load` (`bitspin/image.h`) keep the weights in two slots of "
        "flash, so that an interrupted save leaves the older image valid."
    )
    learning = fill(f"{update_text(project)} {schedule}", WIDTH)
    return f"\n## Learning\n\n{learning}\n\n{fill(images, WIDTH)}\n"


def rehearsal_text(rehearsal: Rehearsal, batch: str, capacity: int) -> str:
    """Say which call learns and rehearses."""
    return (
        "`bs_learn_and_rehearse(&network, input, label, stores, 2, NETWORK_REHEARSALS)` takes one "
        f"labelled sample of the user; then, {rehearsal.times} times, it learns again from the "
        f"next of the {len(rehearsal.originals)} samples of the training in `originals.h` and from "
        "the next one that the user has shown before. Keep those on a card or in flash, and give "
        f"the function that reads them, as `main.c` does. After {batch} samples, rehearsed ones "
        f"counted, or {capacity} that caused an error, the weights are updated."
    )


def update_text(project: Project) -> str:
    """Say which call learns, and when it updates the weights."""
    first, last = project.schedule[0].batch, project.schedule[-1].batch
    batch = f"{first}" if first == last else f"{first} … {last}"
    if project.rehearsal is not None:
        return rehearsal_text(project.rehearsal, batch, project.capacity)
    full = f"After {batch} samples, or {project.capacity} that caused an error,"
    if not project.group:
        return (
            f"`bs_learn(&network, input, label)` takes one labelled sample. {full} the weights are "
            "updated before it returns."
        )
    return (
        "`bs_relearn(&network, read, context, count, &used)` makes one update of samples that can "
        "be read again: `read`, a function of yours, gives each of samples 0 … count - 1 several "
        f"times. {full} the weights are updated, and `used` says how many samples were taken; the "
        f"rest is left for the next call. The rows are updated {project.group} at a time."
    )
