"""Eight classes of cells train as if every cell had a probability of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from bitspin.array import MramArray, MramModel
from bitspin.array.classes import cell_probabilities
from bitspin.array.definition import DefinedArray
from bitspin.bits import BitMatrix, CellArray, StepEngine
from bitspin.bits.engine import PROBABILITY_ONE
from bitspin.encode import make_code
from bitspin.train import Network, RowBudget
from bitspin.train.definition import define_scores, define_step
from bitspin.train.rule import Geometry

WIDTHS = (81, 33, 4)
BATCH, STEPS = 50, 80
CODE = BitMatrix.from_bool(make_code("onehot", 4, None))
# Many pulses a row, so that cells that never switch are asked again and again.
RULE = RowBudget(
    batch=BATCH, batch_end=BATCH, budget=4, budget_end=4, output_budget=2, output_budget_end=2
)


@dataclass(frozen=True)
class Outcome:
    """What a training came to."""

    accuracy: float
    pulses: int
    flips: int


class SingleCells(DefinedArray):
    """Cells without classes: ``probability_q31[layer][row, cell]`` is the chance of each."""

    def pulse_groups(
        self, layer: int, row: int, fan_in: int, pulsed: list[int]
    ) -> Iterator[tuple[list[int], int]]:
        for cell in pulsed:
            yield [cell], int(self.probability_q31[layer][row, cell])


@pytest.fixture(scope="module")
def noisy_toy() -> tuple[BitMatrix, np.ndarray]:
    """One random image a class, a quarter of the pixels wrong in every copy."""
    rng = np.random.default_rng(5)
    images = rng.random((4, 81)) < 0.5
    labels = rng.integers(0, 4, 500).astype(np.uint16)
    return BitMatrix.from_bool(images[labels] ^ (rng.random((500, 81)) < 0.25)), labels


def steps(seed: int) -> Iterator[tuple[int, np.ndarray, object]]:
    """Give number, samples and rule of each step."""
    geometry = Geometry(widths=WIDTHS, code_distance=2)
    for step in range(STEPS):
        order = np.random.default_rng((seed, step)).permutation(500)[:BATCH].astype(np.uint32)
        yield step, order, RULE.step_rule(geometry, BATCH, step / STEPS)


def model_of(classes: int, seed: int) -> MramModel:
    return MramModel.load(MramArray(cell_classes=classes, device_seed=seed))


def train_packed(toy, classes: int, seed: int) -> Outcome:
    """Train in the core."""
    samples, labels = toy
    model, network = model_of(classes, seed), Network.random(WIDTHS, CODE, seed)
    cells = CellArray(WIDTHS, model.cells(WIDTHS))
    engine = StepEngine(WIDTHS, network.weights, CODE, seed, 2 * BATCH)
    engine.attach(cells)
    for layer in range(2):
        cells.set_bias(layer, model.class_probabilities_q31(PROBABILITY_ONE // 2))
    tallies = [engine.step(samples, labels, order, n, rule) for n, order, rule in steps(seed)]
    right = network.predict(samples)[0] == labels
    return outcome(right, tallies)


def train_single(toy, seed: int) -> Outcome:
    """Train by the definition, with a probability for each cell."""
    samples, labels = toy
    model, network = model_of(1, seed), Network.random(WIDTHS, CODE, seed)
    each = cell_probabilities(model.classes.cells, model.voltage_v(0.5), model.pulse_width_s, 300.0)
    chances = []
    for layer, (cells, rows) in enumerate(itertools.pairwise(WIDTHS)):
        quantile = model.cell_words(layer, rows, cells).astype(np.uint64) * np.uint64(len(each))
        chances.append(np.rint(each[quantile >> np.uint64(32)] * PROBABILITY_ONE).astype(np.int64))
    array = SingleCells(model.cells(WIDTHS), chances)
    weights = [network.layer(layer).to_signs() for layer in range(2)]
    tallies = [
        define_step(
            weights, CODE.to_signs(), samples.to_signs()[order], labels[order], rule, seed, n, array
        )
        for n, order, rule in steps(seed)
    ]
    right = define_scores(weights, CODE.to_signs(), samples.to_signs()).argmax(axis=1) == labels
    return outcome(right, tallies)


def outcome(right, tallies) -> Outcome:
    return Outcome(
        float(right.mean()),
        sum(sum(tally.pulses) for tally in tallies),
        sum(sum(tally.flips) for tally in tallies),
    )


def switching(outcomes: list[Outcome]) -> float:
    return sum(one.flips for one in outcomes) / sum(one.pulses for one in outcomes)


def test_eight_classes_train_as_single_cells_do(noisy_toy) -> None:
    """Two chips, 20,000 pulses: their share that switches is known to 0.0035.

    Pulses go to the cells that did not switch before, so that the share falls below one half. One
    common probability does not know that.
    """
    seeds = (0, 1)
    single = [train_single(noisy_toy, seed) for seed in seeds]
    packed = {
        classes: [train_packed(noisy_toy, classes, seed) for seed in seeds] for classes in (1, 8)
    }
    assert single[0].accuracy > 0.97
    for one, eight in zip(single, packed[8], strict=True):
        assert eight.accuracy == pytest.approx(one.accuracy, abs=0.015)
    assert switching(packed[8]) == pytest.approx(switching(single), abs=4 * 0.0035)
    assert switching(packed[1]) > switching(single) + 4 * 0.0035
