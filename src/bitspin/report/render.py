"""Join template, style, script, Plotly and the page's parts to one HTML file.

``page/plotly/`` holds the part of Plotly that draws on two axes, a third of the whole (ADR 8).
"""

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from bitspin.errors import BackendError
from bitspin.report.contents import Page
from bitspin.report.parts import Figure, Missing

__all__ = ["check_extra", "render"]

FOLDER = files("bitspin.report") / "page"
PLOTLY = FOLDER / "plotly" / "plotly-cartesian.min.js.gz"


def check_extra() -> None:
    """Raise `BackendError` unless the package of the extra is installed."""
    if find_spec("jinja2") is None:
        raise BackendError(
            "bitspin report: got no package 'jinja2', expected it installed; install it with: "
            "pip install 'bitspin[report]'"
        )


def render(page: Page) -> str:
    """Give the page as HTML; every text is escaped by the template engine."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("bitspin.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.tests["missing"] = is_missing
    return templates.get_template("page.html").render(
        page=page,
        style=(FOLDER / "page.css").read_text(encoding="utf-8"),
        script=(FOLDER / "page.js").read_text(encoding="utf-8"),
        plotly=gzip.decompress(PLOTLY.read_bytes()).decode(),
        figures=for_script({figure.key: drawing(figure) for figure in page.figures}),
    )


def is_missing(part: object) -> bool:
    """Tell the template what has words in place of content."""
    return isinstance(part, Missing)


def drawing(figure: Figure) -> dict[str, Any]:
    """Give what the browser needs to draw a figure."""
    return {"data": figure.traces, "layout": figure.layout}


def for_script(value: object) -> str:
    """Write JSON that cannot end the script element it stands in."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")
