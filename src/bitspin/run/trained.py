"""A trained network with all that is needed to use it, and the way back from its folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from bitspin.array import MramModel
from bitspin.bits import BitMatrix, resolve_threads
from bitspin.config import RunConfig, make_config
from bitspin.data import Dataset, as_samples, load
from bitspin.encode import Encoder, encoder_from_dict, make_code
from bitspin.errors import DataError, ShapeError, StoreError, ValidityError
from bitspin.results import Checkpoint, EpochRecord, RunFolder, RunResult
from bitspin.results.files import folder_of
from bitspin.run.kept_array import kept_array, kept_device
from bitspin.run.prepare import check_data, encode_bits
from bitspin.train import Network
from bitspin.train.folded_bnn import FoldedBnn
from bitspin.train.reading import ArrayReader, measuring_key

__all__ = ["Run", "checkpoint_of", "evaluate", "load_run", "model_of", "read_config"]


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
    sample_dtype : str
        Of the training samples: ``uint8``, ``float32`` or ``float64``.
    model : Network or FoldedBnn
    epochs : tuple of EpochRecord
    result : RunResult or None
        None while training is not finished.
    folder : RunFolder or None
        Where it is kept.
    array : MramModel or None
        The array that it was trained in, with the device as it was then; None for the ideal one.
    """

    config: RunConfig
    encoder: Encoder
    sample_shape: tuple[int, ...]
    sample_dtype: str
    model: Network | FoldedBnn
    epochs: tuple[EpochRecord, ...]
    result: RunResult | None
    folder: RunFolder | None
    array: MramModel | None = None

    def __repr__(self) -> str:
        """Say in a line what was trained and what it came to, not every weight."""
        widths = "-".join(map(str, self.model.widths))
        if self.result is None:
            came_to = f"unfinished after {len(self.epochs)} of {self.config.epochs} epochs"
        else:
            came_to = f"test accuracy {100 * self.result.test_accuracy:.2f} %"
        return f"<Run {widths}, {self.config.rule.mode}, {came_to}>"

    @property
    def test_accuracy(self) -> float:
        """Share (0 … 1) of the test set that the last epoch's weights classify rightly.

        Raises
        ------
        StoreError
            If training is not finished.
        """
        if self.result is None:
            where = self.folder.path if self.folder else "this run"
            raise StoreError(
                f"{where}: training is not finished; continue it with 'bitspin train --resume'"
            )
        return self.result.test_accuracy

    def predict(
        self, samples: npt.ArrayLike, threads: int | None = None, *, exact: bool = False
    ) -> NDArray[np.int64]:
        """Classify samples.

        Parameters
        ----------
        samples, threads, exact
            As for `scores`.

        Returns
        -------
        ndarray of shape (B,), int64
            Classes 0 … C - 1: the highest score, and the first among equals.

        Raises
        ------
        ShapeError, DataError
            As `encode`.
        """
        classes: NDArray[np.int64] = self.scores(samples, threads, exact=exact).argmax(axis=1)
        return classes

    def scores(
        self, samples: npt.ArrayLike, threads: int | None = None, *, exact: bool = False
    ) -> NDArray[np.int32] | NDArray[np.float32]:
        """Score each class; the highest wins.

        A network that was trained in an array of real cells is read in that array: with its read
        noise, its offsets, and the bits that it loses at rest. The noise of a sample depends on its
        place among the samples, so the same call gives the same scores.

        Parameters
        ----------
        samples : array_like of shape (B, *sample_shape)
        threads : int, optional
            Default: all processors.
        exact : bool
            Read the stored bits as they are instead.

        Returns
        -------
        ndarray of shape (B, C)
            int32; float32 for a regular BNN.

        Raises
        ------
        ShapeError, DataError
            As `encode`.
        """
        bits = self.encode(samples)
        threads = resolve_threads(threads)
        if not isinstance(self.model, Network):
            return self.model.predict(bits)[1]
        if exact or self._reader is None:
            return self.model.predict(bits, threads)[1]
        key = measuring_key(self.config.seed, len(self.epochs))
        return self._reader.predict(self.model, bits, key, threads)[1]

    def encode(self, samples: npt.ArrayLike) -> BitMatrix:
        """Turn samples of shape ``(B, *sample_shape)`` into the network's input bits, shape (B, K).

        Raises
        ------
        ShapeError, DataError
            If they have another shape or scale than in training, or are no finite numbers.
        """
        array = np.asarray(samples)
        self._check_shape(array)
        return encode_bits(self.encoder, self._on_training_scale(array))

    def accuracy(
        self, samples: npt.ArrayLike, labels: NDArray[np.integer], *, exact: bool = False
    ) -> float:
        """Share (0 … 1) of samples that are classified as labelled.

        Parameters
        ----------
        samples, exact
            As for `scores`.
        labels : ndarray of shape (B,), integer
            Classes 0 … C - 1.

        Returns
        -------
        float

        Raises
        ------
        ShapeError, DataError
            As `encode`, or if there is not one label a sample.
        """
        classes = self.predict(samples, exact=exact)
        # Labels of shape (B, 1) would be compared with every class, and give a wrong share.
        if np.shape(labels) != classes.shape:
            raise ShapeError(
                f"labels: got shape {np.shape(labels)}, expected {classes.shape}, one a sample; "
                "flatten them, or choose those of these samples"
            )
        return float(np.mean(classes == labels))

    @cached_property
    def _reader(self) -> ArrayReader | None:
        """The array that the network is read in; None for an ideal one."""
        return None if self.array is None else ArrayReader(self.array, self.model.widths)

    def _on_training_scale(self, samples: NDArray[Any]) -> NDArray[Any]:
        # Images as bytes and the same images as floats of 0 to 1 would give silent nonsense.
        given = samples.dtype
        if self.sample_dtype == "uint8" and given.kind in "iu" and is_bytes(samples):
            samples = samples.astype(np.uint8)
        samples = as_samples(samples, "samples")
        if (samples.dtype.kind == "f") != self.sample_dtype.startswith("float"):
            raise DataError(
                f"samples: got {given}, expected {self.sample_dtype} as in training; bring them to "
                "the scale of the training data and convert them"
            )
        return samples

    def _check_shape(self, samples: NDArray[Any]) -> None:
        flat = (int(np.prod(self.sample_shape)),)
        if tuple(samples.shape[1:]) not in (self.sample_shape, flat):
            raise ShapeError(
                f"samples: got shape {samples.shape}, expected (samples, "
                f"{', '.join(map(str, self.sample_shape))}) as in training; reshape or choose "
                "other data"
            )


