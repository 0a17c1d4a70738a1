"""Pulses of single cells, counted by doing a training again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bitspin.errors import StoreError
from bitspin.run import fit
from bitspin.run.wear import count_wear
from bitspin.train import Network

SETTINGS = {"network": {"hidden": [24]}, "epochs": 3, "seed": 4}


@pytest.mark.parametrize("array", [{}, {"kind": "mram", "stuck_probability": 0.1}])
def test_counts_add_up_and_only_pulsed_cells_have_flipped(tiny_images, array):
    run = fit({**SETTINGS, "array": array}, data=tiny_images)
    first = Network.random(run.model.widths, run.model.code, run.config.seed)
    for layer, counts in enumerate(count_wear(run, tiny_images)):
        assert counts.sum() == sum(epoch.pulses[layer] for epoch in run.epochs)
        changed = first.layer(layer).to_bool() != run.model.layer(layer).to_bool()
        assert counts.shape == changed.shape
        if not array:  # stuck cells differ from the first weights without a pulse
            assert (counts[changed] > 0).all()
            assert changed.any()


def test_the_most_written_cell_is_the_one_that_the_run_noted(tiny_images):
    run = fit({**SETTINGS, "array": {"kind": "mram"}}, data=tiny_images)
    most = max(int(counts.max()) for counts in count_wear(run, tiny_images))
    assert most == run.result.most_pulses


def test_threads_do_not_matter(tiny_images):
    run = fit(SETTINGS, data=tiny_images)
    for one, two in zip(
        count_wear(run, tiny_images, 1), count_wear(run, tiny_images, 2), strict=True
    ):
        np.testing.assert_array_equal(one, two)


def test_other_weights_are_noticed(tiny_images):
    run = fit(SETTINGS, data=tiny_images)
    weights = run.model.weights.copy()
    weights[0] ^= 1
    changed = replace(run, model=replace(run.model, weights=weights))
    with pytest.raises(StoreError, match="other weights from the same training"):
        count_wear(changed, tiny_images)
