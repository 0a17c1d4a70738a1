"""The installed command from end to end, in a process of its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from bitspin import __version__
from bitspin.run import load_run

FILES = {"config.toml", "environment.json", "metrics.jsonl", "weights.safetensors"}
SMALL = ("--hidden", 24, "--epochs", 3)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("form", ["idx", "idx-gz", "images", "vectors"])
def test_train_keeps_a_run_and_says_what_it_came_to(form, sources, bitspin_process, tmp_path):
    said = bitspin_process("train", sources[form], *SMALL, "--out", "runs/one")
    assert said.code == 0
    assert names_in(tmp_path / "runs" / "one") == FILES
    for words in ("test accuracy", "training time", "training state", "write pulses", "runs/one"):
        assert words in said.out
    for words in ("epoch", "3/3", "samples/s", "flips"):
        assert words in said.err
    assert load_run(tmp_path / "runs" / "one").test_accuracy > 0.9


def test_a_run_on_this_folder_is_named_after_it(idx_folder, bitspin, monkeypatch):
    monkeypatch.chdir(idx_folder)
    said = bitspin("train", ".", "--hidden", 8, "--epochs", 1)
    assert said.out.splitlines()[-1].split()[-1].startswith("runs/my-images-row-budget-8-s0-")


@pytest.mark.parametrize("name", ["a[/red]b", "[bold]c", ":smile:", "long-" * 30])
def test_a_folder_is_named_as_it_is(name, sources, bitspin, tmp_path):
    said = bitspin("train", sources["images"], "--hidden", 8, "--epochs", 1, "--out", name)
    assert said.code == 0, said.err
    assert said.out.splitlines()[-1] == f"run             {name}"
    assert (tmp_path / name / "weights.safetensors").exists()
    assert Path(name).name[:10] in bitspin("compare", name).out


def test_json_is_one_object_and_nothing_else(sources, bitspin_process, tmp_path):
    said = bitspin_process(
        "train", sources["images"], *SMALL, "--seed", 7, "--threads", 1, "--json"
    )
    assert (said.code, said.err) == (0, "")
    fields = json.loads(said.out)
    assert said.out.count("\n") == 1
    assert {
        "test_accuracy",
        "epochs",
        "train_seconds",
        "state_bytes",
        "pulses_per_cell",
        "flips_per_cell",
        "backend",
        "threads",
        "seed",
        "run",
    } <= fields.keys()
    assert 0.9 < fields["test_accuracy"] <= 1
    assert 0 < fields["flips_per_cell"] < fields["pulses_per_cell"]
    assert (fields["epochs"], fields["threads"], fields["seed"]) == (3, 1, 7)
    weights = 24 * (64 + 4)
    assert 0 <= fields["state_bytes"] - weights / 8 < 1024
    # Without --out the folder is named after what is trained, here in the working folder.
    assert fields["run"].startswith("runs/images-row-budget-24-s7-")
    assert names_in(tmp_path / fields["run"]) == FILES


def test_a_trained_run_is_evaluated_and_asked(sources, finished, bitspin_process, tiny_images):
    run = load_run(finished)
    said = bitspin_process("evaluate", finished)
    assert (said.code, said.err) == (0, "")
    assert said.out == f"test accuracy {100 * run.test_accuracy:.2f} %\n"
    said = bitspin_process("predict", finished, sources["idx"] / "t10k-images-idx3-ubyte")
    assert (said.code, said.err) == (0, "")
    assert list(map(int, said.out.splitlines())) == run.predict(tiny_images.x_test).tolist()


def test_info_tells_version_backend_and_threads(bitspin_process):
    said = bitspin_process("info")
    assert said.code == 0
    lines = dict(line.split(maxsplit=1) for line in said.out.splitlines())
    assert lines["version"] == __version__
    assert lines["backend"] in lines["backends"].split(", ")
    assert int(lines["threads"]) >= 1
    assert json.loads(bitspin_process("info", "--json").out)["backend"] == lines["backend"]


@pytest.mark.parametrize("arguments", [(), ("--help",), ("train", "--help"), ("--version",)])
def test_help_is_no_failure(arguments, bitspin):
    said = bitspin(*arguments)
    assert (said.code, said.err) == (0, "")
    assert __version__ in said.out or "Usage: bitspin" in said.out


def test_an_output_that_has_not_every_letter(sources, start_bitspin, tmp_path):
    process = start_bitspin(
        *("train", sources["images"], *SMALL, "--array", "mram", "--out", "µ", "--threads", 1),
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    out, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "energy of training" in out
    assert "?J" in out
    assert (tmp_path / "µ" / "config.toml").exists()


def test_a_full_stdout_is_one_line(finished, start_bitspin):
    with Path("/dev/full").open("w") as full:
        process = start_bitspin("evaluate", finished, stdout=full)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said.startswith("bitspin: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("streams", [(1, 2), (2, 3), (1, 3)])
def test_a_closed_stream_is_no_failure(streams, finished, start_bitspin):
    process = start_bitspin("evaluate", finished, preexec_fn=lambda: os.closerange(*streams))
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 0


def test_a_reader_that_leaves_is_no_failure_to_talk_about(finished, sources, start_bitspin):
    process = start_bitspin("predict", finished, sources["idx"] / "t10k-images-idx3-ubyte")
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=60) == 1


def test_samples_come_in_any_form(finished, tiny_images, idx_folder, sources, bitspin, tmp_path):
    flat = tiny_images.x_test.reshape(len(tiny_images.x_test), -1)
    np.save(tmp_path / "images.npy", tiny_images.x_test)
    np.save(tmp_path / "flat.npy", flat)
    np.savez(tmp_path / "x.npz", x=tiny_images.x_test)
    np.savez_compressed(tmp_path / "x_test.npz", x_test=flat)
    expected = load_run(finished).predict(tiny_images.x_test).tolist()
    for file in (
        idx_folder / "t10k-images-idx3-ubyte",
        sources["idx-gz"] / "t10k-images-idx3-ubyte.gz",
        "images.npy",
        "flat.npy",
        "x.npz",
        "x_test.npz",
        sources["images"],
    ):
        lines = bitspin("predict", finished, file)
        assert (lines.code, lines.err) == (0, "")
        assert [int(line) for line in lines.out.splitlines()] == expected
        assert json.loads(bitspin("predict", finished, file, "--json").out) == expected


def test_evaluate_takes_other_data(finished, idx_folder, bitspin):
    own = json.loads(bitspin("evaluate", finished, "--json").out)
    other = json.loads(bitspin("evaluate", finished, "--data", idx_folder, "--json").out)
    assert own == other == {"test_accuracy": load_run(finished).test_accuracy, "run": str(finished)}


def test_evaluating_an_unfinished_run_says_so(finished, tmp_path, bitspin):
    run = tmp_path / "cut"
    shutil.copytree(finished, run)
    lines = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run / "metrics.jsonl").write_text("".join(lines[:-1]))
    said = bitspin("evaluate", run)
    assert (said.code, said.out) == (0, bitspin("evaluate", finished).out)
    assert said.err == f"bitspin: note: {run} is not finished (3 of 3 epochs)\n"


def test_evaluating_on_data_that_have_changed_says_so(save_images, tiny_images, bitspin):
    source = save_images()
    bitspin("train", source, "--hidden", 8, "--epochs", 1, "--out", "run")
    assert bitspin("evaluate", "run").err == ""
    save_images(x_test=tiny_images.x_test[:-1], y_test=tiny_images.y_test[:-1])
    said = bitspin("evaluate", "run")
    assert said.code == 0
    assert re.fullmatch(
        r"bitspin: note: data set '.*' has changed since run was [^\n]+\n", said.err
    )


def test_a_run_notes_the_command_as_it_was_typed(sources, bitspin_process, tmp_path):
    words = ["train", str(sources["images"]), "--hidden", "8", "--epochs", "1", "--out", "run"]
    assert bitspin_process(*words).code == 0
    noted = json.loads((tmp_path / "run" / "environment.json").read_text())["command"]
    assert noted == shlex.join(["bitspin", *words])
