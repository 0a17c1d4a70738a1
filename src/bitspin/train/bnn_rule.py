"""The constants of the regular binarized network, without PyTorch: what a configuration needs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bitspin.settings import Settings

__all__ = ["BnnRule"]


class BnnRule(Settings):
    """A regular BNN for comparison: latent float weights, STE, Adam; see `bitspin.train.bnn`.

    Parameters
    ----------
    batch : int
        Largest mini-batch.
    learning_rate : float or None
        Adam's step at the start; None for the tuned one.
    batch_norm : bool
        Normalise sums over the batch.
    precision : {"float32", "autocast", "bfloat16"}
        Arithmetic of the products.
    """

    mode: Literal["bnn"] = "bnn"
    batch: int = Field(default=256, ge=1)
    learning_rate: float | None = Field(default=None, gt=0, le=10)
    batch_norm: bool = True
    precision: Literal["float32", "autocast", "bfloat16"] = "float32"
