"""What a PyTorch model does, in whole numbers, found by asking its modules.

Each linear layer is asked for its weights, and what follows it is asked for its decision at every
sum that can occur. So whatever arithmetic a module has inside, it is the model's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bitspin.errors import ShapeError, ValidityError
from bitspin.nn.modules import ClassScores, Sign, UnitThreshold
from bitspin.train.folded_bnn import FoldedBnn, FoldedHiddenLayer, FoldedOutputLayer
from bitspin.train.latent import fold_decisions

__all__ = ["fold_module"]

SIGNS = (Sign, UnitThreshold)
# They leave each element what it is while a model is in use.
IDLE = (nn.Identity, nn.Dropout, nn.AlphaDropout)
BETWEEN = (nn.BatchNorm1d, nn.Hardtanh)
AFTER_SCORES = (nn.Softmax, nn.LogSoftmax)

PROBES_AT_ONCE = 512
# Float32 sums of ±scale terms are off by their rounding, which grows with their number.
TOLERANCE = 1e-3


@dataclass(eq=False)
class Block:
    """A linear layer, and the modules between it and the next one.

    Parameters
    ----------
    name : str
        Of the linear layer in the model.
    linear : nn.Linear
    between : list of nn.Module
        Batch norm and the like.
    sign : nn.Module or None
        None for the last layer.
    """

    name: str
    linear: nn.Linear
    between: list[nn.Module] = field(default_factory=list)
    sign: nn.Module | None = None


@torch.no_grad()
def fold_module(model: nn.Module, signs: tuple[type[nn.Module], ...] = ()) -> FoldedBnn:
    """Fold a model, in evaluation mode and on the CPU.

    Raises
    ------
    ValidityError
        If a module is unknown, out of place, or does not do what can be taken over.
    ShapeError
        If a layer has other inputs than there are units below it.
    """
    blocks = read_blocks(model, (*SIGNS, *signs))
    hidden = []
    incoming = 1.0
    for block in blocks[:-1]:
        layer, incoming = fold_hidden(block, incoming)
        hidden.append(layer)
    folded = FoldedBnn(tuple(hidden), fold_output(blocks[-1], incoming))
    for below, above in zip(folded.weights, folded.weights[1:], strict=False):
        if len(below) != above.shape[1]:
            raise ShapeError(
                f"model: got a layer of {len(below)} units below one of {above.shape[1]} inputs, "
                "expected as many; pass a model that runs"
            )
    return folded


# ---- structure -----------------------------------------------------------------------------------


def flat_modules(model: nn.Module, prefix: str = "") -> list[tuple[str, nn.Module]]:
    """List the modules of nested sequences with their names, in the order of the data."""
    if not isinstance(model, nn.Sequential):
        return [(prefix.rstrip(".") or type(model).__name__, model)]
    return [
        found
        for name, module in model.named_children()
        for found in flat_modules(module, f"{prefix}{name}.")
    ]


def read_blocks(model: nn.Module, signs: tuple[type[nn.Module], ...]) -> list[Block]:
    """Cut a model into linear layers and what follows each."""
    blocks: list[Block] = []
    modules = flat_modules(model)
    for index, (name, module) in enumerate(modules):
        is_open = bool(blocks) and blocks[-1].sign is None
        if isinstance(module, IDLE) or (isinstance(module, nn.Flatten) and not blocks):
            continue
        if isinstance(module, nn.Linear) and not is_open:
            blocks.append(Block(name, module))
        elif isinstance(module, signs) and is_open:
            blocks[-1].sign = module
        elif isinstance(module, signs) and not blocks:
            continue  # inputs are ±1 already
        elif is_open and is_elementwise(module):
            blocks[-1].between.append(module)
        elif not (is_open and isinstance(module, AFTER_SCORES) and index == len(modules) - 1):
            raise ValidityError(refusal(name, module, is_open=is_open))
    if not blocks or blocks[-1].sign is not None:
        raise ValidityError(
            "model: got no linear layer that gives scores at the end, expected one after the last "
            "sign; pass the whole classifier"
        )
    return blocks


def is_elementwise(module: nn.Module) -> bool:
    """Tell whether each output depends on the same unit's input alone."""
    if isinstance(module, ClassScores):
        return torch.equal(module.code, torch.eye(len(module.code), dtype=torch.bool))
    if isinstance(module, nn.BatchNorm1d):
        return module.running_mean is not None
    return isinstance(module, BETWEEN)


def refusal(name: str, module: nn.Module, *, is_open: bool) -> str:
    """Say why a module cannot be taken over."""
    kind = type(module).__name__
    if isinstance(module, nn.Linear):
        return (
            f"module '{name}': got a {kind} right after another linear layer, expected a sign "
            "between them; name your own sign modules in signs=(...)"
        )
    if isinstance(module, nn.BatchNorm1d) and is_open:
        return (
            f"module '{name}': got a {kind} without running statistics, expected one with; train "
            "it with track_running_stats=True"
        )
    return (
        f"module '{name}': got a {kind}, expected Linear, BatchNorm1d, Dropout, Hardtanh, Identity "
        "or a sign in its place; if it gives the sign of each element, pass "
        f"signs=({kind},)"
    )


# ---- a layer -------------------------------------------------------------------------------------


