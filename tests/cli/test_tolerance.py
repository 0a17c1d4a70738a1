"""``bitspin tolerance``: what it prints, and that it goes on where it was stopped."""

from __future__ import annotations

import json

import pytest

from bitspin.cli import tolerance as command

SMALL = {"--hidden": 8, "--epochs": 2, "--seeds": 2, "--halvings": 2, "--threads": 1}
FAULTS = ("--faults", "stuck_probability", "retention_time_s")


@pytest.fixture
def ask(bitspin, sources):
    def ask(*options):
        kept = [word for pair in SMALL.items() if pair[0] not in options for word in pair]
        return bitspin("tolerance", sources["images"], *kept, *FAULTS, *options)

    return ask


def test_figures_with_intervals(ask) -> None:
    said = ask("--retention-temperature", 350)
    assert said.code == 0
    assert "s, 350 K" in said.out
    assert "ideal 1: " in said.err  # progress
    facts = json.loads(ask("--retention-temperature", 350, "--json").out)
    assert facts["retention_temperature_kelvin"] == 350
    retention = facts["faults"][1]
    assert retention["interval"][0] < retention["value"] < retention["interval"][1]
    assert len(retention["brackets"]) == 2


def test_hot_bits_are_lost_sooner(ask) -> None:
    at = {
        kelvin: json.loads(ask("--json", "--retention-temperature", kelvin, "--out", kelvin).out)
        for kelvin in (300, 400)
    }
    value = {kelvin: facts["faults"][1]["value"] for kelvin, facts in at.items()}
    assert value[400] < value[300]
    stuck = [facts["faults"][0] for facts in at.values()]
    assert stuck[0] == stuck[1]


def test_a_bound_where_the_device_s_law_ends(bitspin, sources) -> None:
    options = [word for pair in SMALL.items() for word in pair]
    wanted = ("--faults", "threshold_d2d_ratio", "--device", "mtj-thermal", "--points", 50)
    said = bitspin("tolerance", sources["images"], *options, *wanted)
    assert said.code == 0
    assert "≥ 0.0301" in said.out
    assert "2 above, of 2" in said.out
    told = " ".join(said.out.split())
    assert "beyond 0.0301 some cells leave the range in which the law of mtj-thermal holds" in told
    facts = json.loads(bitspin("tolerance", sources["images"], *options, *wanted, "--json").out)
    assert facts["faults"][0]["law_ends"]
    assert facts["faults"][0]["range"] == pytest.approx([0.005, facts["faults"][0]["value"]])


def test_goes_on_after_ctrl_c(ask, monkeypatch) -> None:
    whole = ask("--out", "whole.json", "--json").out
    train = command.train_once
    trained = 0

    def train_three(*arguments) -> float:
        nonlocal trained
        trained += 1
        if trained > 3:
            raise KeyboardInterrupt
        return train(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(command, "train_once", train_three)
        stopped = ask("--out", "cut.json")
    assert stopped.code == 130
    assert "the same command goes on from cut.json" in stopped.err
    assert "Traceback" not in stopped.err
    assert ask("--out", "cut.json", "--json").out == whole


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--seeds", 0), "0 seeds"),
        (("--points", 0), "0.0 points"),
        (("--device", "mtj-sit"), "mtj-sit"),
        (("--retention-temperature", 4000), "4000"),
        (("--epochs", 0), "epochs"),
        (("--epochs", 1.5), "1.5"),
        (("--seeds", 2.5), "2.5"),
        (("--threads", 0), "threads: got 0"),
    ],
)
def test_bad_input_is_one_line(ask, options, complaint) -> None:
    said = ask(*options)
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert complaint in said.err
