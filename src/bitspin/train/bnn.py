r"""The regular binarized network that the strict rule is compared with.

Weights and activations are binary in the forward pass, but every weight is backed by a *latent*
float that Adam moves and whose sign is the weight; the gradient passes the sign by the clipped
straight-through estimator (STE). This is 32 bits of weight and 64 bits of Adam's moments per
cell where the strict rule has one bit, and it is the network that one would use without a memory
array, so it is tuned for accuracy and for speed: a comparison with a slow or badly tuned
baseline would prove nothing.

.. math:: a_l = W_l h_{l-1},\quad h_l = \operatorname{sign}(\mathrm{BN}(a_l)),\quad
          W_l = \operatorname{sign}(\Omega_l),\quad \Omega_l \in [-1, 1]^{N \times K}

Without batch norm, BN is the fixed scale :math:`1/\sqrt{K}`. Zero counts as +1.

After training, batch norm is folded into one integer threshold and one flip bit per hidden
neuron (`bitspin.train.folded_bnn`), which infers with bits and integers only, up to the scores.

This module needs torch; callers import it lazily.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from bitspin.errors import ShapeError, ValidityError
from bitspin.train.bnn_settings import BnnSettings
from bitspin.train.folded_bnn import FoldedBnn, FoldedHiddenLayer, FoldedOutputLayer
from bitspin.train.latent import fold_decisions

__all__ = [
    "ActivationSign",
    "BinarizedNetwork",
    "BnnEpoch",
    "BnnResult",
    "BnnSettings",
    "train_bnn",
]

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

_EVALUATION_ROWS = 2000


@dataclass(frozen=True)
class BnnEpoch:
    """What is known after an epoch.

    Attributes
    ----------
    epoch : int
        1 for the first.
    train_seconds : float
        Time spent in training since the start, without evaluation and callbacks.
    test_accuracy : float
        Share of the test samples classified correctly, in 0 … 1.
    loss : float
        Mean cross-entropy of the epoch's batches, each before its update.
    """

    epoch: int
    train_seconds: float
    test_accuracy: float
    loss: float


@dataclass(frozen=True)
class BnnResult:
    """A trained network and how it came about.

    Attributes
    ----------
    accuracy : tuple of float
        Test accuracy after each epoch, in 0 … 1.
    train_seconds : float
        Time spent in training, without evaluation and callbacks.
    folded : FoldedBnn
        The network as bits and thresholds, which needs no torch.
    network : BinarizedNetwork
        The torch model in eval mode, with its latent weights.
    """

    accuracy: tuple[float, ...]
    train_seconds: float
    folded: FoldedBnn
    network: BinarizedNetwork


def _sign(values: Tensor) -> Tensor:
    """Take +1 or -1 by the sign bit: one pass, and a sum that cancels to 0 gives +1."""
    return torch.copysign(torch.ones((), dtype=values.dtype), values)


class _WeightSign(torch.autograd.Function):
    """Sign of the latent weights; as they are clipped to [-1, 1], the STE lets all through."""

    @staticmethod
    def forward(ctx: Any, latent: Tensor, dtype: torch.dtype) -> Tensor:
        return _sign(latent.to(dtype))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0].float(), None


class ActivationSign(torch.autograd.Function):
    """Sign of a pre-activation; the clipped STE lets the gradient through inside (-1, 1)."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        """Take the sign bit of each element."""
        ctx.save_for_backward(values)
        return _sign(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """Pass the gradient where the value lay inside (-1, 1)."""
        (values,) = ctx.saved_tensors
        # The derivative of hardtanh is this window, in one pass over memory.
        passed: Tensor = torch.ops.aten.hardtanh_backward(gradients[0], values, -1.0, 1.0)
        return passed


class _FixedScale(nn.Module):
    """Stands in for batch norm: pre-activations of K random signs have variance K."""

    def __init__(self, fan_in: int) -> None:
        super().__init__()
        self.scale = 1 / math.sqrt(fan_in)

    def forward(self, values: Tensor) -> Tensor:
        return values * self.scale


class BinarizedNetwork(nn.Module):
    """The torch model: latent weights, their signs, normalised pre-activations.

    Parameters
    ----------
    widths : tuple of int
        K, hidden widths …, C.
    settings : BnnSettings
        Batch norm and initial range.
    generator : torch.Generator
        Draws the initial latent weights.
    """

    def __init__(
        self, widths: tuple[int, ...], settings: BnnSettings, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.latent = nn.ParameterList()
        self.normalise = nn.ModuleList()
        bound = settings.initial_range
        for fan_in, width in itertools.pairwise(widths):
            start = torch.empty(width, fan_in).uniform_(-bound, bound, generator=generator)
            self.latent.append(nn.Parameter(start))
            self.normalise.append(
                nn.BatchNorm1d(width, momentum=settings.batch_norm_momentum)
                if settings.batch_norm
                else _FixedScale(fan_in)
            )

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the scores of shape (B, C) of ±1 inputs of shape (B, K)."""
        signs = inputs
        last = len(self.latent) - 1
        for index, (latent, normalise) in enumerate(zip(self.latent, self.normalise, strict=True)):
            weights: Tensor = _WeightSign.apply(latent, inputs.dtype)  # type: ignore[no-untyped-call]
            values: Tensor = normalise(functional.linear(signs, weights))
            if index == last:
                return values
            signs = ActivationSign.apply(values)  # type: ignore[no-untyped-call]
        raise AssertionError("a network has at least one layer")

    @torch.no_grad()
    def predict(self, inputs: Tensor) -> Tensor:
        """Return the classes of ±1 float32 inputs; the sums of ±1 in it are exact."""
        self.eval()
        chunks = [self(chunk).argmax(dim=1) for chunk in torch.split(inputs, _EVALUATION_ROWS)]
        self.train()
        return torch.cat(chunks)


