"""How many classes the spread of cells needs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bitspin.array import MramArray, MramModel, UnpackedMram, make_classes
from bitspin.array.classes import cell_probabilities
from bitspin.array.noise import noise_distribution, noise_scale_q8
from bitspin.bits import BitMatrix
from bitspin.bits.cells import RATE_BITS
from bitspin.device import load_device
from bitspin.errors import ValidityError

BIAS = (0.894, 0.75e-9, 300.0)


def switched_errors(classes: int, most_pulses: int) -> np.ndarray:
    """Error of the share of cells that have switched after 1, 2 … pulses."""
    found = make_classes(load_device("mtj-sot"), 0.077, classes, *BIAS)
    pulses = np.arange(1, most_pulses + 1)[:, None]
    exact = 1 - (1 - cell_probabilities(found.cells, *BIAS)) ** pulses
    quantised = 1 - (1 - found.probabilities(*BIAS)[found.member]) ** pulses
    return np.abs(exact.mean(axis=1) - quantised.mean(axis=1))


def test_eight_classes_are_right_to_two_percent_for_up_to_thirty_pulses() -> None:
    errors = [switched_errors(classes, 30) for classes in (1, 2, 4, 8)]
    assert all(error[0] < 1e-12 for error in errors)  # first pulses are right for any number
    worst = [error.max() for error in errors]
    assert worst[0] > 0.2  # one common mean, and most cells would have switched
    assert worst[3] < 0.02
    assert all(b < a for a, b in itertools.pairwise(worst))


def test_spread_reaches_from_never_to_always() -> None:
    chances = make_classes(load_device("mtj-sot"), 0.077, 8, *BIAS).probabilities(*BIAS)
    assert chances[0] < 0.05
    assert chances[-1] > 0.95


def test_a_device_of_two_directions_enters_with_the_mean_of_both() -> None:
    """AP to P needs 20 mV more: the driver goes midway, one direction makes up for the other."""
    device = load_device("mtj-sot")
    write = device.write.model_copy(update={"threshold_ap_to_p_v": 0.914})
    model = MramModel(
        MramArray(threshold_d2d_ratio=0.0), device.model_copy(update={"write": write})
    )
    assert model.voltage_v(0.5) == 0.904
    assert model.class_probabilities(0.5) == pytest.approx([0.5])
    given = MramModel(model.spec.model_copy(update={"write_voltage_v": 0.894}), model.device)
    expected = (0.5 + 1 / (1 + np.exp(44.6 * 0.02))) / 2
    assert given.class_probabilities(0.5) == pytest.approx([expected])


def test_no_spread_is_one_class() -> None:
    found = make_classes(load_device("mtj-sot"), 0.0, 8, *BIAS)
    assert found.count == 1
    np.testing.assert_allclose(found.probabilities(*BIAS), 0.5)


def test_flips_of_the_oracle() -> None:
    """Three pulses on each of 40 x 100 cells: classes and single cells agree to 4 sigma."""
    model = MramModel.load(MramArray(stuck_probability=0.1))
    array = UnpackedMram(model, np.ones((40, 100), np.int64), 0, 0.5, np.random.default_rng(2))
    every = np.ones((40, 100), np.bool_)
    flips = sum(int(array.write(every).sum()) for _ in range(3))
    layer = model.cells((100, 40))[0]
    members = np.array([BitMatrix(p.copy(), 100).to_bool().sum() for p in layer.classes])
    expected = 3 * float(members @ model.class_probabilities(0.5))
    assert abs(flips - expected) < 4 * np.sqrt(3 * 4000 * 0.25)


@pytest.mark.parametrize("spread", [0.6, 1.0, 4.0, 20.0, 78.0])
def test_read_noise_has_the_spread_asked_for(spread: float) -> None:
    values, weights = noise_distribution(noise_scale_q8(spread))
    assert weights.sum() == pytest.approx(1)
    assert abs(weights @ values) < 0.02
    assert 2 * np.sqrt(weights @ values**2) == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize("spread", [1e-6, 0.19, 79.0, 1e4])
def test_read_noise_that_whole_counts_cannot_show_is_refused(spread: float) -> None:
    with pytest.raises(ValidityError, match=r"expected 0 or 0\.2 to 78"):
        noise_scale_q8(spread)


def test_stuck_cells_are_in_no_class() -> None:
    model = MramModel.load(MramArray(stuck_probability=0.2))
    layer = model.cells((70, 33))[0]
    np.testing.assert_array_equal(np.bitwise_or.reduce(layer.classes), layer.free)
    free = BitMatrix(layer.free.copy(), 70).to_bool()
    assert abs(free.mean() - 0.8) < 4 * np.sqrt(0.16 / free.size)


def test_toggle_rate_is_twice_the_error() -> None:
    spec = MramArray(device="vcma-toggle", xnor="toggle", toggle_error_rate=1e-6)
    rate = MramModel.load(spec).cells((4, 4))[0].toggle_rate
    assert rate / 2**RATE_BITS == pytest.approx(2e-6, rel=1e-5)


def test_a_cell_without_toggle_is_refused() -> None:
    with pytest.raises(ValidityError, match="no toggle"):
        MramModel.load(MramArray(xnor="toggle"))
