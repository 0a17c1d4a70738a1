"""`from_torch`: a BNN that PyTorch trained, as a run that learns on and fits a microcontroller."""

from __future__ import annotations

import copy
import os
from typing import Any

from torch import nn

from bitspin.config import RunConfig
from bitspin.data import Dataset
from bitspin.encode import Thermometer, Threshold
from bitspin.nn.fold_module import fold_module
from bitspin.run import Run
from bitspin.run.adopt import adopt

__all__ = ["from_torch"]


def from_torch(
    model: nn.Module,
    encoder: Threshold | Thermometer,
    config: RunConfig | dict[str, Any] | None = None,
    *,
    data: Dataset | None = None,
    signs: tuple[type[nn.Module], ...] = (),
    out: str | os.PathLike[str] | None = None,
) -> Run:
    """Take over a BNN, with its predictions.

    Parameters
    ----------
    model : nn.Module
        An `nn.Sequential` (or nested ones) of linear layers with sign weights, each but the last
        followed by a sign. Between them may stand batch norm, dropout, identity and hardtanh; after
        the last one batch norm and a softmax. Linear layers are `nn.Linear` or made from it, such
        as `BinaryLinear` or Brevitas' ``QuantLinear``; their effective weights count, ±1 times a
        positive scale a unit. Inputs are the encoder's bits as ±1.
    encoder : Threshold or Thermometer
        Makes the input bits; `bitspin.encode.fit_encoder` chooses one.
    config : RunConfig or dict, optional
        Keys of a run's ``config.toml``: the data, the rule that a device learns on by, the seed.
        The structure is the model's.
    data : Dataset, optional
        In place of the configuration's source, which then tells its name.
    signs : tuple of types
        Your own modules that give the sign of each element, besides `bitspin.nn.Sign`. They are
        asked at every sum that can occur; one that gives 0 there is refused.
    out : path, optional
        Keep the run in this new folder.

    Returns
    -------
    Run
        Its network has the thresholds as bias cells; see `bitspin.train.bias_cells`. The model
        stays as it is.

    Raises
    ------
    ValidityError
        If a module cannot be taken over; the message names it.
    ShapeError, DataError, StoreError
        If model, encoder and data do not fit each other, or the folder is taken.
    """
    folded = fold_module(copy.deepcopy(model).cpu().eval(), signs)
    return adopt(folded, encoder, config, data=data, out=out)