def train_bnn(
    x_train: BoolArray,
    y_train: IntArray,
    x_test: BoolArray,
    y_test: IntArray,
    settings: BnnSettings,
    on_epoch: Callable[[BnnEpoch], None] | None = None,
) -> BnnResult:
    """Train a regular binarized network and fold it into bits.

    Parameters
    ----------
    x_train, x_test : ndarray of shape (B, K), bool
        Inputs; True is +1.
    y_train, y_test : ndarray of shape (B,), int64
        Classes 0 … C - 1; C is what `y_train` holds.
    settings : BnnSettings
        Structure and constants.
    on_epoch : callable, optional
        Receives a `BnnEpoch` after each epoch; its time is not counted.

    Returns
    -------
    BnnResult
        Accuracies, time, bits and the torch model. The same settings and data give the same
        weights on the same machine and version of torch.

    Raises
    ------
    ShapeError
        If arrays do not fit each other or the settings.
    ValidityError
        If inputs are not bool, labels are not classes, or a set has too few samples.
    """
    _check_set("train", x_train, y_train, 2 if settings.batch_norm else 1)
    _check_set("test", x_test, y_test, 1)
    _check_pair(x_train, y_train, x_test, y_test, settings)
    with _torch_threads(settings.threads):
        return _train(x_train, y_train, x_test, y_test, settings, on_epoch)


def _check_set(name: str, x: BoolArray, y: IntArray, least: int) -> None:
    if x.ndim != 2 or y.ndim != 1 or len(x) != len(y):
        raise ShapeError(
            f"{name} set: got inputs {x.shape} and labels {y.shape}, expected (B, K) and (B,)"
        )
    if x.dtype != np.bool_ or not np.issubdtype(y.dtype, np.integer):
        raise ValidityError(
            f"{name} set: got inputs {x.dtype} and labels {y.dtype}, expected bool and integers; "
            "threshold the inputs first"
        )
    if len(x) < least or x.shape[1] < 1:
        raise ValidityError(f"{name} set: got shape {x.shape}, expected at least ({least}, 1)")


def _check_pair(
    x_train: BoolArray,
    y_train: IntArray,
    x_test: BoolArray,
    y_test: IntArray,
    settings: BnnSettings,
) -> None:
    fan_in = x_train.shape[1]
    if x_test.shape[1] != fan_in:
        raise ShapeError(
            f"test set: got {x_test.shape[1]} inputs, expected the {fan_in} of training"
        )
    if y_train.min() < 0 or y_test.min() < 0 or y_test.max() > y_train.max():
        raise ValidityError(
            f"labels: got {y_train.min()} … {y_train.max()} in training and "
            f"{y_test.min()} … {y_test.max()} in test, expected 0 … C - 1, all known from training"
        )
    if settings.image_shape is not None and math.prod(settings.image_shape) != fan_in:
        raise ShapeError(
            f"image_shape: got {settings.image_shape}, expected a product of {fan_in} inputs"
        )


