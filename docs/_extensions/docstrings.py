"""Docstrings as they are read in a terminal, made ready for reStructuredText.

A docstring gives its formula in plain characters, as the paragraph after the first line; that
becomes a block of its own. Bars are absolute values, never substitutions. The sections are those of
numpydoc, except that an attribute has none: a colon in its one line is no type.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.ext.napoleon import NumpyDocstring
from sphinx.util.typing import ExtensionMetadata

FORMULA = re.compile(r"-?[A-Za-z]\w*(/\w+|\(\w+\))? (/ \w+ )?= ")
WITHOUT_SECTIONS = ("attribute", "data", "property")


def prepare(
    app: Sphinx, what: str, name: str, value: Any, options: dict[str, Any], lines: list[str]
) -> None:
    """Change the lines of a docstring in place."""
    if what == "data" and lines[:1] == (inspect.getdoc(type(value)) or "").splitlines()[:1]:
        lines.clear()  # a constant without a comment; its type says nothing about it
    if len(lines) > 2 and not lines[1] and FORMULA.match(lines[2]):
        end = lines.index("", 2) if "" in lines[2:] else len(lines)
        lines[2:end] = ["::", "", *("    " + line for line in lines[2:end])]
    for index, line in enumerate(lines):
        if not is_code(line):
            lines[index] = line.replace("|", r"\|")
    if what not in WITHOUT_SECTIONS:
        lines[:] = NumpyDocstring(lines, app.config, app, what, name, value, options).lines()


def is_code(line: str) -> bool:
    """Tell whether bars in a line are to be left alone."""
    return "``" in line or ">>>" in line


def is_foreign(
    app: Sphinx, what: str, name: str, value: Any, skip: bool, options: dict[str, Any]
) -> bool | None:
    """Leave out members that a library puts into a class of ours."""
    home = getattr(value, "__module__", None) or "bitspin"
    return None if home.startswith("bitspin") else True


def setup(app: Sphinx) -> ExtensionMetadata:
    """Take the place of napoleon's own treatment."""
    app.setup_extension("sphinx.ext.napoleon")
    app.connect("autodoc-process-docstring", prepare)
    app.connect("autodoc-skip-member", is_foreign)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
