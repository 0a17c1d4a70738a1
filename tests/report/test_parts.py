"""The small things that the page is made of."""

from __future__ import annotations

import gzip
import hashlib
import re
import struct
import zlib

import numpy as np
import pytest

from bitspin.report.curves import every
from bitspin.report.gather import gather, unique_names
from bitspin.report.groups import PALETTE, group_runs, name_settings
from bitspin.report.picture import SIGNATURE, grey_png
from bitspin.report.quantities import with_unit
from bitspin.report.render import FOLDER, PLOTLY
from bitspin.report.wear import block_means
from bitspin.run import fit

LIGHT, DARK = "#fdfcfa", "#16181b"


def test_runs_that_differ_only_in_seeds_stand_together(runs):
    groups = group_runs(gather(list(runs.values())))
    assert [len(group.runs) for group in groups] == [3, 1, 1, 1]
    assert [group.label for group in groups] == [
        "data images · hidden 24 · array ideal",
        "data images · hidden 12 · array ideal",
        "data images · hidden 24 · array mram",
        "data vectors · hidden 24 · array ideal",
    ]


def test_runs_that_hold_out_other_samples_stand_together(runs, tmp_path):
    source = str(runs["seed-0"].parent / "images.npz")
    config = {"data": {"source": source, "validation": 40}, "network": {"hidden": [8]}, "epochs": 1}
    for seed in (0, 1):
        fit({**config, "seed": seed}, out=tmp_path / str(seed), threads=1)
    gathered = gather([tmp_path / "0", tmp_path / "1"])
    assert gathered[0].environment.data_fingerprint != gathered[1].environment.data_fingerprint
    assert [len(group.runs) for group in group_runs(gathered)] == [2]
    assert gathered[0].dataset is gathered[1].dataset


def test_constants_of_one_kind_do_not_tell_other_kinds_apart():
    plain = {"rule.mode": "plain", "rule.margin": 1.5, "seed": 1}
    budget = {"rule.mode": "row-budget", "rule.margin": 3.0, "seed": 2}
    assert name_settings([plain, budget], ["", ""]) == ["rule plain", "rule row-budget"]
    wider = {**budget, "rule.margin": 4.0}
    assert name_settings([plain, budget, wider], [""] * 3) == [
        "rule plain · margin 1.5",
        "rule row-budget",
        "rule row-budget · margin 4",
    ]


def test_defaults_are_left_out_where_something_else_tells():
    usual = {"network.hidden": [16], "data.shift": 0, "epochs": 2}
    moved = {**usual, "data.shift": 1}
    assert name_settings([usual, moved], ["", ""]) == ["shift 0", "shift 1"]
    wider = {**usual, "network.hidden": [32]}
    assert name_settings([usual, moved, wider], [""] * 3) == [
        "hidden 16",
        "hidden 16 · shift 1",
        "hidden 32",
    ]


def test_names_are_folders_unless_they_clash(tmp_path):
    paths = [tmp_path / "a" / "run", tmp_path / "b" / "run", tmp_path / "other"]
    assert unique_names(paths) == [str(paths[0]), str(paths[1]), "other"]


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("page", [LIGHT, DARK])
@pytest.mark.parametrize("colour", PALETTE)
def test_curves_stand_out_on_both_pages(colour, page):
    low, high = sorted((luminance(colour), luminance(page)))
    assert (high + 0.05) / (low + 0.05) >= 3.9


@pytest.mark.parametrize(("count", "most"), [(0, 5), (1, 5), (5, 5), (6, 5), (1000, 7), (601, 600)])
def test_long_trainings_are_thinned_evenly(count, most):
    chosen = every(count, most)
    assert len(chosen) <= most
    assert chosen == sorted(set(chosen))
    assert not chosen or (chosen[0], chosen[-1]) == (0, count - 1)


def test_blocks_are_means_also_at_the_edges():
    counts = np.arange(35, dtype=np.uint32).reshape(5, 7)
    blocks = block_means(counts, 2, 3)
    assert blocks.shape == (3, 3)
    assert blocks[0, 0] == counts[:2, :3].mean()
    assert blocks[2, 2] == counts[4:, 6:].mean()


def test_a_png_holds_its_pixels():
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    png = grey_png(pixels)
    assert png.startswith(SIGNATURE)
    length = struct.unpack(">I", png[33:37])[0]
    assert png[37:41] == b"IDAT"
    lines = np.frombuffer(zlib.decompress(png[41 : 41 + length]), np.uint8).reshape(3, 5)
    assert lines[:, 1:].tolist() == pixels.tolist()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 J"),
        (1.0, "1.00 J"),
        (999.6e-15, "1.00 pJ"),
        (-2.5e-3, "-2.50 mJ"),
        (3e-20, "0.0300 aJ"),
    ],
)
def test_quantities_with_prefixes(value, text):
    assert with_unit(value, "J").replace("\N{NARROW NO-BREAK SPACE}", " ") == text


def test_the_shipped_plotly_is_the_published_one():
    plotly = gzip.decompress(PLOTLY.read_bytes())
    told = (FOLDER / "plotly" / "LICENSE.md").read_text()
    assert hashlib.sha256(plotly).hexdigest() in told
    version = re.search(r"plotly\.js \(cartesian - minified\) v(\S+)", plotly[:200].decode())
    assert f"version {version[1]}," in told
