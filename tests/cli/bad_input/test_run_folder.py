"""Run folders that lack something, are damaged, or are of another run."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

SMALL = ("--hidden", 8, "--epochs", 1)


@pytest.fixture(params=["evaluate", "resume"])
def reading(request, run_folder):
    """Arguments of a command that reads the run."""
    command = ("evaluate",) if request.param == "evaluate" else ("train", "--resume")
    return (*command, run_folder)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("config.toml", "no run at .*config.toml"),
        ("weights.safetensors", "no weights at .*--resume"),
    ],
)
def test_a_file_is_missing(name, reason, reading, refuse, run_folder):
    (run_folder / name).unlink()
    refuse(reason, *reading)


def test_there_is_no_run(refuse):
    refuse("no run at nowhere", "evaluate", "nowhere")
    refuse("no run at nowhere", "train", "--resume", "nowhere")
    refuse("no run at nowhere", "predict", "nowhere", "x.npy")


@pytest.mark.parametrize("place", [0, 8, 20, -200, -1])
def test_one_byte_of_the_weights_is_flipped(place, reading, refuse, run_folder):
    weights = run_folder / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[place] ^= 0x10
    weights.write_bytes(content)
    refuse("weights.safetensors.*(damaged|got format)", *reading)


@pytest.mark.parametrize("keep", [0, 4, 100, -1])
def test_the_weights_are_truncated(keep, reading, refuse, run_folder):
    weights = run_folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    refuse("damaged or not a safetensors file", *reading)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("version", "99", "got version 99, expected 1"),
        ("format", "another", "got format 'another'"),
        ("facts", "{}", "checksum"),
    ],
)
def test_the_weights_are_of_another_program(key, value, reason, reading, refuse, run_folder):
    weights = run_folder / "weights.safetensors"
    with safe_open(weights, framework="numpy") as file:
        metadata = file.metadata()
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    save_file(arrays, weights, metadata | {key: value})
    refuse(reason, *reading)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("24,", "25,", "'network'.*25.*24.*as in training"),
        ("epochs = 3", "epochs = 5", "'epochs' = 5"),
        ("seed = 0", "seed = 1", "'seed' = 1"),
        ("margin = 3.0", "margin = 2.0", "'rule'"),
        ("epochs = 3", "epochs = 0", "got 0.*another version"),
        ("epochs = 3", "novelty = 3", "unknown key 'novelty'.*another version"),
        ("epochs = 3", "epochs = ", "cannot be read"),
    ],
)
def test_the_configuration_is_of_another_network(old, new, reason, reading, refuse, run_folder):
    config = run_folder / "config.toml"
    assert old in config.read_text()
    config.write_text(config.read_text().replace(old, new))
    refuse(reason, *reading)


def test_the_weights_are_of_another_run(reading, refuse, bitspin, sources, run_folder):
    bitspin("train", sources["images"], *SMALL, "--out", "other", "--quiet")
    shutil.copy(run_folder.parent / "other" / "weights.safetensors", run_folder)
    refuse("as in training", *reading)


@pytest.mark.parametrize(
    "content", [b"no json\n", b"3\n", b'{"event": "epoch"}\n', b'{"event": "x"}\n', b"\xff"]
)
def test_the_metrics_are_damaged(content, reading, refuse, run_folder):
    (run_folder / "metrics.jsonl").write_bytes(content)
    refuse("metrics.jsonl cannot be read", *reading)


def test_the_metrics_are_cut(reading, refuse, run_folder):
    lines = (run_folder / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run_folder / "metrics.jsonl").write_text(lines[0])
    refuse("metrics of 1 epochs, expected 3", *reading)


def test_the_metrics_are_missing(reading, refuse, run_folder):
    (run_folder / "metrics.jsonl").unlink()
    refuse("metrics of 0 epochs, expected 3", *reading)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("--epochs 4", "with --epochs, expected it alone"),
        ("mnist", "with a data set, expected"),
        ("--sigma-d2d 0.1 --config c.toml", "with --sigma-d2d, --config, expected"),
        ("--out elsewhere", "--out"),
        ("--hidden 3 --seed 2", "with --hidden, --seed, expected"),
        ("--threads 0", "threads: got 0"),
        ("--backend none", "got 'none'"),
    ],
)
def test_a_resumed_run_keeps_its_configuration(options, named, refuse, run_folder):
    refuse(named, "train", "--resume", run_folder, *options.split())


def test_the_data_have_changed(refuse, run_folder, finished, save_images, tiny_images):
    finish_nothing(run_folder)
    changed = save_images(x_train=255 - tiny_images.x_train)
    config = run_folder / "config.toml"
    source = json.dumps(str(changed))
    config.write_text(re.sub('source = ".*"', f"source = {source}", config.read_text()))
    refuse("has changed since the run began", "train", "--resume", run_folder)


def test_the_data_are_gone(refuse, run_folder):
    finish_nothing(run_folder)
    config = run_folder / "config.toml"
    config.write_text(re.sub('source = ".*"', 'source = "/nowhere/at/all"', config.read_text()))
    refuse("no data set '/nowhere/at/all'", "train", "--resume", run_folder)
    refuse("no data set '/nowhere/at/all'", "evaluate", run_folder)


def finish_nothing(run_folder: Path) -> None:
    """Take the result away, so that there is something to resume."""
    metrics = run_folder / "metrics.jsonl"
    metrics.write_text("".join(metrics.read_text().splitlines(keepends=True)[:-1]))
