"""A network's bits: random weights, dense bytes, size of the state, prediction and errors."""

from __future__ import annotations

import numpy as np
import pytest

from bitspin.bits import BitMatrix, Predictor, backend_names
from bitspin.encode import make_code
from bitspin.errors import BackendError, ShapeError
from bitspin.train import Network


def one_hot(classes: int) -> BitMatrix:
    return BitMatrix.from_bool(make_code("onehot", classes, None))


def tail_bits(network: Network) -> int:
    """Ones beyond the last column of all rows."""
    total = int(np.bitwise_count(network.weights).sum())
    layers = (network.layer(index).to_bool() for index in range(network.layer_count))
    return total - sum(int(layer.sum()) for layer in layers)


# ---- bits ----------------------------------------------------------------------------------------


def test_state_is_one_bit_a_weight() -> None:
    network = Network.random((784, 1000, 10), one_hot(10), 1)
    assert network.weight_counts == (784_000, 10_000)
    assert network.state_bytes == 98_000 + 1_250 == 99_250
    assert sum(layer.nbytes for layer in network.dense_layers()) == network.state_bytes


def test_state_of_a_layer_is_rounded_up_to_bytes() -> None:
    assert Network.random((3, 3, 2), one_hot(2), 1).state_bytes == 2 + 1


@pytest.mark.parametrize("widths", [(1, 2), (31, 33, 3), (32, 64, 2), (100, 7, 40, 5)])
def test_dense_round_trip(widths: tuple[int, ...]) -> None:
    network = Network.random(widths, one_hot(widths[-1]), 3)
    again = Network.from_dense(widths, network.dense_layers(), network.code)
    np.testing.assert_array_equal(again.weights, network.weights)
    assert [layer.dtype for layer in network.dense_layers()] == [np.uint8] * network.layer_count


def test_dense_bytes_are_rows_without_padding_lowest_bit_first() -> None:
    words = np.array([0b101, 0b011, 0b110], np.uint32)
    network = Network((3, 3), words, one_hot(3))
    # Bits 101, 110, 011 (lowest first), one row after the other.
    assert [layer.tolist() for layer in network.dense_layers()] == [[0b10011101, 0b1]]


def test_random_weights_come_from_the_seed() -> None:
    widths = (70, 33, 5)
    first, same, other = (Network.random(widths, one_hot(5), seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first.weights, same.weights)
    assert (first.weights != other.weights).any()
    assert tail_bits(first) == 0


def test_random_weights_are_half_ones() -> None:
    bits = Network.random((1000, 1000, 10), one_hot(10), 1).layer(0).to_bool()
    assert abs(bits.sum() - 500_000) < 4.5 * 500


def test_a_layer_is_a_copy() -> None:
    network = Network.random((40, 3), one_hot(3), 1)
    layer = network.layer(0)
    network.weights[:] = 0
    assert layer.to_bool().any()


# ---- prediction ----------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", backend_names())
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("samples", [0, 1, 15, 16, 17, 100])
def test_prediction_is_the_layers_one_after_the_other(samples, threads, backend) -> None:
    code = BitMatrix.from_bool(make_code("hadamard", 5, 7))
    network = Network.random((50, 33, 17, 7), code, 2)
    bits = np.random.default_rng(1).random((samples, 50)) < 0.5
    values = bits
    for index in range(3):
        weights = network.layer(index).to_signs()
        sums = np.where(values, 1, -1) @ weights.T
        values = sums >= 0
    classes, scores = network.predict(BitMatrix.from_bool(bits), threads, backend)
    np.testing.assert_array_equal(scores, sums @ code.to_bool().T.astype(int))
    np.testing.assert_array_equal(classes, scores.argmax(axis=1))


def test_the_lowest_class_wins_among_equals() -> None:
    network = Network((2, 3), np.zeros(3, np.uint32), one_hot(3))
    classes, scores = network.predict(BitMatrix.from_bool(np.array([[True, False]])))
    assert scores.tolist() == [[0, 0, 0]]
    assert classes.tolist() == [0]


# ---- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("widths", "message"),
    [
        ((10,), "got 0 weight layers, expected 1 to 8"),
        ((2,) * 10, "got 9 weight layers, expected 1 to 8"),
        ((784, 0, 2), "got a layer of 0 units, expected 1 to 32767"),
        ((784, 32768, 2), "got a layer of 32768 units"),
        ((-5, 2), "got a layer of -5 units"),
        ((784, 100, 3), "got words of 2 bits, expected 3, the last width"),
    ],
)
def test_widths_that_do_not_fit(widths: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        Network.random(widths, one_hot(2), 1)


@pytest.mark.parametrize("weights", [np.zeros(3, np.uint32), np.zeros(4, np.int64)])
def test_weights_that_do_not_fit(weights: np.ndarray) -> None:
    message = rf"got \({weights.size},\) of {weights.dtype}, expected \(4,\) of uint32"
    with pytest.raises(ShapeError, match=message):
        Network((33, 2), weights, one_hot(2))


def test_dense_bytes_of_another_network() -> None:
    dense = Network.random((40, 30, 2), one_hot(2), 1).dense_layers()
    with pytest.raises(ShapeError, match="got 150 bytes for a layer of 29 x 40 bits, expected 145"):
        Network.from_dense((40, 29, 2), dense, one_hot(2))


def test_prediction_of_samples_of_another_width() -> None:
    # 40 and 41 bits are both two words: only the column count can tell.
    network = Network.random((40, 2), one_hot(2), 1)
    with pytest.raises(ShapeError, match="got samples of 41 bits, expected 40"):
        network.predict(BitMatrix.from_bool(np.ones((1, 41), np.bool_)))


def test_prediction_with_an_unknown_backend() -> None:
    network = Network.random((40, 2), one_hot(2), 1)
    with pytest.raises(BackendError, match="'mmx'"):
        network.predict(BitMatrix.from_bool(np.ones((1, 40), np.bool_)), backend="mmx")


def test_a_predictor_whose_weights_do_not_fit() -> None:
    with pytest.raises(ShapeError, match="the weights do not fit the widths"):
        Predictor((40, 2), np.zeros(5, np.uint32), one_hot(2))
