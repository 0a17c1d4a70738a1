"""Events on a 4 x 4 array, counted by hand."""

from __future__ import annotations

import numpy as np

from bitspin.array import MramArray, MramModel, OpCounts, UnpackedMram
from bitspin.array.counts import layer_counts
from bitspin.bits import DisturbTally
from bitspin.device import load_device

STORED = np.array([[1, 1, -1, -1], [1, -1, 1, -1], [1, 1, 1, 1], [-1, -1, -1, -1]])
# Two samples: three and one inputs of -1.
INPUTS = np.array([[1, -1, -1, -1], [1, 1, 1, -1]])
# One error of each sign in the first sample, none in the second.
ERRORS = np.array([[1, 0, -1, 0], [0, 0, 0, 0]])


def exact_array() -> UnpackedMram:
    spec = MramArray(device="vcma-toggle", xnor="toggle", toggle_error_rate=0)
    model = MramModel(spec, load_device("vcma-toggle", {"read_critical_voltage_v": 10.0}))
    return UnpackedMram(model, STORED, 1, 0.5, np.random.default_rng(1))


def test_hand_count() -> None:
    array = exact_array()
    np.testing.assert_array_equal(array.multiply_accumulate(INPUTS), INPUTS @ STORED.T)
    np.testing.assert_array_equal(array.transposed_multiply_accumulate(ERRORS), ERRORS @ STORED)
    pulses = np.zeros((4, 4), np.bool_)
    pulses[0, :3] = True
    switched = array.write(pulses)
    np.testing.assert_array_equal(array.read(), np.where(switched, -STORED, STORED))
    expected = OpCounts(
        products=2 * 16,
        senses=2 * 4,
        toggles=2 * (3 + 1) * 4 + 2 * 1 * 4,
        backward_products=2 * 4,
        backward_senses=1 * 4,
        pulses=3,
        flips=int(switched.sum()),
    )
    assert array.counts == expected


def test_packed_step_counts_the_same() -> None:
    tally = DisturbTally(minus=(0, 4), errors=(0, 2), error_minus=(0, 1), disturbed=(0, 0))
    _, second = layer_counts((4, 4, 4), 2, 1, (0, 3), (0, 2), tally)
    assert second == OpCounts(
        products=32,
        senses=8,
        toggles=40,
        backward_products=8,
        backward_senses=4,
        gradient_products=8,
        pulses=3,
        flips=2,
    )


def test_first_layer_is_not_projected_back() -> None:
    tally = DisturbTally(minus=(4,), errors=(2,), error_minus=(1,), disturbed=(0,))
    (only,) = layer_counts((4, 4), 2, 1, (0,), (0,), tally)
    assert (only.backward_products, only.backward_senses, only.toggles) == (0, 0, 32)
