"""Training, using and reading back a run from Python."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import bitspin
from bitspin.errors import (
    BackendError,
    BitspinError,
    DataError,
    ShapeError,
    StoreError,
    ValidityError,
)

CONFIG = {"network": {"hidden": [24]}, "epochs": 3}
README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def run(tiny_images):
    return bitspin.fit(CONFIG, data=tiny_images, threads=1)


def test_the_example_of_the_readme(tmp_path, monkeypatch, capsys):
    [example] = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {})
    accuracy, classes = capsys.readouterr().out.splitlines()
    assert float(accuracy.split("%")[0]) > 90
    assert classes == "[7 2 1 0 4]"  # the first test images of MNIST, rightly


def test_a_run_knows_what_it_came_to(run, tiny_images):
    assert run.test_accuracy == run.result.test_accuracy == bitspin.evaluate(run, tiny_images)
    assert run.test_accuracy == run.accuracy(tiny_images.x_test, tiny_images.y_test) > 0.9
    assert [record.epoch for record in run.epochs] == [1, 2, 3]
    assert run.folder is None
    assert run.config.data.source == "tiny"


def test_the_class_is_that_of_the_highest_score(run, tiny_images):
    scores = run.scores(tiny_images.x_test)
    assert scores.shape == (100, 4)
    np.testing.assert_array_equal(run.predict(tiny_images.x_test), scores.argmax(axis=1))
    np.testing.assert_array_equal(run.scores(tiny_images.x_test, threads=2), scores)
    flat = tiny_images.x_test.reshape(100, -1)
    np.testing.assert_array_equal(run.scores(flat), scores)


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        {**CONFIG, "data": {"encode": "thermometer", "levels": 2}, "rule": {"mode": "plain"}},
        {**CONFIG, "network": {"hidden": [9, 7], "code": "hadamard", "code_length": 15}},
        {**CONFIG, "rule": {"mode": "bnn", "batch": 50}},
    ],
)
def test_a_run_read_back_equals_the_run_in_memory(config, tiny_images, tmp_path):
    run = bitspin.fit(config, data=tiny_images, out=tmp_path / "run", threads=1)
    back = bitspin.load_run(tmp_path / "run")
    assert (back.config, back.encoder) == (run.config, run.encoder)
    assert (back.epochs, back.result) == (run.epochs, run.result)
    assert (back.sample_shape, back.model.widths) == (run.sample_shape, run.model.widths)
    np.testing.assert_array_equal(
        back.scores(tiny_images.x_test), run.scores(tiny_images.x_test), strict=True
    )
    again = bitspin.resume(tmp_path / "run", data=tiny_images)
    assert again.result == run.result


def test_keeping_a_run_does_not_change_it(run, tiny_images, tmp_path):
    kept = bitspin.fit(CONFIG, data=tiny_images, out=str(tmp_path / "run"), threads=2)
    np.testing.assert_array_equal(kept.model.weights, run.model.weights)


def test_a_configuration_as_a_record_or_as_a_dict(run, tiny_images):
    config = bitspin.RunConfig.model_validate(CONFIG)
    again = bitspin.fit(config, data=tiny_images, threads=1)
    np.testing.assert_array_equal(again.model.weights, run.model.weights)


def test_data_given_as_an_object_are_not_taken_for_mnist(run):
    with pytest.raises(DataError, match="no data set 'tiny'"):
        bitspin.evaluate(run)


def test_an_empty_path_is_not_the_current_folder(tiny_images, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    empty = "folder: got an empty path, expected one with a name; write '.'"
    with pytest.raises(StoreError, match=empty):
        bitspin.fit(CONFIG, data=tiny_images, out="")
    assert not list(tmp_path.iterdir())
    bitspin.fit(CONFIG, data=tiny_images, out=".")
    for read in (bitspin.load_run, bitspin.resume):
        with pytest.raises(StoreError, match=empty):
            read("")


def test_progress_is_told(tiny_images):
    class Diary(bitspin.Progress):
        def __init__(self):
            self.entries = []

        def begin(self, epochs, first_epoch, samples):
            self.entries.append(("begin", epochs, first_epoch, samples))

        def step(self, done):
            self.entries.append(("step", done))

        def epoch(self, record):
            self.entries.append(("epoch", record.epoch))

        def end(self):
            self.entries.append(("end",))

    diary = Diary()
    config = {**CONFIG, "epochs": 2, "rule": {"batch": 200, "batch_end": 200}}
    bitspin.fit(config, data=tiny_images, progress=diary)
    steps = [("step", 200), ("step", 400)]
    assert diary.entries == [
        *[("begin", 2, 0, 400), *steps, ("epoch", 1), *steps, ("epoch", 2), ("end",)]
    ]


@pytest.mark.parametrize(
    ("config", "options", "error", "message"),
    [
        ({"epoch": 3}, {}, ValidityError, "did you mean 'epochs'"),
        ({"epochs": 0}, {}, ValidityError, "'epochs': got 0"),
        ({"data": None}, {}, ValidityError, "'data': got None"),
        ({"rule": "plain"}, {}, ValidityError, "'rule': got 'plain'"),
        ("mnist", {}, ValidityError, "'as a whole': got 'mnist', expected"),
        ({"network": {"code_length": 9}}, {}, ValidityError, "expected 4"),
        ({"network": {"hidden": 8}}, {}, ValidityError, "'network.hidden': got 8, expected a list"),
        ({"epochs": 1.5}, {}, ValidityError, "'epochs': got 1.5, expected a whole number; correct"),
        ({}, {"threads": 0}, ValidityError, "threads: got 0"),
        ({}, {"threads": 1.5}, ValidityError, "threads: got 1.5, expected a whole number"),
        ({}, {"threads": "2"}, ValidityError, "threads: got '2', expected a whole number"),
        ({}, {"backend": "none"}, BackendError, "got 'none'"),
        ({"data": {"validation": 400}}, {}, ValidityError, "got 400, expected 0 to 396"),
    ],
)
def test_errors(config, options, error, message, tiny_images):
    with pytest.raises(error, match=message) as caught:
        bitspin.fit(config, data=tiny_images, **options)
    assert isinstance(caught.value, BitspinError)
    assert "\n" not in str(caught.value)


def test_a_notebook_shows_a_line(run, tiny_images):
    accuracy = f"{100 * run.test_accuracy:.2f} %"
    assert repr(run) == f"<Run 64-24-4, row-budget, test accuracy {accuracy}>"
    assert (
        repr(replace(run, result=None))
        == "<Run 64-24-4, row-budget, unfinished after 3 of 3 epochs>"
    )
    assert repr(tiny_images) == "<Dataset tiny: 400 train, 100 test; 8 x 8 uint8, 4 classes>"


@pytest.mark.parametrize("what", ["mnist", np.zeros((4, 2)), {"x_train": 1}])
def test_data_that_are_no_data_set(what, run):
    for use in (
        lambda: bitspin.fit(CONFIG, data=what),
        lambda: bitspin.evaluate(run, what),
    ):
        with pytest.raises(DataError, match=r"data: got \w+, expected a Dataset; make one with"):
            use()


def test_labels_in_a_column_are_no_share_of_something_else(run, tiny_images):
    x, y = tiny_images.x_test, tiny_images.y_test
    for labels in (y[:, None], y[:5], y[0]):
        with pytest.raises(ShapeError, match=r"labels: got shape .*, expected \(100,\)"):
            run.accuracy(x, labels)
    assert run.accuracy(x, y.tolist()) == run.accuracy(x, y)


def test_samples_may_be_lists(run, tiny_images):
    some = tiny_images.x_test[:5]
    np.testing.assert_array_equal(run.predict(some.tolist()), run.predict(some))


def test_samples_of_another_shape(run):
    for samples in (np.zeros((3, 8, 7)), np.zeros((3, 8, 8, 1)), np.zeros((8, 8)), np.zeros(())):
        with pytest.raises(ShapeError, match=r"expected \(samples, 8, 8\)"):
            run.predict(samples)
    with pytest.raises(DataError, match="got 0 samples"):
        run.predict(np.zeros((0, 8, 8)))


def test_what_the_package_offers():
    assert set(bitspin.__all__) <= {*dir(bitspin), *bitspin._HOMES}
    for name in bitspin.__all__:
        assert getattr(bitspin, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        _ = bitspin.fitt
