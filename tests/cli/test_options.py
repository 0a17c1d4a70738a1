"""What each option of ``bitspin train`` does to the run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bitspin.cli import threads
from bitspin.config import RunConfig
from bitspin.encode import Thermometer, Threshold
from bitspin.results import read_checkpoint
from bitspin.run import Run, load_run
from bitspin.train import Plain, RowBudget
from bitspin.train.bnn_rule import BnnRule


@pytest.fixture
def train(bitspin, sources, tmp_path):
    """Train in this process on one of the sources; returns the run as loaded from its folder."""
    made = 0

    def run(*options: object, form: str | None = "images") -> Run:
        nonlocal made
        made += 1
        out = tmp_path / f"run{made}"
        source = [] if form is None else [sources[form]]
        said = bitspin("train", *source, "--out", out, "--quiet", *options)
        assert (said.code, said.err) == (0, "")
        return load_run(out)

    return run


def weights(run: Run) -> dict[str, list[int]]:
    arrays = read_checkpoint(run.folder.weights_path).arrays
    return {name: array.tolist() for name, array in arrays.items()}


SMALL = ("--hidden", 16, "--epochs", 2)


def test_several_hidden_layers(train):
    run = train("--hidden", 40, 24, "--epochs", 4)
    assert run.model.widths == (64, 40, 24, 4)
    assert run.test_accuracy > 0.9


def test_plain_mode_with_a_hadamard_code(train):
    run = train(
        *("--mode", "plain", "--code", "hadamard", "--code-length", 15),
        *("--hidden", 64, "--epochs", 10, "--batch", 20),
    )
    assert isinstance(run.config.rule, Plain)
    assert run.config.rule.batch == 20
    assert run.model.code.columns == 15
    assert run.scores(np.zeros((3, 8, 8), np.uint8)).shape == (3, 4)
    assert run.test_accuracy > 0.8


def test_shifted_images_make_another_network(train):
    assert weights(train(*SMALL, "--shift", 1)) != weights(train(*SMALL))


@pytest.mark.parametrize(
    ("form", "options", "kind", "bits"),
    [
        ("images", (), Threshold, 64),
        ("images", ("--pixel-threshold", 100), Threshold, 64),
        ("images", ("--encode", "thermometer", "--levels", 3), Thermometer, 3 * 64),
        ("vectors", (), Thermometer, None),
        ("vectors", ("--encode", "thermometer", "--levels", 5), Thermometer, 5 * 12),
    ],
)
def test_how_features_become_bits(form, options, kind, bits, train):
    run = train(*SMALL, *options, form=form)
    assert isinstance(run.encoder, kind)
    assert bits in (None, run.model.widths[0])
    if "--pixel-threshold" in options:
        assert run.encoder.level == 100


def test_validation_is_held_out_and_watched(train):
    run = train(*SMALL, "--validation", 100)
    assert {record.evaluated_on for record in run.epochs} == {"validation"}
    assert run.result.validation_accuracy == run.epochs[-1].accuracy
    assert (100 * run.result.validation_accuracy).is_integer()


def test_more_threads_than_processors_are_noted(bitspin, sources, monkeypatch):
    monkeypatch.setattr(threads, "default_threads", lambda: 2)
    at_most = bitspin("train", sources["images"], *SMALL, "--quiet", "--threads", 2)
    assert (at_most.code, at_most.err) == (0, "")
    too_many = bitspin("train", sources["images"], *SMALL, "--quiet", "--threads", 3)
    assert too_many.code == 0
    assert "note: --threads: got 3, expected at most 2," in too_many.err
    assert too_many.err.count("\n") == 1


def test_seed_decides_and_speed_does_not(train, monkeypatch):
    monkeypatch.setattr(threads, "default_threads", lambda: 2)  # as many as are asked for
    reference = weights(train(*SMALL, "--seed", 3, "--threads", 1))
    assert weights(train(*SMALL, "--seed", 3, "--threads", 2)) == reference
    assert weights(train(*SMALL, "--seed", 3, "--backend", "ref")) == reference
    assert weights(train(*SMALL, "--seed", 4)) != reference


def test_every_constant_reaches_the_rule(train):
    constants = {
        "margin": 2.0,
        "window": 0.6,
        "error_dead_zone": 0.9,
        "gradient_floor": 0.3,
        "write_probability": 0.4,
        "budget": 8.0,
        "budget_end": 2.0,
        "output_budget": 3.0,
        "output_budget_end": 1.0,
        "batch": 40,
        "batch_end": 80,
    }
    options = [word for name, value in constants.items() for word in (option(name), value)]
    assert train(*SMALL, *options).config.rule == RowBudget(**constants)


def option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def test_the_regular_bnn_is_trained_and_used_by_the_same_commands(
    train, bitspin, sources, tiny_images
):
    run = train(
        *("--rule", "bnn", "--hidden", 16, "--epochs", 12, "--batch", 50),
        *("--learning-rate", 0.02, "--threads", 1),
    )
    assert isinstance(run.config.rule, BnnRule)
    assert run.test_accuracy > 0.8
    assert run.result.pulses_per_cell is None
    assert run.result.backend == "torch-float32"
    said = json.loads(bitspin("evaluate", run.folder.path, "--json").out)
    assert said["test_accuracy"] == run.test_accuracy
    said = json.loads(bitspin("predict", run.folder.path, sources["images"], "--json").out)
    assert np.mean(said == tiny_images.y_test) == run.test_accuracy


class TestConfigurationFile:
    """--config, and options over it."""

    @pytest.fixture
    def write(self, tmp_path):
        def write(text: str) -> Path:
            path = tmp_path / "settings.toml"
            path.write_text(text)
            return path

        return write

    def test_options_win_over_the_file_and_the_file_over_defaults(self, train, write):
        file = write("epochs = 2\nseed = 5\n[network]\nhidden = [9]\n[rule]\nbatch = 40\n")
        config = train("--config", file, "--seed", 6, "--margin", 2).config
        assert (config.epochs, config.seed, config.network.hidden) == (2, 6, (9,))
        assert config.rule == RowBudget(batch=40, margin=2)

    def test_a_runs_own_file_makes_the_run_again(self, train):
        run = train(*SMALL, "--shift", 1, "--seed", 8)
        again = train("--config", run.folder.config_path, form=None)
        assert again.config == run.config
        assert weights(again) == weights(run)

    @pytest.mark.parametrize(
        ("rule", "options", "expected"),
        [
            ("batch = 40", ("--mode", "row-budget"), RowBudget(batch=40)),
            ("batch = 40", ("--rule", "tgbnn"), RowBudget(batch=40)),
            ("batch = 40", ("--mode", "plain"), Plain()),
            ("mode = 'plain'\nbatch = 40", ("--rule", "tgbnn"), Plain(batch=40)),
            ("mode = 'plain'\nbatch = 40", ("--mode", "row-budget"), RowBudget()),
            ("mode = 'bnn'\nbatch = 40", ("--rule", "tgbnn"), RowBudget()),
            ("mode = 'bnn'\nbatch = 40", ("--mode", "plain"), Plain()),
            ("mode = 'bnn'\nbatch = 40", ("--rule", "bnn"), BnnRule(batch=40)),
        ],
    )
    def test_another_rule_does_not_inherit_the_files_constants(
        self, rule, options, expected, train, write
    ):
        assert train(*SMALL, "--config", write(f"[rule]\n{rule}\n"), *options).config.rule == (
            expected
        )

    def test_a_file_may_name_the_data(self, bitspin, write, sources, tmp_path):
        file = write(f'epochs = 1\n[data]\nsource = "{sources["idx"]}"\n[network]\nhidden = [4]\n')
        said = bitspin("train", "--config", file, "--out", "named", "--json")
        assert json.loads(said.out)["run"] == "named"
        assert load_run(tmp_path / "named").config.data.source == str(sources["idx"])


def test_a_relative_source_is_kept_as_a_whole_path(bitspin, idx_folder, tmp_path):
    said = bitspin("train", "my-images", *SMALL, "--out", "run", "--quiet")
    assert said.code == 0
    assert load_run(tmp_path / "run").config.data.source == str(idx_folder)
    assert RunConfig().data.source == "mnist"
