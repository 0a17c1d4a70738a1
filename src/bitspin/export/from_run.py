"""From a finished run, or any strict network, to a measured and verified C project."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bitspin.array import IdealArray
from bitspin.bits import BitMatrix
from bitspin.bits.engine import MAX_BATCH
from bitspin.data import load
from bitspin.errors import StoreError, ValidityError
from bitspin.export.adaptation import USER_RULE
from bitspin.export.build_files import cmake_file, makefile
from bitspin.export.labelled import Labelled
from bitspin.export.memory import (
    check_recomputing,
    fixed_ram_bytes,
    inference_items,
    largest_capacity,
    weight_bytes,
)
from bitspin.export.project import Project, check_new, write_project
from bitspin.export.readme import readme
from bitspin.export.rehearsal import Rehearsal, balanced_choice, check_rehearsing
from bitspin.export.replay import Replay, build_project, replay
from bitspin.export.schedule import ScheduledRule, geometry_of, mean_batch, sample_schedule
from bitspin.export.targets import Target, target_named
from bitspin.export.toolchain import Firmware, Toolchain, find_program
from bitspin.run import Run
from bitspin.run.prepare import encode_bits, load_dataset
from bitspin.run.samples import strict_rule
from bitspin.train import Network, Rule

__all__ = [
    "Exported",
    "Learning",
    "Source",
    "check_tools",
    "device_schedule",
    "export_network",
    "export_run",
]

LEAST_MEASURED_SAMPLES = 128


@dataclass(frozen=True)
class Learning:
    """How an exported device learns.

    Parameters
    ----------
    batch : int
        Samples an update, 1 … 32767; fewer if the memory is full of samples with an error earlier.
    capacity : int or None
        Samples with an error that are kept; None: as many as fit the target, at most the batch.
    samples : int
        Length of the schedule in samples, rehearsed ones not counted; afterwards its last rule
        holds on.
    begin : float
        Where in the schedule of the run's rule the device begins: 0 from scratch, 1 at its end.
    seed : int or None
        Root key of the device's random stream; None: the run's seed.
    batch_end : int or None
        The same at the end of the schedule; None: as at its start.
    group : int
        Rows that are updated together, 1 … 32, if the device can read its samples again and keeps
        none of them: 12 bytes a sample with an error for 784-256-10, and the more time the fewer
        rows. 0: samples are kept.
    """

    batch: int = 64
    capacity: int | None = None
    samples: int = 60000
    begin: float = 0.5
    seed: int | None = None
    batch_end: int | None = None
    group: int = 0


@dataclass(frozen=True, eq=False)
class Source:
    """What a project is made of.

    Parameters
    ----------
    network : Network
    rule : Rule
        That it learns by.
    seed : int
        Root key of the device's random stream, unless the learning has one of its own.
    samples : BitMatrix of shape (S, K)
        Real samples that verify the project, S ≥ 1.
    labels : ndarray of shape (S,), uint16
    rehearsal : Rehearsal or None
        What a device that learns rehearses; None: nothing.
    """

    network: Network
    rule: Rule
    seed: int
    samples: BitMatrix
    labels: NDArray[np.uint16]
    rehearsal: Rehearsal | None = None


@dataclass(frozen=True, eq=False)
class Exported:
    """A project as it was written and measured.

    Parameters
    ----------
    project : Project
    firmware : Firmware
        The example, built for the target.
    replay : Replay
    """

    project: Project
    firmware: Firmware
    replay: Replay


def export_run(
    run: Run,
    out: Path,
    *,
    target: str,
    learning: Learning | None,
    verify_samples: int = 1000,
    rehearse: int | None = None,
    times: int = 8,
) -> Exported:
    """Write a C project of a run's network, build it, and replay real samples on it.

    Parameters
    ----------
    run : Run
    out : Path
        New or empty folder.
    target : str
        A name of `bitspin.export.targets.TARGETS`.
    learning : Learning or None
        None: the device only predicts.
    verify_samples : int
        Real training samples that go with the project, ≥ 1.
    rehearse : int, optional
        So many training samples, as many of each class, lie in the device's flash, and it rehearses
        them while it learns from a user, by `bitspin.export.adaptation.USER_RULE` and not the
        run's rule. Needs a learning device that keeps its samples.
    times : int
        How often it rehearses after each new sample, ≥ 1.

    Returns
    -------
    Exported

    Raises
    ------
    ValidityError
        If the run is of the regular BNN or in an array of real cells, or its network does not fit
        the target, or there are not so many samples to rehearse.
    BackendError
        If compiler or QEMU are missing, or the device differs from the simulation.
    StoreError
        If the folder cannot be written.
    """
    machine = target_named(target)
    check_new(out)
    network = strict_network(run)
    check_tools(machine)
    dataset = load(run.config.data.source)
    count = min(max(verify_samples, 1), len(dataset.y_train))
    samples = encode_bits(run.encoder, dataset.x_train[:count])
    labels = dataset.y_train[:count].astype(np.uint16)
    rule = strict_rule(run.config)
    rehearsal = None
    if rehearse is not None:
        rule, rehearsal = USER_RULE, Rehearsal(training_samples(run, rehearse), times)
    source = Source(network, rule, run.config.seed, samples, labels, rehearsal)
    return export_network(source, out, target=target, learning=learning)


def training_samples(run: Run, count: int) -> Labelled:
    """Choose so many of the samples that a run was trained with, as many of each class."""
    dataset = load_dataset(run.config, None)
    chosen = balanced_choice(dataset.y_train, count, dataset.class_count, run.config.seed)
    labels = dataset.y_train[chosen].astype(np.uint16)
    return Labelled(encode_bits(run.encoder, dataset.x_train[chosen]), labels)


def export_network(
    source: Source, out: Path, *, target: str, learning: Learning | None
) -> Exported:
    """Write a C project of any strict network; see `export_run`."""
    machine = target_named(target)
    if source.rehearsal is not None:
        check_rehearsing(
            learns=learning is not None, recomputes=learning is not None and learning.group != 0
        )
    check_new(out)
    check_tools(machine)
    network = source.network
    lessons = 1 if source.rehearsal is None else source.rehearsal.learned_per_sample
    capacity = 0 if learning is None else fitting_capacity(network, machine, learning)
    if learning is None:
        check_inference(network, machine)
    schedule: tuple[ScheduledRule, ...] = ()
    if learning is not None:
        schedule = device_schedule(source.rule, network, learning, lessons)
    project = Project(
        target=target,
        network=network,
        schedule=schedule,
        capacity=capacity,
        seed=source.seed if learning is None or learning.seed is None else learning.seed,
        samples=source.samples,
        labels=source.labels,
        group=0 if learning is None else learning.group,
        rehearsal=source.rehearsal,
    )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".bitspin-export-", dir=out.parent) as scratch:
            exported = write_measured(project, machine, Path(scratch))
            (Path(scratch) / "project").replace(out)
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(
            f"cannot write {out}: got '{error.strerror}', expected a writable place; choose "
            "another --out"
        ) from error
    return exported


def write_measured(project: Project, machine: Target, scratch: Path) -> Exported:
    """Write a whole project into ``scratch/project``, its measured figures included."""
    folder = scratch / "project"
    write_project(project, folder)
    (folder / "Makefile").write_text(makefile(project, machine), encoding="utf-8")
    (folder / "CMakeLists.txt").write_text(cmake_file(project), encoding="utf-8")
    firmware = build_project(project, folder, machine, scratch)
    measured = replay(project, folder, machine, scratch, samples=measured_samples(project))
    (folder / "README.md").write_text(readme(project, firmware, measured), encoding="utf-8")
    return Exported(project, firmware, measured)


def measured_samples(project: Project) -> int:
    """Say how many samples the figures of a project are measured on: whole batches.

    Rehearsed samples fill several batches.
    """
    if project.rehearsal is not None:
        return LEAST_MEASURED_SAMPLES
    batch = project.schedule[0].batch if project.learns else 1
    return batch * -(-LEAST_MEASURED_SAMPLES // batch)


def strict_network(run: Run) -> Network:
    """Take a run's network if a device computes as it does: of bits alone, in an ideal array.

    Raises
    ------
    ValidityError
        If it is a regular BNN, or lives in an array of real cells.
    """
    if not isinstance(run.model, Network):
        raise ValidityError(
            "export: got a run of the regular BNN, expected one of a strict rule; train it with "
            "'bitspin train --rule tgbnn'"
        )
    if not isinstance(run.config.array, IdealArray):
        raise ValidityError(
            f"export: got a run in an array of kind '{run.config.array.kind}', expected an ideal "
            "one: a microcontroller has no such cells, and neither reads nor learns as they do; "
            "train without --array"
        )
    return run.model


def check_tools(target: Target) -> None:
    """Raise `BackendError` unless compiler and emulator of a target are here."""
    Toolchain.find(target)
    if not target.is_host:
        find_program(target.emulator[0], target.emulator_package)


def device_schedule(
    rule: Rule, network: Network, learning: Learning, learned_per_sample: int = 1
) -> tuple[ScheduledRule, ...]:
    """Sample a rule's schedule for a device that learns so often for each sample it is shown."""
    if learning.seed is not None and not 0 <= learning.seed < 2**63:
        raise ValidityError(
            f"--seed: got {learning.seed}, expected 0 to 2**63 - 1; choose another --seed"
        )
    if learning.samples < 1:
        raise ValidityError(
            f"--samples: got {learning.samples}, expected 1 or more samples to learn from; choose "
            "another --samples"
        )
    learned = learning.samples * learned_per_sample
    return sample_schedule(
        rule,
        geometry_of(network.widths, network.code),
        batch=learning.batch,
        steps=max(1, int(learned / mean_batch(learning.batch, learning.batch_end))),
        begin=learning.begin,
        batch_end=learning.batch_end,
    )


