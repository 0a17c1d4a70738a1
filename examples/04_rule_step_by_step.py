"""One training step, by the definition in plain NumPy and by the C core, bit by bit.

A tiny network: 8 inputs, 4 hidden units, 3 classes. Six samples go through it; each neuron may send
one write pulse, and a pulse flips its cell with a chance of 0.75. The definition and the core
must flip the same cells.
"""

import numpy as np

from bitspin.bits import BitMatrix, LayerStep, StepEngine, StepRule
from bitspin.bits.engine import PROBABILITY_ONE
from bitspin.encode import one_hot
from bitspin.train import Network
from bitspin.train.definition import (
    define_scores,
    define_step,
    define_sums,
    project_back,
    rival_errors,
)

SEED = 11
WIDTHS = (8, 4, 3)


def show(title: str, values: np.ndarray) -> None:
    """Print a matrix of -1, 0 and +1 as -, . and +."""
    print(title)
    for row in values:
        print("   " + " ".join("-.+"[value + 1] for value in row))


network = Network.random(WIDTHS, BitMatrix.from_bool(one_hot(WIDTHS[-1])), SEED)
rng = np.random.default_rng(SEED)
samples = BitMatrix.from_bool(rng.random((6, WIDTHS[0])) < 0.5)
labels = np.array([0, 1, 2, 0, 1, 2])

# The rule in whole numbers: the same ones that the core gets.
layer = LayerStep(
    window=4, dead_zone_q8=0, floor=0, budget_q8=1 * 256, probability_q31=PROBABILITY_ONE * 3 // 4
)
rule = StepRule(independent=False, margin=3, layers=(layer, layer))

# Bit 1 is +1, bit 0 is -1.
weights = [network.layer(index).to_signs() for index in range(2)]
before = [matrix.copy() for matrix in weights]
x, code = samples.to_signs(), network.code.to_signs()

# Forward: integers inside a sum only, bits between layers.
sums = define_sums(weights, x)
hidden = np.where(sums[0] >= 0, 1, -1)
scores = define_scores(weights, code, x)
show("inputs, a sample a row", x)
show("hidden weights, a neuron a row", weights[0])
print("sums of the hidden units\n", sums[0])
show("activations", hidden)
print("scores of the classes\n", scores, "wanted", labels)

# Backward: every error is -1, 0 or +1.
errors = np.array(
    [rival_errors(sums[1][b], scores[b], code, label, rule) for b, label in enumerate(labels)]
)
show("output errors", errors)
hidden_errors = project_back(errors, weights[1], sums[0], layer)
show("hidden errors", hidden_errors)

# Gradients: one integer a cell; a cell disagrees where it has the sign of its weight.
print("disagreement of the hidden cells\n", weights[0] * (hidden_errors.T @ x))

tally = define_step(weights, code, x, labels, rule, SEED, step=0)
print(f"pulses {tally.pulses}, flips {tally.flips} in the two layers")
show("flipped hidden cells", np.where(weights[0] != before[0], 1, 0))

# The core, on packed bits.
engine = StepEngine(network.widths, network.weights, network.code, SEED, batch_max=6)
order = np.arange(6, dtype=np.uint32)
core = engine.step(samples, labels.astype(np.uint16), order, 0, rule)
assert (core.pulses, core.flips) == (tally.pulses, tally.flips)
for index, matrix in enumerate(weights):
    assert np.array_equal(network.layer(index).to_signs(), matrix)
print("the core flipped the same cells")
