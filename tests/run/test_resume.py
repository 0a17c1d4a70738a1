"""Stopping a run at every point where it can be stopped, and going on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bitspin.errors import StoreError
from bitspin.results import RunFolder
from bitspin.run import Progress, fit, load_run, resume, strict

CONFIG = {
    "network": {"hidden": [12, 8]},
    "epochs": 3,
    "data": {"shift": 1},
    "rule": {"echo": 2},
}
# Environment and configuration, then metrics and weights: at the start, after each epoch and at
# the end; then the metrics with the result.
WRITES = 2 + 2 * (1 + 3 + 1) + 1


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture(scope="module")
def reference(tiny_images):
    return fit(CONFIG, data=tiny_images, threads=1)


@pytest.fixture(autouse=True)
def save_after_every_epoch(monkeypatch):
    monkeypatch.setattr(strict, "SECONDS_BETWEEN_CHECKPOINTS", -1.0)


class FailingWrites:
    """Lets so many files be written, and fails at the next one, before or after it is renamed."""

    def __init__(self, monkeypatch, good: int, error: BaseException, *, renamed: bool) -> None:
        self.count = 0
        original = Path.replace

        def replace(path: Path, target: Path) -> Path:
            self.count += 1
            if self.count <= good:
                return original(path, target)
            if renamed:
                original(path, target)
            raise error

        monkeypatch.setattr(Path, "replace", replace)


def assert_same_result(run, reference):
    np.testing.assert_array_equal(run.model.weights, reference.model.weights)
    assert [record.epoch for record in run.epochs] == [1, 2, 3]
    assert [r.flips for r in run.epochs] == [r.flips for r in reference.epochs]
    for name in ("test_accuracy", "pulses_per_cell", "flips_per_cell", "epochs", "seed"):
        assert getattr(run.result, name) == getattr(reference.result, name)


def test_the_number_of_writes_is_as_expected(tiny_images, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        writes = FailingWrites(patch, 10**9, Killed(), renamed=False)
        fit(CONFIG, data=tiny_images, out=tmp_path / "run")
    assert writes.count == WRITES


@pytest.mark.parametrize("renamed", [False, True])
@pytest.mark.parametrize("good", range(WRITES))
def test_killed_at_any_write(good, renamed, reference, tiny_images, tmp_path, monkeypatch):
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        FailingWrites(patch, good, Killed(), renamed=renamed)
        with pytest.raises(Killed):
            fit(CONFIG, data=tiny_images, out=out)
    if (out / "config.toml").exists():
        run = resume(out, data=tiny_images)
    else:
        run = fit(CONFIG, data=tiny_images, out=out)
    assert_same_result(run, reference)
    assert_same_result(load_run(out), reference)
    assert len(list(out.iterdir())) == 4


@pytest.mark.parametrize("good", range(WRITES))
def test_a_disk_that_fills_up_harms_no_good_file(
    good, reference, tiny_images, tmp_path, monkeypatch
):
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        FailingWrites(patch, good, OSError(28, "No space left on device"), renamed=False)
        with pytest.raises(StoreError, match="No space left on device"):
            fit(CONFIG, data=tiny_images, out=out)
    assert not list(out.glob(".*"))
    if good >= 2:
        assert_same_result(resume(out, data=tiny_images), reference)


def interrupt(when: str, epoch: int) -> Progress:
    """Ctrl-C in the middle of an epoch or at its end."""

    class Interrupt(Progress):
        done = 0

        def epoch(self, record):
            self.done = record.epoch
            if when == "end" and record.epoch == epoch:
                raise KeyboardInterrupt

        def step(self, done):
            if when == "middle" and self.done + 1 == epoch and done > 100:
                raise KeyboardInterrupt

    return Interrupt()


@pytest.mark.parametrize("when", ["middle", "end"])
@pytest.mark.parametrize("epoch", [1, 2, 3])
@pytest.mark.parametrize("wait_s", [-1.0, 1e9])
def test_ctrl_c_in_any_epoch(epoch, when, wait_s, reference, tiny_images, tmp_path, monkeypatch):
    monkeypatch.setattr(strict, "SECONDS_BETWEEN_CHECKPOINTS", wait_s)
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        fit(CONFIG, data=tiny_images, out=out, progress=interrupt(when, epoch))
    unfinished = load_run(out)
    assert unfinished.result is None
    with pytest.raises(StoreError, match="not finished; continue it"):
        _ = unfinished.test_accuracy
    assert unfinished.predict(tiny_images.x_test).shape == (100,)
    assert_same_result(resume(out, data=tiny_images, threads=2, backend="ref"), reference)


def test_a_finished_run_stays_as_it_is(tiny_images, tmp_path):
    run = fit(CONFIG, data=tiny_images, out=tmp_path, threads=1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = resume(tmp_path, threads=2)
    assert again.result == run.result
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_run_that_is_being_trained_is_left_alone(tiny_images, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        FailingWrites(patch, 6, Killed(), renamed=True)
        with pytest.raises(Killed):
            fit(CONFIG, data=tiny_images, out=tmp_path, threads=1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with (
        RunFolder.open(tmp_path).claim(),
        pytest.raises(StoreError, match=r"got process \d+ at work"),
    ):
        resume(tmp_path, data=tiny_images, threads=1)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert resume(tmp_path, data=tiny_images, threads=1).epochs[-1].epoch == 3


@pytest.mark.parametrize("rule", [{}, {"mode": "bnn", "batch": 50}])
def test_a_folder_in_which_another_begins_is_left_alone(rule, tiny_images, tmp_path):
    with RunFolder.create(tmp_path).claim():
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        with pytest.raises(StoreError, match=r"got process \d+ at work"):
            fit({**CONFIG, "rule": rule}, data=tiny_images, out=tmp_path, threads=1)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_regular_bnn_starts_over(tiny_images, tmp_path):
    config = {**CONFIG, "rule": {"mode": "bnn", "batch": 50}}
    whole = fit(config, data=tiny_images, out=tmp_path / "whole", threads=1)
    with pytest.raises(KeyboardInterrupt):
        fit(
            config,
            data=tiny_images,
            out=tmp_path / "cut",
            threads=1,
            progress=interrupt("end", 2),
        )
    run = resume(tmp_path / "cut", data=tiny_images, threads=1)
    assert run.result.test_accuracy == whole.result.test_accuracy
    np.testing.assert_array_equal(run.scores(tiny_images.x_test), whole.scores(tiny_images.x_test))


REAL_CELLS = {
    "kind": "mram",
    "device": "vcma-toggle",
    "xnor": "toggle",
    "toggle_error_rate": 1e-4,
    "stuck_probability": 0.02,
    "read_noise": 1.0,
    "sense_offset": 1.0,
    "retention_time_s": 1e6,
}


@pytest.mark.parametrize("when", ["middle", "end"])
@pytest.mark.parametrize("wait_s", [-1.0, 1e9])
def test_real_cells_go_on_bit_for_bit(when, wait_s, tiny_images, tmp_path, monkeypatch):
    """Spread, noise, stuck cells and disturbed bits: nothing of them lies in memory alone."""
    monkeypatch.setattr(strict, "SECONDS_BETWEEN_CHECKPOINTS", wait_s)
    config = {**CONFIG, "array": REAL_CELLS}
    reference = fit(config, data=tiny_images, threads=1)
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        fit(config, data=tiny_images, out=out, progress=interrupt(when, 2))
    run = resume(out, data=tiny_images, threads=2, backend="ref")
    assert_same_result(run, reference)
    assert sum(layer["disturbed"] for record in run.epochs for layer in record.events) > 0
    assert [record.events for record in run.epochs] == [r.events for r in reference.epochs]
    assert run.result.ideal_accuracy == reference.result.ideal_accuracy
    np.testing.assert_array_equal(
        load_run(out).scores(tiny_images.x_test), reference.scores(tiny_images.x_test)
    )