def is_bytes(samples: NDArray[Any]) -> bool:
    """Whether whole numbers all lie in 0 … 255."""
    return bool(samples.size == 0 or (samples.min() >= 0 and samples.max() <= 255))


def checkpoint_of(
    model: Network | FoldedBnn,
    encoder: Encoder,
    dataset: Dataset,
    config: RunConfig,
    position: dict[str, int],
    array: MramModel | None = None,
) -> Checkpoint:
    """Gather what `model_of` and `load_run` need."""
    strict = isinstance(model, Network)
    facts = {
        "model": "strict" if strict else "bnn",
        "widths": list(model.widths),
        "class_count": dataset.class_count,
        "code": config.network.code,
        "config": determining(config),
        "device": kept_device(array),
        "encoder": encoder.to_dict(),
        "sample_shape": list(dataset.sample_shape),
        "sample_dtype": dataset.x_train.dtype.name,
        "data_fingerprint": dataset.fingerprint,
        "position": position,
    }
    return Checkpoint(model.to_arrays(), facts)


def determining(config: RunConfig) -> dict[str, Any]:
    """What determines a run's result, wherever its data lie."""
    return config.model_dump(mode="json", exclude={"data": {"source"}})


def model_of(checkpoint: Checkpoint) -> Network | FoldedBnn:
    """Rebuild the trained network of a checkpoint."""
    facts = checkpoint.facts
    widths = tuple(facts["widths"])
    if facts["model"] == "bnn":
        return FoldedBnn.from_arrays(widths, checkpoint.arrays)
    code = make_code(facts["code"], facts["class_count"], widths[-1])
    return Network.from_arrays(widths, checkpoint.arrays, BitMatrix.from_bool(code))


def read_config(folder: RunFolder) -> RunConfig:
    """Read and check a run's configuration.

    Raises
    ------
    StoreError
        If the file is missing, damaged, or of another version.
    """
    try:
        return make_config(folder.read_config())
    except ValidityError as error:
        raise StoreError(
            f"{folder.config_path}: {error}; the run may come from another version of Bitspin"
        ) from error


def load_run(path: str | os.PathLike[str]) -> Run:
    """Load a run to predict with.

    Parameters
    ----------
    path : path
        Folder of the run.

    Returns
    -------
    Run
        With the weights that were saved last; training need not be finished.

    Raises
    ------
    StoreError
        If there is no run, it is damaged, or its files do not belong together.
    """
    folder = RunFolder.open(folder_of(path))
    config = read_config(folder)
    checkpoint = folder.read_checkpoint()
    epochs, result = folder.read_metrics()
    check_belongs_together(folder, config, checkpoint, len(epochs))
    epochs = epochs[: checkpoint.facts["position"]["epoch"]]
    return Run(
        config,
        encoder_from_dict(checkpoint.facts["encoder"]),
        tuple(checkpoint.facts["sample_shape"]),
        checkpoint.facts["sample_dtype"],
        model_of(checkpoint),
        tuple(epochs),
        result,
        folder,
        kept_array(config, checkpoint.facts.get("device")),
    )


def check_belongs_together(
    folder: RunFolder, config: RunConfig, checkpoint: Checkpoint, epochs: int
) -> None:
    """Raise `StoreError` if a file of a run comes from another one."""
    asked = determining(config)
    trained = determining(make_config(checkpoint.facts["config"]))
    for section, value in asked.items():
        if trained[section] != value:
            raise StoreError(
                f"{folder.path}: got '{section}' = {value} in config.toml, expected "
                f"{trained[section]} as in training; restore the file, or train a new run"
            )
    position = checkpoint.facts["position"]["epoch"]
    if epochs < position:
        raise StoreError(
            f"{folder.path}: got metrics of {epochs} epochs, expected {position} as the weights "
            "have; restore the file, or train again"
        )


def evaluate(run: Run, data: Dataset | None = None, *, exact: bool = False) -> float:
    """Accuracy (0 … 1) of a run on the test set of its data, or of another data set.

    Parameters
    ----------
    run : Run
    data : Dataset, optional
        Default: the data that the run's configuration names, as they are now.
    exact : bool
        Of a run in an array of real cells: read the stored bits as they are, and not in that array;
        see `Run.scores`.

    Returns
    -------
    float

    Raises
    ------
    DataError
        If the data have more classes than the run, or cannot be read.
    ShapeError
        If samples have another shape than those of the run.
    """
    check_data(data)
    dataset = load(run.config.data.source) if data is None else data
    classes = run.model.code.rows if isinstance(run.model, Network) else run.model.widths[-1]
    if dataset.class_count > classes:
        raise DataError(
            f"evaluate: got data of {dataset.class_count} classes, expected at most {classes} as "
            "in training; choose other data"
        )
    return run.accuracy(dataset.x_test, dataset.y_test, exact=exact)
