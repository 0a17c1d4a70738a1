"""Sphinx: the pages of this folder, and a reference made from the docstrings.

``make docs`` builds the site into ``site/``. It needs no network, neither when it is built nor when
it is read: equations become MathML, which browsers draw by themselves.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

from public_names import public_names
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from bitspin import __version__

project = "Bitspin"
author = "The Bitspin founders"
project_copyright = "The Bitspin founders, Apache-2.0"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "cyclopts.ext.sphinx",
    "docstrings",
    "links",
    "mathml",
]

# What is wrong in a page or a docstring is an error: see the options in the Makefile.
nitpicky = True
default_role = "py:obj"

myst_enable_extensions = ["amsmath", "deflist", "dollarmath"]
myst_heading_anchors = 3

autosummary_context = {"public_names": public_names("bitspin")}
add_module_names = False
autodoc_default_options = {"exclude-members": "model_config"}
autodoc_typehints = "none"  # the docstrings say type, shape, unit and range
autodoc_preserve_defaults = True
napoleon_google_docstring = napoleon_numpy_docstring = False  # see docstrings.py
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Attributes", "params_style")]

html_theme = "furo"
html_title = f"Bitspin {release}"
html_static_path = ["_static"]
html_css_files = ["bitspin.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sphinx = False
templates_path = ["_templates"]
exclude_patterns = ["_*"]


def setup(app: Sphinx) -> None:
    """Show the languages that Pygments does not know as they are."""
    app.add_lexer("csv", TextLexer)
