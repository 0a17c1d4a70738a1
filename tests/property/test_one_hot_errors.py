"""The output errors of a one-hot code, found without scores, are those of the definition.

Few cells a row make few distinct sums, and so equal scores: of two rivals, of rival and label.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from numpy.typing import NDArray

from bitspin.bits import BitMatrix, LayerStep, StepEngine, StepRule, backend_names
from bitspin.bits.engine import NO_BUDGET, PROBABILITY_ONE
from bitspin.encode import one_hot
from bitspin.train import Network
from bitspin.train.definition import define_scores, define_step

# 33 and more need several words a code word; of 70 classes the last word is nearly empty.
CLASSES = (3, 10, 31, 32, 33, 64, 65, 70)
INPUTS = 9
SAMPLES = 256
# Leads are even: an odd margin lies between two of them, an even one upon a lead.
MARGINS = (0, 1, 2, 3, 4)
EVERY_ERROR_FLIPS = LayerStep(0, 0, 0, NO_BUDGET, PROBABILITY_ONE)
SEED = 11


def network_of(classes: int) -> Network:
    return Network.random((INPUTS, classes), BitMatrix.from_bool(one_hot(classes)), SEED)


def samples() -> BitMatrix:
    return BitMatrix.from_bool(np.random.default_rng(1).random((SAMPLES, INPUTS)) < 0.5)


def scores_of(network: Network) -> NDArray[np.int64]:
    return define_scores(
        [network.layer(0).to_signs()], network.code.to_signs(), samples().to_signs()
    )


def labels_of(network: Network) -> NDArray[np.uint16]:
    """Labels among the best classes of each sample, so that leads lie about 0; some anywhere."""
    rng = np.random.default_rng(2)
    classes = network.code.rows
    ranked = np.argsort(-scores_of(network), axis=1, kind="stable")
    place = rng.choice([0, 0, 1, 2, classes - 1], SAMPLES) % classes
    return ranked[np.arange(SAMPLES), place].astype(np.uint16)


@pytest.mark.parametrize("classes", CLASSES)
def test_the_samples_reach_every_case(classes: int) -> None:
    network = network_of(classes)
    scores, labels = scores_of(network), labels_of(network)
    leads, ties = set(), {"label first": 0, "rival first": 0, "rivals": 0}
    for row, label in zip(scores, labels.tolist(), strict=True):
        best = max(np.delete(row, label))
        rivals = np.flatnonzero((row == best) & (np.arange(classes) != label))
        leads.add(int(row[label] - best))
        ties["label first"] += row[label] == best and label < rivals[0]
        ties["rival first"] += row[label] == best and label > rivals[0]
        ties["rivals"] += len(rivals) > 1
    assert {-2, 0, 2, 4} <= leads
    assert all(lead % 2 == 0 for lead in leads)
    assert all(ties.values()), ties


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("backend", backend_names())
def test_steps_are_their_definition(backend: str, classes: int, margin: int, threads: int) -> None:
    network = network_of(classes)
    labels = labels_of(network)
    weights = [network.layer(0).to_signs()]
    rule = StepRule(False, margin, (EVERY_ERROR_FLIPS,))
    engine = StepEngine(
        network.widths, network.weights, network.code, SEED, SAMPLES, threads, backend
    )
    rng = np.random.default_rng(3)
    # The second step finds the errors of the first in its memory.
    for step in range(2):
        order = rng.permutation(SAMPLES).astype(np.uint32)
        tally = engine.step(samples(), labels, order, step, rule)
        expected = define_step(
            weights,
            network.code.to_signs(),
            samples().to_signs()[order],
            labels[order],
            rule,
            SEED,
            step,
        )
        assert asdict(tally).items() <= asdict(expected).items()
        assert step > 0 or 0 < tally.active < SAMPLES
        np.testing.assert_array_equal(network.layer(0).to_signs(), weights[0])
