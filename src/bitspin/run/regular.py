"""A run of the regular BNN, for comparison: same data, same structure, latent float weights."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix
from bitspin.config import RunConfig
from bitspin.errors import BackendError, ValidityError
from bitspin.results import EpochRecord, RunFolder, RunResult, describe_environment
from bitspin.run.prepare import Prepared
from bitspin.run.progress import Progress
from bitspin.run.trained import Run, checkpoint_of
from bitspin.train.bnn_rule import BnnRule
from bitspin.train.bnn_settings import BnnSettings

if TYPE_CHECKING:
    from bitspin.train.bnn import BnnEpoch, BnnResult

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
    check_usable(config)
    dataset = prepared.dataset
    backend = f"torch-{rule.precision}"
    batches = -(-len(dataset.y_train) // rule.batch)
    settings = settings_of(config, rule, prepared, threads)
    epochs: list[EpochRecord] = []
    with nullcontext() if folder is None else folder.claim():
        if folder is not None:
            environment = describe_environment(backend, threads, dataset.fingerprint)
            folder.begin(config.to_plain(), environment)
        trained = train_watched(prepared, settings, batches, epochs, progress)
        result = result_of(prepared, settings, trained, epochs, backend)
        if folder is not None:
            position = {"epoch": config.epochs, "step": config.epochs * batches}
            checkpoint = checkpoint_of(trained.folded, prepared.encoder, dataset, config, position)
            folder.save(checkpoint, epochs)
            folder.finish(epochs, result)
    return Run(
        config=config,
        encoder=prepared.encoder,
        sample_shape=dataset.sample_shape,
        sample_dtype=dataset.x_train.dtype.name,
        model=trained.folded,
        epochs=tuple(epochs),
        result=result,
        folder=folder,
    )


def check_usable(config: RunConfig) -> None:
    """Refuse what the regular BNN cannot do, here or at all, before anything is written."""
    try:
        import torch  # noqa: F401
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


def settings_of(config: RunConfig, rule: BnnRule, prepared: Prepared, threads: int) -> BnnSettings:
    """Give the settings of the training that a configuration asks for."""
    return BnnSettings(
        hidden=config.network.hidden,
        epochs=config.epochs,
        seed=config.seed,
        threads=threads,
        shift=config.data.shift,
        image_shape=prepared.dataset.sample_shape if config.data.shift else None,
        **rule.model_dump(exclude={"mode"}),
    )


@dataclass(frozen=True, eq=False)
class Watched:
    """The set on which accuracy is measured after each epoch."""

    name: Literal["test", "validation"]
    samples: BitMatrix
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, prepared: Prepared) -> Watched:
        """Take the validation set if there is one, else the test set."""
        labels = prepared.dataset.y_validation
        if prepared.validation is None or labels is None:
            return cls("test", prepared.test, prepared.dataset.y_test)
        return cls("validation", prepared.validation, labels)


def train_watched(
    prepared: Prepared,
    settings: BnnSettings,
    batches: int,
    epochs: list[EpochRecord],
    progress: Progress,
) -> BnnResult:
    """Train, and add a record to the epochs after each of them."""
    from bitspin.train.bnn import train_bnn

    watched = Watched.of(prepared)
    labels = prepared.dataset.y_train

    def note(epoch: BnnEpoch) -> None:
        epochs.append(
            EpochRecord(
                epoch=epoch.epoch,
                train_seconds=epoch.train_seconds - sum(e.train_seconds for e in epochs),
                evaluated_on=watched.name,
                accuracy=epoch.test_accuracy,
                steps=batches,
            )
        )
        progress.epoch(epochs[-1])

    progress.begin(settings.epochs, 0, len(labels))
    try:
        return train_bnn(
            prepared.training.samples.to_bool(),
            labels,
            watched.samples.to_bool(),
            watched.labels,
            settings,
            note,
        )
    finally:
        progress.end()


def result_of(
    prepared: Prepared,
    settings: BnnSettings,
    trained: BnnResult,
    epochs: list[EpochRecord],
    backend: str,
) -> RunResult:
    """Measure a trained network."""
    model = trained.folded
    right = model.predict(prepared.test)[0] == prepared.dataset.y_test
    last = epochs[-1]
    weight_count = sum(matrix.size for matrix in model.weights)
    return RunResult(
        test_accuracy=float(np.mean(right)),
        validation_accuracy=last.accuracy if last.evaluated_on == "validation" else None,
        epochs=settings.epochs,
        train_seconds=trained.train_seconds,
        state_bytes=BYTES_PER_WEIGHT * weight_count,
        weight_count=weight_count,
        backend=backend,
        threads=settings.threads,
        seed=settings.seed,
    )
