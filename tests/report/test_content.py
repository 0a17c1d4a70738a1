"""Numbers on the page are those of the runs, and texts stay texts."""

from __future__ import annotations

import itertools
import json
import re
from html import unescape
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from bitspin.data import load
from bitspin.errors import StoreError
from bitspin.report import Options
from bitspin.report.confusion import confusion_of
from bitspin.report.gather import gather
from bitspin.report.make import make_page
from bitspin.report.parts import Missing
from bitspin.report.price import energy_table
from bitspin.report.quantities import NARROW, count, with_unit
from bitspin.report.render import for_script
from bitspin.results import RunFolder
from bitspin.run import load_run
from bitspin.run.price import read_costs
from bitspin.run.reading import Reading

SEEDS = ("seed-0", "seed-1", "seed-2")


@pytest.fixture(scope="module")
def text(report_file: Path) -> str:
    """The page's own words and numbers, without scripts and tags."""
    page = re.sub(r"<(script|style).*?</\1>", "", report_file.read_text(), flags=re.DOTALL)
    return re.sub(r"[ \n]+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.fixture(scope="module")
def figures(report_file: Path) -> dict[str, dict]:
    """The plots, as the browser gets them."""
    found = re.search(r'id="figures">(.*?)</script>', report_file.read_text(), re.DOTALL)
    return json.loads(found[1])


def test_the_summary_tells_mean_and_range_over_seeds(runs, text):
    found = [load_run(runs[name]).test_accuracy for name in SEEDS]
    mean = f"{100 * np.mean(found):.2f}{NARROW}%"
    wanted = f"{mean} ({100 * min(found):.2f} … {100 * max(found):.2f})"
    assert (wanted if len(set(found)) > 1 else mean) in text


def test_curves_are_the_records(runs, figures):
    of_seeds = [load_run(runs[name]).epochs for name in SEEDS]
    means = [trace for trace in figures["accuracy"]["data"] if trace.get("visible", True)]
    lines = {trace["name"]: trace for trace in means if "name" in trace}
    line = next(trace for name, trace in lines.items() if trace["meta"]["group"] == 0)
    wanted = [100 * np.mean([e.accuracy for e in epochs]) for epochs in zip(*of_seeds, strict=True)]
    assert line["x"] == [1, 2, 3]
    assert line["y"] == pytest.approx(wanted, rel=1e-5)
    seeds = [t for t in figures["pulses"]["data"] if t["meta"] == {"group": 0, "seed": True}]
    run = load_run(runs["seed-0"])
    cells = run.model.weight_counts[0]
    assert seeds[0]["y"] == pytest.approx([e.pulses[0] / cells for e in run.epochs], rel=1e-5)


def test_every_plot_is_a_valid_plotly_figure(figures):
    for figure in figures.values():
        go.Figure(figure)  # raises for an unknown property or a value out of range


def test_confusion_counts_the_test_set_as_the_run_measured_it(runs):
    for reported in gather(list(runs.values()), threads=1):
        matrix = reported.reading.confusion()
        data = load(reported.run.config.data.source)
        assert matrix.sum(axis=1).tolist() == np.bincount(data.y_test).tolist()
        assert np.trace(matrix) / matrix.sum() == reported.run.test_accuracy


def test_the_matrix_on_the_page(runs, report_file):
    [reported] = gather([runs["array"]], threads=1)
    matrix = reported.reading.confusion()
    page = report_file.read_text()
    table = re.search(r'Confusion matrix of array".*?<tbody>(.*?)</tbody>', page, re.DOTALL)[1]
    shown = [int(value) for value in re.findall(r'title="[^"]*">(\d+)<', table)]
    assert shown == matrix.ravel().tolist()


def test_many_classes_become_the_commonest_confusions():
    labels = np.arange(40) % 20
    predictions = labels.copy()
    predictions[[3, 23]] = 7
    confusion = confusion_of(Reading(labels, predictions, 20))
    assert confusion.rows == ()
    assert confusion.pairs.rows == (("3", "7", "2"),)


def test_wear_adds_up_to_the_recorded_pulses(runs):
    for reported in gather(list(runs.values()), wear=True, threads=1):
        epochs = reported.run.epochs
        for layer, counts in enumerate(reported.wear):
            assert counts.sum() == sum(epoch.pulses[layer] for epoch in epochs)
        if reported.run.result.most_pulses is not None:
            most = max(int(counts.max()) for counts in reported.wear)
            assert most == reported.run.result.most_pulses


def test_energy_and_its_sources(runs, text):
    costs = read_costs(RunFolder(runs["array"]))
    assert len(costs) == 2
    for cost in costs:
        assert cost.area.logic_source in text
        assert with_unit(cost.energy_j, "J") in text
        for item in cost.items:
            assert item.source in text
            assert count(item.events) in text
        shares = [row[4] for row in energy_table(cost).rows]
        assert sum(float(share.split(NARROW)[0]) for share in shares) == pytest.approx(100, abs=0.5)


def test_memory_adds_up(runs, text):
    result = load_run(runs["seed-0"]).result
    assert f"training state in all {result.state_bytes:,}".replace(",", NARROW) in text


def test_every_run_tells_its_command_configuration_and_environment(runs, text):
    for path in runs.values():
        environment = json.loads((path / "environment.json").read_text())
        assert " ".join(environment["command"].split()) in text
        assert environment["data_fingerprint"] in text
        assert " ".join((path / "config.toml").read_text().split()) in text


def test_the_front_of_a_sweep(figures):
    every, front = figures["pareto-state_bytes"]["data"]
    points = set(zip(every["x"], every["y"], strict=True))
    on_front = set(zip(front["x"], front["y"], strict=True))
    for (x, y), (other_x, other_y) in itertools.product(points, points):
        if (x, y) in on_front:
            assert not (other_x <= x and other_y >= y and (other_x, other_y) != (x, y))
    assert on_front <= points


def test_tolerance_is_the_loss_against_the_same_seed(figures):
    first, second = figures["tolerance-read_noise"]["data"]
    assert (first["x"], first["y"]) == ([2.0, 8.0], [pytest.approx(0.2), pytest.approx(4.0)])
    assert second["y"] == [pytest.approx(1.0)]


def test_sweep_and_tolerance_tell_what_they_are_of(text, runs):
    assert '"epochs": 7' in text
    command = json.loads((runs["seed-0"] / "environment.json").read_text())["command"]
    assert f"Commands that made the results {command}" in text


def test_texts_cannot_become_markup(report_file, figures):
    page = report_file.read_text()
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;&amp;&lt;b&gt;" in page
    assert "bitspin &lt;i&gt;" in page
    assert for_script({"a": "</script>"}) == '{"a":"\\u003c/script>"}'


def test_what_is_not_known_says_what_to_do(runs, plain_report_file):
    page = plain_report_file.read_text()
    assert "With --wear, bitspin report trains the run once more" in page
    assert "Train with --array mram" in page


def test_data_that_changed_are_told_of(runs, tmp_path, tiny_vectors):
    (path := tmp_path / "run").mkdir()
    for file in runs["vectors"].iterdir():
        (path / file.name).write_bytes(file.read_bytes())
    environment = json.loads((path / "environment.json").read_text())
    environment["data_fingerprint"] = "0" * 64
    (path / "environment.json").write_text(json.dumps(environment))
    [reported] = gather([path])
    assert isinstance(reported.reading, Missing)
    assert "fingerprint" in reported.reading.reason


def test_weights_of_another_training_are_told_of(runs, tmp_path):
    (path := tmp_path / "run").mkdir()
    for file in runs["seed-0"].iterdir():
        (path / file.name).write_bytes(file.read_bytes())
    metrics = (path / "metrics.jsonl").read_text()
    changed = re.sub(r'"test_accuracy":[\d.]+', '"test_accuracy":0.125', metrics)
    (path / "metrics.jsonl").write_text(changed)
    [reported] = gather([path])
    assert "12.5000% as recorded" in reported.reading.reason


def test_an_unfinished_run_shows_how_far_it_came(runs, tmp_path):
    (path := tmp_path / "run").mkdir()
    for file in runs["seed-0"].iterdir():
        (path / file.name).write_bytes(file.read_bytes())
    epochs = (path / "metrics.jsonl").read_text().splitlines()[:-1]
    (path / "metrics.jsonl").write_text("\n".join(epochs) + "\n")
    page = make_page([path], Options())
    assert page.lead == "No run is finished yet."
    assert page.summary.rows[0][2] == "3 of 3"
    assert page.accuracy is not None


def test_asked_neurons_are_shown(runs):
    page = make_page([runs["seed-0"]], Options(neurons=(3, 3, 0)))
    assert [picture.label for picture in page.runs[0].neurons] == [
        "neuron 3",
        "neuron 3",
        "neuron 0",
    ]


def test_an_unreadable_ledger_or_sweep_is_refused(tmp_path):
    (tmp_path / "t.json").write_text('{"answers": {"read_noise 2 0": 0.9}}')
    with pytest.raises(StoreError, match="cannot be read as the result of 'bitspin tolerance'"):
        make_page([], Options(tolerance=tmp_path / "t.json"))
    with pytest.raises(StoreError, match="no results at"):
        make_page([], Options(sweep=tmp_path))
