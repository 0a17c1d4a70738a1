"""One run, from data to result: what every door (command line, Python, sweeps) calls.

`train` loads and encodes the data, trains, evaluates, and keeps a run folder if asked to; `resume`
goes on where an interrupted run stopped and ends with the same weights, bit for bit; `load_run`
brings a finished run back to predict with.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix, default_threads, resolve_backend
from bitspin.config import RunConfig, make_config
from bitspin.data import Dataset, hold_out, load
from bitspin.encode import Encoder, encoder_from_dict, fit_encoder, make_code
from bitspin.errors import DataError, ShapeError, StoreError, ValidityError
from bitspin.results import (
    Checkpoint,
    EpochRecord,
    RunFolder,
    RunResult,
    describe_environment,
)
from bitspin.train import Network, Position, Trainer, TrainingSet, image_shifts
from bitspin.train.bnn_rule import BnnRule

__all__ = ["Progress", "Run", "load_run", "resume", "train"]

# Numbers kept beside the weight bits: epoch, step and seed, 8 bytes each.
POSITION_BYTES = 24
# Checkpoints of fast epochs are spaced out: writing must not cost more than training.
SECONDS_BETWEEN_CHECKPOINTS = 1.0
ENCODE_ROWS = 8192


class Progress:
    """What a run reports while it goes; override what you want to show."""

    def begin(self, epochs: int, first_epoch: int, samples: int) -> None:
        """Training starts: so many epochs in all, at which one, samples in each."""

    def step(self, done: int) -> None:
        """So many samples of the current epoch are done."""

    def epoch(self, record: EpochRecord) -> None:
        """Note that an epoch ended."""

    def end(self) -> None:
        """Training is over, or was interrupted."""


@dataclass(frozen=True, eq=False)
class Run:
    """A trained network with all that is needed to use it.

    Parameters
    ----------
    config : RunConfig
    encoder : Encoder
        Turns samples into input bits.
    sample_shape : tuple of int
        Of one sample, before encoding.
    network : Network
    epochs : tuple of EpochRecord
    result : RunResult
    folder : RunFolder or None
        Where it is kept.
    """

    config: RunConfig
    encoder: Encoder
    sample_shape: tuple[int, ...]
    network: Network
    epochs: tuple[EpochRecord, ...]
    result: RunResult | None
    folder: RunFolder | None

    @property
    def widths(self) -> tuple[int, ...]:
        """Input bits, hidden units …, code bits."""
        return self.network.widths

    @property
    def test_accuracy(self) -> float:
        """Share (0 … 1) of the test set that the last epoch's weights classify rightly."""
        if self.result is None:
            raise StoreError(
                f"{self.folder.path if self.folder else 'run'}: training is not finished; continue "
                "it with 'bitspin train --resume'"
            )
        return self.result.test_accuracy

    def predict(self, samples: NDArray[Any], threads: int | None = None) -> NDArray[np.int64]:
        """Classify samples of shape (B, *sample_shape).

        Returns
        -------
        ndarray of shape (B,), int64
        """
        classes: NDArray[np.int64] = self.scores(samples, threads).argmax(axis=1)
        return classes

    def scores(self, samples: NDArray[Any], threads: int | None = None) -> NDArray[np.int32]:
        """Score each class; the highest wins.

        Returns
        -------
        ndarray of shape (B, C), int32
        """
        check_sample_shape(samples, self.sample_shape)
        bits = encode_bits(self.encoder, samples)
        return self.network.predict(bits, threads or default_threads())[1]

    def accuracy(self, samples: NDArray[Any], labels: NDArray[np.integer]) -> float:
        """Share (0 … 1) of samples that are classified as labelled."""
        return float(np.mean(self.predict(samples) == labels))


