"""Equations as MathML: the reader's browser draws them, without a script and without a network."""

from __future__ import annotations

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

# AMS LaTeX chooses the height of its dots; docutils knows the low ones by another name.
DOTS = re.compile(r"\\dots\b")

LOGGER = logging.getLogger(__name__)


def inline(self: HTML5Translator, node: nodes.math) -> None:
    """Draw an equation in a line."""
    self.body.append(mathml(node, as_block=False))
    raise nodes.SkipNode


def display(self: HTML5Translator, node: nodes.math_block) -> None:
    """Draw an equation on lines of its own."""
    self.body.append(f'<div class="equation">{mathml(node, as_block=True)}</div>')
    raise nodes.SkipNode


def mathml(node: nodes.Element, *, as_block: bool) -> str:
    """Translate the LaTeX of a node; what docutils does not know is a warning."""
    latex = DOTS.sub(r"\\ldots", node.astext())
    try:
        return str(tex2mathml(latex, as_block=as_block))
    except MathError as error:
        LOGGER.warning("equation %r: %s", node.astext(), error, location=node)
        return ""


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
