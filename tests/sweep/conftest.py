"""Sweeps of tiny networks on tiny images: in this process, and as a command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w

from bitspin.cli.app import main
from bitspin.data import Dataset
from bitspin.results import ResultStore
from bitspin.sweep.perform import Outcome, perform
from bitspin.sweep.tasks import Task

COMMAND = Path(sys.executable).with_name("bitspin")


class HerePool:
    """Does tasks in this process, one after the other, and notes which."""

    def __init__(self, store: ResultStore) -> None:
        self.store = store
        self.done: list[str] = []

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        for task in tasks:
            outcome = perform(task, self.store, threads=1, command="a test")
            if outcome.kind in ("done", "failed"):
                self.done.append(task.id)
            yield outcome


@pytest.fixture
def here_pool() -> type[HerePool]:
    return HerePool


@pytest.fixture(scope="session")
def images(tiny_images: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny images as an .npz file."""
    path = tmp_path_factory.mktemp("data") / "images.npz"
    names = ("x_train", "y_train", "x_test", "y_test")
    np.savez(path, **{name: getattr(tiny_images, name) for name in names})
    return path


@pytest.fixture
def base(images: Path) -> dict[str, Any]:
    """A configuration that trains in a millisecond."""
    return {"data": {"source": str(images)}, "network": {"hidden": [8]}, "epochs": 1}


@pytest.fixture
def write_sweep(base: dict[str, Any], tmp_path: Path) -> Callable[..., Path]:
    """Write a sweep file; a table given wins over the usual base."""

    def write(name: str = "sweep.toml", **tables: Any) -> Path:
        path = tmp_path / name
        path.write_bytes(tomli_w.dumps({"base": base, **tables}).encode())
        return path

    return write


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore.create(tmp_path / "results")


@pytest.fixture
def sweep_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Run ``bitspin sweep`` in this process: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bitspin", "sweep", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def start_sweep(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start ``bitspin sweep`` in the test's folder and leave it running, in a group of its own."""

    def start(*arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [COMMAND, "sweep", *map(str, arguments)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


@pytest.fixture
def outcome_of() -> Callable[..., dict[str, Any]]:
    """Wait for a sweep with --json, check its exit code, and give what it printed."""

    def wait(process: subprocess.Popen[str], code: int = 0) -> dict[str, Any]:
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, err
        found: dict[str, Any] = json.loads(out)
        return found

    return wait
