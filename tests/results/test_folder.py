"""The run folder: which files make a run, and what they say."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

import bitspin
from bitspin.errors import StoreError
from bitspin.results import EpochRecord, RunFolder, RunResult, describe_environment

CONFIG = {"epochs": 2, "network": {"hidden": [3, 4]}, "data": {"source": 'a "b" \\ c\nµ'}}

EPOCHS = [
    EpochRecord(
        epoch=number,
        train_seconds=0.1 + 0.2,
        train_accuracy=1 / 3,
        evaluated_on="test",
        accuracy=0.7,
        pulses=(12, 2**40),
        flips=(5, 0),
        active_share=0.25,
        steps=9,
    )
    for number in (1, 2)
]

RESULT = RunResult(
    test_accuracy=2 / 3,
    epochs=2,
    train_seconds=0.6,
    state_bytes=77,
    weight_count=400,
    pulses_per_cell=1.5,
    flips_per_cell=0.5,
    backend="ref",
    threads=2,
    seed=2**63 - 1,
)


@pytest.fixture
def environment():
    return describe_environment("ref", 2, "0" * 64)


@pytest.fixture
def folder(tmp_path, environment):
    folder = RunFolder.create(tmp_path / "runs" / "one")
    with folder.claim():
        folder.begin(CONFIG, environment)
    return folder


def test_nothing_is_written_before_it_begins(tmp_path):
    RunFolder.create(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_files_round_trip(folder, checkpoint, environment):
    folder.save(checkpoint, EPOCHS)
    assert RunFolder.open(folder.path).read_config() == CONFIG
    assert folder.read_metrics() == (EPOCHS, None)
    assert folder.read_checkpoint().facts == checkpoint.facts
    folder.finish(EPOCHS, RESULT)
    assert folder.read_metrics() == (EPOCHS, RESULT)
    assert type(environment).model_validate_json(folder.environment_path.read_text()) == environment


def test_other_programs_can_read_them(folder, checkpoint):
    folder.save(checkpoint, EPOCHS)
    folder.finish(EPOCHS, RESULT)
    lines = [json.loads(line) for line in folder.metrics_path.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["epoch", "epoch", "result"]
    assert tomllib.loads(folder.config_path.read_text(encoding="utf-8")) == CONFIG
    assert json.loads(folder.environment_path.read_text())["backend"] == "ref"


@pytest.mark.parametrize("name", ["config.toml", "metrics.jsonl", "weights.safetensors"])
def test_a_folder_with_any_part_of_a_run_is_taken(name, tmp_path):
    (tmp_path / name).touch()
    with pytest.raises(StoreError, match=f"holds a run already: got {name}"):
        RunFolder.create(tmp_path)


def test_a_start_that_was_cut_short_leaves_a_free_folder(folder, environment):
    folder.config_path.unlink()
    (folder.path / ".config.toml.99.part").touch()
    again = RunFolder.create(folder.path)
    with again.claim():
        again.begin(CONFIG, environment)
    assert {path.name for path in folder.path.iterdir()} == {"config.toml", "environment.json"}


def test_of_two_that_chose_one_folder_the_later_one_is_turned_away(tmp_path, environment):
    one, two = (RunFolder.create(tmp_path) for _ in range(2))
    with one.claim():
        with pytest.raises(StoreError, match=r"got process \d+ at work"):
            two.claim()
        one.begin(CONFIG, environment)
    with two.claim(), pytest.raises(StoreError, match=r"holds a run already: got config\.toml"):
        two.begin({"epochs": 3}, environment)
    assert one.read_config() == CONFIG


def test_a_path_that_is_no_utf8_is_refused_before_anything_is_written(tmp_path, environment):
    folder = RunFolder.create(tmp_path / "run")
    with folder.claim(), pytest.raises(StoreError, match=r"got 'source = .*rename the file"):
        folder.begin({"epochs": 2, "source": "data-\udcfc.npz"}, environment)
    assert list(folder.path.iterdir()) == []


def test_metrics_reach_the_disk_before_the_weights_they_lead_to(folder, checkpoint, monkeypatch):
    written = []
    for room in ("folder", "weights"):
        monkeypatch.setattr(
            f"bitspin.results.{room}.replace_file", lambda path, _: written.append(path)
        )
    folder.save(checkpoint, EPOCHS)
    assert written == [folder.metrics_path, folder.weights_path]


def test_there_is_no_run(tmp_path):
    with pytest.raises(StoreError, match=r"no run at .*config\.toml"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize("record", [EPOCHS[0], RESULT])
def test_records_are_frozen_and_know_their_fields(record):
    assert type(record).model_validate_json(record.model_dump_json()) == record
    with pytest.raises(ValidationError, match="frozen"):
        record.event = "another"
    with pytest.raises(ValidationError, match="extra"):
        type(record).model_validate({**record.model_dump(), "novelty": 1})


@pytest.mark.parametrize("line", ["", "{}", "[]", '{"event": "epoch", "epoch": 1}', "{"])
def test_a_damaged_line_of_metrics_is_noticed(line, folder):
    good = EPOCHS[0].model_dump_json()
    folder.metrics_path.write_text(f"{good}\n{line}\n{good}\n")
    with pytest.raises(StoreError, match=r"metrics\.jsonl cannot be read"):
        folder.read_metrics()


def test_the_environment_tells_what_ran(environment):
    assert environment.processors >= 1
    assert environment.processor
    assert environment.started.endswith("+00:00")


@pytest.mark.parametrize(
    ("program", "noted"),
    [
        ("/usr/local/bin/bitspin", "bitspin"),
        (str(Path(bitspin.__file__).with_name("__main__.py")), "bitspin"),
        ("my/program.py", "my/program.py"),
    ],
)
def test_the_command_is_noted_as_it_was_typed(monkeypatch, program, noted):
    monkeypatch.setattr(sys, "argv", [program, "train", "my data"])
    assert describe_environment("ref", 1, "0" * 64).command == f"{noted} train 'my data'"


def test_a_command_with_a_path_that_is_no_utf8_can_be_read_back(monkeypatch, folder):
    monkeypatch.setattr(sys, "argv", ["bitspin", "train", "data-\udcfc.npz"])
    RunFolder.open(folder.path).begin(CONFIG, describe_environment("ref", 1, "0" * 64))
    assert folder.read_environment().command == "bitspin train 'data-?.npz'"


@pytest.mark.parametrize(
    ("line", "reason"),
    [("{bad", "Invalid JSON: key must be a string"), ('{"event": "epoch"}', "epoch.epoch: Field")],
)
def test_damaged_metrics_say_what_is_wrong(folder, line, reason):
    folder.metrics_path.write_text(f"{line}\n")
    with pytest.raises(StoreError, match=f"metrics.jsonl cannot be read: {reason}"):
        folder.read_metrics()
