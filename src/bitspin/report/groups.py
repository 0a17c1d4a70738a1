"""Runs that differ only in seeds belong together; a group is named by what tells it apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bitspin.config import RunConfig
from bitspin.report.gather import ReportedRun
from bitspin.results.table import flatten

__all__ = ["PALETTE", "SEEDS", "Group", "group_runs", "name_settings"]

# Told apart by colour-blind readers, and with a contrast of 3 : 1 or more to white and to the dark
# page alike: blue, vermilion, green, purple, ochre, and grey (after Okabe and Ito 2008, with the
# luminances brought together).
PALETTE = ("#2a80c2", "#cc5a16", "#0d8a67", "#ad60a5", "#9a7400", "#7d7d7d")

# What is a seed: of training, and of the chip.
SEEDS = ("seed", "array.device_seed")
# Where the data lie does not tell; what they are does.
PLACES = ("data.source",)


@dataclass(frozen=True, eq=False)
class Group:
    """Runs of one configuration.

    Parameters
    ----------
    index : int
        0 for the first on the page.
    label : str
        What tells it from the other groups.
    runs : tuple of ReportedRun
        One a seed, at least one.
    """

    index: int
    label: str
    runs: tuple[ReportedRun, ...]

    @property
    def colour(self) -> str:
        """Of its curves."""
        return PALETTE[self.index % len(PALETTE)]

    @property
    def shape(self) -> int:
        """Of its markers; it changes when the colours begin again."""
        return self.index // len(PALETTE)

    @property
    def structure(self) -> str:
        """Widths of the network, and the rule."""
        run = self.runs[0].run
        return f"{'-'.join(map(str, run.model.widths))} {run.config.rule.mode}"


def group_runs(runs: Sequence[ReportedRun]) -> tuple[Group, ...]:
    """Put runs together that differ only in their seeds, in the order of their first."""
    members: dict[str, list[ReportedRun]] = {}
    for run in runs:
        members.setdefault(identity(run), []).append(run)
    labels = name_groups([group[0] for group in members.values()])
    return tuple(
        Group(index, label, tuple(group))
        for index, (label, group) in enumerate(zip(labels, members.values(), strict=True))
    )


def identity(run: ReportedRun) -> str:
    """What all seeds of a configuration have in common."""
    config = run.run.config
    settings = flatten(config.model_dump(mode="json"))
    kept = {key: value for key, value in settings.items() if key not in (*SEEDS, *PLACES)}
    # Each seed holds out other samples, which the fingerprint tells; the source is then the same.
    data = config.data.source if config.data.validation else run.environment.data_fingerprint
    return json.dumps([data, kept], sort_keys=True)


def name_groups(firsts: list[ReportedRun]) -> list[str]:
    """Name each group by the settings in which the groups differ, or by its structure."""
    structures = [Group(0, "", (run,)).structure for run in firsts]
    settings = [flatten(run.run.config.model_dump(mode="json")) for run in firsts]
    return name_settings(settings, structures)


def name_settings(settings: Sequence[dict[str, Any]], otherwise: Sequence[str]) -> list[str]:
    """Name flat settings, seeds apart, by what is not the same in all of them.

    Parameters
    ----------
    settings : sequence of dict
    otherwise : sequence of str
        A name for each in which nothing differs.
    """
    keys = [key for key in merged_keys(settings) if key not in SEEDS and differs(settings, key)]
    labels = [
        " · ".join(telling(one, keys)) or name
        for one, name in zip(settings, otherwise, strict=True)
    ]
    return [
        label if labels.count(label) == 1 else f"{label} ({labels[: index + 1].count(label)})"
        for index, label in enumerate(labels)
    ]


# They tell what a run is even where they have their defaults.
ALWAYS = ("network.hidden", "array.kind", "rule.mode", "epochs")


def telling(one: dict[str, Any], keys: Sequence[str]) -> list[str]:
    """Say some settings, those that were left at their defaults only if there are no others."""
    defaults = flatten(RunConfig().model_dump(mode="json"))
    given = [key for key in keys if one.get(key) is not None]
    chosen = [key for key in given if key in ALWAYS or one[key] != defaults.get(key)]
    return [say(key, one[key]) for key in chosen or given]


def merged_keys(settings: Sequence[dict[str, Any]]) -> list[str]:
    """All keys, in the order of their first appearance."""
    return list(dict.fromkeys(key for one in settings for key in one))


# Constants of a rule, or of an array, are compared only between groups that share it.
KINDS = {"rule": "rule.mode", "array": "array.kind"}


def differs(settings: Sequence[dict[str, Any]], key: str) -> bool:
    """Whether groups that have a setting, and are of one kind, differ in it."""
    kind = KINDS.get(key.split(".")[0])
    values: dict[Any, set[str]] = {}
    for one in settings:
        if key in one:
            peers = one.get(kind) if kind not in (None, key) else None
            values.setdefault(peers, set()).add(json.dumps(one[key]))
    return any(len(each) > 1 for each in values.values())


# Settings whose last word alone would not tell what they are.
SPOKEN = {"array.kind": "array", "rule.mode": "rule", "data.source": "data"}


def say(key: str, value: Any) -> str:
    """Say one setting in a few words.

    Examples
    --------
    >>> say("network.hidden", [256, 64])
    'hidden 256-64'
    """
    shown = "-".join(map(str, value)) if isinstance(value, list) else f"{value}"
    if isinstance(value, float):
        shown = f"{value:g}"
    if key == "data.source":
        shown = Path(value).stem
    name = SPOKEN.get(key, key.rsplit(".", 1)[-1])
    return f"{name.replace('_', ' ')} {shown}"
