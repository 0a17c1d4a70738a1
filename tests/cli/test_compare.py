"""``bitspin compare``: only what differs in the terminal, everything in files."""

from __future__ import annotations

import csv
import json
import re
import shutil

import duckdb
import pytest

from bitspin.results import ResultStore
from bitspin.results.table import differing_keys
from bitspin.run import fit, load_run
from bitspin.run.record import identity_of, read_run_record, record_of


@pytest.fixture
def runs(sources, tmp_path):
    """Four runs: two seeds, another rule, a real array."""
    base = {"data": {"source": str(sources["images"])}, "network": {"hidden": [8]}, "epochs": 1}
    variants = {
        "one": {},
        "two": {"seed": 2},
        "plain": {"rule": {"mode": "plain"}},
        "mram": {"array": {"kind": "mram"}},
    }
    for name, changes in variants.items():
        fit({**base, **changes}, out=tmp_path / name, threads=1)
    return tuple(variants)


def test_only_what_differs_is_shown(runs, bitspin):
    said = bitspin("compare", "one", "two")
    assert (said.code, said.err) == (0, "")
    assert "seed" in said.out
    for same in ("rule.", "network.", "data.", "epochs", "array.", "energy_j"):
        assert same not in said.out
    accuracy = 100 * load_run("one").test_accuracy
    assert f"{accuracy:.2f} %" in said.out


def test_a_run_is_named_wherever_one_stands(runs, bitspin, tmp_path, monkeypatch):
    shutil.copytree("one", tmp_path / "other" / "one")
    _, *rows = bitspin("compare", "one", "other/one", "two").out.splitlines()
    assert [row.split()[0] for row in rows] == ["one", "other/one", "two"]
    monkeypatch.chdir("one")
    assert bitspin("compare", ".").out.splitlines()[1].startswith("one ")


def test_a_table_is_not_folded_for_a_file(runs, bitspin, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    header, *rows = bitspin("compare", *runs).out.splitlines()
    assert header.split()[0] == "run"
    assert header.split()[-1] == "train_seconds"
    assert len(rows) == len(runs)


def test_what_belongs_to_one_kind_alone_is_no_difference_in_itself(runs, tmp_path):
    records = [read_run_record(tmp_path / name) for name in runs]
    assert differing_keys(records[:2]) == ["seed"]
    assert differing_keys([records[0], records[3]]) == ["array.kind"]
    keys = differing_keys([records[0], records[2]])
    assert {"rule.mode", "rule.margin", "rule.window"} <= set(keys)
    assert "rule.budget" not in keys
    # A setting that only one of two runs of the same kind gives is a difference.
    given = records[0].model_copy(
        update={"config": {**records[0].config, "rule": {**records[0].config["rule"], "batch": 9}}}
    )
    assert differing_keys([records[0], given]) == ["rule.batch"]


def test_files_hold_every_setting_and_figure(runs, bitspin, tmp_path):
    said = bitspin("compare", *runs, "--csv", "runs.csv", "--parquet", "runs.parquet")
    assert (said.code, said.err) == (0, "")
    with (tmp_path / "runs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == list(runs)
    assert [row["network.hidden"] for row in rows] == ["[8]"] * 4
    assert float(rows[0]["test_accuracy"]) == load_run("one").test_accuracy
    assert rows[0]["energy_j"] == ""
    assert float(rows[3]["energy_j"]) > 0
    table = duckdb.sql(f"SELECT * FROM '{tmp_path / 'runs.parquet'}'")
    assert table.columns == list(rows[0])
    kept = [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]
    assert [row["network.hidden"] for row in kept] == [[8]] * 4
    assert json.loads(bitspin("compare", *runs, "--json").out) == kept


def test_a_query_over_runs(runs, bitspin):
    query = "SELECT seed, count(*) AS n FROM runs GROUP BY seed ORDER BY seed"
    said = bitspin("compare", *runs, "--sql", query, "--json")
    assert json.loads(said.out) == [{"seed": 0, "n": 3}, {"seed": 2, "n": 1}]
    assert "seed" in bitspin("compare", *runs, "--sql", query).out
    odd = bitspin("compare", *runs, "--sql", "SELECT 'nan'::FLOAT AS x, 1e308 * 10 AS y", "--json")
    assert json.loads(odd.out) == [{"x": None, "y": None}]


def test_a_results_folder_is_its_runs(runs, bitspin, tmp_path):
    store = ResultStore.create(tmp_path / "results")
    for name in runs[:2]:
        run = load_run(tmp_path / name)
        environment = read_run_record(tmp_path / name).environment
        identity = identity_of(run.config, environment.data_fingerprint)
        store.put(record_of(run, identity, environment, 1.0))
    kept, folders = (
        json.loads(bitspin("compare", *what, "--json").out) for what in (["results"], runs[:2])
    )
    for rows in (kept, folders):
        for row in rows:
            del row["id"]
    assert sorted(kept, key=lambda row: row["seed"]) == folders
    assert "seed" in bitspin("compare", "results").out


def test_identity_is_of_content(sources, tmp_path, monkeypatch):
    run = fit({"data": {"source": str(sources["images"])}, "epochs": 1, "network": {"hidden": [8]}})
    config = run.config
    elsewhere = config.model_copy(
        update={"data": config.data.model_copy(update={"source": "/another/place"})}
    )
    assert identity_of(config, "f") == identity_of(elsewhere, "f")
    assert identity_of(config, "f") != identity_of(config, "g")
    assert identity_of(config, "f") != identity_of(config.model_copy(update={"seed": 1}), "f")
    before = identity_of(config, "f")
    monkeypatch.setattr("bitspin.run.record.STREAM", 2)
    assert identity_of(config, "f") != before


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "got no run"),
        (("nowhere",), "no run at nowhere"),
        (("one", "--sql", "SELECT wrong FROM runs"), "wrong.*called runs"),
        (("one", "--csv", "nowhere/file"), "cannot write"),
        (("one", "--parquet", "nowhere/file"), "cannot write"),
        (("one", "--parquet", ""), "got an empty one after '--parquet'"),
        (("one", "--csv", "."), "got a folder, expected a file name"),
        (("empty",), "without a result"),
        (("newer",), "newer version"),
    ],
)
def test_bad_input(arguments, reason, runs, bitspin, tmp_path):
    ResultStore.create(tmp_path / "empty")
    ResultStore.create(tmp_path / "newer")
    (tmp_path / "newer" / "store.json").write_text('{"format": "bitspin-results", "version": 2}')
    said = bitspin("compare", *arguments)
    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert re.search(reason, said.err), said.err


def test_an_unfinished_run_is_refused(finished, bitspin, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "run")
    lines = (folder / "metrics.jsonl").read_text().splitlines(keepends=True)
    (folder / "metrics.jsonl").write_text("".join(lines[:-1]))
    said = bitspin("compare", folder)
    assert said.code == 2
    assert "not finished" in said.err
