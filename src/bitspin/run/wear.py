"""How often each cell was written, found out afterwards by doing the same training again.

A run keeps one bit a weight and no history of single cells. But a training is determined by its
configuration and its data, so it can be repeated under an instrument that counts the pulses of
each cell; that the weights come out the same proves that it was the same training.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from bitspin.array import CountedArray
from bitspin.bits import resolve_threads
from bitspin.data import Dataset
from bitspin.errors import StoreError, ValidityError
from bitspin.run.prepare import prepare
from bitspin.run.reading import where
from bitspin.run.trained import Run
from bitspin.train import Network, Trainer
from bitspin.train.bnn_rule import BnnRule

__all__ = ["count_wear"]


def count_wear(
    run: Run, dataset: Dataset, threads: int | None = None
) -> tuple[NDArray[np.uint32], ...]:
    """Count the write pulses of each cell over a run; it takes as long as its training.

    Parameters
    ----------
    run : Run
        Of a strict rule; up to its last checkpoint if it is not finished.
    dataset : Dataset
        That it was trained on.
    threads : int, optional

    Returns
    -------
    tuple of ndarray of shape (N, K), uint32
        Of each layer.

    Raises
    ------
    ValidityError
        If the run is of the regular BNN, which sends no pulses.
    StoreError
        If the training does not come to the same weights.
    """
    if isinstance(run.config.rule, BnnRule) or not isinstance(run.model, Network):
        raise ValidityError(
            f"{where(run)}: got a run of the regular BNN, expected one of a strict rule; the BNN "
            "sends no write pulses"
        )
    prepared = prepare(run.config, dataset, run.encoder)
    widths = run.model.widths
    trainer = Trainer(
        Network.random(widths, prepared.code, run.config.seed),
        run.config.rule,
        prepared.training,
        run.config.epochs,
        run.config.seed,
        resolve_threads(threads),
        array=run.array or CountedArray(),
    )
    while trainer.position.epoch < len(run.epochs):
        trainer.run_epoch()
    if not np.array_equal(trainer.network.weights, run.model.weights):
        raise StoreError(
            f"{where(run)}: got other weights from the same training, expected the run's; it may "
            "come from another version of Bitspin, train it again"
        )
    assert trainer.cells is not None
    return tuple(trainer.cells.pulses(layer) for layer, _ in enumerate(itertools.pairwise(widths)))
