"""TGBNNClassifier: the weights of a run, the on-line learning of a device, and clear complaints."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import bitspin
from bitspin.data import Dataset
from bitspin.errors import BitspinError, DataError, ShapeError, StoreError, ValidityError
from bitspin.estimators import TGBNNClassifier
from bitspin.export.plan import plan_device
from bitspin.export.project import read_project
from bitspin.export.replay import replay
from bitspin.export.simulation import learn_in_order
from bitspin.export.targets import TARGETS


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    return x[:1200], y[:1200], x[1200:], y[1200:]


@pytest.fixture
def small():
    return TGBNNClassifier(hidden=(64,), epochs=4, random_state=3)


def complaint(caught: pytest.ExceptionInfo[Exception]) -> str:
    """The message, which must be one line in the tree of errors, and a ValueError."""
    assert isinstance(caught.value, BitspinError)
    assert isinstance(caught.value, ValueError)
    text = str(caught.value)
    assert "\n" not in text
    assert "got" in text or "X has" in text
    assert "expect" in text
    assert ";" in text
    return text


# ---- fit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "config"),
    [
        ({}, {}),
        (
            {"mode": "plain", "code": "hadamard", "code_length": 15, "margin": 1.25},
            {
                "rule": {"mode": "plain", "margin": 1.25},
                "network": {"hidden": [64], "code": "hadamard", "code_length": 15},
            },
        ),
        (
            {"encode": "thermometer", "levels": 3, "batch": 50, "threads": 2},
            {"data": {"encode": "thermometer", "levels": 3}, "rule": {"batch": 50}},
        ),
    ],
)
def test_the_weights_are_those_of_a_run(digits, small, parameters, config):
    x, y, x_test, y_test = digits
    small.set_params(**parameters).fit(x, y)
    values = {"network": {"hidden": [64]}, "epochs": 4, "seed": 3, **config}
    run = bitspin.fit(values, data=Dataset("digits", x, y, x_test, y_test))
    np.testing.assert_array_equal(small.network_.weights, run.model.weights)
    np.testing.assert_array_equal(small.predict(x_test), run.predict(x_test))
    np.testing.assert_array_equal(small.decision_function(x_test), run.scores(x_test))
    assert small.score(x_test, y_test) == pytest.approx(run.test_accuracy)


def test_it_learns_digits(digits):
    x, y, x_test, y_test = digits
    assert TGBNNClassifier(hidden=(256,), random_state=0).fit(x, y).score(x_test, y_test) > 0.9


def test_labels_and_features_of_any_type(small):
    frame, target = load_iris(return_X_y=True, as_frame=True)
    names = load_iris().target_names[target]
    small.set_params(epochs=24).fit(frame, names)
    assert small.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert small.feature_names_in_.tolist() == list(frame.columns)
    assert small.n_features_in_ == 4
    assert small.score(frame, names) > 0.9
    assert set(small.predict(frame)) <= set(names)
    for dtype in (bool, np.int8, np.uint16, np.float16, np.float32, object):
        x = np.arange(40).reshape(20, 2) % 7 > 3
        fitted = TGBNNClassifier(hidden=(8,), random_state=0).fit(x.astype(dtype), x[:, 0])
        assert fitted.predict(x.astype(dtype)).dtype == np.bool_


def test_two_classes_have_one_score(small):
    x, y = make_classification(random_state=1)
    small.fit(x, np.where(y, "yes", "no"))
    lead = small.decision_function(x)
    assert lead.shape == (100,)
    np.testing.assert_array_equal(small.predict(x), np.where(lead > 0, "yes", "no"))


def test_it_works_in_the_tools_of_scikit_learn(digits, small):
    x, y, x_test, y_test = digits
    pipeline = make_pipeline(StandardScaler(), small)
    assert cross_val_score(pipeline, x[:600], y[:600], cv=3).mean() > 0.75
    grid = {"hidden": [(16,), (128,)], "margin": np.array([0.5, 3.0]), "epochs": np.array([6])}
    search = GridSearchCV(small, grid, cv=2, n_jobs=2).fit(x[:600], y[:600])
    assert search.best_params_["hidden"] == (128,)
    calibrated = CalibratedClassifierCV(small, cv=2).fit(x[:600], y[:600])
    assert calibrated.predict_proba(x_test).sum(axis=1) == pytest.approx(1)
    assert calibrated.score(x_test, y_test) > 0.75


def test_the_seed_is_the_random_state(digits, small):
    x, y, *_ = digits
    weights = [clone(small).fit(x, y).network_.weights for _ in range(2)]
    np.testing.assert_array_equal(*weights)
    other = clone(small).set_params(random_state=4).fit(x, y)
    assert (other.network_.weights != weights[0]).any()
    drawn = clone(small).set_params(random_state=np.random.RandomState(0))
    assert drawn.fit(x, y).config_.seed != drawn.fit(x, y).config_.seed
    unset = clone(small).set_params(random_state=None)
    assert unset.fit(x, y).config_.seed != unset.fit(x, y).config_.seed


# ---- partial_fit ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters", [{"online_capacity": 7}, {"mode": "plain", "write_probability": 0.5}]
)
def test_partial_fit_is_the_device(digits, tmp_path, small, parameters):
    """After each update the classifier has the weights of its exported project on this machine."""
    x, y, x_new, y_new = digits
    small.set_params(online_batch=32, **parameters).fit(x, y)
    small.export_c(tmp_path / "project", "host", X=x_new[:320], y=y_new[:320])
    project = read_project(tmp_path / "project")
    proof = replay(project, tmp_path / "project", TARGETS["host"], tmp_path)
    assert proof.compared == proof.updates >= 10
    twin = project.network
    course = learn_in_order(
        twin, project.samples, project.labels, project.schedule, project.seed, project.capacity
    )
    shown = 0
    for update, done in enumerate(course, 1):
        small.partial_fit(x_new[shown:done], y_new[shown:done])
        shown = done
        if small._online.updates == update:  # not the last batch, if that is not full
            np.testing.assert_array_equal(small.network_.weights, twin.weights)
    assert small._online.updates >= 10


@pytest.mark.parametrize("parameters", [{}, {"online_capacity": 5}, {"mode": "plain"}])
def test_how_a_stream_is_cut_into_calls_does_not_matter(digits, small, parameters):
    x, y, x_new, y_new = digits
    small.set_params(online_batch=32, **parameters)
    small.partial_fit(x[:33], y[:33], classes=range(10))
    begun = small.network_.weights.copy()
    other = pickle.loads(pickle.dumps(small))
    small.partial_fit(x_new[:200], y_new[:200])
    for sample, label in zip(x_new[:200], y_new[:200], strict=True):
        other.partial_fit([sample], [label])
    np.testing.assert_array_equal(other.network_.weights, small.network_.weights)
    assert (small.network_.weights != begun).any()


def test_partial_fit_learns_from_nothing(digits):
    x, y, x_test, y_test = digits
    online = TGBNNClassifier(hidden=(128,), online_samples=6000, random_state=0)
    for _ in range(5):
        for first in range(0, 1200, 240):
            online.partial_fit(x[first : first + 240], y[first : first + 240], classes=range(10))
    assert online.score(x_test, y_test) > 0.8


def test_an_echo_is_of_fit_alone(digits):
    x, y, *_ = digits
    plain, echoing = (TGBNNClassifier(hidden=(64,), random_state=0, echo=e) for e in (None, 9))
    for classifier in (plain, echoing):
        classifier.partial_fit(x[:300], y[:300], classes=range(10))
    np.testing.assert_array_equal(plain.network_.weights, echoing.network_.weights)


def test_weights_wait_for_a_batch(digits, small):
    x, y, x_new, y_new = digits
    small.set_params(online_batch=10).fit(x, y)
    before = small.network_.weights.copy()
    small.partial_fit(x_new[:9], y_new[:9])
    np.testing.assert_array_equal(small.network_.weights, before)
    small.partial_fit(x_new[9:10], y_new[9:10])
    assert (small.network_.weights != before).any()


def test_a_pickle_goes_on_where_it_was(digits, small):
    x, y, x_new, y_new = digits
    small.fit(x, y).partial_fit(x_new[:100], y_new[:100])
    back = pickle.loads(pickle.dumps(small))
    for one in (small, back):
        one.partial_fit(x_new[100:400], y_new[100:400])
    np.testing.assert_array_equal(back.network_.weights, small.network_.weights)
    np.testing.assert_array_equal(back.predict(x_new), small.predict(x_new))


# ---- the device ----------------------------------------------------------------------------------


def test_the_plan_is_that_of_the_export(digits, small):
    x, y, *_ = digits
    small.fit(x, y)
    plan = small.device_plan("cortex-m0")
    target = TARGETS["cortex-m0"]
    options = {"ram_bytes": target.ram_bytes, "clock_hz": 64e6}
    assert plan.largest_batch > 64
    assert plan == plan_device(small.network_.widths, 10, target, batch=64, **options)
    assert small.device_plan(ram_bytes=20000).ram_bytes <= 20000
    with pytest.raises(ValidityError, match="fewer hidden units"):
        small.device_plan(ram_bytes=4000)


def test_an_exported_project_holds_what_was_learned(digits, small, tmp_path):
    x, y, x_new, y_new = digits
    small.fit(x, y).partial_fit(x_new[:64], y_new[:64])
    exported = small.export_c(tmp_path / "out", "host", learns=False)
    np.testing.assert_array_equal(
        read_project(tmp_path / "out").network.weights, small.network_.weights
    )
    assert exported.replay.updates == 0
    with pytest.raises(StoreError, match="not empty"):
        small.export_c(tmp_path / "out", "host")


@pytest.mark.mcu
def test_a_microcontroller_learns_on(digits, small, tmp_path):
    x, y, *_ = digits
    exported = small.fit(x, y).export_c(tmp_path / "out", "cortex-m0")
    assert exported.replay.compared == exported.replay.updates > 0
    assert exported.firmware.static_ram_bytes <= 16384


# ---- bad input -----------------------------------------------------------------------------------


def test_not_a_number_is_refused(digits, small):
    x, y, *_ = digits
    for bad in (np.nan, np.inf):
        spoilt = x.copy()
        spoilt[3, 5] = bad
        for call in (
            lambda: small.fit(spoilt, y),  # noqa: B023
            lambda: small.partial_fit(spoilt, y, range(10)),  # noqa: B023
            lambda: clone(small).fit(x, y).predict(spoilt),  # noqa: B023
        ):
            with pytest.raises(DataError, match="NaN or infinity: got 1 such") as caught:
                call()
            complaint(caught)


def test_the_wrong_width_is_refused(digits, small):
    x, y, *_ = digits
    small.fit(x, y)
    narrow = x[:, 1:]
    for call in (
        lambda: small.predict(narrow),
        lambda: small.decision_function(narrow),
        lambda: small.partial_fit(narrow, y),
        lambda: small.export_c("never", "host", X=narrow, y=y),
    ):
        with pytest.raises(ShapeError, match="X has 63 features") as caught:
            call()
        assert "64 features" in complaint(caught)


def test_labels_that_were_never_named_are_refused(digits, small):
    x, y, *_ = digits
    with pytest.raises(DataError, match="expected all labels") as caught:
        small.partial_fit(x, y)
    complaint(caught)
    for classes, labels in ((range(9), y), (range(10), y.astype(str))):
        with pytest.raises(DataError, match="unseen label") as caught:
            clone(small).partial_fit(x, labels, classes=classes)
        complaint(caught)
    small.partial_fit(x, y, classes=range(10))
    before = small.network_.weights.copy()
    with pytest.raises(DataError, match="got the unseen label 10") as caught:
        small.partial_fit(x, y + 1)
    complaint(caught)
    with pytest.raises(DataError, match="as in the first call") as caught:
        small.partial_fit(x, y, classes=range(11))
    complaint(caught)
    np.testing.assert_array_equal(small.network_.weights, before)


def test_sparse_samples_and_weights_are_refused(digits, small):
    x, y, *_ = digits
    with pytest.raises(TypeError, match="dense data is required"):
        small.fit(csr_matrix(x), y)
    with pytest.raises(TypeError, match="sample_weight"):
        small.fit(x, y, sample_weight=np.ones(len(y)))


def test_one_class_and_samples_all_alike_are_refused(digits, small):
    x, y, *_ = digits
    with pytest.raises(DataError, match="one class") as caught:
        small.fit(x, np.zeros_like(y))
    complaint(caught)
    with pytest.raises(DataError, match="the same") as caught:
        small.fit(np.ones_like(x), y)
    complaint(caught)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"hidden": 64}, "network.hidden.*got 64"),
        ({"hidden": (0,)}, "network.hidden"),
        ({"epochs": 0}, "'epochs': got 0"),
        ({"epochs": 1.5}, "'epochs': got 1.5"),
        ({"mode": "best"}, "'rule'"),
        ({"mode": "bnn"}, "mode: got 'bnn'"),
        ({"mode": "plain", "budget": 3.0}, "rule.budget"),
        ({"code": "binary"}, "network.code"),
        ({"code": "hadamard", "code_length": 3}, "Hadamard"),
        ({"levels": 3, "pixel_threshold": 1.0}, "level"),
        ({"write_probability": 2}, "write_probability"),
        ({"online_batch": 0}, "online_batch: got 0"),
        ({"online_begin": 2.0}, "online_begin: got 2.0"),
        ({"random_state": -1}, "'seed': got -1"),
        ({"threads": 0}, "threads: got 0"),
    ],
)
def test_parameters_out_of_range_are_refused_by_fit(digits, small, parameters, said):
    x, y, *_ = digits
    small.set_params(**parameters)
    with pytest.raises(ValidityError, match=said) as caught:
        small.fit(x, y)
    complaint(caught)
    assert "command line" not in str(caught.value)


def test_nothing_can_be_asked_before_fit(small, tmp_path):
    for call in (
        lambda: small.predict([[1.0]]),
        small.device_plan,
        lambda: small.export_c(tmp_path / "out"),
    ):
        with pytest.raises(NotFittedError):
            call()


def test_without_scikit_learn_one_line_says_what_to_install():
    code = "import sys; sys.modules['sklearn'] = None; import bitspin.estimators"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'bitspin[sklearn]'" in done.stderr.splitlines()[-1]


def test_a_data_frame_with_other_columns_is_refused(small):
    x, y = make_classification(random_state=1)
    frame = pd.DataFrame(x).rename(columns=str)
    small.fit(frame, y)
    with pytest.raises(ValueError, match="feature names"):
        small.predict(frame.rename(columns={"3": "three"}))
