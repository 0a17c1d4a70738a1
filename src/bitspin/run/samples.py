"""Training on samples alone: no test set, no records, no folder. What other libraries ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix
from bitspin.config import RunConfig
from bitspin.encode import Encoder, make_code
from bitspin.errors import ValidityError
from bitspin.run.prepare import choose_encoder, prepare_training
from bitspin.train import Network, Rule, Trainer, TrainingSet
from bitspin.train.bnn_rule import BnnRule

__all__ = ["Beginning", "begin_network", "strict_rule", "train_network"]


@dataclass(frozen=True, eq=False)
class Beginning:
    """A network before its first step, and the samples that its encoder was chosen from.

    Parameters
    ----------
    encoder : Encoder
    network : Network
        With random weights.
    training : TrainingSet
    """

    encoder: Encoder
    network: Network
    training: TrainingSet


def strict_rule(config: RunConfig) -> Rule:
    """Give the rule of a configuration if it is a strict one.

    Raises
    ------
    ValidityError
        If it is the regular BNN's.
    """
    if isinstance(config.rule, BnnRule):
        raise ValidityError(
            "mode: got 'bnn', expected 'row-budget' or 'plain', which keep one bit a weight; "
            "choose one of them"
        )
    return config.rule


def begin_network(
    config: RunConfig, samples: NDArray[Any], labels: NDArray[np.integer], class_count: int
) -> Beginning:
    """Choose the encoder from samples, encode them, and draw the first weights.

    The same configuration and samples give the same as in `bitspin.fit`.

    Parameters
    ----------
    config : RunConfig
    samples : ndarray of shape (B, *sample_shape)
    labels : ndarray of shape (B,), integers
        0 … `class_count` - 1; not every class must occur.
    class_count : int
        C, at least 2.

    Raises
    ------
    DataError, ShapeError, ValidityError
        If samples are not finite numbers or all alike, or the network does not fit the core.
    """
    encoder = choose_encoder(config, samples)
    training = prepare_training(encoder, samples, labels, "training samples")
    words = make_code(config.network.code, class_count, config.network.code_length)
    code = BitMatrix.from_bool(words)
    widths = (training.samples.columns, *config.network.hidden, code.columns)
    return Beginning(encoder, Network.random(widths, code, config.seed), training)


def train_network(config: RunConfig, beginning: Beginning, threads: int, backend: str) -> None:
    """Train a network in place over all epochs, as `bitspin.fit` does."""
    trainer = Trainer(
        beginning.network,
        strict_rule(config),
        beginning.training,
        config.epochs,
        config.seed,
        threads,
        backend,
    )
    while trainer.position.epoch < config.epochs:
        trainer.run_epoch()
