"""The page from top to bottom: what its parts are, and in which order they stand."""

from __future__ import annotations

from dataclasses import dataclass

from bitspin.report.confusion import Confusion
from bitspin.report.groups import Group
from bitspin.report.parts import Figure, Missing, Picture, Table

__all__ = ["Page", "Part", "RunPart"]


@dataclass(frozen=True)
class RunPart:
    """One run in detail."""

    key: str
    name: str
    group: Group
    facts: tuple[tuple[str, str], ...]
    confusion: Confusion | Missing
    misread: tuple[Picture, ...] | Missing
    misread_count: int
    neurons: tuple[Picture, ...] | Missing
    wear: tuple[Figure, ...] | Missing
    wear_table: Table | None
    energy: Figure | Missing
    energy_tables: tuple[tuple[str, Table], ...]
    scheme_table: Table | None
    remarks: tuple[str, ...]
    memory: Table | Missing
    command: str
    repeat: str
    configuration: str
    environment: Table

    @property
    def figures(self) -> list[Figure]:
        """Plots of this run."""
        wear = [] if isinstance(self.wear, Missing) else list(self.wear)
        return wear if isinstance(self.energy, Missing) else [*wear, self.energy]


@dataclass(frozen=True)
class Part:
    """Plots of a sweep or of a search, and where they come from."""

    figures: tuple[Figure, ...]
    origin_title: str
    origin: str


@dataclass(frozen=True)
class Page:
    """Everything that the template shows."""

    headline: str
    lead: str
    groups: tuple[Group, ...]
    summary: Table
    accuracy: Figure | None
    writes: tuple[Figure, ...]
    tolerance: Part | None
    pareto: Part | None
    runs: tuple[RunPart, ...]
    sources: Table
    command: str
    created: str
    version: str

    @property
    def has_seeds(self) -> bool:
        """Whether a group has more than one."""
        return any(len(group.runs) > 1 for group in self.groups)

    @property
    def figures(self) -> list[Figure]:
        """All plots, in their order."""
        accuracy = [] if self.accuracy is None else [self.accuracy]
        own = [figure for run in self.runs for figure in run.figures]
        asked = [
            figure for part in (self.pareto, self.tolerance) if part for figure in part.figures
        ]
        return [*accuracy, *self.writes, *asked, *own]
