"""Options and arguments out of range, unknown, or at odds with each other."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("--hiden 3", "--hiden.*--hidden"),
        ("--hidden x", "--hidden: got 'x', expected a whole number"),
        ("--hidden", "--hidden.*at least 1"),
        ("--hidden 0", "^bitspin: --hidden: got 0, expected greater than or equal to 1"),
        ("--hidden 8 -3", "got -3"),
        ("--hidden 40000", "got 40000, expected less than or equal to 32767"),
        ("--hidden 8 8 8 8 8 8 8 8 8", "--hidden.*at most 7"),
        ("--epochs 0", "--epochs: got 0"),
        ("--epochs -1", "--epochs: got -1"),
        ("--epochs 1.5", "--epochs.*1.5"),
        ("--hidden 8 4.2", "--hidden.*4.2"),
        ("--threads 1.5", "--threads.*1.5"),
        ("--batch 0", "--batch: got 0"),
        ("--batch 40000", "--batch: got 40000.*32767"),
        ("--seed -1", "--seed: got -1"),
        ("--seed 9223372036854775808", "--seed"),
        ("--margin nan", "--margin: got nan"),
        ("--window inf", "--window: got inf"),
        ("--write-probability 1.5", "--write-probability: got 1.5"),
        ("--mode rowbudget", "--mode: got 'rowbudget', expected one of row-budget, plain"),
        ("--mode plain --budget 3", "--budget: got it with 'plain', expected .*'row-budget'"),
        ("--learning-rate 0.1", "--learning-rate: got it with 'row-budget', expected .*'bnn'"),
        ("--array ideal --stuck 0.1", "--stuck: got it with 'ideal', expected it with 'mram'"),
        ("--rule bnn --array mram", "got the regular BNN in an MRAM array, expected a strict"),
        ("--rule bnn --mode plain", "--mode: got 'plain'"),
        ("--rule bnn --code hadamard", "code: got 'hadamard'.*expected 'onehot'"),
        ("--code hamming", "--code: got 'hamming', expected one of onehot, hadamard, bch"),
        ("--code hadamard --code-length 20", "got 20, expected one of .*15, 31"),
        ("--code bch --code-length 20", "got 20"),
        ("--code onehot --code-length 20", "got length 20, expected 4"),
        ("--pixel-threshold nan", "threshold.*got nan"),
        ("--pixel-threshold 50 --levels 3", "only one of them"),
        ("--pixel-threshold 50 --encode thermometer", "only one of them"),
        ("--levels 0", "--levels: got 0"),
        ("--shift 8", "--shift: got 8"),
        ("--shift -1", "--shift: got -1"),
        ("--validation -1", "--validation: got -1"),
        ("--validation 397", "got 397, expected 0 to 396"),
        ("--threads 0", "threads: got 0"),
        ("--threads -2", "threads: got -2"),
        ("--backend avx3", "got 'avx3'.*ref"),
        ("--config nowhere.toml", "nowhere.toml cannot be read"),
        ("--config .", "cannot be read"),
        ("extra", "extra"),
    ],
)
def test_options(options, reason, refuse, sources):
    defaults = ("--epochs", "1") if "--epochs" not in options else ()
    refuse(reason, "train", sources["images"], *defaults, *options.split())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            "train mnist --hidden x",
            "--hidden: got 'x', expected a whole number; see 'bitspin train",
        ),
        ("train mnist --margin 1,5", "--margin: got '1,5', expected a number; see"),
        (
            "train mnist --code ecoc",
            "--code: got 'ecoc', expected one of onehot, hadamard, bch; see",
        ),
        ("train mnist more", "got 'more' beyond those that are known, expected none; see"),
        ("train --epochs", "--epochs: got nothing, expected a value; see 'bitspin train --help'"),
        ("predict", "--run: got nothing, expected a value; see 'bitspin predict --help'"),
        (
            "device fit",
            "--measured: got nothing, expected a value; see 'bitspin device fit --help'",
        ),
        ("device-plan --hidden 12.5", "--hidden: got '12.5', expected a whole number"),
        ("device-plan --batch 1.5", "--batch: got '1.5', expected a whole number"),
        ("export run --out new --batch 1.5", "--batch: got '1.5', expected a whole number"),
        ("verify project --samples 1.5", "--samples: got '1.5', expected a whole number"),
        ("sweep file --workers 1.5", "--workers: got '1.5', expected a whole number"),
        ("trian", 'Did you mean "train"'),
    ],
)
def test_arguments(arguments, reason, refuse):
    refuse(reason, *arguments.split())


@pytest.mark.parametrize(
    ("arguments", "after"),
    [
        (("train", "mnist", "--out", ""), "--out"),
        (("train", "mnist", "--out="), "--out="),
        (("train", "--resume", ""), "--resume"),
        (("train", ""), "train"),
        (("evaluate", ""), "evaluate"),
        (("predict", ".", ""), "."),
        (("report", ".", "--out", ""), "--out"),
        (("compare", ".", ""), "."),
        (("export", "", "--out", "new"), "export"),
        (("export", ".", "--out", ""), "--out"),
        (("verify", ""), "verify"),
        (("sweep", "many.toml", "--out", ""), "--out"),
        (("tolerance", "mnist", "--out", ""), "--out"),
    ],
)
def test_an_empty_argument_is_not_the_current_folder(
    arguments, after, refuse, run_folder, monkeypatch
):
    monkeypatch.chdir(run_folder)
    refuse(f"arguments: got an empty one after '{after}', expected a value; write '.'", *arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "data-\udcfc.npz"),
        ("compare", "run-\udcfc"),
        ("device", "fit", "j.csv", "--save=\udcfc"),
    ],
)
def test_a_name_that_is_no_text_is_refused(arguments, refuse):
    refuse(r"got '\S*\?\S*' with a byte that is no text", *arguments)


@pytest.mark.parametrize("threads", [-3, 0, 99999])
def test_threads_of_a_report(threads, refuse, finished):
    reason = f"threads: got {threads}, expected a whole number from 1 to 1024"
    refuse(reason, "report", finished, "--threads", threads, "--out", "page.html")


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "nowhere"),
        ("train", "mnist", "--hidden", "0"),
        ("evaluate", "nowhere"),
        ("predict", "nowhere", "x"),
        ("frobnicate",),
    ],
)
def test_the_installed_command_refuses_alike(arguments, bitspin_process, one_line):
    said = bitspin_process(*arguments)
    assert (said.code, said.out) == (2, "")
    assert one_line.fullmatch(said.err)
