"""The command, in this process or in its own, and small data sets in every form it takes."""

from __future__ import annotations

import gzip
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pytest

from bitspin.cli.app import main
from bitspin.data import Dataset
from bitspin.run import fit

COMMAND = Path(sys.executable).with_name("bitspin")


@dataclass(frozen=True)
class Outcome:
    """What a command came to: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


class Bitspin(Protocol):
    """Runs ``bitspin`` with arguments."""

    def __call__(self, *arguments: object) -> Outcome: ...


@pytest.fixture
def bitspin(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Bitspin:
    """The command in this process; the working folder is the test's own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["bitspin", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return run


@pytest.fixture
def bitspin_process(tmp_path: Path) -> Bitspin:
    """The installed command in a process of its own, in the test's folder."""

    def run(*arguments: object) -> Outcome:
        done = subprocess.run(
            [COMMAND, *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def start_bitspin(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start the installed command and leave it running."""

    def start(*arguments: object, **options: Any) -> subprocess.Popen[str]:
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        return subprocess.Popen([COMMAND, *map(str, arguments)], cwd=tmp_path, **options)

    return start


def idx_bytes(array: npt.NDArray[np.uint8]) -> bytes:
    """Write bytes in the IDX format."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def save_npz(path: Path, data: Dataset, **changes: Any) -> Path:
    """Save a data set, with some arrays changed."""
    names = ("x_train", "y_train", "x_test", "y_test")
    np.savez(path, **({name: getattr(data, name) for name in names} | changes))
    return path


@pytest.fixture(scope="session")
def sources(
    tiny_images: Dataset, tiny_vectors: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Data sets by their form: idx, idx-gz, images, vectors. Not to be changed."""
    folder = tmp_path_factory.mktemp("data")
    parts = {
        "train-images-idx3-ubyte": tiny_images.x_train,
        "train-labels-idx1-ubyte": tiny_images.y_train.astype(np.uint8),
        "t10k-images-idx3-ubyte": tiny_images.x_test,
        "t10k-labels-idx1-ubyte": tiny_images.y_test.astype(np.uint8),
    }
    for form in ("idx", "idx-gz"):
        (folder / form).mkdir()
    for name, array in parts.items():
        (folder / "idx" / name).write_bytes(idx_bytes(array))
        (folder / "idx-gz" / f"{name}.gz").write_bytes(gzip.compress(idx_bytes(array)))
    return {
        "idx": folder / "idx",
        "idx-gz": folder / "idx-gz",
        "images": save_npz(folder / "images.npz", tiny_images),
        "vectors": save_npz(folder / "vectors.npz", tiny_vectors),
    }


@pytest.fixture
def idx_folder(sources: dict[str, Path], tmp_path: Path) -> Path:
    """A folder of IDX files that a test may damage."""
    return Path(shutil.copytree(sources["idx"], tmp_path / "my-images"))


@pytest.fixture
def save_images(tiny_images: Dataset, tmp_path: Path) -> Callable[..., Path]:
    """Save the tiny images as .npz, with some arrays changed."""
    return lambda **changes: save_npz(tmp_path / "changed.npz", tiny_images, **changes)


@pytest.fixture(scope="session")
def finished(sources: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on the images. Not to be changed."""
    out = tmp_path_factory.mktemp("runs") / "finished"
    source = {"source": str(sources["images"])}
    fit({"data": source, "network": {"hidden": [24]}, "epochs": 3}, out=out, threads=1)
    return out


@pytest.fixture
def run_folder(finished: Path, tmp_path: Path) -> Path:
    """A finished run that a test may damage."""
    return Path(shutil.copytree(finished, tmp_path / "run"))
