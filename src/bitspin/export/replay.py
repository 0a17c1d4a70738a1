"""Proof that a device does what the simulation does: replay a project's samples on both.

The device is QEMU (or this machine, for the host target) running ``core/mcu/replay.c``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix
from bitspin.errors import BackendError, ValidityError
from bitspin.export.labelled import Labelled
from bitspin.export.project import Project
from bitspin.export.qemu import run
from bitspin.export.rehearsal import lesson_rows
from bitspin.export.simulation import learn_in_order
from bitspin.export.targets import Target
from bitspin.export.toolchain import Firmware, build, runtime_dir
from bitspin.train import Network

__all__ = ["Replay", "build_project", "replay"]


@dataclass(frozen=True)
class Replay:
    """What a replay proved and measured.

    Parameters
    ----------
    target : str
    samples : int
        Each was predicted, and learned from if the device learns.
    updates : int
        Updates of the weights.
    compared : int
        How often all weights were compared.
    predict_instructions : float or None
        For each prediction, averaged; None on the host.
    learn_instructions : float or None
        For each sample learned, with its rehearsals and updates, averaged, but without reading what
        the user showed before; None on the host or without learning.
    rehearsed_per_sample : int or None
        Stored samples that were learned again after each sample; None if the device keeps none.
    reads_per_sample : float or None
        How often a sample learned was read, averaged; None unless samples are read again.
    stack_bytes : int or None
        Most stack that was in use; None on the host.
    accuracy_before, accuracy_after : float
        Share (0 … 1) of the samples predicted rightly with the exported and the last weights.
    """

    target: str
    samples: int
    updates: int
    compared: int
    predict_instructions: float | None
    learn_instructions: float | None
    rehearsed_per_sample: int | None
    reads_per_sample: float | None
    stack_bytes: int | None
    accuracy_before: float
    accuracy_after: float


def build_project(project: Project, folder: Path, target: Target, out: Path) -> Firmware:
    """Build a project's example, as its Makefile does, with the strict flags.

    Raises
    ------
    BackendError
        If the compiler is missing, or the program does not fit the target.
    """
    return _build(project, folder, folder / "main.c", target, out, "main")


def _build(
    project: Project, folder: Path, main: Path, target: Target, out: Path, name: str
) -> Firmware:
    core = folder / "bitspin"
    sources = [main, folder / "network.c", *(core / "src" / file for file in project.core_sources)]
    return build(
        sources, [folder, core / "include"], target, out, name=name, stack_bytes=project.stack_bytes
    )


def replay(
    project: Project,
    folder: Path,
    target: Target,
    out: Path,
    *,
    samples: int | None = None,
    every: int = 1,
    timeout_s: float = 600.0,
) -> Replay:
    """Run a project on real samples, and compare it with the simulation.

    Parameters
    ----------
    project : Project
    folder : Path
        Where it was written; what is verified is the sources there.
    target : Target
    out : Path
        Receives the firmware.
    samples : int, optional
        How many of the project's samples; all if not given.
    every : int
        Updates between two comparisons of all weights, ≥ 1; the last weights are always compared.
    timeout_s : float

    Returns
    -------
    Replay

    Raises
    ------
    ValidityError
        If `samples` or `every` are below 1.
    BackendError
        If compiler or QEMU are missing, the program does not fit the target, or a single weight
        or prediction differs.
    """
    for option, value in (("--samples", samples), ("--every", every)):
        if value is not None and value < 1:
            raise ValidityError(f"{option}: got {value}, expected 1 or more; correct it")
    count = project.samples.rows if samples is None else min(samples, project.samples.rows)
    firmware = _build(project, folder, runtime_dir() / "replay.c", target, out, "replay")
    outputs = ["before.bin", *(["weights.bin", "after.bin"] if project.learns else [])]
    result = run(
        firmware,
        files={"samples.bin": folder / "verify" / "samples.bin"},
        arguments=[str(count), str(every)],
        outputs=outputs,
        timeout_s=timeout_s,
    )
    chosen = BitMatrix(project.samples.words[:count].copy(), project.samples.columns)
    labels = project.labels[:count]
    network = Network(project.network.widths, project.network.weights.copy(), project.network.code)
    where = f"{folder} on {target.name}"
    before = _check_classes(network, chosen, result.outputs["before.bin"], where)
    after = before
    updates, compared = 0, 0
    if project.learns:
        updates, compared = _check_weights(
            project, network, chosen, labels, result.outputs["weights.bin"], every, where
        )
        after = _check_classes(network, chosen, result.outputs["after.bin"], where)
    counts = _counts(result.stdout)
    counted = result.instructions is not None
    predictions = count * (2 if project.learns else 1)
    return Replay(
        target=target.name,
        samples=count,
        updates=updates,
        compared=compared,
        predict_instructions=counts["predict"] / predictions if counted else None,
        learn_instructions=counts["learn"] / count if counted and project.learns else None,
        rehearsed_per_sample=per_call(project) - 1 if project.rehearsal else None,
        reads_per_sample=counts["reads"] / count if project.group else None,
        stack_bytes=result.stack_bytes,
        accuracy_before=float(np.mean(before == labels)),
        accuracy_after=float(np.mean(after == labels)),
    )


def _check_classes(
    network: Network, samples: BitMatrix, output: bytes, where: str
) -> NDArray[np.uint16]:
    """Compare the device's classes with the simulation's.

    Raises
    ------
    BackendError
        If one differs.
    """
    expected, _ = network.predict(samples)
    given = np.frombuffer(output, "<u4")
    wrong = np.flatnonzero(given != expected) if given.shape == expected.shape else np.arange(1)
    if len(wrong):
        raise BackendError(
            f"{where}: {len(wrong)} of {len(expected)} predictions differ from the simulation, "
            f"first at sample {wrong[0]}; export the project again"
        )
    return expected


def _check_weights(
    project: Project,
    network: Network,
    samples: BitMatrix,
    labels: NDArray[np.uint16],
    output: bytes,
    every: int,
    where: str,
) -> tuple[int, int]:
    """Train the simulation and compare all weights whenever the device gave its own.

    Raises
    ------
    BackendError
        If one weight differs.
    """
    given = np.frombuffer(output, "<u4").reshape(-1, len(network.weights))
    before, updates, compared = 0, 0, 0
    for shown, updates, weights in _changes(project, network, Labelled(samples, labels)):
        if updates // every != before // every or shown == samples.rows:
            if compared < len(given):
                _check_step(given[compared], weights, updates, where)
            compared += 1
        before = updates
    if compared != len(given):
        raise BackendError(
            f"{where}: got {len(given)} states of the weights, expected {compared}; the device "
            "updates at other samples than the simulation"
        )
    return updates, compared


def _changes(
    project: Project, network: Network, shown: Labelled
) -> Iterator[tuple[int, int, NDArray[np.uint32]]]:
    """Simulate; give the samples shown, the updates and the weights whenever these changed.

    A device tells its weights between two samples shown, not between one and its rehearsals.
    """
    lessons, order = shown, None
    if project.rehearsal is not None:
        originals = project.rehearsal.originals
        lessons = originals.followed_by(shown)
        order = lesson_rows(len(originals), len(shown), project.rehearsal.times)
    course = learn_in_order(
        network,
        lessons.samples,
        lessons.labels,
        project.schedule,
        project.seed,
        project.capacity,
        order=order,
    )
    change = None
    for updates, learned in enumerate(course, 1):
        sample = -(-learned // per_call(project))
        if change is not None and change[0] != sample:
            yield change
        change = (sample, updates, network.weights.copy())
    if change is not None:
        yield change


def per_call(project: Project) -> int:
    """Count the samples that the device learns from for each that it is shown."""
    return 1 if project.rehearsal is None else project.rehearsal.learned_per_sample


def _check_step(
    given: NDArray[np.uint32], expected: NDArray[np.uint32], update: int, where: str
) -> None:
    """Raise `BackendError` if one weight differs."""
    wrong = int(np.bitwise_count(given ^ expected).sum())
    if wrong:
        raise BackendError(
            f"{where}: after update {update} {wrong} weights differ from the simulation; export "
            "the project again"
        )


def _counts(stdout: str) -> Mapping[str, int]:
    """Add up the figures that replay.c reports."""
    totals: dict[str, int] = {}
    for line in stdout.splitlines():
        what, _, count = line.partition(" ")
        totals[what] = totals.get(what, 0) + int(count, 16)
    return totals
