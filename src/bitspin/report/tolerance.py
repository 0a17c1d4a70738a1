"""Curves of a tolerance search: accuracy lost to one fault alone, by how bad the fault is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bitspin.errors import StoreError
from bitspin.report.groups import PALETTE
from bitspin.report.parts import Figure, Table
from bitspin.report.quantities import percent
from bitspin.run.tolerance import FAULTS

__all__ = ["Answers", "read_answers", "tolerance_figures"]

# Points of loss, by fault, value and seed.
Answers = dict[str, dict[int, dict[float, float]]]


def read_answers(path: Path) -> Answers:
    """Read the ledger of 'bitspin tolerance': accuracy (0 … 1) below the ideal array's.

    Raises
    ------
    StoreError
        If it is missing, damaged, or no ledger.
    """
    try:
        answers: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))["answers"]
        ideal = {
            int(name.split()[1]): float(accuracy)
            for name, accuracy in answers.items()
            if name.startswith("ideal ")
        }
        losses: Answers = {}
        for name, accuracy in answers.items():
            if not name.startswith("ideal "):
                fault, value, seed = name.split()
                by_seed = losses.setdefault(fault, {}).setdefault(int(seed), {})
                by_seed[float(value)] = ideal[int(seed)] - float(accuracy)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise StoreError(
            f"{path} cannot be read as the result of 'bitspin tolerance': {error}; give its --out"
        ) from error
    return losses


def tolerance_figures(answers: Answers, path: Path) -> list[Figure]:
    """Draw one figure a fault."""
    units = {fault.name: fault.unit for fault in FAULTS}
    return [
        tolerance_figure(name, seeds, units.get(name, ""), path) for name, seeds in answers.items()
    ]


def tolerance_figure(
    name: str, seeds: dict[int, dict[float, float]], unit: str, path: Path
) -> Figure:
    """Draw the loss of each seed over the value of a fault."""
    spoken = name.replace("_", " ")
    traces: list[dict[str, Any]] = []
    rows = []
    for index, (seed, losses) in enumerate(seeds.items()):
        values = sorted(losses)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": values,
                "y": [round(100 * losses[value], 6) for value in values],
                "name": f"seed {seed}",
                "line": {"color": PALETTE[index % len(PALETTE)], "width": 1.5},
                "marker": {"symbol": index, "size": 7},
            }
        )
        rows += [(f"seed {seed}", f"{value:.4g}", percent(losses[value])) for value in values]
    layout = {
        "height": 340,
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.12},
        "xaxis": {"title": {"text": f"{spoken}{f' / {unit}' if unit else ''}"}, "type": "log"},
        "yaxis": {"title": {"text": "points lost"}, "zeroline": True},
    }
    return Figure(
        f"tolerance-{name}",
        spoken.capitalize(),
        f"Test accuracy below that of the ideal array of the same seed, with {spoken} alone. Each "
        "point is one training; the search looks closest where the loss begins.",
        f"answers in {path.name}",
        traces,
        layout,
        Table(("seed", spoken, "accuracy lost"), tuple(rows)),
    )
