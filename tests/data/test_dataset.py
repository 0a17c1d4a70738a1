"""What a data set must satisfy, and what its fingerprint depends on."""

from typing import Any

import numpy as np
import pytest

from bitspin.data import Dataset
from bitspin.errors import BitspinError, DataError, ShapeError


def make(**changes: Any) -> Dataset:
    """Make a data set of 6 training and 3 test images in 3 classes, with some arrays changed."""
    arrays: dict[str, Any] = {
        "x_train": np.arange(6 * 4, dtype=np.uint8).reshape(6, 2, 2),
        "y_train": np.array([0, 1, 2, 0, 1, 2]),
        "x_test": np.arange(3 * 4, dtype=np.uint8).reshape(3, 2, 2),
        "y_test": np.array([2, 1, 0]),
    }
    return Dataset("toy", **(arrays | changes))


def test_counts_and_shapes() -> None:
    toy = make()
    assert (toy.class_count, toy.sample_shape, toy.feature_count) == (3, (2, 2), 4)


def test_arrays_are_read_only_and_the_callers_stay_writable() -> None:
    x_train = np.zeros((6, 2, 2), np.uint8)
    toy = make(x_train=x_train)
    with pytest.raises(ValueError, match="read-only"):
        toy.x_train[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        toy.y_test[0] = 1
    x_train[0, 0, 0] = 1


def test_attributes_cannot_be_replaced() -> None:
    with pytest.raises(AttributeError):
        make().name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("bool", "uint8"),
        ("uint8", "uint8"),
        ("int8", "float32"),
        ("int16", "float32"),
        ("uint16", "float32"),
        ("int32", "float64"),
        ("int64", "float64"),
        ("float16", "float32"),
        ("float32", "float32"),
        ("float64", "float64"),
        (">f8", "float64"),
        (">i2", "float32"),
    ],
)
def test_dtypes_that_are_kept_or_widened(given: str, kept: str) -> None:
    x = np.array([[0, 1], [1, 1], [1, 0]]).astype(given)
    toy = Dataset("toy", x, [0, 1, 0], x, [0, 1, 0])
    assert toy.x_train.dtype == np.dtype(kept)
    np.testing.assert_array_equal(toy.x_train, x.astype(float))
    assert toy.y_train.dtype == np.int64


def test_whole_float_labels_are_taken() -> None:
    np.testing.assert_array_equal(make(y_test=[2.0, 1.0, 0.0]).y_test, [2, 1, 0])


FLOATS = np.zeros((6, 4))

WRONG: dict[str, tuple[dict[str, Any], type[BitspinError], str]] = {
    "length": ({"y_train": [0, 1, 2]}, ShapeError, "got 6 samples and 3 labels"),
    "test length": ({"y_test": [0]}, ShapeError, "x_test and y_test differ"),
    "sample shape": ({"x_test": np.zeros((3, 4), np.uint8)}, ShapeError, r"expected \(2, 2\)"),
    "no feature axis": ({"x_train": np.zeros(6)}, ShapeError, "no feature axis"),
    "no feature": ({"x_train": np.zeros((6, 0))}, ShapeError, "no feature axis"),
    "empty": ({"x_train": np.zeros((0, 2, 2)), "y_train": []}, DataError, "x_train is empty"),
    "empty test": (
        {"x_test": np.zeros((0, 2, 2), np.uint8), "y_test": np.zeros(0, int)},
        DataError,
        "x_test is empty",
    ),
    "empty labels": ({"y_test": []}, DataError, "y_test is empty"),
    "label matrix": ({"y_train": np.eye(6)}, ShapeError, "one label per sample"),
    "negative label": ({"y_train": [0, 1, 2, 0, 1, -1]}, DataError, "got -1 at index 5"),
    "fractional label": ({"y_train": [0, 1, 2, 0, 1.5, 2]}, DataError, "got 1.5 at index 4"),
    "NaN label": ({"y_train": [0, 1, 2, 0, np.nan, 2]}, DataError, "got nan at index 4"),
    "text label": ({"y_train": list("abcabc")}, DataError, "no class numbers"),
    "missing class": ({"y_train": [0, 1, 3, 0, 1, 3]}, DataError, "none with label 2"),
    "wild label": ({"y_train": [0, 1, 2, 0, 1, 10**15]}, DataError, "none with label 3"),
    "huge label": ({"y_train": [0, 1, 2, 0, 1, 2**60]}, DataError, "no class number"),
    "one class": ({"y_train": [0] * 6}, DataError, "single class"),
    "unknown class": ({"y_test": [0, 1, 3]}, DataError, "got 3, expected 0 to 2"),
    "object": ({"x_train": np.full((6, 2, 2), None)}, DataError, "not numeric"),
    "complex": ({"x_train": np.zeros((6, 2, 2), complex)}, DataError, "not numeric"),
    "dtypes": ({"x_test": np.zeros((3, 2, 2))}, DataError, "differs from x_train in dtype"),
    "half a validation set": ({"y_validation": [0]}, DataError, "both or neither"),
    "validation shape": (
        {"x_validation": np.zeros((1, 3), np.uint8), "y_validation": [0]},
        ShapeError,
        "x_validation differs",
    ),
    "validation class": (
        {"x_validation": np.zeros((1, 2, 2), np.uint8), "y_validation": [3]},
        DataError,
        "y_validation has a label out of range",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_inconsistent_data_are_refused_in_one_line(case: str) -> None:
    changes, error, message = WRONG[case]
    with pytest.raises(error, match=message) as caught:
        make(**changes)
    assert "\n" not in str(caught.value)
    assert "expected" in str(caught.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_features_that_are_not_finite_are_refused(bad: float, dtype: type) -> None:
    x = np.zeros((6, 4), dtype)
    x[3, 1] = bad
    with pytest.raises(DataError, match=r"got .* at index \(3, 1\)"):
        make(x_train=x, x_test=np.zeros((3, 4), dtype))


def test_fingerprint_is_of_the_content_only() -> None:
    toy = make()
    assert toy.fingerprint == make(x_train=np.asfortranarray(toy.x_train)).fingerprint
    assert toy.fingerprint == make(y_train=np.array([0, 1, 2, 0, 1, 2], ">i4")).fingerprint
    assert len(toy.fingerprint) == 64
    # Written down so that a change of the definition is noticed: records refer to it.
    assert toy.fingerprint == FINGERPRINT_OF_TOY


FINGERPRINT_OF_TOY = "013b6beebd46dd54ce88587241b691a960f6dfb24b1cf59b14054e549a536114"


def test_fingerprint_sees_every_change() -> None:
    toy = make()
    flipped = toy.x_test.copy()
    flipped[2, 1, 1] += 1
    as_floats = {role: getattr(toy, role).astype(np.float32) for role in ("x_train", "x_test")}
    flat = {role: getattr(toy, role).reshape(-1, 4) for role in ("x_train", "x_test")}
    variants = [
        toy,
        make(x_test=flipped),
        make(y_test=[2, 0, 1]),
        make(y_train=[0, 1, 2, 0, 2, 1]),
        make(**as_floats),
        make(**flat),
        make(x_validation=toy.x_test, y_validation=toy.y_test),
    ]
    assert len({variant.fingerprint for variant in variants}) == len(variants)
