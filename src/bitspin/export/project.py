"""An exported project: a folder with C sources, the network as data, and what verifies it.

::

    network.h network.c   the network
    originals.h           samples of the training, if the device rehearses them
    main.c                an example of ten lines
    bitspin/              the sources of the core that the network needs
    Makefile CMakeLists.txt README.md
    verify/               samples.bin, weights.bin and project.json: real samples, the exported
                          weights and the schedule, for `bitspin verify`; and originals.bin
"""

from __future__ import annotations

import re
import shutil
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from bitspin.bits import BitMatrix, LayerStep, ScaledCode, StepRule
from bitspin.errors import StoreError
from bitspin.export import c_source
from bitspin.export.labelled import Labelled
from bitspin.export.memory import (
    RECOMPUTING_STACK_BYTES,
    STACK_BYTES,
    inference_items,
    learner_items,
    relearner_items,
)
from bitspin.export.originals import write_originals
from bitspin.export.rehearsal import Rehearsal
from bitspin.export.schedule import ScheduledRule
from bitspin.export.toolchain import runtime_dir
from bitspin.train import Network

__all__ = ["Project", "check_new", "read_project", "write_project"]

VERSION = 1
INFERENCE_SOURCES = ("bits.c", "infer.c", "lean.c", "shape.c")
LEARNING_SOURCES = ("image.c", "learn.c", "random.c", "rehearse.c", "row.c", "sliced_row.c")
RECOMPUTING_SOURCES = ("relearn.c",)
STATUS_LIST = "status.def"
_INCLUDE = re.compile(r'^#include "((?:bitspin/)?\w+\.h)"$', re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Project:
    """What is exported.

    Parameters
    ----------
    target : str
        Name of a target that it is meant for.
    network : Network
        With the weights that the device begins with.
    schedule : tuple of ScheduledRule
        Empty: the device only predicts.
    capacity : int
        Samples with an error that the device keeps; 0 if it only predicts.
    seed : int
        Root key of the device's random stream.
    samples : BitMatrix of shape (S, K)
        Real samples that verify it; the first stands in network.c too.
    labels : ndarray of shape (S,), uint16
    group : int
        Rows that are updated together, 1 … 32, where samples are read again and not kept; 0: they
        are kept.
    rehearsal : Rehearsal or None
        What a device that keeps its samples learns again after each new one; None: nothing.
    """

    target: str
    network: Network
    schedule: tuple[ScheduledRule, ...]
    capacity: int
    seed: int
    samples: BitMatrix
    labels: NDArray[np.uint16]
    group: int = 0
    rehearsal: Rehearsal | None = None

    @property
    def learns(self) -> bool:
        """Whether the device learns."""
        return bool(self.schedule)

    @property
    def memory_items(self) -> dict[str, int]:
        """Bytes of the memory that the network is laid out in, by item."""
        widths, classes = self.network.widths, self.network.code.rows
        if not self.learns:
            return inference_items(widths, classes)
        if not self.group:
            return learner_items(widths, classes, self.capacity)
        return relearner_items(widths, classes, self.capacity, self.group)

    @property
    def stack_bytes(self) -> int:
        """Stack that the project's programs reserve."""
        return RECOMPUTING_STACK_BYTES if self.group else STACK_BYTES

    @property
    def core_sources(self) -> tuple[str, ...]:
        """Files of core/src that the network needs."""
        learning = LEARNING_SOURCES if self.learns else ()
        return INFERENCE_SOURCES + learning + (RECOMPUTING_SOURCES if self.group else ())


class _LayerFacts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    window: int
    dead_zone_q8: int
    floor: int
    budget_q8: int
    probability_q31: int


class _EntryFacts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    from_step: int
    batch: int
    independent: bool
    margin: int
    layers: tuple[_LayerFacts, ...]


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    target: str
    widths: tuple[int, ...]
    code: tuple[str, ...]
    class_scale: tuple[tuple[int, ...], ...] | None = None
    capacity: int
    group: int
    seed: int
    samples_crc32: int
    weights_crc32: int
    schedule: tuple[_EntryFacts, ...]
    rehearsals: int = 0
    originals_crc32: int | None = None


def check_new(out: Path) -> None:
    """Raise `StoreError` unless there is nothing at a path, or an empty folder."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        got = "folder that is not empty" if out.is_dir() else "file"
        raise StoreError(
            f"{out}: got a {got}, expected a new folder for the project; choose another --out"
        )


def write_project(project: Project, out: Path) -> None:
    """Write a project into a new or empty folder; README.md is left to the caller.

    Raises
    ------
    StoreError
        If the folder holds something already or cannot be written.
    """
    check_new(out)
    try:
        (out / "verify").mkdir(parents=True, exist_ok=True)
        _copy_core(project, out / "bitspin")
        _write_network(project, out)
        if project.rehearsal is not None:
            write_originals(project.rehearsal.originals, out)
        _write_facts(project, out / "verify")
    except OSError as error:
        raise StoreError(
            f"cannot write the project {out}: got '{error.strerror}', expected a writable place; "
            "choose another --out"
        ) from error


def _copy_core(project: Project, place: Path) -> None:
    core = runtime_dir().parent
    (place / "src").mkdir(parents=True)
    (place / "include" / "bitspin").mkdir(parents=True)
    for name in project.core_sources:
        shutil.copyfile(core / "src" / name, place / "src" / name)
    for header in headers_of(core, project.core_sources):
        shutil.copyfile(core / header, place / header)
    shutil.copyfile(core / STATUS_LIST, place / STATUS_LIST)


def headers_of(core: Path, sources: Sequence[str]) -> list[Path]:
    """List the headers that sources of the core include, directly or not, relative to the core.

    Public ones are named ``bitspin/...``; the others stand beside the sources.
    """
    found: set[Path] = set()
    unread = [Path("src", source) for source in sources]
    while unread:
        names = _INCLUDE.findall((core / unread.pop()).read_text(encoding="utf-8"))
        places = {Path("include" if "/" in name else "src", name) for name in names}
        unread += places - found
        found |= places
    return sorted(found)


def _write_network(project: Project, out: Path) -> None:
    network = project.network
    memory = sum(project.memory_items.values())
    first = BitMatrix(project.samples.words[:1].copy(), project.samples.columns)
    predicted = int(network.predict(first)[0][0])
    header = c_source.network_header(
        network,
        memory,
        project.schedule,
        project.capacity,
        project.group,
        0 if project.rehearsal is None else project.rehearsal.times,
    )
    source = c_source.network_source(
        network,
        project.schedule,
        project.seed,
        first.words,
        int(project.labels[0]),
        predicted,
    )
    (out / "network.h").write_text(header, encoding="utf-8")
    (out / "network.c").write_text(source, encoding="utf-8")
    (out / "main.c").write_text(_main_of(project), encoding="utf-8")


def _main_of(project: Project) -> str:
    if not project.learns:
        return c_source.PREDICTING_MAIN
    if project.rehearsal is not None:
        return c_source.REHEARSING_MAIN
    return c_source.RECOMPUTING_MAIN if project.group else c_source.LEARNING_MAIN


def _write_facts(project: Project, place: Path) -> None:
    samples = Labelled(project.samples, project.labels).to_bytes()
    rehearsal = project.rehearsal
    originals = b"" if rehearsal is None else rehearsal.originals.to_bytes()
    weights = project.network.weights.astype("<u4").tobytes()
    facts = _Facts(
        version=VERSION,
        target=project.target,
        widths=project.network.widths,
        code=tuple(
            "".join(str(int(bit)) for bit in word) for word in project.network.code.to_bool()
        ),
        class_scale=scale_facts(project.network.code),
        capacity=project.capacity,
        group=project.group,
        seed=project.seed,
        samples_crc32=zlib.crc32(samples),
        weights_crc32=zlib.crc32(weights),
        schedule=tuple(
            _EntryFacts(
                from_step=entry.from_step,
                batch=entry.batch,
                independent=entry.rule.independent,
                margin=entry.rule.margin,
                layers=tuple(_LayerFacts(**asdict(layer)) for layer in entry.rule.layers),
            )
            for entry in project.schedule
        ),
        rehearsals=0 if rehearsal is None else rehearsal.times,
        originals_crc32=None if rehearsal is None else zlib.crc32(originals),
    )
    if rehearsal is not None:
        (place / "originals.bin").write_bytes(originals)
    (place / "samples.bin").write_bytes(samples)
    (place / "weights.bin").write_bytes(weights)
    (place / "project.json").write_text(facts.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read_project(folder: Path) -> Project:
    """Read back what a folder exports.

    Raises
    ------
    StoreError
        If there is no project, it is damaged, or of another version.
    """
    place = folder / "verify"
    if not (place / "project.json").is_file():
        raise StoreError(
            f"no project at {folder}: got no verify/project.json there, expected a folder made by "
            "'bitspin export'; check the path"
        )
    try:
        facts = _Facts.model_validate_json((place / "project.json").read_text(encoding="utf-8"))
        samples = (place / "samples.bin").read_bytes()
        weights = (place / "weights.bin").read_bytes()
        rehearses = facts.originals_crc32 is not None
        originals = (place / "originals.bin").read_bytes() if rehearses else b""
    except ValidationError as error:
        raise StoreError(
            f"{place / 'project.json'} is damaged or of another version: got "
            f"{error.error_count()} values that do not fit; export the project again"
        ) from error
    except (OSError, ValueError) as error:
        raise StoreError(f"{place} cannot be read: {error}; export the project again") from error
    checks = [
        ("samples.bin", samples, facts.samples_crc32),
        ("weights.bin", weights, facts.weights_crc32),
    ]
    if facts.originals_crc32 is not None:
        checks.append(("originals.bin", originals, facts.originals_crc32))
    for name, content, crc32 in checks:
        if zlib.crc32(content) != crc32:
            raise StoreError(
                f"{place / name} is damaged: its checksum does not fit; export the project again"
            )
    if facts.version != VERSION:
        raise StoreError(
            f"{place}: got version {facts.version}, expected {VERSION}; export the project again"
        )
    return _project_of(facts, samples, weights, originals)


def scale_facts(code: BitMatrix) -> tuple[tuple[int, ...], ...] | None:
    """Give the scales of the classes' scores as plain numbers; None where there are none."""
    return tuple(map(tuple, code.class_scale.tolist())) if isinstance(code, ScaledCode) else None


def _project_of(facts: _Facts, samples: bytes, weights: bytes, originals: bytes) -> Project:
    code = BitMatrix.from_bool(np.array([[bit == "1" for bit in word] for word in facts.code]))
    if facts.class_scale is not None:
        code = ScaledCode.of(code, np.array(facts.class_scale, np.int32))
    shown = Labelled.from_bytes(samples, facts.widths[0])
    stored = Labelled.from_bytes(originals, facts.widths[0])
    network = Network(facts.widths, np.frombuffer(weights, "<u4").astype(np.uint32), code)
    schedule = tuple(
        ScheduledRule(
            entry.from_step,
            entry.batch,
            StepRule(
                entry.independent,
                entry.margin,
                tuple(LayerStep(**layer.model_dump()) for layer in entry.layers),
            ),
        )
        for entry in facts.schedule
    )
    return Project(
        target=facts.target,
        network=network,
        schedule=schedule,
        capacity=facts.capacity,
        seed=facts.seed,
        samples=shown.samples,
        labels=shown.labels,
        group=facts.group,
        rehearsal=Rehearsal(stored, facts.rehearsals) if len(stored) else None,
    )
