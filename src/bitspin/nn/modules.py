"""Modules to train a BNN with in PyTorch, and those that `to_torch` builds a network of."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from bitspin.train.bnn import ActivationSign

__all__ = ["BinaryLinear", "ClassScores", "Sign", "UnitThreshold"]


class Sign(nn.Module):
    """+1 where a value is zero or more, else -1; the gradient passes inside (-1, 1).

    `torch.sign` gives 0 at 0, which is no bit; this module gives +1, also for -0.0.

    Examples
    --------
    >>> Sign()(torch.tensor([-2.0, -0.0, 0.0, 0.5]))
    tensor([-1.,  1.,  1.,  1.])
    """

    def forward(self, values: Tensor) -> Tensor:
        """Take the sign of each element."""
        signs: Tensor = ActivationSign.apply(values + 0.0)  # type: ignore[no-untyped-call]
        return signs


class BinaryLinear(nn.Linear):
    """A linear layer of which only the signs of its latent weights count, by `Sign`.

    The straight-through estimator passes no gradient to latent weights beyond ±1.

    Parameters
    ----------
    in_features, out_features : int

    Examples
    --------
    >>> layer = BinaryLinear(3, 2)
    >>> layer(torch.ones(1, 3)).abs() <= 3
    tensor([[True, True]])
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, out_features, bias=False)
        nn.init.uniform_(self.weight, -0.1, 0.1)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name in torch)
        """Sum each row's signs times the inputs of shape (B, K)."""
        signs: Tensor = ActivationSign.apply(self.weight + 0.0)  # type: ignore[no-untyped-call]
        return functional.linear(input, signs)


class UnitThreshold(nn.Module):
    """+1 where a sum reaches the unit's threshold, the other way round where it is flipped.

    Parameters
    ----------
    thresholds : Tensor of shape (N,)
    flips : Tensor of shape (N,), bool
    """

    thresholds: Tensor
    flips: Tensor

    def __init__(self, thresholds: Tensor, flips: Tensor) -> None:
        super().__init__()
        self.register_buffer("thresholds", thresholds)
        self.register_buffer("flips", flips)

    def forward(self, sums: Tensor) -> Tensor:
        """Decide for each sum of shape (B, N)."""
        return torch.where((sums >= self.thresholds) ^ self.flips, 1.0, -1.0)


class ClassScores(nn.Module):
    """Score of each class: the sums over the ones of its code word, scaled; float64, for exactness.

    Parameters
    ----------
    code : Tensor of shape (C, L), bool
    scale, offset : Tensor of shape (C,)
    """

    code: Tensor
    scale: Tensor
    offset: Tensor

    def __init__(self, code: Tensor, scale: Tensor, offset: Tensor) -> None:
        super().__init__()
        self.register_buffer("code", code)
        self.register_buffer("scale", scale.double())
        self.register_buffer("offset", offset.double())

    def forward(self, sums: Tensor) -> Tensor:
        """Give the scores of shape (B, C)."""
        return sums.double() @ self.code.double().T * self.scale + self.offset
