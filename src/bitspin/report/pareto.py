"""What must be paid for accuracy: the configurations of a sweep that no other one beats."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from bitspin.errors import StoreError
from bitspin.report.axes import ratio_axis
from bitspin.report.groups import PALETTE, SEEDS, name_settings
from bitspin.report.parts import Figure, Table
from bitspin.report.quantities import count, percent, with_unit
from bitspin.results import QUANTITIES, ResultStore, RunRecord, pareto_front, quantity
from bitspin.results.table import flatten

__all__ = ["commands", "pareto_figures", "read_configurations"]

Say = Callable[[float], str]

# What accuracy is paid with: name of the quantity, title and ticks of its axis, and how it is said.
PRICES: dict[str, tuple[str, str, Say]] = {
    "energy_j": ("energy of training / J", "~s", lambda value: with_unit(value, "J")),
    "state_bytes": ("training state / byte", "~s", lambda value: count(round(value))),
    "pulses_per_cell": ("write pulses a cell", "~g", lambda value: f"{value:.3f}"),
}
GAIN = "accuracy"


@dataclass(frozen=True)
class Configuration:
    """Settings of a sweep, and the mean of what came out over seeds.

    Parameters
    ----------
    label : str
    seeds : int
    means : dict
        By name of the quantity, where all seeds have it.
    commands : tuple of str
        That made them, each once.
    """

    label: str
    seeds: int
    means: dict[str, float]
    commands: tuple[str, ...]


def read_configurations(path: Path) -> list[Configuration]:
    """Read the results of a sweep, and put those together that differ only in seeds.

    Raises
    ------
    StoreError
        If they cannot be read, or there are none.
    """
    members: dict[str, list[RunRecord]] = {}
    for record in ResultStore.open(path).records():
        flat = flatten(record.config)
        kept = {key: value for key, value in flat.items() if key not in SEEDS}
        identity = json.dumps([kept, record.data_fingerprint], sort_keys=True)
        members.setdefault(identity, []).append(record)
    if not members:
        raise StoreError(
            f"{path}: got a sweep without a result, expected one at least; run it again"
        )
    groups = list(members.values())
    settings = [flatten(group[0].config) for group in groups]
    labels = name_settings(settings, ["the one configuration"] * len(groups))
    return [
        Configuration(
            label,
            len(group),
            means(group),
            tuple(dict.fromkeys(record.environment.command for record in group)),
        )
        for label, group in zip(labels, groups, strict=True)
    ]


def commands(configurations: Sequence[Configuration]) -> str:
    """List the commands that made the results, one a line."""
    return "\n".join(dict.fromkeys(line for one in configurations for line in one.commands))


def means(records: Sequence[RunRecord]) -> dict[str, float]:
    """Mean of each quantity that all records have."""
    found = {}
    for name in QUANTITIES:
        values = [value for record in records if (value := quantity(record, name)) is not None]
        if len(values) == len(records):
            found[name] = sum(values) / len(values)
    return found


def pareto_figures(configurations: Sequence[Configuration], path: Path) -> list[Figure]:
    """Draw accuracy against each price that the configurations have."""
    figures = []
    for name in PRICES:
        having = [one for one in configurations if {name, GAIN} <= one.means.keys()]
        if len(having) > 1:
            figures.append(pareto_figure(having, name, path))
    return figures


def pareto_figure(configurations: Sequence[Configuration], name: str, path: Path) -> Figure:
    """Draw all configurations, and the front of those that no other one beats."""
    title, ticks, say = PRICES[name]
    points = [(one.means[GAIN], one.means[name]) for one in configurations]
    front = pareto_front(points, [True, False])
    best = sorted((configurations[index] for index in front), key=lambda one: one.means[name])
    traces = [
        points_trace(configurations, name, "all", "markers", PALETTE[-1], 6),
        points_trace(best, name, "front", "lines+markers", PALETTE[0], 9),
    ]
    traces[1]["line"] = {"shape": "hv", "color": PALETTE[0], "width": 1.5}
    rows = tuple(
        (one.label, percent(one.means[GAIN]), say(one.means[name]), str(one.seeds)) for one in best
    )
    layout = {
        "height": 400,
        "hovermode": "closest",
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.12},
        "xaxis": ratio_axis(title, [one.means[name] for one in configurations], ticks),
        "yaxis": {"title": {"text": "accuracy / %"}},
    }
    spoken = title.split(" / ")[0]
    return Figure(
        f"pareto-{name}",
        f"Accuracy against {spoken}",
        "Each point is one configuration of the sweep, with the mean over its seeds. The line "
        f"joins the {len(best)} of {len(configurations)} that no other one beats in both.",
        f"{GAIN} and {name} of the records in {path.name}",
        traces,
        layout,
        Table(("configuration on the front", GAIN, spoken, "seeds"), rows),
    )


def points_trace(
    configurations: Sequence[Configuration],
    name: str,
    title: str,
    mode: str,
    colour: str,
    size: int,
) -> dict[str, Any]:
    """Draw configurations as points that tell their settings."""
    return {
        "type": "scatter",
        "mode": mode,
        "x": [one.means[name] for one in configurations],
        "y": [round(100 * one.means[GAIN], 6) for one in configurations],
        "text": [escape(one.label) for one in configurations],
        "hovertemplate": "%{text}<br>%{y:.2f} %, %{x}<extra></extra>",
        "name": title,
        "marker": {"color": colour, "size": size},
    }
