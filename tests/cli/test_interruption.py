"""A training that is stopped, by Ctrl-C or by force, ends as if it had not been."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bitspin.results import read_checkpoint
from bitspin.run import Run, fit, load_run

# The command, but with a checkpoint after every epoch: most of its time it spends writing.
ALWAYS_WRITING = """
from bitspin.cli.app import main
from bitspin.run import strict
strict.SECONDS_BETWEEN_CHECKPOINTS = 0.0
main()
"""


def assert_same_run(folder: Path, reference: Run) -> None:
    """Same weights, byte for byte, and same metrics but for what was measured by the clock."""
    arrays = read_checkpoint(folder / "weights.safetensors").arrays
    expected = reference.model.to_arrays()
    assert arrays.keys() == expected.keys()
    for name, array in arrays.items():
        assert array.tobytes() == expected[name].tobytes()
    run = load_run(folder)
    assert [untimed(epoch) for epoch in run.epochs] == [untimed(e) for e in reference.epochs]
    assert untimed(run.result) == untimed(reference.result)
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    events = [json.loads(line).get("epoch", "result") for line in lines]
    assert events == [*range(1, reference.config.epochs + 1), "result"]
    assert {path.name for path in folder.iterdir()} == {
        "config.toml",
        "environment.json",
        "metrics.jsonl",
        "weights.safetensors",
    }


def untimed(record) -> dict[str, object]:
    return record.model_dump(exclude={"train_seconds", "threads", "scratch_bytes"})


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until something holds, or the process ends."""
    deadline = time.monotonic() + 60
    while not condition() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)


def stop(process: subprocess.Popen[str], how: signal.Signals) -> tuple[int, str]:
    """Signal a process; returns exit code and stderr."""
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


@pytest.mark.parametrize("shift", [0, 1])
def test_killed_again_and_again(shift, sources, bitspin_process, tmp_path):
    epochs = 120
    config = {
        "data": {"source": str(sources["images"]), "shift": shift, "validation": 40},
        "network": {"hidden": [40, 20]},
        "epochs": epochs,
    }
    reference = fit(config, threads=1)
    folder = tmp_path / "run"
    settings = (
        *("train", sources["images"], "--hidden", 40, 20, "--epochs", epochs),
        *("--shift", shift, "--validation", 40, "--out", folder, "--threads", 1),
    )
    rng = np.random.default_rng(shift)
    metrics = folder / "metrics.jsonl"
    killed = 0
    for wanted in (None, 0, 1, 40, 80):
        resumed = ("train", "--resume", folder, "--threads", 2)
        begun = (folder / "config.toml").exists()
        process = subprocess.Popen(
            [sys.executable, "-c", ALWAYS_WRITING, *map(str, resumed if begun else settings)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        # Progress, not time, says when, so that a slow machine is asked the same question.
        if wanted is not None:
            wait_for(partial(has_lines, metrics, wanted), process)
        time.sleep(rng.uniform(0, 0.01))
        code, said = stop(process, signal.SIGKILL)
        assert code in (-signal.SIGKILL, 0), said
        killed += code != 0
    assert killed >= 3
    done = bitspin_process("train", "--resume", folder, "--quiet")
    assert (done.code, done.err) == (0, "")
    assert_same_run(folder, reference)


def has_lines(path: Path, wanted: int) -> bool:
    return path.exists() and path.read_bytes().count(b"\n") >= wanted


def test_ctrl_c_says_how_to_go_on(sources, start_bitspin, bitspin_process, tmp_path):
    config = {
        "data": {"source": str(sources["images"])},
        "network": {"hidden": [512]},
        "epochs": 2000,
    }
    options = ("--hidden", 512, "--epochs", 2000, "--threads", 1, "--out", "my run")
    folder = tmp_path / "my run"
    process = start_bitspin("train", sources["images"], *options)
    wait_for((folder / "weights.safetensors").exists, process)
    code, said = stop(process, signal.SIGINT)
    assert code == 130
    assert "Traceback" not in said
    assert said.splitlines()[-1] == (
        "bitspin: interrupted; continue with: bitspin train --resume 'my run'"
    )
    assert load_run(folder).result is None
    # Now it is killed, most likely before the next checkpoint.
    process = start_bitspin("train", "--resume", folder, "--quiet")
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=0.8)
    stop(process, signal.SIGKILL)
    done = bitspin_process("train", "--resume", folder, "--json")
    assert (done.code, done.err) == (0, "")
    assert_same_run(folder, fit(config, threads=2))
    assert json.loads(done.out)["run"] == str(folder)


def test_a_finished_run_stays_as_it_is(finished, bitspin):
    before = {path: path.read_bytes() for path in finished.iterdir()}
    said = bitspin("train", "--resume", finished, "--json", "--threads", 1, "--backend", "ref")
    assert (said.code, said.err) == (0, "")
    fields = json.loads(said.out)
    run = load_run(finished)
    assert fields.pop("run") == str(finished)
    assert fields == run.result.model_dump(exclude={"event"}, exclude_none=True)
    assert {path: path.read_bytes() for path in finished.iterdir()} == before


# Ctrl-C while the interpreter looks for a library of the command.
INTERRUPTED_IMPORT = """
import sys
class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "cyclopts":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from bitspin.__main__ import main
main()
"""


def test_ctrl_c_before_the_command_is_loaded() -> None:
    command = [sys.executable, "-c", INTERRUPTED_IMPORT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "bitspin: interrupted\n")


def test_ctrl_c_in_any_command(finished, bitspin, monkeypatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bitspin.cli.use.load_run", interrupt)
    said = bitspin("evaluate", finished)
    assert (said.code, said.out, said.err) == (130, "", "bitspin: interrupted\n")
