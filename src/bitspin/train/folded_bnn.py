"""A trained regular BNN as bits and thresholds: what inference needs of it, without PyTorch.

Batch norm before a sign is a threshold on an integer sum, and perhaps a flip. Only the scores
of the classes keep one float scale and offset each.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix
from bitspin.errors import ShapeError

__all__ = ["FoldedBnn", "FoldedHiddenLayer", "FoldedOutputLayer"]

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class FoldedHiddenLayer:
    """A hidden layer of bits: ``bit = (W h >= threshold) ^ flip``.

    Attributes
    ----------
    weights : ndarray of shape (N, K), bool
        True is +1.
    thresholds : ndarray of shape (N,), int64
        Smallest pre-activation at which the neuron changes sides, in -K … K + 2.
    flips : ndarray of shape (N,), bool
        Whether the neuron is +1 *below* its threshold (batch norm learnt a negative scale).
    """

    weights: BoolArray
    thresholds: IntArray
    flips: BoolArray


@dataclass(frozen=True)
class FoldedOutputLayer:
    """The last layer: the class is the largest of ``scale * (W h) + offset``.

    Attributes
    ----------
    weights : ndarray of shape (C, K), bool
        True is +1.
    scale, offset : ndarray of shape (C,), float32
        Folded batch norm, or 1/sqrt(K) and 0 without it.
    """

    weights: BoolArray
    scale: FloatArray
    offset: FloatArray


@dataclass(frozen=True)
class FoldedBnn:
    """A network of folded layers.

    Attributes
    ----------
    hidden : tuple of FoldedHiddenLayer
        First to last.
    output : FoldedOutputLayer
        Scores of the C classes.
    """

    hidden: tuple[FoldedHiddenLayer, ...]
    output: FoldedOutputLayer

    @property
    def weights(self) -> tuple[BoolArray, ...]:
        """Sign weights of all layers, each of shape (N, K), True is +1."""
        return (*(layer.weights for layer in self.hidden), self.output.weights)

    @property
    def widths(self) -> tuple[int, ...]:
        """Input bits, hidden units …, classes."""
        return (self.weights[0].shape[1], *(len(matrix) for matrix in self.weights))

    def predict(self, inputs: BitMatrix, backend: str = "auto") -> tuple[IntArray, FloatArray]:
        """Classify samples of shape (B, K).

        Returns
        -------
        classes : ndarray of shape (B,), int64
            The largest score; the lowest class where scores are equal.
        scores : ndarray of shape (B, C), float32

        Raises
        ------
        ShapeError
            If the inputs have not the K of the first layer.
        """
        if inputs.columns != self.widths[0]:
            raise ShapeError(
                f"inputs: got {inputs.columns} bits, expected {self.widths[0]} as in training"
            )
        bits = inputs
        for layer in self.hidden:
            sums = bits.product(BitMatrix.from_bool(layer.weights), backend)
            bits = BitMatrix.from_bool((sums >= layer.thresholds) ^ layer.flips)
        sums = bits.product(BitMatrix.from_bool(self.output.weights), backend)
        scores: FloatArray = sums.astype(np.float32) * self.output.scale + self.output.offset
        return scores.argmax(axis=1), scores

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Give the arrays by name, weights as dense bits; see `from_arrays`."""
        arrays: dict[str, NDArray[Any]] = {}
        for index, layer in enumerate(self.hidden):
            arrays[f"layer{index}"] = np.packbits(layer.weights.ravel(), bitorder="little")
            arrays[f"threshold{index}"] = layer.thresholds
            arrays[f"flip{index}"] = layer.flips
        last = len(self.hidden)
        arrays[f"layer{last}"] = np.packbits(self.output.weights.ravel(), bitorder="little")
        arrays["scale"] = self.output.scale
        arrays["offset"] = self.output.offset
        return arrays

    @classmethod
    def from_arrays(cls, widths: tuple[int, ...], arrays: Mapping[str, NDArray[Any]]) -> FoldedBnn:
        """Rebuild a network from `to_arrays`."""
        weights = [
            np.unpackbits(arrays[f"layer{index}"], count=rows * bits, bitorder="little")
            .reshape(rows, bits)
            .view(np.bool_)
            for index, (bits, rows) in enumerate(itertools.pairwise(widths))
        ]
        hidden = tuple(
            FoldedHiddenLayer(matrix, arrays[f"threshold{index}"], arrays[f"flip{index}"])
            for index, matrix in enumerate(weights[:-1])
        )
        return cls(hidden, FoldedOutputLayer(weights[-1], arrays["scale"], arrays["offset"]))
