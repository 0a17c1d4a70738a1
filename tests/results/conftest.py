"""A small checkpoint."""

from __future__ import annotations

import numpy as np
import pytest

from bitspin.results import Checkpoint


@pytest.fixture
def checkpoint() -> Checkpoint:
    arrays = {"layer0": np.arange(9, dtype=np.uint8), "scale": np.float32([0.5, -1.25])}
    return Checkpoint(arrays, {"widths": [8, 9], "position": {"epoch": 3, "step": 17}})
