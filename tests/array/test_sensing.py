"""What differing resistances do to a sum: closed forms against every junction by itself."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bitspin.array import MramArray, MramModel, UnpackedMram
from bitspin.array.sensing import ReadSpread, misread_errors, read_spread, summed_errors
from bitspin.errors import ValidityError

ROWS, CELLS, SAMPLES = 400, 200, 300


def model_of(**fields) -> MramModel:
    return MramModel.load(MramArray(**fields))


def sensed_errors(model: MramModel) -> np.ndarray:
    """Errors (B, N) of sums that an array of single junctions senses."""
    rng = np.random.default_rng(3)
    stored = rng.choice([-1, 1], (ROWS, CELLS))
    inputs = rng.choice([-1, 1], (SAMPLES, CELLS))
    array = UnpackedMram(model, stored, 0, 0.5, rng)
    return array.multiply_accumulate(inputs) - inputs @ stored.T


@pytest.mark.parametrize("tmr_d2d_ratio", [0.0, 0.2])
@pytest.mark.parametrize(
    ("sensing", "resistance_d2d_ratio"), [("sum", 0.03), ("sum", 0.08), ("product", 0.15)]
)
@pytest.mark.parametrize(
    ("device", "xnor"), [("mtj-sot", "complementary"), ("vcma-toggle", "toggle")]
)
def test_offsets_and_noise_are_those_of_single_junctions(
    device, xnor, sensing, resistance_d2d_ratio, tmr_d2d_ratio
) -> None:
    """400 rows know a deviation to 4 %; first order is good to some more. 15 % off is too far."""
    model = model_of(
        device=device,
        xnor=xnor,
        sensing=sensing,
        resistance_d2d_ratio=resistance_d2d_ratio,
        tmr_d2d_ratio=tmr_d2d_ratio,
        toggle_error_rate=0.0 if xnor == "toggle" else None,
    )
    errors = sensed_errors(model)
    by_row = errors.mean(axis=0)
    fixed, varying = by_row.std(), (errors - by_row).std()
    rounding = 1 / 12  # the oracle gives whole numbers
    stated = model.read_spread
    assert fixed == pytest.approx(math.sqrt(CELLS * stated.fixed), rel=0.12)
    assert varying == pytest.approx(math.sqrt(CELLS * stated.varying + rounding), rel=0.12)


def test_the_packed_array_has_these_offsets_and_this_noise() -> None:
    equal = {"resistance_d2d_ratio": 0.0, "tmr_d2d_ratio": 0.0}
    differing = model_of(sensing="sum", resistance_d2d_ratio=0.1, tmr_d2d_ratio=0.0)
    alike = model_of(sensing="sum", **equal)
    spread = differing.read_spread
    assert not alike.offsets(0, 1000, 784).any()
    offsets = -2.0 * differing.offsets(0, 1000, 784)
    assert offsets.std() == pytest.approx(math.sqrt(784 * spread.fixed), rel=0.07)
    assert differing.sum_noise(784) == pytest.approx(math.sqrt(784 * spread.varying))
    assert differing.cells((784, 10))[0].noise_scale_q8 > 0
    assert alike.cells((784, 10))[0].noise_scale_q8 == 0


def test_sensing_each_product_forgives_the_published_spread() -> None:
    """6.35 % (mtj-sot) misreads one junction in ten million, but moves a sum of 784 by 5.6."""
    assert model_of().sum_noise(784) == 0.0
    assert not model_of().offsets(0, 1000, 784).any()
    by_sum = model_of(sensing="sum")
    total = math.hypot(by_sum.sum_noise(784), math.sqrt(784 * by_sum.read_spread.fixed))
    assert total == pytest.approx(5.6, abs=0.2)


def test_noises_add_up_in_squares() -> None:
    alone = model_of(sensing="sum").sum_noise(500)
    assert model_of(sensing="sum", read_noise=4.0).sum_noise(500) == pytest.approx(
        math.hypot(4.0, alone)
    )


def test_a_failing_toggle_shifts_the_sum_that_it_was_made_for() -> None:
    """WER 1e-3 and 500 inputs of -1 of 1000: half a failure a sum, each a shift by 2."""
    fields = {"device": "vcma-toggle", "xnor": "toggle", "resistance_d2d_ratio": 0.0}
    assert model_of(**fields, toggle_error_rate=1e-3).sum_noise(1000) == pytest.approx(
        math.sqrt(500 * 1e-3 * 4)
    )
    assert model_of(**fields, toggle_error_rate=1e-6).sum_noise(1000) == 0.0  # too rare to show


def test_by_hand() -> None:
    """TMR 1, 10 %: a P junction of G is off by 0.1 G, and half the difference is 0.25 G."""
    errors = summed_errors(1.0, 0.1, 0.0)
    assert math.sqrt(errors.parallel) == pytest.approx(0.1 / 0.25)
    assert math.sqrt(errors.antiparallel) == pytest.approx(0.05 / 0.25)
    spread = read_spread("sum", "complementary", 1.0, 0.1, 0.0)
    assert spread.fixed == spread.varying == pytest.approx((0.4**2 + 0.2**2) / 4)
    # The reference at 0.75 G is 1/3 away in R: 10 deviations of 3.33 %.
    assert misread_errors(1.0, 1 / 30, 0.0).parallel == pytest.approx(4 * 7.62e-24, rel=0.01)


def test_a_toggle_array_reads_both_states_of_one_junction() -> None:
    """Correlated states: more of the error is fixed, less varies; the sum of both is the same."""
    two = read_spread("sum", "complementary", 1.0, 0.1, 0.0)
    one = read_spread("sum", "toggle", 1.0, 0.1, 0.0)
    assert one.fixed > two.fixed == two.varying > one.varying
    assert one.fixed + one.varying == pytest.approx(two.fixed + two.varying)


def test_states_that_cannot_be_told_apart() -> None:
    with pytest.raises(ValidityError, match="TMR at the read voltage: got 0"):
        read_spread("sum", "toggle", 0.0, 0.1, 0.0)
    assert read_spread("sum", "toggle", 0.0, 0.0, 0.0) == ReadSpread(0.0, 0.0)
