"""What the page is made of: figures to draw, tables, and words about what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Figure", "Missing", "Picture", "Table"]


@dataclass(frozen=True)
class Missing:
    """Why something cannot be shown, and what to do about it."""

    reason: str


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Parameters
    ----------
    headings : tuple of str
    rows : tuple of tuple of str
        The first cell of a row is its heading; the others are aligned as numbers unless their
        column is in `words`.
    words : tuple of int
        Columns that hold words.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[int, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A plot, drawn in the browser from a Plotly specification.

    Parameters
    ----------
    key : str
        Its id on the page.
    title : str
    caption : str
        What is seen, and how it was made.
    source : str
        File and field of every number in it.
    traces : list of dict
        Plotly traces; ``meta`` tells the page's switches to which group a trace belongs.
    layout : dict
        Plotly layout, without colours of text and grid, which the page's style sets.
    table : Table or None
        The same numbers, for those who do not use a pointer.
    """

    key: str
    title: str
    caption: str
    source: str
    traces: list[dict[str, Any]]
    layout: dict[str, Any]
    table: Table | None = None


@dataclass(frozen=True)
class Picture:
    """A small image.

    Parameters
    ----------
    data : str
        A data URI.
    label : str
        Printed below it.
    text : str
        What it shows, for those who do not see it.
    """

    data: str
    label: str
    text: str
