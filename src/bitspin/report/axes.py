"""Axes on which equal ratios are equally long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["ratio_axis"]

# From this ratio on, powers of ten alone are labels enough; below it 2 and 5 are labelled, too.
WIDE_RATIO = 200.0


def ratio_axis(title: str, values: Sequence[float], ticks: str = "~g") -> dict[str, Any]:
    """Give a logarithmic axis, or one from zero if some values have no logarithm.

    Parameters
    ----------
    title : str
    values : sequence of float
        All that shall be on it.
    ticks : str
        How labels are written (d3-format): "~g" plainly, "~s" with SI prefixes.

    Examples
    --------
    >>> ratio_axis("energy / J", [1e-6, 1e-3], "~s")["dtick"]
    1
    >>> ratio_axis("pulses", [0.0, 1.0])["rangemode"]
    'tozero'
    """
    axis: dict[str, Any] = {"title": {"text": title}, "tickformat": ticks}
    if min(values) <= 0:
        return axis | {"rangemode": "tozero"}
    wide = max(values) / min(values) >= WIDE_RATIO
    return axis | {"type": "log", "dtick": 1 if wide else "D2"}
