"""The stream of random numbers has a number, and kept results are only taken for their own."""

from __future__ import annotations

import hashlib

import pytest

from bitspin.run import fit
from bitspin.version import STREAM

# Of the weights after two epochs. If training is meant to come to other weights, raise STREAM in
# version.py, put the new values here, and say so in the changelog.
WEIGHTS = {
    1: {
        "row-budget": "b1e103705aa07d2f",
        "plain": "443ba3f05f6e6bd4",
        "mram": "b9489216f628a415",
    }
}

CONFIGS = {
    "row-budget": {},
    "plain": {"rule": {"mode": "plain"}},
    "mram": {"array": {"kind": "mram", "stuck_probability": 0.01, "read_noise": 2.0}},
}


@pytest.mark.parametrize("backend", ["ref", "auto"])
@pytest.mark.parametrize("name", CONFIGS)
def test_the_same_stream_comes_to_the_same_weights(name, backend, tiny_images):
    config = {"network": {"hidden": [40]}, "epochs": 2, "seed": 5, **CONFIGS[name]}
    run = fit(config, data=tiny_images, threads=1, backend=backend)
    digest = hashlib.sha256()
    for _, array in sorted(run.model.to_arrays().items()):
        digest.update(array.tobytes())
    assert digest.hexdigest()[:16] == WEIGHTS[STREAM][name]
