"""Learning curves of one or several users: a table for the terminal, a page for the browser."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitspin.errors import BackendError, ShapeError
from bitspin.export.adaptation import Curve

__all__ = ["curves_table", "write_curves"]


def curves_table(curves: Sequence[Curve]) -> str:
    """Lay out accuracies in percent, one examination a line: mean ± standard deviation.

    Parameters
    ----------
    curves : sequence of Curve
        One or more, with as many examinations of the same names.

    Returns
    -------
    str

    Raises
    ------
    ShapeError
        If the curves do not fit one another.

    Examples
    --------
    >>> one, two = Curve((0, 9), {"own": (0.5, 0.75)}), Curve((0, 9), {"own": (0.6, 0.8)})
    >>> print(curves_table([one, two]))
    samples           own
          0    55.0 ± 7.1
          9    77.5 ± 3.5
    """
    seen, percents = gather(curves)
    width = max(len(name) for name in (*percents, "00.0 ± 00.0")) + 3
    lines = ["samples" + "".join(f"{name:>{width}}" for name in percents)]
    for index, count in enumerate(seen):
        cells = (f"{cell(values[:, index]):>{width}}" for values in percents.values())
        lines.append(f"{count:7.0f}" + "".join(cells))
    return "\n".join(lines)


def cell(values: NDArray[np.float64]) -> str:
    """Write the mean of one or more values, and how they spread."""
    spread = f" ± {values.std(ddof=1):.1f}" if len(values) > 1 else ""
    return f"{values.mean():.1f}{spread}"


def gather(curves: Sequence[Curve]) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Give the mean number of samples at each examination, and percents of shape (curves, times).

    Raises
    ------
    ShapeError
        If the curves do not fit one another.
    """
    shapes = {(len(curve.seen), tuple(curve.accuracy)) for curve in curves}
    if len(shapes) != 1:
        raise ShapeError(
            f"curves: got {len(shapes)} kinds of examinations, expected one or more curves with as "
            "many examinations of the same names; show others by themselves"
        )
    seen = np.mean([curve.seen for curve in curves], axis=0)
    names = curves[0].accuracy
    return seen, {
        name: 100 * np.array([curve.accuracy[name] for curve in curves]) for name in names
    }


def write_curves(curves: Sequence[Curve], path: Path, *, device: Curve | None = None) -> None:
    """Draw mean and standard deviation into one HTML file that needs no network.

    Parameters
    ----------
    curves : sequence of Curve
        As in `curves_table`.
    path : Path
        The file; one that is there is replaced.
    device : Curve, optional
        What a device itself gave, drawn as points.

    Raises
    ------
    ShapeError
        If the curves do not fit one another.
    BackendError
        If Plotly is missing.
    """
    seen, percents = gather(curves)
    figure = _plotly().Figure()
    for name, values in percents.items():
        bars = {"array": values.std(axis=0, ddof=1)} if len(values) > 1 else None
        figure.add_scatter(x=seen, y=values.mean(axis=0), error_y=bars, name=name)
    if device is not None:
        for name, accuracy in device.accuracy.items():
            marks = 100 * np.array(accuracy)
            figure.add_scatter(x=device.seen, y=marks, name=f"{name}, one device", mode="markers")
    figure.update_layout(xaxis_title="samples seen", yaxis_title="accuracy in %")
    figure.write_html(path, include_plotlyjs=True)


def _plotly() -> Any:
    """Import Plotly's figures on first use, or say how to get them."""
    try:
        return importlib.import_module("plotly.graph_objects")
    except ModuleNotFoundError as error:
        raise BackendError(
            "drawing curves needs Plotly, which is not installed: pip install 'bitspin[report]'"
        ) from error
