"""Output codes: their distances, their columns, and the arithmetic behind them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitspin.encode import bch, hadamard, make_code, minimum_distance, one_hot
from bitspin.encode.codes import _PRIMITIVE, _bch_generator, _code_words, _multiply, _remainder
from bitspin.encode.features import Bits
from bitspin.errors import ValidityError

POLYNOMIALS = st.integers(1, 2**40 - 1)


def slow_minimum_distance(code: Bits) -> int:
    rows = code.tolist()
    return min(
        sum(a != b for a, b in zip(first, second, strict=True))
        for i, first in enumerate(rows)
        for second in rows[:i]
    )


def has_complement(code: Bits) -> bool:
    rows = {row.tobytes() for row in code}
    return any((~row).tobytes() in rows for row in code)


def question_count(code: Bits) -> int:
    """Count columns that part the classes differently; complements part them alike."""
    return len({(column ^ column[0]).tobytes() for column in code.T})


@given(st.integers(2, 6).flatmap(lambda c: st.lists(st.lists(
    st.booleans(), min_size=5, max_size=5), min_size=c, max_size=c)))  # fmt: skip
def test_minimum_distance_is_its_definition(rows: list[list[bool]]) -> None:
    code = np.array(rows)
    assert minimum_distance(code) == slow_minimum_distance(code)


@pytest.mark.parametrize("class_count", [2, 3, 10, 100])
def test_one_hot(class_count: int) -> None:
    code = one_hot(class_count)
    assert code.dtype == np.bool_
    assert (code.sum(axis=0) == 1).all()
    assert minimum_distance(code) == 2


def test_hadamard_63_has_distance_32() -> None:
    code = hadamard(10, 63)
    assert (code.shape, code.dtype) == ((10, 63), np.bool_)
    assert minimum_distance(code) == 32
    assert question_count(code) == 63


@pytest.mark.parametrize("degree", range(1, 9))
def test_hadamard_rows_are_equidistant_for_every_class_count(degree: int) -> None:
    length = 2**degree - 1
    full = hadamard(length + 1, length)
    agreement = np.where(full, 1, -1) @ np.where(full, 1, -1).T
    assert (agreement[~np.eye(length + 1, dtype=bool)] == -1).all()
    for class_count in {2, 3, min(10, length + 1)} & set(range(2, length + 2)):
        np.testing.assert_array_equal(hadamard(class_count, length), full[:class_count])


@pytest.mark.parametrize("degree", range(2, 11))
def test_hadamard_columns_never_repeat_once_that_is_possible(degree: int) -> None:
    length = 2**degree - 1
    code = hadamard(degree + 1, length)
    assert len({column.tobytes() for column in code.T}) == length
    assert not (code == code[0]).all(axis=0).any()


@pytest.mark.parametrize(
    ("class_count", "length"),
    [(c, n) for n in (7, 15, 31, 63, 127) for c in (2, 10, 26, 100) if (c, n) != (100, 7)],
)
def test_bch_words_are_far_apart(class_count: int, length: int) -> None:
    code = bch(class_count, length)
    assert (code.shape, code.dtype) == ((class_count, length), np.bool_)
    assert not has_complement(code)
    assert minimum_distance(code) == slow_minimum_distance(code)
    if class_count <= length + 1:
        assert minimum_distance(code) == (length + 1) // 2


# Classes, length, and the least distance that the tables of BCH codes promise for the even subcode.
PROMISED = [(64, 7, 2), (60, 15, 6), (1024, 15, 4), (1000, 31, 12), (500, 63, 28),
            (200, 127, 56)]  # fmt: skip


@pytest.mark.parametrize(("class_count", "length", "distance"), PROMISED)
def test_bch_keeps_the_distance_of_its_code(class_count: int, length: int, distance: int) -> None:
    assert minimum_distance(bch(class_count, length)) >= distance


@pytest.mark.parametrize(
    ("class_count", "length", "message_bits"),
    [(10, 15, 4), (17, 15, 6), (65, 15, 10), (33, 31, 10), (65, 63, 9), (513, 63, 15)],
)
def test_bch_generators_make_cyclic_even_codes(
    class_count: int, length: int, message_bits: int
) -> None:
    generator = _bch_generator(class_count, length)
    assert length - (generator.bit_length() - 1) == message_bits
    # A cyclic code's generator divides x^n + 1.
    assert _remainder(1 << length | 1, generator) == 0
    words = _code_words(generator, length)
    rows = {row.tobytes() for row in words}
    assert len(rows) == 2**message_bits
    assert (words.sum(axis=1) % 2 == 0).all()
    assert all(np.roll(row, 1).tobytes() in rows for row in words[:50])


@given(POLYNOMIALS, POLYNOMIALS, POLYNOMIALS)
def test_polynomials_over_gf2_form_a_ring(a: int, b: int, c: int) -> None:
    assert _multiply(a, b) == _multiply(b, a)
    assert _multiply(a, b ^ c) == _multiply(a, b) ^ _multiply(a, c)
    assert _remainder(_multiply(a, b), b) == 0
    assert _remainder(a, b).bit_length() < max(b.bit_length(), 1)
    assert _remainder(_multiply(a, b) ^ _remainder(c, b), b) == _remainder(c, b)


@pytest.mark.parametrize("degree", _PRIMITIVE)
def test_polynomials_are_primitive(degree: int) -> None:
    """Powers of x run through all 2^m - 1 non-zero elements before they return to 1."""
    powers = {_remainder(1 << power, _PRIMITIVE[degree]) for power in range(2**degree - 1)}
    assert powers == set(range(1, 2**degree))


@pytest.mark.parametrize("kind", ["onehot", "hadamard", "bch"])
@pytest.mark.parametrize("class_count", [2, 10, 64, 65, 100])
def test_make_code_gives_distinct_words(kind: Any, class_count: int) -> None:
    code = make_code(kind, class_count)
    assert len({row.tobytes() for row in code}) == class_count
    expected = {"onehot": class_count}.get(kind, 63 if class_count <= 64 else 127)
    assert code.shape == (class_count, expected)
    np.testing.assert_array_equal(code, make_code(kind, class_count, expected))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_code("magic", 10), "got 'magic'"),
        (lambda: make_code("onehot", 10, 11), "got length 11, expected 10"),
        (lambda: make_code("hadamard", 10, 64), "got 64, expected one of 1, 3, 7, 15, 31, 63"),
        (lambda: make_code("hadamard", 10, 7), "got 10 classes, expected at most 8"),
        (lambda: make_code("hadamard", 10, 0), "got 0"),
        (lambda: make_code("bch", 10, 3), "got 3, expected one of 7, 15, 31, 63, 127"),
        (lambda: make_code("bch", 65, 7), "got 65 classes, expected at most 64"),
        (lambda: make_code("bch", 1025, 127), "expected at most 1024"),
        (lambda: make_code("hadamard", 1025), "got 2047"),
        (lambda: one_hot(1), "got 1, expected at least 2"),
        (lambda: hadamard(0, 63), "got 0, expected at least 2"),
        (lambda: bch(-1, 63), "got -1, expected at least 2"),
    ],
)
def test_impossible_codes_are_refused_in_one_line(call: Any, message: str) -> None:
    with pytest.raises(ValidityError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
