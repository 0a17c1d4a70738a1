"""Links that the pages need not spell out, so that they read as well outside this site.

A name in code font, such as ``load_device``, leads to its documentation if there is exactly one
object of that name. The pages in `MIRRORS` are files that stand above ``docs/``; a link to such a
file leads to its page.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode
from sphinx.util.typing import ExtensionMetadata

ROOT = Path(__file__).parents[2]
MIRRORS = {
    "about/changelog": ROOT / "CHANGELOG.md",
    "about/contributing": ROOT / "CONTRIBUTING.md",
    "about/examples": ROOT / "examples" / "README.md",
}
RELATIVE_LINK = re.compile(r"\]\((?!\w+:)([^()#\s]+)(#[^()\s]*)?\)")
# Words such as `fit` mean too much to be a name by themselves.
NAME = re.compile(r"(?=.*[_A-Z.])[A-Za-z_][\w.]*")
MEMBERS = ("attribute", "method", "property")


class LinkNames(SphinxPostTransform):
    """Make references of the names in code font."""

    default_priority = 5  # before references are resolved

    def run(self, **_: Any) -> None:
        """Wrap each name that is not part of a link or of a reference."""
        for literal in list(self.document.findall(nodes.literal)):
            name = literal.astext().removesuffix("()")
            if isinstance(literal.parent, nodes.reference | addnodes.pending_xref):
                continue
            if NAME.fullmatch(name) and target_of(self.env, name):
                reference = addnodes.pending_xref(
                    "", refdomain="py", reftype="obj", reftarget=name, refdoc=self.env.docname
                )
                literal.replace_self(reference)
                reference += literal


def target_of(env: BuildEnvironment, name: str) -> str | None:
    """Return the full name of the one object that ends with a name."""
    domain = env.domains.python_domain
    assert isinstance(domain, PythonDomain)
    if name in domain.objects:
        return name
    ends = "." + name
    found = {
        full: entry.objtype
        for full, entry in domain.objects.items()
        if full.endswith(ends) and not entry.aliased
    }
    outside_classes = [full for full in found if found[full] not in MEMBERS]
    chosen = outside_classes or list(found)
    return chosen[0] if len(chosen) == 1 else None


def resolve_short_name(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.Element
) -> nodes.Element | None:
    """Find what a name of the default role means, or an error; any other text is just code."""
    if node.get("refdomain") != "py" or node["reftype"] not in ("exc", "obj"):
        return None
    full = target_of(env, node["reftarget"])
    if full is None:
        return content
    entry = env.domains.python_domain.objects[full]
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, content, full)


def mirror(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the text of a mirrored file in place of its page, and set links right in any page."""
    page = Path(app.srcdir, docname)
    origin = MIRRORS.get(docname, page)
    if docname in MIRRORS:
        source[0] = origin.read_text(encoding="utf-8")
    pages = {file: Path(app.srcdir, name + ".md") for name, file in MIRRORS.items()}

    def relocated(link: re.Match[str]) -> str:
        target = (origin.parent / link[1]).resolve()
        return f"]({os.path.relpath(pages.get(target, target), page.parent)}{link[2] or ''})"

    source[0] = RELATIVE_LINK.sub(relocated, source[0])


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register what is above."""
    app.add_post_transform(LinkNames)
    app.connect("missing-reference", resolve_short_name)
    app.connect("source-read", mirror)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
