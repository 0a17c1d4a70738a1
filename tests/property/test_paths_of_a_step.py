"""The shortcuts of a training step, each driven on purpose, give the bits of its definition.

Two errors above a layer are projected without a product; the batch is transposed in slices of 512
units; rows with few ones share the bytes of a matrix tile; threads take tasks from each other.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from bitspin.bits import BitMatrix, LayerStep, StepEngine, StepRule, StepTally, backend_names
from bitspin.bits.engine import NO_BUDGET, PROBABILITY_ONE
from bitspin.encode import make_code
from bitspin.train import Network
from bitspin.train.definition import DefinitionTally, define_step

# Any two of these words differ in two bits, and none is the word of a one-hot code.
PAIRED = BitMatrix.from_bool(~np.eye(4, dtype=np.bool_)[::-1])
ONE_HOT = BitMatrix.from_bool(make_code("onehot", 4, None))
SEED = 7


@dataclass(frozen=True)
class Problem:
    """Random samples of a share of ones, and the batches to be stepped on one after the other."""

    widths: tuple[int, ...]
    code: BitMatrix
    layer: LayerStep
    batches: tuple[int, ...]
    margin: int = 10_000
    ones: float = 0.5

    @property
    def rule(self) -> StepRule:
        return StepRule(False, self.margin, (self.layer,) * (len(self.widths) - 1))

    def samples(self) -> BitMatrix:
        rng = np.random.default_rng(3)
        return BitMatrix.from_bool(rng.random((max(self.batches), self.widths[0])) < self.ones)

    def labels(self) -> NDArray[np.uint16]:
        rng = np.random.default_rng(4)
        return rng.integers(0, self.code.rows, max(self.batches)).astype(np.uint16)

    def network(self) -> Network:
        return Network.random(self.widths, self.code, 5)


def trained(problem: Problem, backend: str, threads: int = 1) -> tuple[Network, list[StepTally]]:
    network = problem.network()
    samples, labels = problem.samples(), problem.labels()
    engine = StepEngine(
        problem.widths, network.weights, problem.code, SEED, samples.rows, threads, backend
    )
    tallies = [
        engine.step(samples, labels, np.arange(batch, dtype=np.uint32), step, problem.rule)
        for step, batch in enumerate(problem.batches)
    ]
    return network, tallies


@cache
def defined(problem: Problem) -> tuple[list[NDArray[np.int64]], list[DefinitionTally]]:
    """Weights after the steps, and what happened in each."""
    network, samples, labels = problem.network(), problem.samples().to_signs(), problem.labels()
    weights = [network.layer(index).to_signs() for index in range(network.layer_count)]
    tallies = [
        define_step(
            weights,
            problem.code.to_signs(),
            samples[:batch],
            labels[:batch],
            problem.rule,
            SEED,
            step,
        )
        for step, batch in enumerate(problem.batches)
    ]
    return weights, tallies


def assert_as_defined(problem: Problem, backend: str, threads: int = 1) -> list[tuple[int, ...]]:
    """Give the flips of each step."""
    network, tallies = trained(problem, backend, threads)
    weights, expected = defined(problem)
    for tally, wanted in zip(tallies, expected, strict=True):
        assert asdict(tally).items() <= asdict(wanted).items()
    for index, matrix in enumerate(weights):
        np.testing.assert_array_equal(network.layer(index).to_signs(), matrix)
    return [tally.flips for tally in tallies]


# They project to +2, 0 or -2; of the square of the dead zone, 2 q**2 / 2**16, the integer root is 1
# for q = 362 and 2 for q = 363.
@pytest.mark.parametrize("backend", backend_names())
@pytest.mark.parametrize("code", [PAIRED, ONE_HOT], ids=["paired", "onehot"])
@pytest.mark.parametrize(("dead_zone_q8", "passes"), [(362, True), (363, False), (364, False)])
def test_two_errors_reach_below_while_the_dead_zone_is_under_root_two(
    dead_zone_q8: int, passes: bool, code: BitMatrix, backend: str
) -> None:
    layer = LayerStep(10_000, dead_zone_q8, 0, 256, PROBABILITY_ONE)
    problem = Problem((70, 65, 33, 4), code, layer, batches=(40, 33))
    for below, above, last in assert_as_defined(problem, backend):
        assert (below > 0, above > 0, last > 0) == (passes, passes, True)


@pytest.mark.parametrize("backend", backend_names())
@pytest.mark.parametrize("threads", [1, 2, 3, 40])
def test_layers_of_several_slices(threads: int, backend: str) -> None:
    layer = LayerStep(20, 256, 0, 3 * 256 + 77, PROBABILITY_ONE // 2)
    problem = Problem((1040, 600, 513, 4), PAIRED, layer, batches=(75, 32))
    assert np.all(assert_as_defined(problem, backend, threads))


@pytest.mark.parametrize("widths", [(1, 4), (40, 4), (1, 1, 1, 4)], ids=str)
@pytest.mark.parametrize("threads", [2, 16])
def test_more_threads_than_tasks(threads: int, widths: tuple[int, ...]) -> None:
    layer = LayerStep(10_000, 0, 0, NO_BUDGET, PROBABILITY_ONE // 2)
    problem = Problem(widths, ONE_HOT, layer, batches=(20, 1) * 5)
    assert np.any(assert_as_defined(problem, "auto", threads))
    network, _ = trained(problem, "auto")
    alone, _ = network.predict(problem.samples(), 1)
    together, _ = network.predict(problem.samples(), threads)
    np.testing.assert_array_equal(together, alone)


# Rows of 16 % ones, as in MNIST, share bytes: each has about 125. At 30 % some have more than the
# 250 that a share of a byte can count, and are split.
@pytest.mark.parametrize("backend", backend_names())
@pytest.mark.parametrize(("ones", "threads"), [(0.16, 1), (0.16, 2), (0.3, 2)])
def test_sparse_samples(ones: float, threads: int, backend: str) -> None:
    layer = LayerStep(20, 256, 2, 10 * 256 + 77, PROBABILITY_ONE // 2)
    code = BitMatrix.from_bool(make_code("onehot", 10, None))
    problem = Problem((784, 70, 10), code, layer, batches=(500, 700, 513), ones=ones)
    assert np.all(assert_as_defined(problem, backend, threads))
