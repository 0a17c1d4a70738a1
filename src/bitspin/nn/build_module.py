"""`to_torch`: a run's network as a module of PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bitspin.bits import ScaledCode
from bitspin.nn.modules import BinaryLinear, ClassScores, Sign, UnitThreshold
from bitspin.run import Run
from bitspin.train import Network
from bitspin.train.folded_bnn import FoldedBnn

__all__ = ["as_inputs", "to_torch"]


def to_torch(run: Run) -> nn.Sequential:
    """Build a module with the predictions of a run, in evaluation mode.

    Its input is `as_inputs`, its output the scores of the classes; the highest wins, and the first
    among equals. Weights are ±1, so that training may go on from there.

    Parameters
    ----------
    run : Run
        Of a strict rule, taken over, or of the regular BNN.

    Returns
    -------
    nn.Sequential
        Of `BinaryLinear`, `Sign` (or `UnitThreshold`) and `ClassScores`.

    Examples
    --------
    >>> import bitspin
    >>> run = bitspin.fit({"network": {"hidden": [32]}, "epochs": 1})
    >>> images = bitspin.load("mnist").x_test[:100]
    >>> classes = to_torch(run)(as_inputs(run, images)).argmax(dim=1)
    >>> bool((classes.numpy() == run.predict(images)).all())
    True
    """
    model = run.model
    modules = of_network(model) if isinstance(model, Network) else of_folded(model)
    return nn.Sequential(*modules).eval()


def as_inputs(run: Run, samples: NDArray[Any]) -> Tensor:
    """Encode samples as ±1, float32 of shape (B, K), for the module of `to_torch`.

    Raises
    ------
    ShapeError, DataError
        If samples have another shape than in training, or are no finite numbers.
    """
    return torch.from_numpy(np.where(run.encode(samples).to_bool(), np.float32(1), np.float32(-1)))


def of_network(network: Network) -> list[nn.Module]:
    """Take the layers of a network of bits."""
    modules: list[nn.Module] = []
    for index in range(network.layer_count):
        modules += [linear(network.layer(index).to_bool()), Sign()]
    code = network.code
    scale = np.ones(code.rows), np.zeros(code.rows)
    if isinstance(code, ScaledCode):
        scale = code.class_scale[0], code.class_scale[1]
    modules[-1] = ClassScores(torch.from_numpy(code.to_bool()), *map(torch.from_numpy, scale))
    return modules


def of_folded(folded: FoldedBnn) -> list[nn.Module]:
    """Take the layers of a regular BNN."""
    modules: list[nn.Module] = []
    for layer in folded.hidden:
        thresholds = torch.from_numpy(layer.thresholds.astype(np.float32))
        modules += [
            linear(layer.weights),
            UnitThreshold(thresholds, torch.from_numpy(layer.flips.copy())),
        ]
    output = folded.output
    code = torch.eye(len(output.weights), dtype=torch.bool)
    scale, offset = torch.from_numpy(output.scale.copy()), torch.from_numpy(output.offset.copy())
    return [*modules, linear(output.weights), ClassScores(code, scale, offset)]


def linear(bits: NDArray[np.bool_]) -> BinaryLinear:
    """Make a layer of given signs, shape (N, K)."""
    layer = BinaryLinear(bits.shape[1], bits.shape[0])
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.where(bits, np.float32(1), np.float32(-1))))
    return layer
