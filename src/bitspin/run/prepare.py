"""From a configuration to bits: load the data, hold out, encode, and make the classes' code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix
from bitspin.bits.code import MAX_CLASSES
from bitspin.config import RunConfig
from bitspin.data import Dataset, hold_out, load
from bitspin.encode import Encoder, fit_encoder, make_code
from bitspin.errors import DataError, ShapeError
from bitspin.train import TrainingSet, image_shifts

__all__ = [
    "Prepared",
    "choose_encoder",
    "encode_bits",
    "load_dataset",
    "prepare",
    "prepare_training",
]

# Rows that are encoded and packed at once, to stay in cache.
ENCODE_ROWS = 8192


@dataclass(frozen=True, eq=False)
class Prepared:
    """Data as bits, ready to train on.

    Parameters
    ----------
    dataset : Dataset
    encoder : Encoder
    training : TrainingSet
    validation : BitMatrix or None
    test : BitMatrix
    code : BitMatrix of shape (C, L)
    """

    dataset: Dataset
    encoder: Encoder
    training: TrainingSet
    validation: BitMatrix | None
    test: BitMatrix
    code: BitMatrix

    def widths(self, hidden: tuple[int, ...]) -> tuple[int, ...]:
        """Input bits, hidden units …, code bits."""
        return (self.training.samples.columns, *hidden, self.code.columns)


def load_dataset(config: RunConfig, data: Dataset | None) -> Dataset:
    """Load the data of a configuration, or take the given ones, and hold out for validation.

    Raises
    ------
    DataError
        As `check_data` and `bitspin.data.load`.
    """
    check_data(data)
    dataset = load(config.data.source) if data is None else data
    return hold_out(dataset, config.data.validation, config.seed)


def check_data(data: object) -> None:
    """Raise `DataError` if given data are neither None nor a `Dataset`."""
    if data is not None and not isinstance(data, Dataset):
        raise DataError(
            f"data: got {type(data).__name__}, expected a Dataset; make one with "
            "bitspin.data.Dataset(name, x_train, y_train, x_test, y_test) or bitspin.load(path)"
        )


def prepare(config: RunConfig, dataset: Dataset, encoder: Encoder | None = None) -> Prepared:
    """Turn a data set into bits with the given encoder, or one fitted to the training samples."""
    encoder = encoder or choose_encoder(config, dataset.x_train)
    training = prepare_training(encoder, dataset.x_train, dataset.y_train, dataset.name)
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


def choose_encoder(config: RunConfig, x_train: NDArray[Any]) -> Encoder:
    """Fit the encoder that a configuration asks for to training samples."""
    return fit_encoder(
        x_train,
        method=config.data.encode,
        level=config.data.pixel_threshold,
        levels=config.data.levels,
    )


def prepare_training(
    encoder: Encoder, x_train: NDArray[Any], labels: NDArray[np.integer], name: str
) -> TrainingSet:
    """Turn training samples into bits.

    Raises
    ------
    DataError
        If there are more classes than the core takes, or all samples become the same bits.
    """
    check_class_count(int(labels.max()) + 1, name)
    training = TrainingSet(encode_bits(encoder, x_train), labels.astype(np.uint16))
    check_informative(training.samples, name, encoder)
    return training


def check_class_count(count: int, name: str) -> None:
    """Raise `DataError` if there are more classes than the core takes."""
    if count > MAX_CLASSES:
        raise DataError(
            f"{name}: got {count} classes, expected at most {MAX_CLASSES}; choose other labels"
        )


def check_informative(samples: BitMatrix, name: str, encoder: Encoder) -> None:
    """Raise `DataError` if all samples have become the same bits: nothing could be learnt."""
    if (samples.words == samples.words[0]).all():
        raise DataError(
            f"{name}: got the same {samples.columns} bits for each of {samples.rows} training "
            f"samples with a {encoder.kind}, expected different ones; check the data, or choose "
            "another pixel threshold"
        )


def encode_bits(encoder: Encoder, samples: NDArray[Any]) -> BitMatrix:
    """Encode and pack samples."""
    parts = [
        BitMatrix.from_bool(encoder.encode(samples[first : first + ENCODE_ROWS]))
        for first in range(0, max(len(samples), 1), ENCODE_ROWS)
    ]
    return BitMatrix(np.concatenate([part.words for part in parts]), parts[0].columns)


def with_shifts(training: TrainingSet, sample_shape: tuple[int, ...], radius: int) -> TrainingSet:
    """Let training images move; what moves in is the commonest bit of the images' border."""
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
