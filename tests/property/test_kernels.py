"""Every backend of every kernel is its definition: three lines of NumPy on unpacked values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bitspin.bits import BitMatrix, TernaryMatrix, _core, backend_names

# Around words (32), lanes (16), panels of a tile (4 x 16), AVX2's 31 words a block, real layers;
# the examples of 273 rows go beyond what a matrix-tile backend takes at once.
BITS = st.sampled_from(
    [1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 784, 991, 992, 993, 1000, 1984, 1985]
)
OUTPUTS = st.sampled_from([1, 15, 16, 17, 31, 32, 33, 48, 49, 63, 64, 65, 80, 81, 113, 128, 129])
ROWS = st.integers(1, 9)  # around tiles of 4 rows and pairs of 2
SEEDS = st.integers(0, 2**32 - 1)
FILLS = st.sampled_from(["random", "sparse", "zeros", "ones"])
SHARES = {"random": 0.5, "sparse": 0.1}  # of ones

every_backend = pytest.mark.parametrize("backend", backend_names())
examples = settings(max_examples=100)


def filled(shape: tuple[int, ...], fill: str, seed: int) -> np.ndarray:
    """Truth values."""
    if fill in SHARES:
        return np.random.default_rng(seed).random(shape) < SHARES[fill]
    return np.full(shape, fill == "ones")


def packed(values: np.ndarray) -> np.ndarray:
    return BitMatrix.from_bool(values).words


@every_backend
@examples
@given(rows=ROWS, outputs=OUTPUTS, bits=BITS, fills=st.tuples(FILLS, FILLS), seed=SEEDS)
@example(rows=4, outputs=64, bits=32767, fills=("ones", "zeros"), seed=0)
@example(rows=3, outputs=17, bits=32767, fills=("random", "random"), seed=0)
@example(rows=273, outputs=33, bits=1057, fills=("random", "random"), seed=0)
@example(rows=273, outputs=33, bits=1057, fills=("sparse", "random"), seed=0)
def test_count_binary(rows, outputs, bits, fills, seed, backend) -> None:
    left = filled((rows, bits), fills[0], seed)
    right = filled((outputs, bits), fills[1], seed + 1)
    expected = (left[:, None, :] != right[None, :, :]).sum(axis=2)
    counts = _core.count_binary(packed(left), packed(right), backend)
    np.testing.assert_array_equal(counts, expected)


# A matrix-tile backend lets two rows share a byte while both have at most 250 ones. A row of more
# ones shares it with itself, if neither half (here 384 and 400 bits) has more; but only while that
# is one row in four, and else each row has its own. Rows have their ones at either end and outputs
# too, so that all of one row's meet, and any number of the other's.
@every_backend
@pytest.mark.parametrize("fill", ["ones", "random", "ends"])
@pytest.mark.parametrize("rows", [1, 17, 32, 49, 65, 544])
@pytest.mark.parametrize("every", [2, 4, 7])
@pytest.mark.parametrize("heavy", [(126, 125), (250, 250), (251, 0), (0, 251), (384, 400)])
def test_rows_of_so_many_ones(
    heavy: tuple[int, int], every: int, rows: int, fill: str, backend: str
) -> None:
    left = np.zeros((rows, 784), np.bool_)
    for row in range(rows):
        if row % every == every - 1:
            left[row, 384 - heavy[0] : 384 + heavy[1]] = True
        else:
            left[row, :250] = True
            left[row] = left[row, :: 1 - row % 3 % 2 * 2]
    right = filled((49, 784), fill, 1)
    if fill == "ends":
        right = np.arange(784) < np.linspace(0, 784, 49, dtype=int)[:, None]
        right[::2] = right[::2, ::-1]
    counts = (left[:, None, :] != right[None, :, :]).sum(axis=2)
    found = _core.count_binary(packed(left), packed(right), backend)
    np.testing.assert_array_equal(found, counts)
    (bits,) = _core.compare_binary(packed(left), packed(right), [(200, 400)], backend)
    np.testing.assert_array_equal(bits, packed((counts >= 200) & (counts <= 400)))


@every_backend
@examples
@given(rows=ROWS, outputs=OUTPUTS, bits=BITS, fills=st.tuples(FILLS, FILLS, FILLS), seed=SEEDS)
@example(rows=4, outputs=64, bits=32767, fills=("ones", "ones", "zeros"), seed=0)
@example(rows=3, outputs=17, bits=32767, fills=("random", "random", "random"), seed=0)
@example(rows=273, outputs=33, bits=1057, fills=("random", "random", "random"), seed=0)
def test_count_ternary(rows, outputs, bits, fills, seed, backend) -> None:
    nonzero = filled((rows, bits), fills[0], seed)
    plus = filled((rows, bits), fills[1], seed + 1)
    right = filled((outputs, bits), fills[2], seed + 2)
    left = TernaryMatrix.from_signs(np.where(plus, 1, -1) * nonzero)
    expected = (nonzero[:, None, :] & (plus[:, None, :] != right[None, :, :])).sum(axis=2)
    counts = _core.count_ternary(left.nonzero.words, left.sign.words, packed(right), backend)
    np.testing.assert_array_equal(counts, expected)


@every_backend
def test_count_ternary_ignores_the_sign_where_the_value_is_zero(backend) -> None:
    nonzero, sign, right = (packed(filled((5, 100), "random", seed)) for seed in range(3))
    np.testing.assert_array_equal(
        _core.count_ternary(nonzero, sign, right, backend),
        _core.count_ternary(nonzero, sign & nonzero, right, backend),
    )


LIMITS = st.one_of(st.sampled_from([0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF]), st.integers(0, 0xFFFF))


@every_backend
@examples
@given(count=BITS, low=LIMITS, high=LIMITS, seed=SEEDS)
@example(count=33, low=0, high=0xFFFF, seed=0)
def test_range_bits(count, low, high, seed, backend) -> None:
    # Values at and beside the limits, where a comparison goes wrong, and anywhere.
    edges = np.array([low - 1, low, low + 1, high - 1, high, high + 1, 0, 0xFFFF]) % 0x10000
    rng = np.random.default_rng(seed)
    anywhere = rng.integers(0, 0x10000, count)
    values = np.where(rng.random(count) < 0.5, rng.choice(edges, count), anywhere)
    expected = (low <= values) & (values <= high)
    bits, how_many = _core.range_bits(values.astype(np.uint16), low, high, backend)
    np.testing.assert_array_equal(bits, packed(expected[None])[0])
    assert how_many == expected.sum()


@every_backend
@examples
@given(count=BITS, fills=st.tuples(FILLS, FILLS), seed=SEEDS)
@example(count=1024, fills=("ones", "random"), seed=0)
@example(count=32767, fills=("random", "random"), seed=0)
def test_flip_ranked(count, fills, seed, backend) -> None:
    mask = filled((count,), fills[0], seed)
    marked = filled((count,), fills[1], seed + 1)  # of which only those of the mask's ranks count
    row = filled((count,), "random", seed + 2)
    expected = row.copy()
    expected[np.flatnonzero(mask)] ^= marked[: mask.sum()]
    words = (packed(values[None])[0] for values in (mask, marked, row))
    found = _core.flip_ranked(*words, backend)
    np.testing.assert_array_equal(found, packed(expected[None])[0])


@every_backend
@examples
@given(count=BITS, low=st.sampled_from([1, 2, 0x7FFF, 0x8000, 0xFFFF]), seed=SEEDS)
@example(count=32767, low=1, seed=0)
def test_count_reaching(count, low, seed, backend) -> None:
    rng = np.random.default_rng(seed)
    values = rng.choice([0, low - 1, low, min(low + 1, 0xFFFF), 0xFFFF], count).astype(np.uint16)
    assert _core.count_reaching(values, low, backend) == (values >= low).sum()


@every_backend
@examples
@given(
    rows=ROWS,
    outputs=OUTPUTS,
    bits=BITS,
    ranges=st.lists(st.tuples(st.integers(0, 1985), st.integers(0, 1985)), min_size=1, max_size=2),
    fills=st.tuples(FILLS, FILLS),
    seed=SEEDS,
)
@example(rows=273, outputs=33, bits=1057, ranges=[(500, 530)], fills=("random", "random"), seed=0)
@example(rows=273, outputs=33, bits=1057, ranges=[(500, 530)], fills=("sparse", "random"), seed=0)
def test_compare_binary(rows, outputs, bits, ranges, fills, seed, backend) -> None:
    left = filled((rows, bits), fills[0], seed)
    right = filled((outputs, bits), fills[1], seed + 1)
    counts = (left[:, None, :] != right[None, :, :]).sum(axis=2)
    found = _core.compare_binary(packed(left), packed(right), ranges, backend)
    for (low, high), words in zip(ranges, found, strict=True):
        np.testing.assert_array_equal(words, packed((low <= counts) & (counts <= high)))


@every_backend
@examples
@given(
    count=BITS,
    total=st.sampled_from([0, 1, 2, 31, 8192, 32766, 32767]),
    extreme=st.booleans(),
    fill=FILLS,
    seed=SEEDS,
)
@example(count=33, total=32767, extreme=True, fill="ones", seed=0)
@example(count=33, total=32767, extreme=True, fill="zeros", seed=0)
def test_disagreement(count, total, extreme, fill, seed, backend) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.choice([0, total], count) if extreme else rng.integers(0, total + 1, count)
    weights = filled((1, count), fill, seed)
    expected = np.maximum(0, np.where(weights[0], 1, -1) * (total - 2 * counts))
    q, largest = _core.disagreement(counts.astype(np.uint16), packed(weights)[0], total, backend)
    np.testing.assert_array_equal(q[:count], expected)
    assert not q[count:].any()
    assert largest == expected.max()


@every_backend
@pytest.mark.parametrize("place", [0, 15, 16, 31, 32, 47, 48, 63, 64])
def test_disagreement_finds_its_largest_in_every_lane(place, backend) -> None:
    counts = np.full(65, 100, np.uint16)
    counts[place] = 0
    q, largest = _core.disagreement(counts, packed(np.ones((1, 65), bool))[0], 101, backend)
    assert (q[place], largest) == (101, 101)


@every_backend
@examples
@given(words=st.integers(0, 40), fill=FILLS, seed=SEEDS)
def test_popcount(words, fill, seed, backend) -> None:
    values = filled((1, 32 * words), fill, seed)
    row = packed(values)[0] if words else np.zeros(0, np.uint32)
    assert _core.popcount(row, backend) == values.sum()


@every_backend
@examples
@given(rows=BITS, bits=BITS, fill=FILLS, seed=SEEDS)
def test_transpose(rows, bits, fill, seed, backend) -> None:
    values = filled((rows, bits), fill, seed)
    np.testing.assert_array_equal(_core.transpose(packed(values), bits, backend), packed(values.T))


@every_backend
@examples
@given(rows=st.integers(1, 300), bits=BITS, fill=FILLS, seed=SEEDS)
@example(rows=4097, bits=1000, fill="random", seed=0)
@example(rows=32767, bits=33, fill="zeros", seed=0)
def test_count_minus(rows, bits, fill, seed, backend) -> None:
    values = filled((rows, bits), fill, seed)
    found = _core.count_minus(packed(values), bits, backend)
    np.testing.assert_array_equal(found, (~values).sum(axis=0))
