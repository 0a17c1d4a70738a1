"""Interrupt a run, resume it, and find the same weights as in a run that was left alone."""

import numpy as np

import bitspin

SETTINGS = {"network": {"hidden": [128]}, "epochs": 5, "seed": 3}


class PullThePlug(bitspin.Progress):
    """Stops the run after two epochs, as Ctrl-C would."""

    def epoch(self, record) -> None:
        """Called at the end of each epoch."""
        print(f"epoch {record.epoch}: {record.accuracy:.2%}")
        if record.epoch == 2:
            raise KeyboardInterrupt


try:
    bitspin.fit(SETTINGS, out="runs/example-interrupted", progress=PullThePlug())
except KeyboardInterrupt:
    print("interrupted")

resumed = bitspin.resume("runs/example-interrupted", threads=1)
left_alone = bitspin.fit(SETTINGS)
print(f"resumed     {resumed.test_accuracy:.2%}")
print(f"left alone  {left_alone.test_accuracy:.2%}")
same = np.array_equal(resumed.model.weights, left_alone.model.weights)
print(f"same weights, bit for bit: {'yes' if same else 'no'}")
assert same