def ask_linear(block: Block, incoming: float) -> tuple[NDArray[np.bool_], Tensor, Tensor]:
    """Find sign weights, scale and bias of a linear layer by its answers to ±`incoming`.

    Returns
    -------
    weights : ndarray of shape (N, K), bool
    scale, bias : Tensor of shape (N,)
        What the layer gives is scale · (sum of ±1 terms) + bias.
    """
    layer = block.linear
    dtype = layer.weight.dtype
    fan_in = layer.in_features
    ones = torch.full((1, fan_in), incoming, dtype=dtype)
    plus, minus = answer(layer, ones), answer(layer, -ones)
    rows = []
    for first in range(0, fan_in, PROBES_AT_ONCE):
        flipped = ones.repeat(min(PROBES_AT_ONCE, fan_in - first), 1)
        at = torch.arange(len(flipped))
        flipped[at, first + at] = -incoming
        rows.append((plus - answer(layer, flipped)) / 2)
    weights = torch.cat(rows).T
    scale = weights.abs().mean(dim=1)
    spread = (weights.abs() - scale[:, None]).abs().max()
    if not bool((scale > 0).all()) or float(spread / scale.max()) > TOLERANCE:
        raise ValidityError(
            f"module '{block.name}': got weights from {float(weights.min()):.3g} to "
            f"{float(weights.max()):.3g}, expected ±1, or ± one scale a unit; use "
            "bitspin.nn.BinaryLinear, whose weights count by their sign, or "
            "bitspin.nn.from_state_dict, which takes their signs"
        )
    scale, bias = exact(scale), (plus + minus)[0] / 2
    check_linear(block, weights > 0, scale, bias, incoming)
    return (weights > 0).numpy(), scale, bias


def exact(scale: Tensor) -> Tensor:
    """Take a scale that is 1 but for the rounding of its measurement as 1."""
    return torch.where((scale - 1).abs() < TOLERANCE / 10, torch.ones_like(scale), scale)


def check_linear(
    block: Block, positive: Tensor, scale: Tensor, bias: Tensor, incoming: float
) -> None:
    """Raise `ValidityError` unless a layer is the sum that its weights say, at other inputs too."""
    fan_in = positive.shape[1]
    # Rows of a Walsh pattern: every one has another half of its inputs at -1.
    turn = torch.arange(fan_in)[None, :] >> torch.arange(max(fan_in.bit_length(), 1))[:, None]
    signs = 1.0 - 2.0 * (turn % 2).to(scale.dtype)
    wanted = signs @ torch.where(positive, 1.0, -1.0).to(scale.dtype).T * scale + bias
    given = answer(block.linear, signs * incoming)
    if float((given - wanted).abs().max()) > TOLERANCE * float(scale.max()) * fan_in:
        raise ValidityError(
            f"module '{block.name}': got a {type(block.linear).__name__} that is no sum of its "
            "inputs times weights, expected a linear layer; pass a model without it"
        )


def answer(module: nn.Module, inputs: Tensor) -> Tensor:
    """Give what a module gives, as a plain tensor."""
    given = module(inputs)
    return given if type(given) is Tensor else torch.as_tensor(getattr(given, "value", given))


def values_at_all_sums(block: Block, scale: Tensor, bias: Tensor) -> Tensor:
    """What a layer's units give at the sums -K, -K + 2, …, K, before the sign; (K + 1, N).

    Raises
    ------
    ValidityError
        If that is no finite number.
    """
    fan_in = block.linear.in_features
    sums = torch.arange(-fan_in, fan_in + 1, 2, dtype=scale.dtype)[:, None]
    values = sums * scale + bias
    for module in block.between:
        values = answer(module, values)
    if not bool(torch.isfinite(values).all()):
        raise ValidityError(
            f"module '{block.name}': got NaN or infinity after it, expected finite numbers; check "
            "the weights and statistics of its batch norm"
        )
    return values


def fold_hidden(block: Block, incoming: float) -> tuple[FoldedHiddenLayer, float]:
    """Fold a layer and its sign; tell also the size of what the sign gives."""
    assert block.sign is not None  # `read_blocks` ends a hidden block with one
    weights, scale, bias = ask_linear(block, incoming)
    given = answer(block.sign, values_at_all_sums(block, scale, bias))
    size = float(given.abs().max())
    if size == 0 or not bool((given.abs() == size).all()):
        zeros = int((given == 0).sum())
        raise ValidityError(
            f"module '{block.name}': got a {type(block.sign).__name__} after it that gives "
            f"{'0' if zeros else 'more than two values'} at some sums, expected +1 or -1 at each; "
            "use bitspin.nn.Sign, which gives +1 at 0"
        )
    return FoldedHiddenLayer(weights, *fold_decisions((given > 0).numpy())), size


def fold_output(block: Block, incoming: float) -> FoldedOutputLayer:
    """Fold the last layer: scale and offset of each class, found in float64."""
    weights, scale, bias = ask_linear(block, incoming)
    block.between = [module.double() for module in block.between]
    values = values_at_all_sums(block, scale.double(), bias.double())
    fan_in = weights.shape[1]
    slope = (values[-1] - values[0]) / (2 * fan_in)
    offset = (values[-1] + values[0]) / 2
    sums = torch.arange(-fan_in, fan_in + 1, 2, dtype=torch.float64)[:, None]
    off = (values - (sums * slope + offset)).abs().max()
    if float(off) > TOLERANCE * max(float(slope.abs().max()), 1e-30):
        raise ValidityError(
            f"module '{block.name}': got scores after it that are not a scale times the sum, "
            "expected at most a batch norm there; leave the other modules out"
        )
    return FoldedOutputLayer(weights, slope.float().numpy(), offset.float().numpy())