def fitting_capacity(network: Network, target: Target, learning: Learning) -> int:
    """Settle how many samples with an error a device keeps.

    Raises
    ------
    ValidityError
        If the network does not fit the target, or not so many samples; or if samples cannot be
        read again for it.
    """
    recomputes = learning.group != 0
    if recomputes:
        check_recomputing(network.widths, learning.group)
    if learning.capacity is not None and not 1 <= learning.capacity <= MAX_BATCH:
        raise ValidityError(
            f"--capacity: got {learning.capacity} samples, expected 1 to {MAX_BATCH}; choose "
            "another --capacity"
        )
    wanted = learning.capacity or max(learning.batch, learning.batch_end or 0)
    if target.is_host:
        return wanted
    fixed = fixed_ram_bytes(network.widths, learns=True, recomputes=recomputes)
    room = target.ram_bytes - fixed - weight_bytes(network.widths)
    most = largest_capacity(network.widths, network.code.rows, room, learning.group)
    if learning.capacity is not None and learning.capacity > most:
        raise ValidityError(
            f"--capacity: got {learning.capacity} samples, expected at most {most} in the "
            f"{target.ram_bytes} bytes of RAM of {target.name}; choose fewer, or a larger target"
        )
    return min(wanted, most)


def check_inference(network: Network, target: Target) -> None:
    """Raise `ValidityError` unless a target can hold a network that only predicts."""
    if target.is_host:
        return
    scratch = sum(inference_items(network.widths, network.code.rows).values())
    needed = fixed_ram_bytes(network.widths, learns=False) + scratch
    if needed > target.ram_bytes or weight_bytes(network.widths) > target.flash_bytes:
        raise ValidityError(
            f"network {'-'.join(map(str, network.widths))}: got {weight_bytes(network.widths)} "
            f"bytes of weights and {needed} of RAM, expected at most {target.flash_bytes} and "
            f"{target.ram_bytes} on {target.name}; choose fewer hidden units or a larger target"
        )