def check_sample_shape(samples: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Raise `ShapeError` unless these are samples of that shape, or flattened ones."""
    flat = (int(np.prod(shape)),)
    if tuple(samples.shape[1:]) not in (shape, flat):
        raise ShapeError(
            f"samples: got shape {samples.shape}, expected (samples, "
            f"{', '.join(map(str, shape))}) as in training; reshape or choose other data"
        )


def encode_bits(encoder: Encoder, samples: NDArray[Any]) -> BitMatrix:
    """Encode and pack, some rows at a time to stay in cache."""
    parts = [
        BitMatrix.from_bool(encoder.encode(samples[first : first + ENCODE_ROWS]))
        for first in range(0, len(samples), ENCODE_ROWS)
    ]
    return BitMatrix(np.concatenate([part.words for part in parts]), parts[0].columns)


# ---- preparing -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Prepared:
    """Data as bits, ready to train on."""

    dataset: Dataset
    encoder: Encoder
    training: TrainingSet
    validation: BitMatrix | None
    test: BitMatrix
    code: BitMatrix

    @property
    def widths_around(self) -> tuple[int, int]:
        """Input bits and code bits."""
        return self.training.samples.columns, self.code.columns


def load_dataset(config: RunConfig, data: Dataset | None) -> Dataset:
    """Load the data of a configuration, and hold out its validation samples."""
    dataset = load(config.data.source) if data is None else data
    if config.data.validation == 0:
        return dataset
    return hold_out(dataset, config.data.validation, config.seed)


def prepare(config: RunConfig, dataset: Dataset, encoder: Encoder | None = None) -> Prepared:
    """Turn a data set into bits with the given encoder, or one fitted to the training samples."""
    if encoder is None:
        encoder = fit_encoder(
            dataset.x_train,
            method="threshold" if config.data.pixel_threshold is not None else config.data.encode,
            level=config.data.pixel_threshold,
            levels=config.data.levels,
        )
    samples = encode_bits(encoder, dataset.x_train)
    training = TrainingSet(samples, dataset.y_train.astype(np.uint16))
    if config.data.shift:
        training = with_shifts(training, dataset.sample_shape, config.data.shift)
    x_validation = dataset.x_validation
    code = make_code(config.network.code, dataset.class_count, config.network.code_length)
    return Prepared(
        dataset=dataset,
        encoder=encoder,
        training=training,
        validation=None if x_validation is None else encode_bits(encoder, x_validation),
        test=encode_bits(encoder, dataset.x_test),
        code=BitMatrix.from_bool(code),
    )


def with_shifts(training: TrainingSet, sample_shape: tuple[int, ...], radius: int) -> TrainingSet:
    """Let training images move; what moves in is the commonest bit of the image's border."""
    if len(sample_shape) != 2:
        raise ShapeError(
            f"--shift: got samples of shape {sample_shape}, expected images (height, width); leave "
            "--shift out"
        )
    height, width = sample_shape
    some = training.samples.words[:: max(1, training.samples.rows // 1000)].copy()
    mean = BitMatrix(some, training.samples.columns).to_bool().mean(axis=0)
    border = np.ones((height, width), np.bool_)
    border[1:-1, 1:-1] = False
    planes = mean.reshape(-1, height, width)[:, border].mean(axis=1) > 0.5
    shifts = image_shifts(height, width, radius, np.repeat(planes, height * width))
    return TrainingSet(training.samples, training.labels, shifts)


# ---- training ------------------------------------------------------------------------------------


def train(
    config: RunConfig | dict[str, Any] | None = None,
    *,
    data: Dataset | None = None,
    out: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    backend: str = "auto",
    progress: Progress | None = None,
) -> Run:
    """Train a network.

    Parameters
    ----------
    config : RunConfig or dict, optional
        What to do; a dict has the keys of a run's ``config.toml``. Default: 784-1000-10 on MNIST.
    data : Dataset, optional
        In place of the configuration's source.
    out : path, optional
        Keep the run in this new folder; it can then be resumed.
    threads : int, optional
        Default: all processors. The result does not depend on it.
    backend : str
        Kernel backend; the result does not depend on it.
    progress : Progress, optional

    Returns
    -------
    Run

    Raises
    ------
    DataError, ShapeError, ValidityError, BackendError, StoreError
        One clear line each.
    """
    config = config if isinstance(config, RunConfig) else make_config(config or {})
    if isinstance(config.rule, BnnRule):
        raise ValidityError(
            "rule: got 'bnn', expected a strict rule; bitspin.bnn_run trains the regular BNN"
        )
    threads, backend = check_resources(threads, backend)
    prepared = prepare(config, load_dataset(config, data))
    inputs, outputs = prepared.widths_around
    network = Network.random((inputs, *config.network.hidden, outputs), prepared.code, config.seed)
    folder = None
    if out is not None:
        fingerprint = prepared.dataset.fingerprint
        environment = describe_environment(backend, threads, fingerprint)
        folder = RunFolder.create(Path(out), config.to_plain(), environment)
    state = Training(config, prepared, network, folder, threads, backend, progress or Progress())
    return state.run(Position(), [])


def resume(
    path: str | os.PathLike[str],
    *,
    data: Dataset | None = None,
    threads: int | None = None,
    backend: str = "auto",
    progress: Progress | None = None,
) -> Run:
    """Continue an interrupted run; the weights come out as if it had never been interrupted.

    Raises
    ------
    StoreError
        If there is no run, it is damaged, or its data have changed.
    """
    folder = RunFolder.open(Path(path))
    threads, backend = check_resources(threads, backend)
    config = read_config(folder)
    if isinstance(config.rule, BnnRule):
        raise ValidityError(
            f"{folder.path}: got a run of the regular BNN, expected one of a strict rule; a BNN "
            "run cannot be resumed, train it again"
        )
    dataset = load_dataset(config, data)
    checkpoint = folder.read_checkpoint()
    if checkpoint.facts["data_fingerprint"] != dataset.fingerprint:
        raise StoreError(
            f"{folder.path}: the data set '{config.data.source}' has changed since the run began "
            "(other fingerprint); restore the data, or start a new run"
        )
    prepared = prepare(config, dataset, encoder_from_dict(checkpoint.facts["encoder"]))
    network = network_of(checkpoint)
    epochs, _ = folder.read_metrics()
    position = Position(**checkpoint.facts["position"])
    state = Training(config, prepared, network, folder, threads, backend, progress or Progress())
    return state.run(position, epochs[: position.epoch])


def check_resources(threads: int | None, backend: str) -> tuple[int, str]:
    """Resolve the defaults of threads and backend."""
    if threads is not None and not 1 <= threads <= 1024:
        raise ValidityError(f"threads: got {threads}, expected 1 to 1024")
    return threads or default_threads(), resolve_backend(backend)


@dataclass(frozen=True, eq=False)
class Training:
    """A run while it trains."""

    config: RunConfig
    prepared: Prepared
    network: Network
    folder: RunFolder | None
    threads: int
    backend: str
    progress: Progress

    def run(self, position: Position, epochs: list[EpochRecord]) -> Run:
        """Train from a position to the end."""
        rule = self.config.rule
        assert not isinstance(rule, BnnRule)
        trainer = Trainer(
            self.network,
            rule,
            self.config.epochs,
            self.config.seed,
            self.threads,
            self.backend,
            position,
        )
        if not epochs:
            self._save(trainer.position, epochs)
        saved = time.monotonic()
        self.progress.begin(self.config.epochs, position.epoch, self.prepared.training.samples.rows)
        try:
            while trainer.position.epoch < self.config.epochs:
                epochs.append(self._epoch(trainer))
                self.progress.epoch(epochs[-1])
                if time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS:
                    self._save(trainer.position, epochs)
                    saved = time.monotonic()
        finally:
            self.progress.end()
        result = self._result(trainer, epochs)
        self._save(trainer.position, epochs)
        if self.folder is not None:
            self.folder.finish(epochs, result)
        return Run(
            self.config,
            self.prepared.encoder,
            self.prepared.dataset.sample_shape,
            self.network,
            tuple(epochs),
            result,
            self.folder,
        )

    def _epoch(self, trainer: Trainer) -> EpochRecord:
        tally = trainer.run_epoch(self.prepared.training, self.progress.step)
        validation = self._validation_accuracy()
        return EpochRecord(
            epoch=trainer.position.epoch,
            train_seconds=tally.seconds,
            train_accuracy=tally.train_accuracy,
            evaluated_on="test" if validation is None else "validation",
            accuracy=self._test_accuracy() if validation is None else validation,
            pulses=tally.pulses,
            flips=tally.flips,
            active_share=tally.active_share,
            steps=tally.steps,
        )

    def _accuracy(self, bits: BitMatrix, labels: NDArray[np.int64]) -> float:
        classes, _ = self.network.predict(bits, self.threads, self.backend)
        return float(np.mean(classes == labels))

    def _validation_accuracy(self) -> float | None:
        labels = self.prepared.dataset.y_validation
        if self.prepared.validation is None or labels is None:
            return None
        return self._accuracy(self.prepared.validation, labels)

    def _test_accuracy(self) -> float:
        return self._accuracy(self.prepared.test, self.prepared.dataset.y_test)

    def _result(self, trainer: Trainer, epochs: list[EpochRecord]) -> RunResult:
        cells = sum(self.network.weight_counts)
        return RunResult(
            test_accuracy=self._test_accuracy(),
            validation_accuracy=self._validation_accuracy(),
            epochs=self.config.epochs,
            train_seconds=sum(record.train_seconds for record in epochs),
            state_bytes=self.network.state_bytes + POSITION_BYTES,
            scratch_bytes=trainer.scratch_bytes,
            weight_count=cells,
            pulses_per_cell=sum(sum(record.pulses) for record in epochs) / cells,
            flips_per_cell=sum(sum(record.flips) for record in epochs) / cells,
            backend=self.backend,
            threads=self.threads,
            seed=self.config.seed,
        )

    def _save(self, position: Position, epochs: list[EpochRecord]) -> None:
        if self.folder is None:
            return
        facts = {
            "widths": list(self.network.widths),
            "class_count": self.network.code.rows,
            "code": self.config.network.code,
            "encoder": self.prepared.encoder.to_dict(),
            "sample_shape": list(self.prepared.dataset.sample_shape),
            "data_fingerprint": self.prepared.dataset.fingerprint,
            "position": {"epoch": position.epoch, "step": position.step},
            "seed": self.config.seed,
        }
        arrays = {f"layer{i}": dense for i, dense in enumerate(self.network.dense_layers())}
        self.folder.save(Checkpoint(arrays, facts), epochs)


# ---- loading -------------------------------------------------------------------------------------


def read_config(folder: RunFolder) -> RunConfig:
    """Read and check a run's configuration."""
    try:
        return make_config(folder.read_config())
    except ValidityError as error:
        raise StoreError(
            f"{folder.config_path}: {error}; the run may come from another version of Bitspin"
        ) from error


def network_of(checkpoint: Checkpoint) -> Network:
    """Rebuild the network of a checkpoint."""
    facts = checkpoint.facts
    widths = tuple(facts["widths"])
    code = make_code(facts["code"], facts["class_count"], widths[-1])
    layers = [checkpoint.arrays[f"layer{index}"] for index in range(len(widths) - 1)]
    return Network.from_dense(widths, layers, BitMatrix.from_bool(code))


def load_run(path: str | os.PathLike[str]) -> Run:
    """Load a run to predict with.

    Raises
    ------
    StoreError
        If there is no run, or it is damaged.
    """
    folder = RunFolder.open(Path(path))
    config = read_config(folder)
    checkpoint = folder.read_checkpoint()
    epochs, result = folder.read_metrics()
    return Run(
        config,
        encoder_from_dict(checkpoint.facts["encoder"]),
        tuple(checkpoint.facts["sample_shape"]),
        network_of(checkpoint),
        tuple(epochs),
        result,
        folder,
    )


def evaluate(run: Run, data: Dataset | None = None) -> float:
    """Accuracy (0 … 1) of a run on the test set of its data, or of another data set."""
    dataset = load(run.config.data.source) if data is None else data
    if dataset.class_count > run.network.code.rows:
        raise DataError(
            f"evaluate: got data of {dataset.class_count} classes, expected at most "
            f"{run.network.code.rows} as in training; choose other data"
        )
    return run.accuracy(dataset.x_test, dataset.y_test)
