"""Places that take no run, or have no room for all of it."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

SMALL = ("--hidden", 8, "--epochs", 1)


def test_out_holds_a_run(refuse, sources, run_folder):
    refuse("holds a run already.*--resume", "train", sources["images"], "--out", run_folder)
    # Nor is a folder with the rest of a run a free place.
    (run_folder / "config.toml").unlink()
    refuse("holds a run already", "train", sources["images"], *SMALL, "--out", run_folder)


@pytest.mark.parametrize("out", ["file", "file/run", "n" * 300])
def test_out_cannot_be_made(out, refuse, sources, tmp_path):
    (tmp_path / "file").write_text("precious")
    reason = "cannot make the run folder|File name too long"
    refuse(reason, "train", sources["images"], *SMALL, "--out", out)


def test_out_is_read_only(refuse, sources, monkeypatch):
    def deny(*_: object, **__: object) -> None:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", deny)
    refuse("'Read-only file system'", "train", sources["images"], *SMALL, "--out", "new")


def test_the_disk_is_full(sources, start_bitspin, tmp_path, one_line):
    # A limit on the size of files stands for a disk on which the weights have no room.
    process = start_bitspin(
        *("train", sources["images"], "--hidden", 900, "--epochs", 1, "--out", "full"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000)),
    )
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert one_line.fullmatch(said.splitlines(keepends=True)[-1])
    assert "cannot write full/weights.safetensors: got 'File too large'" in said
    assert "Traceback" not in said
    assert {path.name for path in (tmp_path / "full").iterdir()} == {
        "config.toml",
        "environment.json",
        "metrics.jsonl",
    }
