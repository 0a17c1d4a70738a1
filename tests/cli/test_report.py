"""``bitspin report`` from the command line: one line when it works, one line when it does not."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from bitspin.results import ResultStore


@pytest.fixture
def refuse(bitspin, tmp_path):
    """Run a report that must be refused for a reason, and must not leave a file."""

    def run(reason: str, *arguments: object) -> None:
        before = sorted(tmp_path.rglob("*"))
        said = bitspin("report", *arguments)
        assert (said.code, said.out) == (2, ""), said.err
        assert re.fullmatch(r"bitspin: [^\n]+\n", said.err), said.err
        assert re.search(reason, said.err), said.err
        assert sorted(tmp_path.rglob("*")) == before

    return run


def test_a_report_is_written(bitspin, finished, tmp_path):
    said = bitspin("report", finished, "--wear", "--out", "page.html")
    assert (said.code, said.err) == (0, "")
    assert re.fullmatch(r"page.html: \d\.\d MB, open it in a browser\n", said.out)
    page = (tmp_path / "page.html").read_text()
    assert f"bitspin report {finished} --wear --out page.html" in page
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_an_older_report_is_replaced(bitspin, finished, tmp_path):
    (tmp_path / "report.html").write_text("old")
    assert bitspin("report", finished).code == 0
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")


def test_a_report_in_a_folder_whose_name_is_no_text(bitspin, finished, tmp_path, monkeypatch):
    place = tmp_path / os.fsdecode(b"old-\xfc")
    shutil.copytree(finished, place / "run")
    monkeypatch.chdir(place)
    said = bitspin("report", "run")
    assert (said.code, said.err) == (0, "")
    assert "</html>" in Path("report.html").read_text(encoding="utf-8")


def test_missing_and_wrong_runs(refuse, finished, tmp_path):
    refuse("nothing to report.*name some")
    refuse("no run at nowhere", "nowhere")
    refuse("twice", finished, finished)
    refuse("--neurons: got 24, expected 0 to 23", finished, "--neurons", 24)
    refuse("t.json.*cannot be read", finished, "--tolerance", "t.json")
    refuse("no results at nowhere.*made by 'bitspin sweep'", finished, "--sweep", "nowhere")
    refuse("no results at .*made by 'bitspin sweep'", "--sweep", finished)
    store = ResultStore.create(tmp_path / "sweep")
    refuse("got sweep, the results of a sweep.*--sweep", "sweep")
    refuse("got a sweep without a result", finished, "--sweep", store.path)


def test_damaged_runs(refuse, run_folder):
    for name in ("weights.safetensors", "metrics.jsonl", "environment.json", "config.toml"):
        content = (run_folder / name).read_bytes()
        (run_folder / name).write_bytes(content[: len(content) // 2])
        refuse(f"{name}|run", run_folder)
        (run_folder / name).write_bytes(content)


def test_places_that_cannot_be_written(refuse, finished, tmp_path):
    (tmp_path / "folder").mkdir()
    refuse("got a folder.*another --out", finished, "--out", "folder")
    refuse("no folder nowhere.*another --out", finished, "--out", "nowhere/page.html")
    refuse("cannot write /proc/page.html.*another place", finished, "--out", "/proc/page.html")


def test_the_extra_is_named_when_it_is_missing(refuse, finished, monkeypatch):
    monkeypatch.setattr("bitspin.report.render.find_spec", lambda _: None)
    refuse(r"got no package 'jinja2'.*pip install 'bitspin\[report\]'", finished)
