"""Curves as a table and as a page."""

from __future__ import annotations

import sys

import pytest

from bitspin.errors import BackendError, ShapeError
from bitspin.export.adaptation import Curve
from bitspin.export.curves import curves_table, write_curves

ONE = Curve((0, 10), {"own": (0.5, 0.75), "others": (0.9, 0.8)})
TWO = Curve((0, 30), {"own": (0.7, 0.85), "others": (0.9, 0.9)})


def test_the_table_has_means_and_deviations() -> None:
    lines = [line.split() for line in curves_table([ONE, TWO]).splitlines()]
    assert lines[0] == ["samples", "own", "others"]
    assert lines[1] == ["0", "60.0", "±", "14.1", "90.0", "±", "0.0"]
    assert lines[2] == ["20", "80.0", "±", "7.1", "85.0", "±", "7.1"]


def test_a_single_curve_has_no_deviation() -> None:
    assert curves_table([ONE]).splitlines()[2].split() == ["10", "75.0", "80.0"]


def test_the_page_needs_no_network(tmp_path) -> None:
    page = tmp_path / "curves.html"
    write_curves([ONE, TWO], page, device=ONE)
    text = page.read_text()
    assert "own, one device" in text
    assert "samples seen" in text
    assert "<script src" not in text


@pytest.mark.parametrize("curves", [[], [ONE, Curve((0,), {"own": (0.5,), "others": (0.5,)})]])
def test_curves_that_do_not_fit_are_refused(curves) -> None:
    with pytest.raises(ShapeError, match="expected one or more curves"):
        curves_table(curves)


def test_a_missing_plotly_is_named(monkeypatch, tmp_path) -> None:
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(BackendError, match=r"pip install 'bitspin\[report\]'"):
        write_curves([ONE], tmp_path / "curves.html")
