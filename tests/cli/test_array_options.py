"""``bitspin train --array mram``: its options, its summary, and its price."""

from __future__ import annotations

import json

import pytest

SMALL = ("--array", "mram", "--hidden", 16, "--epochs", 2, "--quiet")


@pytest.fixture
def train(bitspin, sources):
    return lambda *options: bitspin("train", sources["images"], *SMALL, *options)


def test_the_summary_shows_both_schemes_side_by_side(train) -> None:
    said = train()
    assert said.code == 0
    assert "complementary" in said.out
    assert "mtj-sot cannot toggle" in " ".join(said.out.split())
    assert "area of the junctions" in said.out


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
