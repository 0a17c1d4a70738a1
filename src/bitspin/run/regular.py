"""A run of the regular BNN, for comparison: same data, same structure, latent float weights."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np

from bitspin.config import RunConfig
from bitspin.errors import BackendError, ValidityError
from bitspin.results import EpochRecord, RunFolder, RunResult, describe_environment
from bitspin.run.prepare import Prepared
from bitspin.run.progress import Progress
from bitspin.run.trained import Run, checkpoint_of
from bitspin.train.bnn_rule import BnnRule

__all__ = ["train_regular"]

# A latent weight and Adam's two moments, float32 each.
BYTES_PER_WEIGHT = 12


def train_regular(
    config: RunConfig,
    rule: BnnRule,
    prepared: Prepared,
    folder: RunFolder | None,
    threads: int,
    progress: Progress,
) -> Run:
    """Train the regular BNN; its weights are kept when it is finished, so it cannot be continued.

    Raises
    ------
    BackendError
        If PyTorch is not installed.
    ValidityError
        If an output code is asked for.
    """
    try:
        from bitspin.train import bnn
    except ImportError as error:
        raise BackendError(
            f"the regular BNN needs PyTorch, which cannot be imported here ({error}); install it "
            "with: pip install 'bitspin[torch]'"
        ) from error
    if config.network.code != "onehot":
        raise ValidityError(
            f"code: got '{config.network.code}' with the regular BNN, expected 'onehot'; leave "
            "--code out"
        )
    dataset = prepared.dataset
    watched, labels = prepared.test, dataset.y_test
    if prepared.validation is not None and dataset.y_validation is not None:
        watched, labels = prepared.validation, dataset.y_validation
    batches = -(-len(dataset.y_train) // rule.batch)
    epochs: list[EpochRecord] = []

    def note(epoch: bnn.BnnEpoch) -> None:
        epochs.append(
            EpochRecord(
                epoch=epoch.epoch,
                train_seconds=epoch.train_seconds - sum(e.train_seconds for e in epochs),
                evaluated_on="test" if watched is prepared.test else "validation",
                accuracy=epoch.test_accuracy,
                steps=batches,
            )
        )
        progress.epoch(epochs[-1])

    settings = bnn.BnnSettings(
        hidden=config.network.hidden,
        epochs=config.epochs,
        seed=config.seed,
        threads=threads,
        shift=config.data.shift,
        image_shape=dataset.sample_shape if config.data.shift else None,
        **rule.model_dump(exclude={"mode"}),
    )
    backend = f"torch-{rule.precision}"
    with nullcontext() if folder is None else folder.claim():
        if folder is not None:
            environment = describe_environment(backend, threads, dataset.fingerprint)
            folder.begin(config.to_plain(), environment)
        progress.begin(config.epochs, 0, len(dataset.y_train))
        try:
            trained = bnn.train_bnn(
                prepared.training.samples.to_bool(),
                dataset.y_train,
                watched.to_bool(),
                labels,
                settings,
                note,
            )
        finally:
            progress.end()
        model = trained.folded
        weight_count = sum(matrix.size for matrix in model.weights)
        result = RunResult(
            test_accuracy=float(np.mean(model.predict(prepared.test)[0] == dataset.y_test)),
            validation_accuracy=None if watched is prepared.test else epochs[-1].accuracy,
            epochs=config.epochs,
            train_seconds=trained.train_seconds,
            state_bytes=BYTES_PER_WEIGHT * weight_count,
            weight_count=weight_count,
            backend=backend,
            threads=threads,
            seed=config.seed,
        )
        if folder is not None:
            position = {"epoch": config.epochs, "step": config.epochs * batches}
            folder.save(checkpoint_of(model, prepared.encoder, dataset, config, position), epochs)
            folder.finish(epochs, result)
    return Run(
        config=config,
        encoder=prepared.encoder,
        sample_shape=dataset.sample_shape,
        sample_dtype=dataset.x_train.dtype.name,
        model=model,
        epochs=tuple(epochs),
        result=result,
        folder=folder,
    )
