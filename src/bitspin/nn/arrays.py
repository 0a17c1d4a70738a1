"""`from_latent`: a BNN out of latent weights and batch norms that stand in arrays."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from bitspin.config import RunConfig
from bitspin.data import Dataset
from bitspin.encode import Thermometer, Threshold
from bitspin.run import Run
from bitspin.run.adopt import adopt
from bitspin.train.latent import LatentLayer, fold_latent

__all__ = ["from_latent"]


def from_latent(
    layers: Sequence[LatentLayer],
    encoder: Threshold | Thermometer,
    config: RunConfig | dict[str, Any] | None = None,
    *,
    data: Dataset | None = None,
    out: str | os.PathLike[str] | None = None,
) -> Run:
    """Take over a BNN of any library, given as arrays.

    Of a Larq network, each ``QuantDense`` with its ``BatchNormalization`` is one layer::

        LatentLayer(weights=kernel.T, mean=moving_mean, variance=moving_variance, beta=beta,
                    gamma=gamma, epsilon=1e-3)

    Parameters
    ----------
    layers : sequence of LatentLayer
        First to last; the last gives the scores.
    encoder, config, data, out
        See `bitspin.nn.from_torch`.

    Returns
    -------
    Run

    Raises
    ------
    ShapeError, DataError, ValidityError, StoreError
        If something cannot be taken over, or the parts do not fit each other.
    """
    return adopt(fold_latent(layers), encoder, config, data=data, out=out)
