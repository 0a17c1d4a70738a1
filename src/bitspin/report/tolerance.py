"""Curves of a tolerance search: accuracy lost to one fault alone, by how bad the fault is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bitspin.errors import StoreError
from bitspin.report.axes import ratio_axis
from bitspin.report.groups import PALETTE
from bitspin.report.parts import Figure, Table
from bitspin.report.quantities import percent
from bitspin.run.tolerance import FAULTS

__all__ = ["Ledger", "read_ledger", "tolerance_figures"]

# The loss begins to matter within these points; more are above the figure at first.
SHOWN_POINTS = 5.0

Losses = dict[str, dict[int, dict[float, float]]]


@dataclass(frozen=True)
class Ledger:
    """What a search found.

    Parameters
    ----------
    path : Path
    question : dict
        What was evaluated: configuration, fingerprint of the data, and what holds for all faults.
    losses : dict
        Accuracy (0 … 1) below the ideal array's, by fault, seed and value.
    """

    path: Path
    question: dict[str, Any]
    losses: Losses

    @property
    def origin(self) -> str:
        """The question as text."""
        return json.dumps(self.question, indent=2, ensure_ascii=False)


def read_ledger(path: Path) -> Ledger:
    """Read what 'bitspin tolerance' has kept.

    Raises
    ------
    StoreError
        If it is missing, damaged, or no ledger.
    """
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Ledger(path, dict(kept["question"]), losses_of(kept["answers"]))
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise StoreError(
            f"{path} cannot be read as the result of 'bitspin tolerance': {error}; give its --out"
        ) from error


def losses_of(answers: dict[str, float]) -> Losses:
    """Compare each answer with the ideal array of the same seed."""
    ideal = {
        int(name.split()[1]): float(accuracy)
        for name, accuracy in answers.items()
        if name.startswith("ideal ")
    }
    losses: Losses = {}
    for name, accuracy in answers.items():
        if not name.startswith("ideal "):
            fault, value, seed = name.split()
            by_seed = losses.setdefault(fault, {}).setdefault(int(seed), {})
            by_seed[float(value)] = ideal[int(seed)] - float(accuracy)
    return losses


def tolerance_figures(ledger: Ledger) -> list[Figure]:
    """Draw one figure a fault."""
    units = {fault.name: fault.unit for fault in FAULTS}
    return [
        tolerance_figure(name, seeds, units.get(name, ""), ledger.path)
        for name, seeds in ledger.losses.items()
    ]


def tolerance_figure(
    name: str, seeds: dict[int, dict[float, float]], unit: str, path: Path
) -> Figure:
    """Draw the loss of each seed over the value of a fault."""
    spoken = name.removesuffix("_s").replace("_", " ")
    traces = [seed_trace(index, seed, losses) for index, (seed, losses) in enumerate(seeds.items())]
    rows = tuple(
        (f"seed {seed}", f"{value:.4g}", percent(loss))
        for seed, losses in seeds.items()
        for value, loss in sorted(losses.items())
    )
    points = [100 * loss for losses in seeds.values() for loss in losses.values()]
    layout = {
        "height": 340,
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.12},
        "xaxis": ratio_axis(
            f"{spoken} ({unit})" if unit else spoken,
            [value for losses in seeds.values() for value in losses],
        ),
        "yaxis": {"title": {"text": "points lost"}, "zeroline": True, **zoom(points)},
    }
    return Figure(
        f"tolerance-{name}",
        spoken.capitalize(),
        f"Test accuracy below that of the ideal array of the same seed, with {spoken} alone. Each "
        "point is one training; the search looks closest where the loss begins. Greater losses lie "
        "above the figure: double-click it, or reset its axes, to see them.",
        f"answers in {path.name}",
        traces,
        layout,
        Table(("seed", spoken, "accuracy lost"), rows),
    )


def seed_trace(index: int, seed: int, losses: dict[float, float]) -> dict[str, Any]:
    """Points lost by one seed."""
    values = sorted(losses)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": values,
        "y": [round(100 * losses[value], 6) for value in values],
        "name": f"seed {seed}",
        "line": {"color": PALETTE[index % len(PALETTE)], "width": 1.5},
        "marker": {"symbol": index, "size": 7},
    }


def zoom(points: list[float]) -> dict[str, Any]:
    """Begin with the losses that matter, if there are greater ones."""
    if max(points) <= SHOWN_POINTS:
        return {}
    return {"range": [min(-0.5, 1.1 * min(points)), SHOWN_POINTS]}
