"""Packed matrices: the bit convention, round trips, products and errors."""

from __future__ import annotations

import numpy as np
import pytest

from bitspin.bits import BitMatrix, TernaryMatrix, backend_names
from bitspin.errors import BackendError, ShapeError

# Around one word, one panel of 16 lanes, and two real layers.
SIZES = [1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 784, 1000]


def random_bits(rows: int, columns: int) -> np.ndarray:
    return np.random.default_rng(rows * 10_000 + columns).random((rows, columns)) < 0.5


def random_signs(rows: int, columns: int) -> np.ndarray:
    return np.random.default_rng(rows * 10_000 + columns).integers(-1, 2, (rows, columns))


# ---- the bit convention --------------------------------------------------------------------------


def test_bit_one_is_plus_one_and_bit_zero_is_minus_one() -> None:
    plus, minus = BitMatrix.from_bool(np.array([[True]])), BitMatrix.from_bool(np.array([[False]]))
    assert plus.words.tolist() == [[1]]
    assert minus.words.tolist() == [[0]]
    assert plus.product(plus) == minus.product(minus) == [[1]]
    assert plus.product(minus) == [[-1]]


@pytest.mark.parametrize("place", [0, 1, 31, 32, 39])
def test_least_significant_bit_comes_first(place: int) -> None:
    words = BitMatrix.from_bool(np.arange(40)[None] == place).words
    expected = [[1 << place, 0]] if place < 32 else [[0, 1 << (place - 32)]]
    assert words.tolist() == expected


@pytest.mark.parametrize("columns", SIZES)
def test_tail_bits_are_zero(columns: int) -> None:
    words = BitMatrix.from_bool(np.ones((3, columns), np.bool_)).words
    assert words.shape == (3, -(-columns // 32))
    assert np.bitwise_count(words).sum(axis=1).tolist() == [columns] * 3


def test_a_ternary_sign_is_zero_where_the_value_is() -> None:
    matrix = TernaryMatrix.from_signs(np.array([[-1, 0, 1, 7, -5]]))
    assert matrix.nonzero.words.tolist() == [[0b11101]]
    assert matrix.sign.words.tolist() == [[0b01100]]


# ---- round trips ---------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", SIZES)
@pytest.mark.parametrize("rows", [1, 33])
def test_pack_and_unpack(rows: int, columns: int) -> None:
    values = random_bits(rows, columns)
    matrix = BitMatrix.from_bool(values)
    assert matrix.shape == (matrix.rows, matrix.columns) == (rows, columns)
    np.testing.assert_array_equal(matrix.to_bool(), values)
    np.testing.assert_array_equal(matrix.to_signs(), np.where(values, 1, -1))


@pytest.mark.parametrize("columns", SIZES)
@pytest.mark.parametrize("rows", [1, 31, 32, 33, 100])
def test_transposed(rows: int, columns: int) -> None:
    values = random_bits(rows, columns)
    transposed = BitMatrix.from_bool(values).transposed()
    np.testing.assert_array_equal(transposed.to_bool(), values.T)
    np.testing.assert_array_equal(transposed.transposed().to_bool(), values)


@pytest.mark.parametrize("columns", SIZES)
def test_ternary_signs(columns: int) -> None:
    values = random_signs(5, columns)
    np.testing.assert_array_equal(TernaryMatrix.from_signs(3 * values).to_signs(), values)


def test_bits_from_an_array_that_is_not_contiguous() -> None:
    values = random_bits(40, 33)
    np.testing.assert_array_equal(BitMatrix.from_bool(values.T).to_bool(), values.T)


def test_packed_words_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        BitMatrix.from_bool(random_bits(2, 40)).words[0, 0] = 1


# ---- products ------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", backend_names())
@pytest.mark.parametrize("columns", SIZES)
def test_products(columns: int, backend: str) -> None:
    left, right = random_bits(5, columns), random_bits(18, columns)
    weights = np.where(right, 1, -1)
    binary = BitMatrix.from_bool(left).product(BitMatrix.from_bool(right), backend)
    np.testing.assert_array_equal(binary, np.where(left, 1, -1) @ weights.T)
    signs = random_signs(5, columns)
    ternary = TernaryMatrix.from_signs(signs).product(BitMatrix.from_bool(right), backend)
    np.testing.assert_array_equal(ternary, signs @ weights.T)


# ---- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "columns", "message"),
    [
        (np.zeros((2, 1), np.uint64), 32, r"\(2, 1\) of uint64, expected \(rows, words\) of uint"),
        (np.zeros(2, np.uint32), 32, r"got shape \(2,\)"),
        (np.zeros((2, 2), np.uint32), 32, "got 2 words for 32 columns, expected 1"),
        (np.zeros((2, 1), np.uint32), 33, "got 1 words for 33 columns, expected 2"),
        (np.zeros((2, 0), np.uint32), 0, "got 0 words for 0 columns"),
        (np.array([[8]], np.uint32), 3, "ones beyond column 3, expected zero tail bits"),
    ],
)
def test_words_that_do_not_fit(words: np.ndarray, columns: int, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        BitMatrix(words, columns)


def test_bits_that_are_not_a_matrix() -> None:
    with pytest.raises(ShapeError, match=r"shape \(3,\), expected \(rows, columns\)"):
        BitMatrix.from_bool(np.ones(3, np.bool_))


def test_ternary_planes_that_do_not_fit() -> None:
    one, zero = (
        BitMatrix.from_bool(np.ones((1, 3), bool)),
        BitMatrix.from_bool(np.zeros((1, 3), bool)),
    )
    with pytest.raises(ShapeError, match=r"shapes \(3, 1\) and \(1, 3\), expected the same"):
        TernaryMatrix(one.transposed(), one)
    with pytest.raises(ShapeError, match="a sign where the entry is zero"):
        TernaryMatrix(zero, one)


def test_operands_of_different_widths() -> None:
    # 40 and 41 bits are both two words: only the column counts can tell.
    narrow, wide = BitMatrix.from_bool(random_bits(2, 40)), BitMatrix.from_bool(random_bits(2, 41))
    with pytest.raises(ShapeError, match="got operands of 40 and 41 columns"):
        narrow.product(wide)
    with pytest.raises(ShapeError, match="got operands of 41 and 40 columns"):
        TernaryMatrix(wide, wide).product(narrow)


def test_a_product_with_an_unknown_backend() -> None:
    matrix = BitMatrix.from_bool(random_bits(2, 40))
    with pytest.raises(BackendError, match="'mmx'"):
        matrix.product(matrix, "mmx")
