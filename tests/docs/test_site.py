"""The documentation builds as a site, without a warning, and needs nothing from the network."""

from __future__ import annotations

import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bitspin

ROOT = Path(__file__).parents[2]


def build(root: Path) -> subprocess.CompletedProcess[str]:
    """Build ``docs`` below a folder into ``site`` beside it."""
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "docs", "site"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site of a copy, for the build writes more pages beside the others."""
    root = tmp_path_factory.mktemp("bitspin")
    written = shutil.ignore_patterns("api")
    shutil.copytree(ROOT / "docs", root / "docs", ignore=written)
    shutil.copytree(ROOT / "examples", root / "examples")
    for file in ("CHANGELOG.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / file, root)
    done = build(root)
    assert done.returncode == 0, done.stderr
    return root / "site"


def test_every_document_has_a_page(site: Path) -> None:
    for document in (ROOT / "docs").rglob("*.md"):
        page = site / document.relative_to(ROOT / "docs").with_suffix(".html")
        assert page.exists(), f"{document.name} has no page"


def test_every_room_is_in_the_reference(site: Path) -> None:
    inside = {info.name for info in pkgutil.iter_modules(bitspin.__path__)}
    for room in inside - {"__main__", "cli", "version"}:
        page = site / "reference" / "api" / f"bitspin.{room}.html"
        assert page.exists(), f"bitspin.{room} is missing in docs/reference/index.md"


def test_public_names_are_documented(site: Path) -> None:
    page = (site / "reference" / "api" / "bitspin.device.html").read_text(encoding="utf-8")
    assert 'id="bitspin.device.load_device"' in page
    assert 'id="bitspin.device.VgsotMtj"' in page


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?:[^"]+)"', text)
        assert not loaded, f"{page.name} loads {loaded}"


def test_a_malformed_page_is_noticed(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text("extensions = ['myst_parser']\n")
    (docs / "index.md").write_text("# Title\n\n[nowhere](nowhere.md)\n")
    done = build(tmp_path)
    assert done.returncode != 0
    assert "nowhere.md" in done.stderr
