"""Chances of the row rule, with fixed seeds and tolerances from the binomial law."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bitspin.bits import BitMatrix, _core, derive_key, random_words
from bitspin.bits.engine import NO_BUDGET, PROBABILITY_ONE

# A right sampler fails one such comparison in 150 000; all of them are made with fixed seeds.
SIGMAS = 4.5
OFF = 1.15
DOMAIN = 0x7E57

PROBABILITIES = [0.02, 0.5, 0.9]


def assert_binomial(successes, trials: int, probability: float) -> None:
    """Each count is a plausible number of successes."""
    spread = math.sqrt(trials * probability * (1 - probability))
    distance = np.abs(np.asarray(successes) - trials * probability).max()
    assert distance <= SIGMAS * spread, f"{distance:.1f} off, {SIGMAS * spread:.1f} allowed"


def assert_binomial_variance(counts, trials: int, probability: float) -> None:
    """The counts scatter as numbers of successes of independent trials do."""
    variance = trials * probability * (1 - probability)
    excess = (1 - 6 * probability * (1 - probability)) / variance
    spread = variance * math.sqrt(2 / (len(counts) - 1) + excess / len(counts))
    distance = abs(np.var(counts, ddof=1) - variance)
    assert distance <= SIGMAS * spread, f"{distance:.2f} off, {SIGMAS * spread:.2f} allowed"


def assert_uniform(counts, trials: int, probability: float) -> None:
    """Cells that are chosen together, `probability` of all cells each time, are chosen equally.

    Pearson's statistic; fixing the number of choices a trial shrinks it by the factor below.
    """
    cells = len(counts)
    expected = trials * probability
    statistic = ((np.asarray(counts) - expected) ** 2).sum() / expected
    statistic *= (cells - 1) / (cells * (1 - probability))
    limit = cells - 1 + SIGMAS * math.sqrt(2 * (cells - 1))
    assert statistic <= limit, f"chi-square {statistic:.0f}, {limit:.0f} allowed"


def pulse_rows(rows: int, q: np.ndarray, budget_q8: int, probability: float):
    """Pulses and flips of many rows with the same q; truth values of shape (rows, cells)."""
    zeros = np.zeros(-(-q.size // 32), np.uint32)
    q31 = round(probability * PROBABILITY_ONE)
    results = [
        _core.pulse_row(q, zeros, 0, budget_q8, q31, derive_key(2026, row, DOMAIN), "auto")
        for row in range(rows)
    ]
    words = (np.array([result[part] for result in results]) for part in (0, 1))
    pulses, flips = (BitMatrix(rows_of_words, q.size).to_bool() for rows_of_words in words)
    return pulses, flips


@pytest.fixture(scope="module", params=PROBABILITIES)
def written(request: pytest.FixtureRequest):
    """A probability, and what 6000 rows of 100 pulsed cells did at it."""
    pulses, flips = pulse_rows(6000, np.ones(100, np.uint16), NO_BUDGET, request.param)
    assert pulses.all()
    return request.param, flips


# ---- writes --------------------------------------------------------------------------------------


def test_flips_are_as_many_as_the_probability_says(written) -> None:
    probability, flips = written
    assert_binomial(flips.sum(), flips.size, probability)


def test_flips_of_a_row_scatter_as_independent_ones(written) -> None:
    probability, flips = written
    assert_binomial_variance(flips.sum(axis=1), flips.shape[1], probability)


def test_every_cell_flips_as_often(written) -> None:
    probability, flips = written
    assert_binomial(flips.sum(axis=0), len(flips), probability)


def test_neighbours_flip_independently(written) -> None:
    probability, flips = written
    both = flips[:, 0::2] & flips[:, 1::2]
    assert_binomial(both.sum(), both.size, probability**2)


def test_long_waits_outlive_the_table_of_gaps() -> None:
    # At p = 0.002 most waits are longer than the table's 32 pulses.
    _, flips = pulse_rows(100, np.ones(10_000, np.uint16), NO_BUDGET, 0.002)
    assert_binomial(flips.sum(), flips.size, 0.002)
    assert_binomial(flips[:, :32].sum(), flips[:, :32].size, 0.002)


# ---- choices -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ties", "wanted"), [(40, 5), (40, 39), (100, 50)])
def test_ties_are_chosen_uniformly(ties: int, wanted: int) -> None:
    # Two cells beyond the ties take two pulses of the budget; one below gets none.
    q = np.concatenate([[3], np.full(ties, 7), [9, 9]]).astype(np.uint16)
    pulses, _ = pulse_rows(4000, q, (wanted + 2) * 256, 0.5)
    assert not pulses[:, 0].any()
    assert pulses[:, -2:].all()
    chosen = pulses[:, 1:-2]
    assert (chosen.sum(axis=1) == wanted).all()
    assert_binomial(chosen.sum(axis=0), len(chosen), wanted / ties)
    assert_uniform(chosen.sum(axis=0), len(chosen), wanted / ties)
    both = chosen[:, 0::2] & chosen[:, 1::2]
    pair_probability = wanted * (wanted - 1) / (ties * (ties - 1))
    assert_binomial(both.sum(axis=0), len(chosen), pair_probability)


@pytest.mark.parametrize("budget_q8", [1, 77, 128, 255, 3 * 256 + 77])
def test_a_fractional_budget_is_the_chance_of_one_more(budget_q8: int) -> None:
    whole, fraction = divmod(budget_q8, 256)
    pulses, _ = pulse_rows(20_000, np.ones(10, np.uint16), budget_q8, 0.5)
    extra = pulses.sum(axis=1) - whole
    assert set(extra.tolist()) == {0, 1}
    assert_binomial(extra.sum(), len(extra), fraction / 256)


def test_every_bit_of_a_random_word_is_fair() -> None:
    words = random_words(2026, 50_000)
    ones = np.unpackbits(words.view(np.uint8).reshape(-1, 4), axis=1, bitorder="little")
    assert_binomial(ones.sum(axis=0), len(words), 0.5)


# ---- the assertions themselves -------------------------------------------------------------------


@pytest.mark.parametrize("probability", PROBABILITIES)
@pytest.mark.parametrize("factor", [OFF, 1 / OFF])
def test_a_sampler_15_percent_off_is_rejected(probability: float, factor: float) -> None:
    wrong = min(probability * factor, 1.0)
    flips = np.random.default_rng(1).random((6000, 100)) < wrong
    with pytest.raises(AssertionError, match="allowed"):
        assert_binomial(flips.sum(), flips.size, probability)


@pytest.mark.parametrize("probability", PROBABILITIES)
def test_a_scatter_15_percent_too_wide_is_rejected(probability: float) -> None:
    counts = np.random.default_rng(1).binomial(100, probability, 6000)
    assert_binomial_variance(counts, 100, probability)
    wide = counts.mean() + math.sqrt(OFF) * (counts - counts.mean())
    with pytest.raises(AssertionError, match="allowed"):
        assert_binomial_variance(wide, 100, probability)


def test_a_choice_that_prefers_early_ties_by_15_percent_is_rejected() -> None:
    rng = np.random.default_rng(1)
    weights = np.linspace(OFF, 1 / OFF, 40)
    # The 5 smallest of exponential waits are a weighted choice without replacement.
    waits = rng.exponential(1 / weights, (4000, 40))
    counts = np.bincount(waits.argsort(axis=1)[:, :5].ravel(), minlength=40)
    with pytest.raises(AssertionError, match="chi-square"):
        assert_uniform(counts, 4000, 5 / 40)


def test_a_fair_choice_is_accepted() -> None:
    waits = np.random.default_rng(1).random((4000, 40))
    counts = np.bincount(waits.argsort(axis=1)[:, :5].ravel(), minlength=40)
    assert_uniform(counts, 4000, 5 / 40)
