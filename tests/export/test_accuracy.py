"""What a device's memory is enough for, simulated bit for bit on the host."""

from __future__ import annotations

import numpy as np
import pytest

from bitspin.bits import BitMatrix
from bitspin.encode import make_code
from bitspin.export.plan import plan_device
from bitspin.export.schedule import geometry_of, mean_batch, sample_schedule
from bitspin.export.simulation import learn_in_order
from bitspin.export.targets import TARGETS
from bitspin.train import Network, RowBudget

WIDTHS = (784, 256, 10)
RAM_BYTES = 64 << 10
BATCH, BATCH_END, EPOCHS = 512, 8192, 60


@pytest.mark.slow
def test_mnist_from_scratch_within_64_kilobytes(digits) -> None:
    plan = plan_device(
        WIDTHS,
        10,
        TARGETS["cortex-m4"],
        batch=None,
        ram_bytes=RAM_BYTES,
        clock_hz=64e6,
        group=8,
    )
    assert plan.ram_bytes <= RAM_BYTES
    samples = BitMatrix.from_bool(digits.x_train.reshape(-1, 784) > 50)
    code = BitMatrix.from_bool(make_code("onehot", 10, None))
    network = Network.random(WIDTHS, code, 0)
    schedule = sample_schedule(
        RowBudget(),
        geometry_of(WIDTHS, code),
        batch=BATCH,
        batch_end=BATCH_END,
        steps=round(EPOCHS * samples.rows / mean_batch(BATCH, BATCH_END)),
    )
    order = np.tile(np.arange(samples.rows, dtype=np.uint32), EPOCHS)
    labels = digits.y_train.astype(np.uint16)
    for _ in learn_in_order(network, samples, labels, schedule, 0, plan.largest_batch, order=order):
        pass
    test = BitMatrix.from_bool(digits.x_test.reshape(-1, 784) > 50)
    accuracy = float(np.mean(network.predict(test)[0] == digits.y_test))
    assert accuracy >= 0.95
