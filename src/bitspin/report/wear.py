"""How write wear is spread over the array: maps of blocks, by input pixel, and a histogram."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitspin.cost import CostBreakdown
from bitspin.report.gather import ReportedRun, Wear
from bitspin.report.groups import PALETTE
from bitspin.report.parts import Figure, Table
from bitspin.report.quantities import count, percent

__all__ = ["wear_figures", "wear_table"]

# Blocks of a map along each side: finer than this is neither seen nor worth its kilobytes.
MAP_BLOCKS = 128
# Colours that also colour-blind readers see rise (Nuñez, Anderton, Renslow 2018).
COLOURS = "Cividis"
MAX_BARS = 60


def wear_figures(reported: ReportedRun, wear: Wear, key: str) -> list[Figure]:
    """Draw where the write pulses of a run went."""
    source = "the training done once more from its seed; its weights came out the same"
    figures = [
        layer_map(counts, layer, f"{key}-wear-{layer}", source) for layer, counts in enumerate(wear)
    ]
    shape = reported.run.sample_shape
    if len(shape) == 2:
        figures.append(pixel_map(wear[0], shape, f"{key}-wear-pixels", source))
    return [*figures, histogram(wear, f"{key}-wear-histogram", source)]


def layer_map(counts: NDArray[np.uint32], layer: int, key: str, source: str) -> Figure:
    """Mean pulses of blocks of cells, in their place."""
    rows, cells = counts.shape
    down, across = -(-rows // MAP_BLOCKS), -(-cells // MAP_BLOCKS)
    blocks = block_means(counts, down, across)
    size = "each cell" if down == across == 1 else f"blocks of {down} by {across} cells"
    return heatmap(
        key,
        f"Layer {layer + 1}: {count(rows)} rows of {count(cells)} cells",
        f"Mean write pulses of {size}, where they lie in the array. A row is a neuron, a column "
        "one of its inputs.",
        source,
        blocks,
        {"x0": (across - 1) / 2, "dx": across, "y0": (down - 1) / 2, "dy": down},
        ("input", "neuron"),
        360,
    )


def pixel_map(counts: NDArray[np.uint32], shape: tuple[int, ...], key: str, source: str) -> Figure:
    """Mean pulses of the cells that read one pixel."""
    by_pixel = counts.mean(axis=0).reshape(-1, *shape).mean(axis=0)
    figure = heatmap(
        key,
        "Layer 1, by pixel",
        "Mean write pulses of all cells that read a pixel of the image.",
        source,
        by_pixel,
        {},
        ("column", "line"),
        360,
    )
    figure.layout["yaxis"] |= {"scaleanchor": "x", "constrain": "domain"}
    figure.layout["xaxis"] |= {"constrain": "domain"}
    return figure


def block_means(counts: NDArray[np.uint32], down: int, across: int) -> NDArray[np.float64]:
    """Mean over blocks; those at the far edges may be smaller."""
    sums: NDArray[np.float64] = np.add.reduceat(
        np.add.reduceat(counts.astype(np.float64), np.arange(0, counts.shape[0], down), axis=0),
        np.arange(0, counts.shape[1], across),
        axis=1,
    )
    high = np.diff(np.append(np.arange(0, counts.shape[0], down), counts.shape[0]))
    wide = np.diff(np.append(np.arange(0, counts.shape[1], across), counts.shape[1]))
    means: NDArray[np.float64] = sums / np.outer(high, wide)
    return means


def heatmap(
    key: str,
    title: str,
    caption: str,
    source: str,
    values: NDArray[np.float64],
    steps: dict[str, float],
    axes: tuple[str, str],
    height: int,
) -> Figure:
    """Draw a matrix from its first row down."""
    trace: dict[str, Any] = {
        "type": "heatmap",
        "z": packed(values),
        "colorscale": COLOURS,
        "colorbar": {"title": {"text": "pulses"}, "thickness": 12},
        "hovertemplate": f"{axes[1]} %{{y:.0f}}, {axes[0]} %{{x:.0f}}: %{{z:.2f}} pulses"
        "<extra></extra>",
        **steps,
    }
    layout = {
        "height": height,
        "xaxis": {"title": {"text": axes[0]}, "showgrid": False, "zeroline": False},
        "yaxis": {
            "title": {"text": axes[1]},
            "autorange": "reversed",
            "showgrid": False,
            "zeroline": False,
        },
    }
    return Figure(key, title, caption, source, [trace], layout)


def packed(values: NDArray[np.float64]) -> dict[str, str]:
    """Give a matrix as Plotly's typed array: a third of the bytes of its digits."""
    small = values.astype("<f4")
    return {
        "dtype": "f4",
        "bdata": base64.b64encode(small.tobytes()).decode(),
        "shape": f"{small.shape[0]}, {small.shape[1]}",
    }


def histogram(wear: Wear, key: str, source: str) -> Figure:
    """Cells of each layer by the pulses that they got."""
    most = max(int(counts.max()) for counts in wear)
    width = -(-(most + 1) // MAX_BARS)
    traces = []
    for layer, counts in enumerate(wear):
        bars = np.bincount(counts.ravel() // width, minlength=most // width + 1)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "line": {"shape": "hvh", "color": PALETTE[layer % len(PALETTE)]},
                "fill": "tozeroy" if len(wear) == 1 else "none",
                "x": [i * width for i in range(len(bars))],
                "y": (bars / counts.size * 100).round(6).tolist(),
                "name": f"layer {layer + 1}",
            }
        )
    layout = {
        "height": 320,
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.12},
        "xaxis": {"title": {"text": "write pulses of a cell"}},
        "yaxis": {"title": {"text": "cells / %"}, "rangemode": "tozero"},
    }
    step = "" if width == 1 else f" Steps of {width} pulses."
    return Figure(
        key,
        "How evenly cells are worn",
        f"Share of each layer's cells that got so many write pulses.{step}",
        source,
        traces,
        layout,
    )


def wear_table(wear: Wear, costs: tuple[CostBreakdown, ...]) -> Table:
    """Sum up each layer, and tell how much of a junction's life is used where that is known."""
    endurance = costs[0].endurance_cycles if costs else None
    rows = []
    for layer, counts in enumerate(wear):
        most = int(counts.max())
        rows.append(
            (
                f"layer {layer + 1}",
                count(counts.size),
                count(int(counts.sum())),
                f"{counts.mean():.3f}",
                count(int(np.percentile(counts, 99))),
                count(most),
                percent(float(np.mean(counts == 0)), 1),
                "not known" if endurance is None else f"{most / endurance:.1e}",
            )
        )
    headings = ("", "cells", "write pulses", "mean", "99th percentile", "most", "never written")
    return Table((*headings, "most / endurance"), tuple(rows))
