"""Time of an epoch in an array with everything wrong, against the ideal array; goal: 2 times.

Both train 784-1000-10 on MNIST with one thread, in turn, three times; the ratio is that of the
fastest. Processor time, so that other work on the machine does not count.
"""

from __future__ import annotations

import sys
import time

from bitspin.array import MramArray, MramModel
from bitspin.config import RunConfig
from bitspin.run.prepare import Prepared, load_dataset, prepare
from bitspin.train import Network, RowBudget, Trainer

GOAL = 2.0
# aihwkit's training of the same network in its own arrays: CPU seconds an epoch at batch 10, as we
# measured it once (the faster of 62 and 81); not measured here.
AIHWKIT_SECONDS = 62.0
EPOCHS = 3

EVERYTHING = MramArray(
    device="vcma-toggle",
    xnor="toggle",
    toggle_error_rate=1e-8,
    stuck_probability=0.001,
    write_error_probability=0.01,
    sense_offset=4,
    read_noise=4,
)


def epoch_seconds(prepared: Prepared, model: MramModel | None) -> float:
    network = Network.random(prepared.widths((1000,)), prepared.code, 0)
    trainer = Trainer(network, RowBudget(), prepared.training, EPOCHS, 0, array=model)
    started = time.process_time()
    for _ in range(EPOCHS):
        trainer.run_epoch()
    return (time.process_time() - started) / EPOCHS


def main() -> None:
    config = RunConfig()
    prepared = prepare(config, load_dataset(config, None))
    model = MramModel.load(EVERYTHING)
    model.class_probabilities(RowBudget().write_probability)  # once per device, not per epoch
    pairs = [(epoch_seconds(prepared, None), epoch_seconds(prepared, model)) for _ in range(3)]
    ideal, real = (min(times) for times in zip(*pairs, strict=True))
    print(f"ideal array      {ideal:.3f} s an epoch")
    print(f"everything on    {real:.3f} s an epoch: {real / ideal:.2f} x (goal: at most {GOAL})")
    print(f"aihwkit, 62 s    {AIHWKIT_SECONDS / real:.0f} x slower (goal: at least 100)")
    sys.exit(real / ideal > GOAL)


if __name__ == "__main__":
    main()
