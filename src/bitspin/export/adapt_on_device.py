"""A device adapts as `bitspin.export.adaptation` simulates: ``core/mcu/adapt.c``, and the proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bitspin.errors import BackendError, ValidityError
from bitspin.export.adaptation import (
    Adaptation,
    Curve,
    classes_of,
    curve_of,
    states,
)
from bitspin.export.labelled import Labelled
from bitspin.export.originals import originals_bytes, write_originals
from bitspin.export.project import Project, write_project
from bitspin.export.qemu import run
from bitspin.export.targets import Target
from bitspin.export.toolchain import Firmware, build, runtime_dir

__all__ = ["DeviceRun", "describe", "run_on_device"]


@dataclass(frozen=True)
class DeviceRun:
    """What a device did: exactly what was simulated.

    Parameters
    ----------
    curve : Curve
        From the classes that the device gave.
    firmware : Firmware
        Its flash holds the originals too.
    instructions_per_sample : float or None
        For each sample of the user with its rehearsals, updates included; None on the host.
    stack_bytes : int or None
        Most stack that was in use; None on the host.
    """

    curve: Curve
    firmware: Firmware
    instructions_per_sample: float | None
    stack_bytes: int | None

    @property
    def ram_bytes(self) -> int:
        """Variables and the stack that is reserved."""
        return self.firmware.static_ram_bytes + self.firmware.stack_reserved_bytes


def run_on_device(
    adaptation: Adaptation, target: Target, out: Path, *, timeout_s: float = 600.0
) -> DeviceRun:
    """Let a device adapt, and prove that every weight and class is the simulated one.

    Parameters
    ----------
    adaptation : Adaptation
        With one exam or more.
    target : Target
    out : Path
        New or empty folder; receives the project and the firmware.
    timeout_s : float

    Returns
    -------
    DeviceRun

    Raises
    ------
    BackendError
        If compiler or QEMU are missing, the program does not fit the target, or a single weight
        or class differs from the simulation.
    ValidityError
        If there are no exams.
    """
    if not adaptation.exams:
        raise ValidityError("adaptation: got no exams, expected one or more to compare; name a set")
    firmware = build_adaptation(adaptation, target, out)
    exam = b"".join(exam.to_bytes() for exam in adaptation.exams.values())
    examined = sum(len(exam) for exam in adaptation.exams.values())
    numbers = (len(adaptation.user), adaptation.every, adaptation.times, examined)
    result = run(
        firmware,
        files={"user.bin": adaptation.user.to_bytes(), "exam.bin": exam},
        arguments=[str(number) for number in numbers],
        outputs=["weights.bin", "classes.bin"],
        timeout_s=timeout_s,
    )
    moments = len(adaptation.examined_at)
    weights = np.frombuffer(result.outputs["weights.bin"], "<u4").reshape(moments, -1)
    classes = np.frombuffer(result.outputs["classes.bin"], "<u4").reshape(moments, -1)
    given = [by_exam(adaptation.exams, row) for row in classes]
    check_equal(adaptation, weights, given, target.name)
    counted = result.instructions is not None
    instructions = int(result.stdout.removeprefix("learn "), 16)
    return DeviceRun(
        curve=curve_of(adaptation, given),
        firmware=firmware,
        instructions_per_sample=instructions / len(adaptation.user) if counted else None,
        stack_bytes=result.stack_bytes,
    )


def describe(adaptation: Adaptation, done: DeviceRun) -> str:
    """Say in a few lines what a device needed.

    Parameters
    ----------
    adaptation : Adaptation
    done : DeviceRun
        Of that adaptation.

    Returns
    -------
    str
    """
    firmware, originals = done.firmware, adaptation.originals
    size = originals_bytes(originals)
    times = len(done.curve.seen)
    lines = [
        f"{firmware.target.name}: every weight and class as simulated, at {times} examinations",
        f"flash   {firmware.flash_bytes:,} bytes, {size:,} of them for {len(originals)} originals",
    ]
    if done.instructions_per_sample is not None:
        lines += [
            f"RAM     {done.ram_bytes:,} bytes, stack included ({done.stack_bytes} in use)",
            f"sample  {done.instructions_per_sample:,.0f} instructions with its rehearsals, mean",
        ]
    return "\n".join(lines)


def build_adaptation(adaptation: Adaptation, target: Target, out: Path) -> Firmware:
    """Export the network with its originals, and build what runs the adaptation."""
    project = Project(
        target=target.name,
        network=adaptation.network,
        schedule=adaptation.schedule,
        capacity=adaptation.capacity,
        seed=adaptation.seed,
        samples=adaptation.user.samples,
        labels=adaptation.user.labels,
    )
    folder = out / "project"
    write_project(project, folder)
    write_originals(adaptation.originals, folder)
    core = folder / "bitspin"
    sources = [
        runtime_dir() / "adapt.c",
        folder / "network.c",
        *(core / "src" / file for file in project.core_sources),
    ]
    includes = [folder, core / "include"]
    return build(sources, includes, target, out, name="adapt", stack_bytes=project.stack_bytes)


def by_exam(
    exams: Mapping[str, Labelled], classes: NDArray[np.uint32]
) -> dict[str, NDArray[np.uint16]]:
    """Cut the classes of an examination into those of each exam."""
    ends = np.cumsum([len(exam) for exam in exams.values()])
    parts = np.split(classes.astype(np.uint16), ends[:-1])
    return dict(zip(exams, parts, strict=True))


def check_equal(
    adaptation: Adaptation,
    weights: NDArray[np.uint32],
    given: list[dict[str, NDArray[np.uint16]]],
    target: str,
) -> None:
    """Raise `BackendError` if one weight or class of a device differs from the simulation."""
    moments = zip(adaptation.examined_at, states(adaptation), weights, given, strict=True)
    for seen, network, row, classes in moments:
        wrong = int(np.bitwise_count(row ^ network.weights).sum())
        simulated = classes_of(network, adaptation.exams)
        wrong_classes = sum(int(np.sum(classes[name] != simulated[name])) for name in simulated)
        if wrong or wrong_classes:
            raise BackendError(
                f"adaptation on {target}: after {seen} samples {wrong} weights and "
                f"{wrong_classes} classes differ from the simulation, expected none; please report "
                "it with the settings"
            )