@contextmanager
def _torch_threads(threads: int) -> Iterator[None]:
    """Give torch so many threads, and the caller's number back afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _train(
    x_train: BoolArray,
    y_train: IntArray,
    x_test: BoolArray,
    y_test: IntArray,
    settings: BnnSettings,
    on_epoch: Callable[[BnnEpoch], None] | None,
) -> BnnResult:
    generator = torch.Generator().manual_seed(settings.seed)
    widths = (x_train.shape[1], *settings.hidden, int(y_train.max()) + 1)
    network = BinarizedNetwork(widths, settings, generator)
    trainer = _Trainer(network, _Samples(x_train, y_train, settings, generator), settings)
    test_inputs = _signed(x_test, torch.float32)
    accuracy: list[float] = []
    for epoch in range(1, settings.epochs + 1):
        loss = trainer.run_epoch()
        classes = network.predict(test_inputs).numpy()
        accuracy.append(float(np.mean(classes == y_test)))
        if on_epoch is not None:
            on_epoch(BnnEpoch(epoch, trainer.seconds, accuracy[-1], loss))
    network.eval()
    return BnnResult(tuple(accuracy), trainer.seconds, _fold(network), network)


def _signed(bits: BoolArray, dtype: torch.dtype) -> Tensor:
    """Turn bits into ±1 of a float type, once, before the time is taken."""
    return torch.from_numpy(np.where(bits, np.float32(1), np.float32(-1))).to(dtype)


class _Samples:
    """The training set in the float type of the training, ready to be drawn from."""

    def __init__(
        self, x: BoolArray, y: IntArray, settings: BnnSettings, generator: torch.Generator
    ) -> None:
        dtype = torch.bfloat16 if settings.precision == "bfloat16" else torch.float32
        self.inputs = _signed(x, dtype)
        self.labels = torch.from_numpy(y.astype(np.int64))
        self.batches = math.ceil(len(y) / settings.batch)
        self.shift = settings.shift
        self.generator = generator
        if settings.shift and settings.image_shape is not None:
            self.images = self.inputs.view(-1, *settings.image_shape)
            margins = (settings.shift,) * 4
            self.framed = functional.pad(self.images, margins, value=-1)
            self.inputs = self.inputs.clone()

    def epoch(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the batches of one epoch in a new order, each sample once."""
        if self.shift:
            self._move()
        order = torch.randperm(len(self.labels), generator=self.generator)
        for rows in order.tensor_split(self.batches):
            yield self.inputs.index_select(0, rows), self.labels.index_select(0, rows)

    def _move(self) -> None:
        """Shift every image by its own (dy, dx)."""
        span = 2 * self.shift + 1
        height, width = self.images.shape[1:]
        drawn = torch.randint(span * span, (len(self.labels),), generator=self.generator)
        moved = self.inputs.view(-1, height, width)
        for move in range(span * span):
            top, left = divmod(move, span)
            rows = torch.nonzero(drawn == move).squeeze(1)
            window = self.framed[:, top : top + height, left : left + width]
            moved.index_copy_(0, rows, window.index_select(0, rows))


class _Trainer:
    """Adam on the latent weights, with its clock."""

    def __init__(self, network: BinarizedNetwork, samples: _Samples, settings: BnnSettings) -> None:
        self.network = network
        self.samples = samples
        self.settings = settings
        self.seconds = 0.0
        self.step = 0
        self.optimizer = torch.optim.Adam(
            network.parameters(),
            lr=settings.initial_rate,
            betas=(settings.adam_beta1, settings.adam_beta2),
            eps=settings.adam_epsilon,
            fused=True,
        )

    def run_epoch(self) -> float:
        """Train one epoch; return the mean loss."""
        started = time.perf_counter()
        total = torch.zeros(())
        for inputs, labels in self.samples.epoch():
            total += self._update(inputs, labels)
        loss = float(total) / self.samples.batches
        self.seconds += time.perf_counter() - started
        return loss

    def _update(self, inputs: Tensor, labels: Tensor) -> Tensor:
        self._anneal()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.settings.precision != "float32"):
            scores = self.network(inputs)
        loss = functional.cross_entropy(scores.float(), labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        with torch.no_grad():
            for latent in self.network.latent:
                latent.clamp_(-1, 1)
        return loss.detach()

    def _anneal(self) -> None:
        """Let the learning rate fall along half a cosine, to nearly 0 in the last step."""
        progress = self.step / (self.settings.epochs * self.samples.batches)
        rate = self.settings.initial_rate * (1 + math.cos(math.pi * progress)) / 2
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.step += 1


@torch.no_grad()
def _fold(network: BinarizedNetwork) -> FoldedBnn:
    """Turn a network in eval mode into bits, integers and one scale per class."""
    layers = list(zip(network.latent, network.normalise, strict=True))
    hidden = tuple(_fold_hidden(latent, normalise) for latent, normalise in layers[:-1])
    latent, normalise = layers[-1]
    # Normalisation is affine, so that its values at 0 and 1 tell offset and scale.
    offset, at_one = normalise(torch.stack([torch.zeros(len(latent)), torch.ones(len(latent))]))
    output = FoldedOutputLayer(_bits(latent), (at_one - offset).numpy(), offset.numpy())
    return FoldedBnn(hidden, output)


def _fold_hidden(latent: Tensor, normalise: nn.Module) -> FoldedHiddenLayer:
    """Find each neuron's threshold by asking the model for its sign at all K + 1 sums."""
    width, fan_in = latent.shape
    possible = torch.arange(-fan_in, fan_in + 1, 2, dtype=torch.float32)
    fires = _sign(normalise(possible[:, None].repeat(1, width))) > 0
    return FoldedHiddenLayer(_bits(latent), *fold_decisions(fires.numpy()))


def _bits(latent: Tensor) -> BoolArray:
    bits: BoolArray = (_sign(latent) > 0).numpy()
    return bits
