"""Layers of a BNN as other libraries keep them: latent weights and a batch norm, as plain arrays.

Larq, Brevitas and most hand-written BNNs keep float weights of which the forward pass takes the
sign, perhaps times a scale, and a batch norm before the next sign. What that means in whole numbers
is found here in float64, without any of those libraries.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from bitspin.errors import ShapeError, ValidityError
from bitspin.train.folded_bnn import FoldedBnn, FoldedHiddenLayer, FoldedOutputLayer

__all__ = ["LatentLayer", "fold_decisions", "fold_latent"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class LatentLayer:
    """A dense layer of sign weights, its batch norm, and the sign after it.

    ``value = gamma · (scale · (W h) + bias - mean) / √(variance + epsilon) + beta``. A hidden unit
    is +`activation` where its value is zero or more, else -`activation`; a class scores its value.

    Parameters
    ----------
    weights : array_like of shape (N, K)
        Latent weights; zero counts as +1. Keras keeps the transpose: pass ``kernel.T``.
    scale, bias, mean, variance, gamma, beta : array_like of shape (N,) or float
        The defaults are a layer without batch norm, bias and scale.
    epsilon : float
        Keras: 1e-3, PyTorch: 1e-5; 0 without batch norm.
    activation : float
        > 0.
    """

    weights: npt.ArrayLike
    scale: npt.ArrayLike = 1.0
    bias: npt.ArrayLike = 0.0
    mean: npt.ArrayLike = 0.0
    variance: npt.ArrayLike = 1.0
    gamma: npt.ArrayLike = 1.0
    beta: npt.ArrayLike = 0.0
    epsilon: float = 0.0
    activation: float = 1.0

    def signs(self) -> NDArray[np.bool_]:
        """Signs of the weights, shape (N, K); True is +1.

        Raises
        ------
        ShapeError
            If they are no matrix.
        ValidityError
            If one is not finite.
        """
        weights = np.asarray(self.weights)
        if weights.ndim != 2 or weights.size == 0:
            raise ShapeError(
                f"weights of a layer: got shape {weights.shape}, expected (units, inputs); only "
                "dense layers can be taken over"
            )
        if not np.isfinite(weights).all():
            raise ValidityError(
                "weights of a layer: got NaN or infinity, expected finite numbers; train again"
            )
        return np.asarray(weights >= 0, np.bool_)

    def affine(self) -> tuple[Floats, Floats]:
        """Slope and intercept of the value as a function of the sum of ±1 terms, shape (N,).

        Raises
        ------
        ShapeError
            If an array has another length than there are units, or is not finite.
        ValidityError
            If a variance is not above 0.
        """
        units = len(np.asarray(self.weights))
        variance = self._row("variance", units) + self.epsilon
        if (variance <= 0).any():
            raise ValidityError(
                f"variance of a batch norm: got {variance.min()} with its epsilon, expected more "
                "than 0; check the order of the arrays"
            )
        slope = self._row("gamma", units) / np.sqrt(variance)
        centre = self._row("bias", units) - self._row("mean", units)
        return slope * self._row("scale", units), slope * centre + self._row("beta", units)

    def _row(self, name: str, units: int) -> Floats:
        values = np.asarray(getattr(self, name), np.float64).ravel()
        if values.size not in (1, units) or not np.isfinite(values).all():
            raise ShapeError(
                f"{name} of a layer: got {values.size} numbers, expected 1 or {units} finite ones, "
                "one a unit; check that the arrays belong together"
            )
        return np.broadcast_to(values, (units,)).copy()


def fold_latent(layers: Sequence[LatentLayer]) -> FoldedBnn:
    """Fold the layers of a BNN into integers; the last one gives the scores.

    Raises
    ------
    ShapeError, ValidityError
        If the layers do not fit each other, or hold what cannot be folded.

    Examples
    --------
    >>> hidden = LatentLayer(weights=[[0.3, -0.1], [0.2, 0.9]], mean=[0, 1.5], gamma=[1, -1])
    >>> folded = fold_latent([hidden, LatentLayer(weights=[[0.1, 0.2], [-0.1, 0.1]])])
    >>> folded.hidden[0].thresholds, folded.hidden[0].flips
    (array([0, 2]), array([False,  True]))
    """
    if not layers:
        raise ShapeError("layers: got none, expected one or more; pass them first to last")
    hidden = []
    incoming = 1.0
    for layer, above in itertools.pairwise(layers):
        signs = layer.signs()
        units, wanted = len(signs), above.signs().shape[1]
        if units != wanted:
            raise ShapeError(
                f"layers: got {units} units below a layer of {wanted} inputs, expected as many; "
                "pass the layers first to last, weights of shape (units, inputs)"
            )
        slope, intercept = layer.affine()
        sums = np.arange(-signs.shape[1], signs.shape[1] + 1, 2)
        fires = sums[:, None] * (incoming * slope) + intercept >= 0
        hidden.append(FoldedHiddenLayer(signs, *fold_decisions(fires)))
        incoming = layer.activation
    slope, intercept = layers[-1].affine()
    output = FoldedOutputLayer(
        layers[-1].signs(), (incoming * slope).astype(np.float32), intercept.astype(np.float32)
    )
    return FoldedBnn(tuple(hidden), output)


def fold_decisions(fires: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Find the threshold of each unit from its decision at every sum that can occur.

    Solving for the zero of a batch norm could round to the other side of an integer; asking cannot,
    and needs no case for a scale of 0.

    Parameters
    ----------
    fires : ndarray of shape (K + 1, N), bool
        Whether a unit is +1 at the sums -K, -K + 2, …, K.

    Returns
    -------
    thresholds : ndarray of shape (N,), int64
        In -K … K + 2.
    flips : ndarray of shape (N,), bool

    Raises
    ------
    ValidityError
        If a unit changes sides more than once.
    """
    changes = (fires[1:] != fires[:-1]).sum(axis=0)
    if (changes > 1).any():
        raise ValidityError(
            f"unit {int(np.argmax(changes > 1))}: got {int(changes.max())} changes of sides over "
            "its sums, expected a threshold, that is one at most; only a sign of a monotonic "
            "function can be taken over"
        )
    flips = fires[0] & ~fires[-1]
    below = (fires == flips).sum(axis=0)
    return np.asarray(2 * below - (len(fires) - 1), np.int64), flips
