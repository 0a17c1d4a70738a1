"""What a network will need on a device, before anything is built."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bitspin.bits.code import MAX_CLASSES
from bitspin.errors import ValidityError
from bitspin.export.instruction_costs import (
    costs_of,
    learning_instructions,
    predicting_instructions,
    relearning_instructions,
    sample_passes,
)
from bitspin.export.memory import (
    RECOMPUTING_STACK_BYTES,
    STACK_BYTES,
    check_recomputing,
    code_bytes,
    fixed_ram_bytes,
    largest_capacity,
    learner_items,
    relearner_items,
    weight_bytes,
)
from bitspin.export.originals import original_bytes
from bitspin.export.rehearsal import check_count, check_rehearsing, check_times
from bitspin.export.targets import Target
from bitspin.train.network import check_widths

__all__ = ["DevicePlan", "plan_device"]

CYCLES_PER_INSTRUCTION = 1.25
"""Estimate for zero wait states: loads and taken branches take 2 and 3 cycles, the rest 1, counted
over a training step of 784-256-10 (our estimate; a flash with wait states is slower)."""

JOULES_PER_CYCLE = 58e-12 * 3.0
"""58 µA/MHz while the CPU (Cortex-M4F, 64 MHz) runs from flash: Nordic Semiconductor, nRF52832
Product Specification, key features; at 3 V and 25 °C with the DC/DC converter: ibid. v1.1, Power
and clock management, table 1. Others of the class are alike: 53 µA/MHz, CoreMark from flash at
48 MHz, Texas Instruments, CC2340R2 (Cortex-M0+), SWRS282. Radio, sensors, and memories outside the
chip are not counted."""

LEARNING_CODE_BYTES = 12 << 10
"""Flash for code and schedule: the largest of our targets, cortex-m0, rounded up (measured)."""

REHEARSING_CODE_BYTES = 1 << 10
"""The same for what a device that rehearses needs beside it."""


@dataclass(frozen=True)
class DevicePlan:
    """What a learning network will need.

    Parameters
    ----------
    flash_bytes : int
        Code, schedule, code words, and the weights that the device begins with.
    ram_items : dict of str to int
        Bytes of RAM by item, the stack included.
    ram_bytes : int
        Their sum.
    largest_batch : int
        Most samples with an error that fit the budget.
    predict_instructions, learn_instructions, update_instructions : float
        Of a prediction, of a sample learned with its share of an update, and of an update; the
        last two at the beginning of training, where nearly every sample has an error.
    reads_per_sample : float
        How often each sample with an error is read.
    update_s, update_j : float
        Time and energy of a whole batch and its update.
    predict_s : float
        Time of a prediction.
    originals_bytes : int
        Of the flash: samples of the training that are rehearsed.
    user_sample_instructions : float
        Of a sample of the user with its rehearsals and its share of the updates, were there an
        error in each; as `learn_instructions` if nothing is rehearsed.
    """

    flash_bytes: int
    ram_items: dict[str, int]
    ram_bytes: int
    largest_batch: int
    predict_instructions: float
    learn_instructions: float
    update_instructions: float
    reads_per_sample: float
    predict_s: float
    update_s: float
    update_j: float
    originals_bytes: int
    user_sample_instructions: float


def plan_device(
    widths: tuple[int, ...],
    class_count: int,
    target: Target,
    *,
    batch: int | None,
    ram_bytes: int,
    clock_hz: float,
    group: int = 0,
    rehearse: int | None = None,
    times: int = 8,
) -> DevicePlan:
    """Plan a learning network on a device.

    Parameters
    ----------
    widths : tuple of int
        Input bits, hidden units …, code bits.
    class_count : int
    target : Target
    batch : int or None
        Samples with an error that are kept for an update; None: as many as fit.
    ram_bytes : int
        The budget.
    clock_hz : float
        > 0 and finite.
    group : int
        Rows that are updated together, 1 … 32, if samples are read again; 0: they are kept.
    rehearse : int or None
        Samples of the training in flash that are rehearsed, at least one of each class; not with a
        `group`. None: the device does not rehearse.
    times : int
        How often, after each new sample.

    Returns
    -------
    DevicePlan

    Raises
    ------
    ValidityError
        If the network, the batch or the samples to rehearse do not fit, or samples cannot be read
        again for it, or the clock stands.
    ShapeError
        If the core holds no network of these widths.
    """
    check_asked(widths, class_count, clock_hz)
    costs = costs_of(target.name)
    recomputes = group != 0
    if recomputes:
        check_recomputing(widths, group)
    fixed = fixed_ram_bytes(widths, learns=True, recomputes=recomputes)
    most = largest_capacity(widths, class_count, ram_bytes - fixed - weight_bytes(widths), group)
    if batch is not None and batch > most:
        raise ValidityError(
            f"--batch: got {batch}, expected at most {most} in {ram_bytes} bytes of RAM; choose a "
            "smaller batch or fewer hidden units"
        )
    chosen = batch or most
    if rehearse is not None:
        check_rehearsing(learns=True, recomputes=recomputes)
        check_count(rehearse, class_count)
        check_times(times)
    flash, originals = flash_needs(widths, class_count, target, rehearse)
    items = ram_needs(widths, class_count, chosen, group)
    if recomputes:
        sample, update = relearning_instructions(costs, widths, group)
    else:
        sample, update = learning_instructions(costs, widths)
    predict = predicting_instructions(costs, widths)
    learn = sample + update / chosen
    cycles = CYCLES_PER_INSTRUCTION * (chosen * sample + update)
    return DevicePlan(
        flash_bytes=flash,
        ram_items=items,
        ram_bytes=sum(items.values()),
        largest_batch=most,
        predict_instructions=predict,
        learn_instructions=learn,
        update_instructions=update,
        reads_per_sample=sample_passes(widths, group).reads if recomputes else 1,
        predict_s=CYCLES_PER_INSTRUCTION * predict / clock_hz,
        update_s=cycles / clock_hz,
        update_j=cycles * JOULES_PER_CYCLE,
        originals_bytes=originals,
        user_sample_instructions=learn * (1 if rehearse is None else 1 + 2 * times),
    )


def check_asked(widths: tuple[int, ...], class_count: int, clock_hz: float) -> None:
    """Refuse a clock that stands, and a network that the core cannot hold."""
    if not 0 < clock_hz < math.inf:
        raise ValidityError(f"clock: got {clock_hz} Hz, expected more than 0; correct --clock-mhz")
    check_widths(widths)
    if class_count > MAX_CLASSES:
        raise ValidityError(
            f"--classes: got {class_count}, expected at most {MAX_CLASSES}; choose fewer"
        )


def ram_needs(
    widths: tuple[int, ...], class_count: int, capacity: int, group: int
) -> dict[str, int]:
    """Bytes of RAM by item, for so many samples with an error."""
    recomputes = group != 0
    stack = RECOMPUTING_STACK_BYTES if recomputes else STACK_BYTES
    kept = (
        relearner_items(widths, class_count, capacity, group)
        if recomputes
        else learner_items(widths, class_count, capacity)
    )
    fixed = fixed_ram_bytes(widths, learns=True, recomputes=recomputes)
    return {
        "weights": weight_bytes(widths),
        **kept,
        "state and one sample": fixed - stack,
        "stack": stack,
    }


def flash_needs(
    widths: tuple[int, ...], class_count: int, target: Target, rehearse: int | None
) -> tuple[int, int]:
    """Bytes of flash, and how many of them are samples that are rehearsed.

    Raises
    ------
    ValidityError
        If a target has less.
    """
    flash = weight_bytes(widths) + code_bytes(widths, class_count) + LEARNING_CODE_BYTES
    originals = 0
    if rehearse is not None:
        flash += REHEARSING_CODE_BYTES
        originals = fitting_originals(rehearse, widths[0], target, target.flash_bytes - flash)
    if flash + originals > target.flash_bytes:
        raise ValidityError(
            f"network {'-'.join(map(str, widths))}: got {flash + originals} bytes of flash, "
            f"expected at most {target.flash_bytes} on {target.name}; choose fewer hidden units, a "
            "shorter code, or a larger target"
        )
    return flash + originals, originals


def fitting_originals(count: int, input_bits: int, target: Target, room: int) -> int:
    """Give the bytes of samples that are rehearsed.

    Raises
    ------
    ValidityError
        If there is not so much room in flash.
    """
    size = count * original_bytes(input_bits)
    if size > room:
        raise ValidityError(
            f"--rehearse: got {count} samples of {original_bytes(input_bits)} bytes, expected at "
            f"most {max(room, 0) // original_bytes(input_bits)} in the {target.flash_bytes} bytes "
            f"of flash of {target.name}; choose fewer, or a larger target"
        )
    return size
