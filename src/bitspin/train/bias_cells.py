"""Thresholds as cells: a folded BNN as a network of bits alone.

A unit of a BNN with batch norm is +1 where its sum reaches a threshold of its own. Give its layer k
inputs that are always +1. The weights of these *bias cells* add s = -k, -k + 2, … or k to the sum,
and ``sum ≥ t`` becomes ``sum + s ≥ 0`` with s = -t. Sums of one layer are all even or all odd, so
that s = 1 - t decides the same. A flipped unit has its weights turned around. So nothing is
rounded: every unit decides as before, for every input.

The constant inputs of the first layer come with the samples (`bitspin.encode.Biased`). Those of a
later layer are units of the layer below that are always +1, because that layer has as many bias
cells a row as other inputs. The scores keep scale and offset of their batch norm as whole numbers
(`bitspin.bits.ScaledCode`).

Learning goes on with such a network as with any other: a bias cell is a cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix, ScaledCode
from bitspin.bits.code import SCORE_LIMIT
from bitspin.train.folded_bnn import FoldedBnn, FoldedHiddenLayer, FoldedOutputLayer
from bitspin.train.network import Network

__all__ = ["StrictBnn", "strict_network"]

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class StrictBnn:
    """A BNN as a network of bits alone.

    Parameters
    ----------
    network : Network
    input_ones : int
        Its last so many input bits are always +1.
    """

    network: Network
    input_ones: int


def strict_network(folded: FoldedBnn) -> StrictBnn:
    """Turn thresholds into bias cells.

    Parameters
    ----------
    folded : FoldedBnn

    Returns
    -------
    StrictBnn
        It gives the class of `folded` for each input; where two float scores of `folded` differ by
        less than their rounding, the lower class.

    Raises
    ------
    ShapeError
        If a layer becomes too wide for the core.

    Examples
    --------
    >>> hidden = FoldedHiddenLayer(np.ones((1, 3), bool), np.array([3]), np.array([False]))
    >>> ones = np.ones(2, np.float32)
    >>> output = FoldedOutputLayer(np.array([[True], [False]]), ones, 0 * ones)
    >>> strict = strict_network(FoldedBnn((hidden,), output))
    >>> strict.network.widths, strict.input_ones
    ((5, 1, 2), 2)
    """
    layers: list[BoolArray] = []
    ones_above = 0
    for layer in reversed(folded.hidden):
        matrix, ones_above = with_bias_cells(layer, ones_above)
        layers.insert(0, matrix)
    weights, code = output_layer(folded.output)
    layers.append(weights)
    widths = (layers[0].shape[1], *(len(matrix) for matrix in layers))
    packed = np.concatenate([BitMatrix.from_bool(matrix).words.ravel() for matrix in layers])
    return StrictBnn(Network(widths, packed, code), ones_above)


def with_bias_cells(layer: FoldedHiddenLayer, ones_above: int) -> tuple[BoolArray, int]:
    """Give a layer its bias cells, and as many units that are always +1 as the layer above needs.

    Returns
    -------
    weights : ndarray of shape (N + ones_above, K + ones), bool
    ones : int
        Bias cells of a row, the last of its columns.
    """
    weights, thresholds = without_flips(layer)
    fan_in = weights.shape[1]
    least = fan_in if ones_above else 0
    ones, added = fewest_ones(thresholds, least)
    plus = (ones + added) // 2
    bias = np.arange(ones) < plus[:, None]
    always = np.ones((ones_above, fan_in + ones), np.bool_)
    always[:, :fan_in] = np.arange(fan_in) % 2  # their sum stays far from zero
    return np.concatenate([np.concatenate([weights, bias], axis=1), always]), ones


def without_flips(layer: FoldedHiddenLayer) -> tuple[BoolArray, NDArray[np.int64]]:
    """Turn the weights of flipped units around; thresholds become sums that can occur."""
    fan_in = layer.weights.shape[1]
    reached = layer.thresholds + (layer.thresholds - fan_in) % 2
    reached = reached.clip(-fan_in, fan_in + 2)
    return layer.weights ^ layer.flips[:, None], np.where(layer.flips, 2 - reached, reached)


def fewest_ones(thresholds: NDArray[np.int64], least: int) -> tuple[int, NDArray[np.int64]]:
    """Find the fewest bias cells, at least so many, and what those of each row add."""
    choices = []
    for added in (-thresholds, 1 - thresholds):
        widest = int(np.abs(added).max())
        # All that is added has one parity, and the number of cells has it too.
        choices.append((widest + (max(0, least - widest) + 1) // 2 * 2, added))
    return min(choices, key=lambda choice: choice[0])


def output_layer(output: FoldedOutputLayer) -> tuple[BoolArray, BitMatrix]:
    """Give the last weights and a one-hot code, scaled if the classes' scores are."""
    classes, fan_in = output.weights.shape
    code = BitMatrix.from_bool(np.eye(classes, dtype=np.bool_))
    scale, offset = output.scale.astype(np.float64), output.offset.astype(np.float64)
    weights = output.weights ^ (scale < 0)[:, None]
    multipliers, addends = np.abs(scale), offset - (offset.max() + offset.min()) / 2
    if multipliers[0] > 0 and np.ptp(multipliers) == 0 and np.ptp(offset) == 0:
        return weights, code
    largest = float((multipliers * fan_in + np.abs(addends)).max())
    # Rounding adds at most a half to each multiplier and addend. A power of two rounds nothing that
    # float32 can hold with some bits to spare, so that scores which are equal stay equal.
    unit = 2.0 ** math.floor(math.log2((SCORE_LIMIT - fan_in - 2) / largest)) if largest else 0.0
    numbers = np.rint(unit * np.stack([multipliers, addends])).astype(np.int32)
    return weights, ScaledCode.of(code, numbers)
