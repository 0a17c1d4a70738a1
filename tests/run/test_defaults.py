"""Default settings do well on data they were not tuned on."""

from __future__ import annotations

import numpy as np
import pytest

from bitspin.data import Dataset
from bitspin.run import fit

CLASSES = 10


@pytest.fixture(scope="module")
def blobs() -> Dataset:
    """1,500 grey 12 x 12 images of soft spots: three of ten places a class, jittered and noisy."""
    rng = np.random.default_rng(0)
    centres = rng.uniform(2, 10, (CLASSES, 3, 2))
    grid = np.stack(np.meshgrid(np.arange(12), np.arange(12), indexing="ij"), axis=-1)

    def draw(count: int):
        labels = np.arange(count) % CLASSES
        spots = centres[labels] + rng.normal(0, 0.5, (count, 3, 2))
        distance = ((grid[None, None] - spots[:, :, None, None]) ** 2).sum(axis=-1)
        light = np.exp(-distance / 3).max(axis=1) + rng.normal(0, 0.1, (count, 12, 12))
        return (255 * light.clip(0, 1)).astype(np.uint8), labels

    return Dataset("blobs", *draw(1500), *draw(500))


@pytest.fixture(scope="module")
def table() -> Dataset:
    """1,500 feature vectors: ten clouds in twenty features of very different scales."""
    rng = np.random.default_rng(1)
    centres, scales = rng.normal(size=(CLASSES, 20)), 10.0 ** rng.uniform(-4, 4, 20)

    def draw(count: int):
        labels = np.arange(count) % CLASSES
        return (centres[labels] + 0.6 * rng.normal(size=(count, 20))) * scales, labels

    return Dataset("table", *draw(1500), *draw(500))


@pytest.mark.parametrize("name", ["blobs", "table"])
def test_defaults_learn_other_data(name, request):
    run = fit(data=request.getfixturevalue(name))
    assert run.result.epochs == 24
    assert run.test_accuracy > 0.9
