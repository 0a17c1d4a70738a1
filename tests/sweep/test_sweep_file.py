"""A sweep file is checked before anything runs: one clear line for the first thing wrong."""

from __future__ import annotations

import re

import pytest

from bitspin.errors import ValidityError
from bitspin.sweep import read_sweep_file
from bitspin.sweep.sweep_file import Range

GRID = "[grid]\nseed = [0, 1]\n"


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        path = tmp_path / "sweep.toml"
        path.write_text(text)
        return read_sweep_file(path)

    return read_text


def test_parameters_may_be_written_in_every_way_that_toml_has(read):
    expected = {"rule.margin": (1.0, 2.0), "seed": (0, 1)}
    for text in (
        "[grid]\nrule.margin = [1.0, 2.0]\nseed = [0, 1]",
        '[grid]\n"rule.margin" = [1.0, 2.0]\nseed = [0, 1]',
        "[grid.rule]\nmargin = [1.0, 2.0]\n[grid]\nseed = [0, 1]",
        "grid = { rule = { margin = [1.0, 2.0] }, seed = [0, 1] }",
    ):
        assert read(text).grid == expected


def test_ranges_and_lists_of_a_search(read):
    sweep = read(
        """
        objectives = ["accuracy", "state_bytes"]
        [base]
        data.validation = 10
        [grid]
        seed = [0, 1]
        [search]
        trials = 5
        rule.budget = { low = 1, high = 40.0, log = true }
        network.hidden = [[8], [16, 8]]
        """
    )
    assert sweep.search.space == {
        "rule.budget": Range(low=1, high=40, log=True),
        "network.hidden": ([8], [16, 8]),
    }
    assert sweep.task_count == 10


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("grid = [", "sweep.toml cannot be read"),
        ("", "nothing to vary.*[grid]"),
        ("[base]\nepochs = 3", "nothing to vary"),
        ("grid = 3", "grid = 3, expected a table"),
        # Unknown names, each with the nearest known one.
        ("[gird]\nseed = [0]", "unknown key 'gird'.*'grid'"),
        ("[grid]\nsede = [0, 1]", r"\[grid\]: got an unknown parameter 'sede'.*'seed'"),
        ("[grid]\nrule.margn = [1.0]", "'rule.margn'.*'rule.margin'"),
        ("[grid]\nmargin = [1.0]", "'margin'.*'rule.margin'"),
        ("[grid]\nrules.margin = [1.0]", "'rules'"),
        ('[grid]\n"array.read_nois" = [1.0]', "'array.read_nois'.*'array.read_noise'"),
        ("[base]\nepoch = 3\n" + GRID, "unknown key 'epoch'.*'epochs'"),
        ("[base.rule]\nbatch_ende = 3\n" + GRID, "'rule.batch_ende'.*'batch_end'"),
        ("[random]\ntrails = 3\nrule.margin = { low = 1, high = 2 }", "'trails'.*'trials'"),
        ("[random]\ntrials = 3\nrule.margin = { lo = 1, high = 2 }", "rule.margin.lo'.*'low'"),
        ("[search]\ntrials = 3\nsampelr = 'tpe'\nseed = [1, 2]", "'sampelr'.*'sampler'"),
        ("objectives = ['acuracy']\n" + GRID, "'acuracy'.*'accuracy'"),
        # Contradictions.
        ("[random]\ntrials = 3\nrule.margin = { low = 2, high = 1 }", "low < high, got low = 2"),
        ("[random]\ntrials = 3\nrule.margin = { low = 2, high = 2 }", "low < high"),
        ("[random]\ntrials = 3\nrule.margin = { low = 0, high = 2, log = true }", "low > 0"),
        (
            "[random]\ntrials = 3\nrule.margin = { low = 1, high = 2, log = true, step = 1 }",
            "log or step",
        ),
        ("[random]\ntrials = 3\nrule.margin = { low = 1, high = 2, step = 3 }", "step <= high"),
        ("[random]\ntrials = 3\nrule.margin = { low = 1 }", "rule.margin.high'.*add it"),
        ("[random]\ntrials = 3\nrule.margin = 1.0", r"constant belongs into \[base\]"),
        ("[random]\ntrials = 3\nrule.margin = { low = 'a', high = 2 }", "low.*'a'.*number"),
        ("[random]\ntrials = 3\nrule.margin = { low = '1', high = 2 }", "low.*'1'.*number"),
        ("[random]\ntrials = '3'\nseed = [0, 1]", "'random.trials': got '3'"),
        ("[random]\ntrials = 3\nnetwork.hidden = { low = 1, high = 9 }", "'network.hidden': got 1"),
        ("[random]\ntrials = 3\nrule.mode = { low = 1, high = 9 }", "'rule'.*'row-budget'"),
        ("[random]\ntrials = 3\nrule.margin = { low = nan, high = 2 }", "low.*nan.*finite"),
        ("[random]\ntrials = 3\nepochs = { low = 1.5, high = 2 }", "'epochs'.*whole numbers"),
        ("[random]\ntrials = 3", r"\[random\]: got no parameter, expected at least one"),
        ("[random]\nseed = { low = 0, high = 9 }", "no 'random.trials'"),
        ("[random]\ntrials = 0\nseed = [0, 1]", "'random.trials': got 0"),
        (GRID + "[random]\ntrials = 3\nseed = { low = 0, high = 9 }", r"'seed' in \[grid\] and"),
        (
            "[random]\ntrials = 3\nseed = [0, 1]\n[search]\ntrials = 3\nrule.margin = [1.0, 2.0]",
            r"\[random\] and \[search\]",
        ),
        ("[grid]\nseed = []", "'seed': got an empty list"),
        ("[grid]\nseed = [1, 2, 1]", "got 1 twice"),
        ("[grid]\nseed = 1", "'grid.seed': got 1"),
        ("objectives = []\n" + GRID, "'objectives': got \\[\\], expected at least 1 of them"),
        ("objectives = 'accuracy'\n" + GRID, "'objectives': got 'accuracy', expected a list"),
        ("objectives = ['accuracy', 'accuracy']\n" + GRID, "twice"),
        ("objectives = ['energy_j']\n" + GRID, "'energy_j' with an ideal array"),
        ("objectives = ['validation_accuracy']\n" + GRID, "without held-out samples"),
        (
            "objectives = ['train_seconds']\n[search]\ntrials = 1\nrule.margin = [1.0, 2.0]",
            "time by the clock",
        ),
        # Values that no run takes, at any corner of the sweep.
        ("[grid]\nepochs = [3, 0]", "'epochs': got 0"),
        ("[grid]\nnetwork.hidden = [8, 16]", "'network.hidden': got 8"),
        (
            "[grid]\nrule.mode = ['row-budget', 'plain']\nrule.budget = [1.0]",
            "'rule.budget': got it with 'plain'",
        ),
        ("[random]\ntrials = 3\ndata.shift = { low = 0, high = 9 }", "'data.shift': got 9"),
        (
            "[grid]\narray.read_noise = [1, 100]\narray.kind = ['mram']",
            "'array.read_noise': got 100",
        ),
        ("[random]\ntrials = 1000000\nrule.margin = [1.0, 2.0]\n" + GRID, "2,000,000 tasks"),
    ],
)
def test_bad_files(text, reason, read):
    with pytest.raises(ValidityError) as error:
        read(text)
    message = str(error.value)
    assert re.search(reason, message), message
    assert message.count("\n") == 0
    assert "sweep.toml" in message
