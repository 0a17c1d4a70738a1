"""What a device's memory is enough for, simulated bit for bit on the host."""

from __future__ import annotations

import numpy as np
import pytest

from bitspin.bits import BitMatrix, derive_key, permutation
from bitspin.encode import make_code
from bitspin.export.memory import fixed_ram_bytes, relearner_items, weight_bytes
from bitspin.export.schedule import ScheduledRule, geometry_of
from bitspin.export.simulation import learn_in_order
from bitspin.train import Network, RowBudget
from bitspin.train.rule import geometric

WIDTHS = (784, 256, 10)
KEPT, GROUP, EPOCHS = 1024, 8, 60


@pytest.mark.slow
def test_mnist_from_scratch_within_64_kilobytes(digits) -> None:
    ram = weight_bytes(WIDTHS) + sum(relearner_items(WIDTHS, 10, KEPT, GROUP).values())
    assert ram + fixed_ram_bytes(WIDTHS, learns=True) + 256 <= 64 << 10
    samples = BitMatrix.from_bool(digits.x_train.reshape(-1, 784) > 50)
    labels = digits.y_train.astype(np.uint16)
    code = BitMatrix.from_bool(make_code("onehot", 10, None))
    network = Network.random(WIDTHS, code, 0)
    rule, geometry = RowBudget(margin=2.0), geometry_of(WIDTHS, code)
    step = 0
    for epoch in range(EPOCHS):
        progress = (epoch + 0.5) / EPOCHS
        batch = round(geometric(512, 8192, progress))
        schedule = (ScheduledRule(0, batch, rule.step_rule(geometry, batch, progress)),)
        order = permutation(derive_key(0, epoch, 0x101), 60000)
        course = learn_in_order(
            network, samples, labels, schedule, 7, KEPT, first_step=step, order=order
        )
        step += sum(1 for _ in course)
    test = BitMatrix.from_bool(digits.x_test.reshape(-1, 784) > 50)
    accuracy = float(np.mean(network.predict(test)[0] == digits.y_test))
    print(f"test accuracy {100 * accuracy:.2f} % after {step} updates in {ram} bytes")
    assert accuracy >= 0.95
