"""`from_state_dict`: a BNN out of the tensors of a state dict, without the classes that made it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitspin.config import RunConfig
from bitspin.data import Dataset
from bitspin.encode import Thermometer, Threshold
from bitspin.errors import ShapeError, ValidityError
from bitspin.run import Run
from bitspin.run.adopt import adopt
from bitspin.train.latent import LatentLayer, fold_latent

__all__ = ["from_state_dict", "layers_of"]

# How Brevitas ends the name of a learnt or constant scale, and where it keeps those of weights and
# of activations.
SCALING = "scaling_impl.value"
WEIGHT_SCALE, ACTIVATION_SCALE = "weight_quant.", "act_quant."
NORM = {"running_mean": "mean", "running_var": "variance", "weight": "gamma", "bias": "beta"}
IGNORED = ("num_batches_tracked",)


def from_state_dict(
    state: Mapping[str, Any],
    encoder: Threshold | Thermometer,
    config: RunConfig | dict[str, Any] | None = None,
    *,
    data: Dataset | None = None,
    epsilon: float = 1e-5,
    out: str | os.PathLike[str] | None = None,
) -> Run:
    """Take over a BNN from its state dict.

    The order of the tensors is taken as the order of the layers, as in `nn.Sequential`. Each 2-D
    ``weight`` is a dense layer of which the signs count, zero as +1; ``running_mean`` and what
    stands with it is its batch norm; a sign stands between layers. Brevitas' scales of binary
    weights (``weight_quant…scaling_impl.value``), and of binary inputs and activations
    (``act_quant…``), are applied.

    Parameters
    ----------
    state : mapping of str to tensor or array_like
        ``model.state_dict()``, or what `torch.load` gives.
    encoder : Threshold or Thermometer
        Makes the input bits, which the network takes as ±1.
    config, data, out
        See `bitspin.nn.from_torch`.
    epsilon : float
        Of the batch norms; it is not in a state dict.

    Returns
    -------
    Run

    Raises
    ------
    ValidityError
        If a tensor is of a layer that cannot be taken over; the message names it.
    ShapeError, DataError, StoreError
        If the parts do not fit each other, or the folder is taken.
    """
    return adopt(fold_latent(layers_of(state, epsilon)), encoder, config, data=data, out=out)


def layers_of(state: Mapping[str, Any], epsilon: float) -> list[LatentLayer]:
    """Read the layers of a state dict, first to last.

    Raises
    ------
    ShapeError
        If there is no dense layer.
    ValidityError
        If a tensor belongs to no layer that can be taken over.
    """
    layers: list[dict[str, Any]] = []
    input_scale = 1.0
    norms = {name.rpartition(".")[0] for name in state if name.endswith("running_mean")}
    for name, tensor in state.items():
        owner, _, field = name.rpartition(".")
        values = as_array(tensor)
        if field in IGNORED:
            continue
        if field == "weight" and values.ndim == 2:
            layers.append({"weights": values, "owner": owner})
        elif not layers and name.endswith(SCALING) and ACTIVATION_SCALE in name:
            input_scale = one_number(name, values)
        elif not layers:
            raise ValidityError(unknown(name, values))
        elif owner in norms and field in NORM:
            layers[-1].update({NORM[field]: values, "epsilon": epsilon})
        elif field == "bias" and owner == layers[-1]["owner"]:
            layers[-1]["bias"] = values
        elif name.endswith(SCALING) and WEIGHT_SCALE in name:
            layers[-1]["scale"] = np.abs(values)
        elif name.endswith(SCALING) and ACTIVATION_SCALE in name:
            layers[-1]["activation"] = one_number(name, values)
        else:
            raise ValidityError(unknown(name, values))
    if not layers:
        raise ShapeError(
            "state dict: got no 2-D weight, expected one for each dense layer; pass the state dict "
            "of a whole model"
        )
    layers[0]["scale"] = input_scale * layers[0].get("scale", 1.0)
    for layer in layers:
        del layer["owner"]
    return [LatentLayer(**layer) for layer in layers]


def as_array(tensor: Any) -> NDArray[np.float64]:
    """Copy a tensor, which may be on another device, or anything array-like."""
    given = tensor.detach().cpu() if hasattr(tensor, "detach") else tensor
    return np.asarray(given, np.float64)


def one_number(name: str, values: NDArray[np.float64]) -> float:
    """Take a scale that all inputs or activations of a layer share."""
    if values.size != 1:
        raise ValidityError(
            f"tensor '{name}': got {values.size} scales of activations, expected one for the whole "
            "layer; train with per-tensor scaling"
        )
    return abs(float(values.ravel()[0]))


def unknown(name: str, values: NDArray[np.float64]) -> str:
    """Say that a tensor belongs to no layer that can be taken over."""
    return (
        f"tensor '{name}': got shape {values.shape} of a layer that is unknown here, expected "
        "dense layers (weight of 2 axes), batch norms and Brevitas' scales; leave other layers out"
    )
