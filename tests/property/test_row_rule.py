"""Which cells of a row get a pulse, and which of them switch: the core is its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitspin.bits import BitMatrix, LayerStep, _core, backend_names
from bitspin.bits.engine import NO_BUDGET, PROBABILITY_ONE
from bitspin.train.definition import RandomStream, select_pulses, write_pulses

CELLS = st.sampled_from([1, 15, 31, 32, 33, 64, 65, 100, 784])
BUDGETS = st.one_of(
    st.sampled_from([0, 1, 255, 256, 257, 40 * 256, NO_BUDGET]), st.integers(0, 30 * 256)
)
PROBABILITIES = st.one_of(
    st.sampled_from([0, 1 << 20, PROBABILITY_ONE // 50, PROBABILITY_ONE // 2, PROBABILITY_ONE]),
    st.integers(1 << 22, PROBABILITY_ONE),
)


@st.composite
def rows(draw: st.DrawFn):
    """q and weights of a row; few distinct values make many ties."""
    cells = draw(CELLS)
    distinct = draw(st.sampled_from([[0], [9], [0, 9], [3, 4, 5], range(60), [0, 32766, 32767]]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.choice(np.array(distinct), cells), rng.random(cells) < 0.5


@st.composite
def layers(draw: st.DrawFn) -> LayerStep:
    floor = draw(st.sampled_from([0, 3, 4, 8, 9, 30, 32766, 32767, 65535]))
    return LayerStep(0, 0, floor, draw(BUDGETS), draw(PROBABILITIES))


def pulse_row(q, weights, layer: LayerStep, key: int, backend: str = "auto"):
    """Cells that get a pulse and cells that switch, as truth values."""
    row = BitMatrix.from_bool(weights[None]).words[0]
    result = _core.pulse_row(
        q.astype(np.uint16), row, layer.floor, layer.budget_q8, layer.probability_q31, key, backend
    )
    pulsed, after = (BitMatrix(words[None], q.size).to_bool()[0] for words in result)
    return pulsed, after != weights


def assert_is_its_definition(q, weights, layer: LayerStep, key: int, backend: str) -> None:
    stream = RandomStream((key & 0xFFFFFFFF, key >> 32))
    pulses = select_pulses(q, layer, stream)
    switched = write_pulses(pulses, layer.probability_q31, stream)
    pulsed, flipped = pulse_row(q, weights, layer, key, backend)
    assert np.flatnonzero(pulsed).tolist() == pulses
    assert np.flatnonzero(flipped).tolist() == switched


@pytest.mark.parametrize("backend", backend_names())
@settings(max_examples=300)
@given(row=rows(), layer=layers(), key=st.integers(0, 2**64 - 1))
def test_pulses_and_flips(row, layer: LayerStep, key: int, backend: str) -> None:
    assert_is_its_definition(*row, layer, key, backend)


@pytest.mark.parametrize("backend", backend_names())
@pytest.mark.parametrize("wait", [20, 33, 100, 2000])
def test_waits_longer_than_the_table_of_gaps(wait: int, backend: str) -> None:
    layer = LayerStep(0, 0, 0, NO_BUDGET, PROBABILITY_ONE // wait)
    for key in range(3):
        assert_is_its_definition(np.ones(6000), np.zeros(6000, np.bool_), layer, key, backend)


@settings(max_examples=300)
@given(row=rows(), layer=layers(), key=st.integers(0, 2**64 - 1))
def test_what_every_choice_must_respect(row, layer: LayerStep, key: int) -> None:
    q, weights = row
    pulsed, flipped = pulse_row(q, weights, layer, key)
    candidates = q > layer.floor
    assert not (flipped & ~pulsed).any()
    assert not (pulsed & ~candidates).any()
    if layer.budget_q8 == NO_BUDGET:
        assert pulsed.sum() == candidates.sum()
    else:
        least = min(candidates.sum(), layer.budget_q8 // 256)
        most = min(candidates.sum(), -(-layer.budget_q8 // 256))
        assert least <= pulsed.sum() <= most
    spared = candidates & ~pulsed
    if pulsed.any() and spared.any():
        assert q[spared].max() <= q[pulsed].min()
    if layer.probability_q31 == 0:
        assert not flipped.any()
    if layer.probability_q31 == PROBABILITY_ONE:
        np.testing.assert_array_equal(flipped, pulsed)
