"""Holding out a validation set: what moves, what stays, and that it is always the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitspin.data import Dataset, hold_out
from bitspin.errors import DataError, ValidityError


def numbered(labels: list[int]) -> Dataset:
    """Make a data set whose training samples are numbered, so that each can be followed."""
    x = np.arange(len(labels), dtype=np.float64)[:, np.newaxis]
    return Dataset("numbered", x, labels, x[:1], labels[:1])


@st.composite
def splits(draw: st.DrawFn) -> tuple[Dataset, int, int]:
    class_count = draw(st.integers(2, 5))
    more = draw(st.lists(st.integers(0, class_count - 1), max_size=40))
    labels = draw(st.permutations(list(range(class_count)) + more))
    count = draw(st.integers(0, len(labels) - class_count))
    return numbered(labels), count, draw(st.integers(0, 2**64 - 1))


@given(splits())
def test_samples_move_with_their_labels_and_none_is_lost(split: tuple[Dataset, int, int]) -> None:
    dataset, count, seed = split
    result = hold_out(dataset, count, seed)
    moved = [] if result.x_validation is None else result.x_validation[:, 0].astype(int).tolist()
    kept = result.x_train[:, 0].astype(int).tolist()
    assert len(moved) == count
    assert sorted(moved + kept) == list(range(len(dataset.y_train)))
    assert moved == sorted(moved)
    assert kept == sorted(kept)
    np.testing.assert_array_equal(result.y_train, dataset.y_train[kept])
    if result.y_validation is not None:
        np.testing.assert_array_equal(result.y_validation, dataset.y_train[moved])


@given(splits())
def test_every_class_keeps_a_sample_and_test_is_untouched(split: tuple[Dataset, int, int]) -> None:
    dataset, count, seed = split
    result = hold_out(dataset, count, seed)
    assert set(result.y_train.tolist()) == set(range(dataset.class_count))
    assert result.x_test is not None
    np.testing.assert_array_equal(result.x_test, dataset.x_test)


def test_the_split_is_written_down() -> None:
    """It follows from the definition alone, so it is the same on every machine and release."""
    result = hold_out(numbered([0, 1] * 10), 6, seed=2026)
    assert result.x_validation is not None
    assert result.x_validation[:, 0].astype(int).tolist() == splitmix_choice(
        20, 6, 2026, [0, 1] * 10
    )


def splitmix_choice(samples: int, count: int, seed: int, labels: list[int]) -> list[int]:
    """Choose by the definition, in Python's own integers."""
    mask = 2**64 - 1

    def mix(z: int) -> int:
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        return z ^ z >> 31

    keys = [mix((mix(seed) + (i + 1) * 0x9E3779B97F4A7C15) & mask) for i in range(samples)]
    order = sorted(range(samples), key=lambda i: keys[i])
    stay = {max((i for i in order if labels[i] == c), key=lambda i: keys[i]) for c in set(labels)}
    return sorted([i for i in order if i not in stay][:count])


def test_seeds_and_nearby_seeds_differ() -> None:
    dataset = numbered([0, 1] * 500)
    held = []
    for seed in range(4):
        result = hold_out(dataset, 100, seed)
        assert result.x_validation is not None
        held.append(set(result.x_validation[:, 0].tolist()))
    for i in range(4):
        for j in range(i):
            # 100 of 1000 drawn twice share 10 on average, with a spread of 2.8.
            assert len(held[i] & held[j]) < 25


def test_held_out_samples_are_spread_evenly() -> None:
    """Classes and positions are hit in proportion: 4 sigma of the binomial law."""
    labels = np.repeat(np.arange(10), 600)
    result = hold_out(numbered(labels.tolist()), 1000, seed=1)
    assert result.y_validation is not None
    per_class = np.bincount(result.y_validation, minlength=10)
    assert np.abs(per_class - 100).max() < 4 * np.sqrt(1000 * 0.1 * 0.9)


def test_zero_holds_nothing_out() -> None:
    dataset = numbered([0, 1, 0])
    result = hold_out(dataset, 0, seed=1)
    assert result.x_validation is None
    assert result.fingerprint == dataset.fingerprint


@pytest.mark.parametrize("count", [-1, 2, 3, 100])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(ValidityError, match=f"got {count}, expected 0 to 1"):
        hold_out(numbered([0, 1, 0]), count, seed=1)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(ValidityError, match="seed"):
        hold_out(numbered([0, 1, 0]), 1, seed)


def test_holding_out_twice_is_refused() -> None:
    once = hold_out(numbered([0, 1, 0, 1]), 1, seed=1)
    with pytest.raises(DataError, match="already has a validation set"):
        hold_out(once, 1, seed=2)
