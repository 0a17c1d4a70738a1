"""Projects that the export tests build and run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from bitspin.bits import BitMatrix, ScaledCode
from bitspin.cli.app import main
from bitspin.data import Dataset, load
from bitspin.encode import make_code
from bitspin.export import toolchain
from bitspin.export.labelled import Labelled
from bitspin.export.project import Project, write_project
from bitspin.export.rehearsal import Rehearsal
from bitspin.export.schedule import geometry_of, sample_schedule
from bitspin.export.toolchain import Toolchain
from bitspin.run import fit
from bitspin.train import Network, Plain, RowBudget

MakeProject = Callable[..., tuple[Project, Path]]


@pytest.fixture(scope="session", autouse=True)
def _compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what was compiled: most projects share the core's files, and compiling takes longest.

    As in ccache, a file is the same if it is after preprocessing and its flags are.
    """
    place = tmp_path_factory.mktemp("compiled")
    compile_file = toolchain._compile

    def compile_once(tools: Toolchain, source: Path, output: Path, flags: Sequence[str]) -> Path:
        options = [flag for flag in flags if not flag.startswith("-I")]
        preprocess = [str(tools.gcc), *flags, "-E", "-P", str(source)]
        text = subprocess.run(preprocess, capture_output=True, check=False).stdout
        key = sha256(" ".join([str(tools.gcc), *options]).encode() + b"\n" + text).hexdigest()
        kept = place / key
        if not kept.exists():
            compile_file(tools, source, output, flags)
            kept.mkdir()
            for made in output.parent.glob(f"{output.stem}.*"):  # the object and its call graph
                shutil.copyfile(made, kept / f"compiled{made.suffix}")
        for made in kept.iterdir():
            shutil.copyfile(made, output.with_suffix(made.suffix))
        return output

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(toolchain, "_compile", compile_once)
        yield


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return load("mnist")


def make_network(
    widths: tuple[int, ...],
    code: str = "onehot",
    length: int | None = None,
    classes: int = 10,
    *,
    scaled: bool = False,
) -> Network:
    """A random network; the widths leave out the code's."""
    words = BitMatrix.from_bool(make_code(code, classes, length))
    if scaled:
        numbers = np.arange(classes, dtype=np.int32)
        words = ScaledCode.of(words, np.stack([900 + 41 * numbers, 700 * (numbers - 5)]))
    return Network.random((*widths, words.columns), words, 3)


@pytest.fixture
def make_project(digits: Dataset, tmp_path: Path) -> MakeProject:
    """Write a project of a random network that learns digits."""

    def make(
        hidden: tuple[int, ...],
        *,
        target: str = "host",
        code: str = "onehot",
        length: int | None = None,
        rule: RowBudget | Plain | None = None,
        samples: int = 200,
        batch: int = 32,
        capacity: int = 32,
        group: int = 0,
        learns: bool = True,
        input_bits: int = 784,
        scaled: bool = False,
        originals: int = 0,
        times: int = 2,
    ) -> tuple[Project, Path]:
        pixels = digits.x_train[:samples].reshape(samples, -1)[:, -input_bits:]
        network = make_network((input_bits, *hidden), code, length, scaled=scaled)
        schedule = sample_schedule(
            rule or RowBudget(),
            geometry_of(network.widths, network.code),
            batch=batch,
            steps=max(1, samples // batch),
        )
        flash = slice(samples, samples + originals)
        stored = digits.x_train[flash].reshape(originals, 784)[:, -input_bits:]
        labels = digits.y_train[flash].astype(np.uint16)
        project = Project(
            target=target,
            network=network,
            schedule=schedule if learns else (),
            capacity=capacity if learns else 0,
            seed=0x0123456789ABCDEF,
            samples=BitMatrix.from_bool(pixels > 50),
            labels=digits.y_train[:samples].astype(np.uint16),
            group=group,
            rehearsal=Rehearsal(Labelled(BitMatrix.from_bool(stored > 50), labels), times)
            if originals
            else None,
        )
        folder = tmp_path / "project"
        write_project(project, folder)
        return project, folder

    return make


@pytest.fixture(scope="session")
def small_data(digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("data") / "digits.npz"
    np.savez(
        file,
        x_train=digits.x_train[:600],
        y_train=digits.y_train[:600],
        x_test=digits.x_test[:100],
        y_test=digits.y_test[:100],
    )
    return file


@pytest.fixture(scope="session")
def small_run(small_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    config = {"data": {"source": str(small_data)}, "network": {"hidden": [64]}, "epochs": 2}
    fit(config, out=folder)
    return folder


@pytest.fixture
def bitspin(monkeypatch, capsys):
    def call(*words: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["bitspin", *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as ending:
            code = int(ending.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call
