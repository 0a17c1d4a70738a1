"""Train on the shipped MNIST, keep the run, and look at the digits it gets wrong."""

import numpy as np

import bitspin

run = bitspin.fit(
    {"network": {"hidden": [256]}, "epochs": 4, "seed": 1},
    out="runs/example-mnist",
)
print(f"network        {'-'.join(str(width) for width in run.model.widths)}")
print(f"test accuracy  {run.test_accuracy:.2%}")
print(f"training state {run.result.state_bytes:,} bytes for {run.result.weight_count:,} weights")
for epoch in run.epochs:
    print(f"epoch {epoch.epoch}: {epoch.accuracy:.2%}, {sum(epoch.flips):,} flips")

mnist = bitspin.load("mnist")
classes = run.predict(mnist.x_test)
wrong = np.flatnonzero(classes != mnist.y_test)
first = wrong[0]
print(
    f"\n{len(wrong)} of {len(classes)} are wrong. Number {first} is a {mnist.y_test[first]}, ",
    end="",
)
print(f"taken for a {classes[first]}:")
for row in mnist.x_test[first, 3:25:2]:
    print("".join("#" if pixel > 127 else "." for pixel in row))
