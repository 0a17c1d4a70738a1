"""What happened in each epoch: accuracy, write pulses and flips, with the spread over seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from bitspin.report.axes import ratio_axis
from bitspin.report.groups import Group
from bitspin.report.parts import Figure, Table
from bitspin.report.quantities import NARROW
from bitspin.results import EpochRecord

__all__ = ["accuracy_figure", "write_figures"]

# Points of a curve, and rows of its table; longer trainings show every k-th epoch.
MAX_POINTS = 600
MAX_ROWS = 25
# Up to so many epochs each has a label, or a marker.
FEW_LABELS, FEW_MARKERS = 12, 60
DASHES = ("solid", "dash", "dot", "dashdot")

Quantity = Callable[[EpochRecord], float | None]


@dataclass(frozen=True)
class Curve:
    """One quantity of a group, epoch by epoch.

    Parameters
    ----------
    group : Group
    name : str
        Of the quantity.
    dash : str
        Style of its line.
    epochs : tuple of int
    seeds : dict of str to tuple of float
        Of each run by its name: as many values as it has finished epochs among them.
    """

    group: Group
    name: str
    dash: str
    epochs: tuple[int, ...]
    seeds: dict[str, tuple[float, ...]]

    def at(self, index: int) -> list[float]:
        """Values of all runs that have come so far."""
        return [seed[index] for seed in self.seeds.values() if index < len(seed)]

    @property
    def mean(self) -> list[float]:
        """Over seeds."""
        return [sum(self.at(i)) / len(self.at(i)) for i in range(len(self.epochs))]


def accuracy_figure(groups: Sequence[Group]) -> Figure | None:
    """Accuracy on the watched set, and while learning; None if no run has finished an epoch."""
    curves: list[Curve] = []
    for group in groups:
        curves += curve(
            group, f"{watched(group)} accuracy", "solid", lambda epoch: 100 * epoch.accuracy
        )
        curves += curve(group, "training accuracy", "dot", training_accuracy)
    if not curves:
        return None
    return curve_figure(
        "accuracy",
        "Accuracy",
        "Solid: share of the watched samples that is classified rightly after each epoch. Dotted: "
        "share of the training samples that was classified rightly when their turn came. Lines are "
        "means over seeds; bands reach from the lowest to the highest seed.",
        "accuracy and train_accuracy in metrics.jsonl of each run",
        curves,
        {"title": {"text": "accuracy / %"}},
    )


def watched(group: Group) -> str:
    """On what the runs were evaluated."""
    records = [record for run in group.runs for record in run.run.epochs]
    return records[0].evaluated_on if records else "test"


def training_accuracy(record: EpochRecord) -> float | None:
    """In percent; the BNN does not note it."""
    return None if record.train_accuracy is None else 100 * record.train_accuracy


def write_figures(groups: Sequence[Group]) -> list[Figure]:
    """Write pulses and flips a cell in each epoch, of each layer."""
    figures = []
    for field, title, words in (
        ("pulses", "Write pulses", "Attempts to change a cell"),
        ("flips", "Flips", "Cells that changed"),
    ):
        curves = [one for group in groups for one in layer_curves(group, field, title.lower())]
        if curves:
            figures.append(
                curve_figure(
                    field,
                    f"{title} in each epoch",
                    f"{words}, divided by the cells of the layer. The line style tells the layer: "
                    "solid the first, dashed the second, and so on. Means over seeds, with bands "
                    "from the lowest to the highest.",
                    f"{field} in metrics.jsonl of each run, over the weights of each layer",
                    curves,
                    ratio_axis(f"{title.lower()} a cell", all_values(curves)),
                )
            )
    return figures


def all_values(curves: Sequence[Curve]) -> list[float]:
    """Give every value of every seed."""
    return [value for one in curves for seed in one.seeds.values() for value in seed]


def epoch_axis(last: int) -> dict[str, Any]:
    """Whole epochs, each with a label if they are few."""
    axis: dict[str, Any] = {"title": {"text": "epoch"}}
    return axis | {"dtick": 1} if last <= FEW_LABELS else axis


def layer_curves(group: Group, field: str, title: str) -> list[Curve]:
    """One curve a layer."""
    widths = group.runs[0].run.model.widths
    curves = []
    for layer in range(len(widths) - 1):
        cells = widths[layer] * widths[layer + 1]

        def share(record: EpochRecord, layer: int = layer, cells: int = cells) -> float | None:
            counts = getattr(record, field)
            return counts[layer] / cells if counts else None

        name = f"layer {layer + 1} {title}"
        curves += curve(group, name, DASHES[layer % len(DASHES)], share)
    return curves


def curve(group: Group, name: str, dash: str, quantity: Quantity) -> list[Curve]:
    """Collect a quantity over the runs of a group; nothing if no run has it."""
    longest = max(len(run.run.epochs) for run in group.runs)
    shown = every(longest, MAX_POINTS)
    seeds = {}
    for run in group.runs:
        records = [run.run.epochs[index] for index in shown if index < len(run.run.epochs)]
        known = [value for value in map(quantity, records) if value is not None]
        if known:
            seeds[run.name] = tuple(known)
    epochs = tuple(index + 1 for index in shown)
    return [Curve(group, name, dash, epochs, seeds)] if seeds else []


def every(count: int, most: int) -> list[int]:
    """Choose at most so many of the first `count` indices, evenly, the last among them.

    Examples
    --------
    >>> every(7, 3)
    [0, 3, 6]
    """
    step = 1 if count <= most else -(-(count - 1) // (most - 1))
    return sorted({*range(0, count, step), *([count - 1] if count else [])})


def curve_figure(
    key: str,
    title: str,
    caption: str,
    source: str,
    curves: Sequence[Curve],
    vertical: dict[str, Any],
) -> Figure:
    """Draw curves over epochs."""
    traces = [trace for one in curves for trace in traces_of(one)]
    layout = {
        "height": 400,
        "hovermode": "x unified" if len(curves) <= 8 else "closest",
        "xaxis": epoch_axis(max(one.epochs[-1] for one in curves)),
        "yaxis": vertical,
    }
    return Figure(key, title, caption, source, traces, layout, curve_table(curves))


def traces_of(one: Curve) -> list[dict[str, Any]]:
    """Band and mean of a curve, and a thin line for each seed, hidden until asked for."""
    colour, x = one.group.colour, list(one.epochs)
    meta = {"group": one.group.index}
    label = escape(one.group.label)
    traces: list[dict[str, Any]] = []
    if len(one.seeds) > 1:
        low = [min(one.at(i)) for i in range(len(x))]
        high = [max(one.at(i)) for i in range(len(x))]
        traces.append(
            {
                "type": "scatter",
                "x": x + x[::-1],
                "y": rounded(high + low[::-1]),
                "fill": "toself",
                "fillcolor": f"{colour}33",
                "line": {"width": 0},
                "mode": "lines",
                "hoverinfo": "skip",
                "meta": meta,
            }
        )
        traces += [
            {
                "type": "scatter",
                "x": x[: len(seed)],
                "y": rounded(list(seed)),
                "mode": "lines",
                "line": {"color": colour, "width": 0.8, "dash": one.dash},
                "name": f"{escape(run)}, {one.name}",
                "visible": False,
                "meta": {**meta, "seed": True},
            }
            for run, seed in one.seeds.items()
        ]
    traces.append(
        {
            "type": "scatter",
            "x": x,
            "y": rounded(one.mean),
            "mode": "lines+markers" if len(x) <= FEW_MARKERS else "lines",
            "marker": {"size": 5, "symbol": one.group.shape},
            "line": {"color": colour, "width": 2, "dash": one.dash},
            "name": f"{label}, {one.name}",
            "meta": meta,
        }
    )
    return traces


def rounded(values: list[float]) -> list[float]:
    """Six significant digits are more than anyone can see."""
    return [float(f"{value:.6g}") for value in values]


def curve_table(curves: Sequence[Curve]) -> Table:
    """Mean, lowest and highest of each curve at some epochs."""
    rows = []
    for one in curves:
        mean = one.mean
        for index in every(len(one.epochs), MAX_ROWS):
            values = one.at(index)
            rows.append(
                (
                    f"{one.group.label}, {one.name}",
                    str(one.epochs[index]),
                    short(mean[index]),
                    f"{short(min(values))}{NARROW}…{NARROW}{short(max(values))}"
                    if len(values) > 1
                    else "one seed",
                )
            )
    return Table(("curve", "epoch", "mean", "lowest … highest"), tuple(rows))


def short(value: float) -> str:
    """Write a number to four significant digits."""
    return f"{value:.4g}"
