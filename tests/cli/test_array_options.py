"""``bitspin train --array mram``: its options, its summary, and its price."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from bitspin.device import load_device, save_device

SMALL = ("--array", "mram", "--epochs", 2, "--quiet")


@pytest.fixture
def train(bitspin, sources):
    def run(*options, hidden=16):
        return bitspin("train", sources["images"], *SMALL, "--hidden", hidden, *options)

    return run


def test_the_summary_shows_both_schemes_side_by_side(train) -> None:
    said = train()
    assert said.code == 0
    assert "complementary" in said.out
    assert "mtj-sot cannot toggle" in " ".join(said.out.split())
    assert "area of the junctions" in said.out


def test_the_summary_says_on_which_side_of_the_ideal_array_it_is(train) -> None:
    sides = set()
    for seed in range(4):
        words = " ".join(train("--seed", seed, hidden=6).out.split())
        accuracy = re.search(r"test accuracy ([\d.]+) %", words)
        compared = re.search(r"ideal array ([\d.]+) %, this one ([\d.]+) points (\w+)", words)
        assert accuracy, words
        assert compared, words
        sign = {"below": -1, "above": 1}[compared[3]]
        expected = float(compared[1]) + sign * float(compared[2])
        assert float(accuracy[1]) == pytest.approx(expected, abs=0.011)
        sides.add(compared[3])
    assert sides == {"below", "above"}


def test_own_prices_reach_summary_and_folder(train, bitspin, tmp_path) -> None:
    prices = tmp_path / "mine.toml"
    prices.write_text('[popcount_j]\nvalue = 1.0\nsource = "mine"\n')
    said = json.loads(train("--cost", prices, "--json", "--out", "run").out)
    assert [cost["scheme"] for cost in said["cost"]] == ["complementary", "toggle"]
    kept = json.loads((tmp_path / "run" / "cost.json").read_text())
    assert kept == said["cost"]
    popcount = next(item for item in kept[0]["items"] if item["name"] == "popcount")
    assert (popcount["each_j"], popcount["source"]) == (1.0, "mine")
    prices.write_text('[popcount_j]\nvalue = 2.0\nsource = "mine"\n')
    again = json.loads(bitspin("train", "--resume", "run", "--cost", prices, "--json").out)
    assert again["cost"][0]["energy_j"] > 1.9 * said["cost"][0]["energy_j"]
    assert json.loads((tmp_path / "run" / "cost.json").read_text()) == again["cost"]


def test_prices_are_read_before_training(train, tmp_path) -> None:
    (tmp_path / "bad.toml").write_text("[sence_j]\nvalue = 1.0\n")
    said = train("--cost", "bad.toml", "--out", "run")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "unknown key 'sence_j'" in said.err
    assert not (tmp_path / "run").exists()


def test_an_ideal_array_has_no_price(bitspin, sources, tmp_path) -> None:
    (tmp_path / "mine.toml").write_text("")
    said = bitspin("train", sources["images"], "--cost", "mine.toml", "--epochs", 1)
    assert said.code == 2
    assert "expected --array mram" in said.err


NOISY = ("--read-noise", 6, "--sense-offset", 4, "--retention-time", 300, "--sensing", "sum")


def test_evaluate_and_predict_read_in_the_array(train, bitspin, sources, tiny_images) -> None:
    """What was measured after training is measured again, to the last bit; --exact hears none."""
    trained = json.loads(train(*NOISY, "--out", "run", "--json").out)
    measured = json.loads(bitspin("evaluate", "run", "--json").out)["test_accuracy"]
    exact = json.loads(bitspin("evaluate", "run", "--exact", "--json").out)["test_accuracy"]
    assert measured == trained["test_accuracy"] < exact
    for options, accuracy in (((), measured), (("--exact",), exact)):
        said = bitspin("predict", "run", sources["images"], "--json", *options)
        assert np.mean(np.array(json.loads(said.out)) == tiny_images.y_test) == accuracy


def test_a_device_file_that_is_gone_hinders_nobody(train, bitspin, tmp_path) -> None:
    save_device(load_device("mtj-sot"), tmp_path / "mine.toml")
    trained = json.loads(train("--device", "mine.toml", *NOISY, "--out", "run", "--json").out)
    (tmp_path / "mine.toml").unlink()
    measured = json.loads(bitspin("evaluate", "run", "--json").out)
    assert measured["test_accuracy"] == trained["test_accuracy"]
    assert bitspin("train", "--resume", "run").code == 0


def test_a_noisy_array_learns_worse(train) -> None:
    quiet, noisy = (json.loads(train(*options, "--json").out) for options in ((), NOISY))
    assert noisy["ideal_accuracy"] == quiet["ideal_accuracy"]
    assert noisy["test_accuracy"] < quiet["test_accuracy"]


def flips(train, *options) -> float:
    said = json.loads(train(*options, "--json", "--sigma-d2d", 0).out)
    return said["flips_per_cell"] / said["pulses_per_cell"]


@pytest.mark.parametrize("voltage", [0.845, 0.894, 0.943])
def test_the_write_voltage_sets_how_many_pulses_switch(train, voltage) -> None:
    """The published points of mtj-sot: 0.1, 0.5 and 0.9; some 1000 pulses know it to 0.06."""
    expected = float(load_device("mtj-sot").switching_probability(voltage))
    assert flips(train, "--write-voltage", voltage) == pytest.approx(expected, abs=0.06)


def test_without_a_voltage_the_rule_has_the_probability_that_it_asks_for(train) -> None:
    assert flips(train, "--write-probability", 0.3) == pytest.approx(0.3, abs=0.06)


def test_lost_pulses_are_pulses(train) -> None:
    assert flips(train, "--write-error", 0.4) == pytest.approx(0.3, abs=0.06)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--write-voltage", -0.9), "--write-voltage"),
        (("--pulse-width", 0), "--pulse-width"),
        (("--stuck", 1.5), "--stuck"),
        (("--sigma-resistance", 0.5), "--sigma-resistance"),
        (("--sensing", "both"), "sensing"),
        (("--xnor", "toggle"), "no toggle"),
        (("--read-noise", 0.1), "read noise"),
        (("--temperature", 350), "temperature_kelvin"),
        (("--device", "mtj-thermal"), "array of mtj-thermal: at 0.813 V some cells of a spread of"),
        (("--device", "mtj-sot", "--pulse-width", 1), "pulse_width_s"),
        (("--rule", "bnn"), "strict rule"),
    ],
)
def test_bad_input_is_one_line(train, options, complaint, tmp_path) -> None:
    said = train(*options, "--out", "run")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert complaint in said.err
    assert not (tmp_path / "run" / "metrics.jsonl").exists()
