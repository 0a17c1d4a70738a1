"""A machine without the threads that were asked for, or without PyTorch."""

from __future__ import annotations

import os
import resource

from bitspin.errors import BackendError
from bitspin.run import start


def test_more_threads_than_the_system_grants(sources, start_bitspin, tmp_path, one_line):
    # Each thread wants 8 MB of addresses for its stack.
    process = start_bitspin(
        *("train", sources["images"], "--hidden", 8, "--threads", 1000, "--quiet", "--out", "run"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30)),
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, ""), said
    note, complaint = said.splitlines(keepends=True)
    assert "note: --threads: got 1000, expected at most" in note
    assert one_line.fullmatch(complaint)
    assert "as many threads as were asked for" in complaint
    assert not (tmp_path / "run").exists()


def test_torch_is_missing(refuse, sources, monkeypatch):
    def no_torch(*_: object) -> None:
        raise BackendError("the regular BNN needs PyTorch")

    monkeypatch.setattr(start, "train_regular", no_torch)
    refuse("needs PyTorch", "train", sources["images"], "--rule", "bnn", "--out", "new")
