"""Counter-based randomness: published vectors, golden values, and streams that do not meet."""

from __future__ import annotations

import numpy as np
import pytest

from bitspin.bits import derive_key, permutation, random_words
from bitspin.train.definition import RandomStream, threefry

# Threefry-2x32-20, from the known-answer file of Random123 (Salmon, Moraes, Dror and Shaw, 2011).
KNOWN_ANSWERS = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


def joined(low: int, high: int) -> int:
    return high << 32 | low


@pytest.mark.parametrize(("key", "counter", "answer"), KNOWN_ANSWERS)
def test_known_answers(key, counter, answer) -> None:
    assert threefry(key, counter) == answer
    assert derive_key(joined(*key), *counter) == joined(*answer)


@pytest.mark.parametrize("key", [(0, 0), (1, 0), (0, 1), (0x13198A2E, 0x03707344)])
def test_a_stream_is_the_generator_at_successive_counters(key) -> None:
    words = random_words(joined(*key), 101).tolist()
    pairs = [word for counter in range(51) for word in threefry(key, (counter, 0))]
    stream = RandomStream(key)
    assert words == pairs[:101] == [stream.next() for _ in range(101)]


def test_a_longer_stream_begins_with_the_shorter_one() -> None:
    assert random_words(5, 0).size == 0
    np.testing.assert_array_equal(random_words(5, 9), random_words(5, 64)[:9])


@pytest.mark.parametrize("first", [0, 1, 2, 7, 63, 64])
@pytest.mark.parametrize("count", [0, 1, 2, 33])
def test_a_stream_is_entered_anywhere(first: int, count: int) -> None:
    whole = random_words(5, 100)
    np.testing.assert_array_equal(random_words(5, count, first), whole[first : first + count])


def test_integers_below_a_bound() -> None:
    stream = RandomStream((5, 0))
    words = random_words(5, 200).tolist()
    assert [stream.below(7) for _ in range(200)] == [word * 7 >> 32 for word in words]


def test_derived_keys_and_streams_do_not_meet() -> None:
    keys = {
        derive_key(parent, index, domain)
        for parent in (0, 1, 1 << 32)
        for index in range(20)
        for domain in (1, 2, 0x101, 0x10001)
    }
    words = {tuple(random_words(key, 2).tolist()) for key in keys | {0, 1, 1 << 32}}
    assert len(keys) == 3 * 20 * 4
    assert len(words) == len(keys) + 3


def test_a_derived_key_is_no_word_of_its_parent() -> None:
    parent_blocks = random_words(9, 2000).reshape(-1, 2).tolist()
    derived = [derive_key(9, index, 1) for index in range(1000)]
    assert not {joined(*block) for block in parent_blocks} & set(derived)


@pytest.mark.parametrize(
    ("key", "count", "expected"),
    [
        (0, 1, [0]),
        (0, 8, [7, 1, 5, 2, 0, 6, 4, 3]),
        (2**64 - 1, 8, [2, 5, 0, 7, 3, 6, 4, 1]),
    ],
)
def test_golden_permutations(key: int, count: int, expected: list[int]) -> None:
    assert permutation(key, count).tolist() == expected


@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_every_index_comes_once(count: int) -> None:
    order = permutation(3, count)
    assert order.dtype == np.uint32
    assert sorted(order.tolist()) == list(range(count))


def test_a_permutation_sorts_pairs_of_words() -> None:
    words = random_words(7, 600).tolist()
    order = sorted(range(300), key=lambda index: words[2 * index : 2 * index + 2])
    assert permutation(7, 300).tolist() == order


def test_another_key_gives_another_order() -> None:
    assert permutation(3, 100).tolist() != permutation(4, 100).tolist()


@pytest.mark.parametrize("key", [-1, 2**64])
def test_a_key_beyond_64_bits(key: int) -> None:
    with pytest.raises(TypeError):
        random_words(key, 1)
