"""A run of a network that was trained elsewhere: it predicts, learns on and is exported as any."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from bitspin.bits import default_threads
from bitspin.config import RunConfig, make_config
from bitspin.data import Dataset
from bitspin.encode import Biased, Encoder, Thermometer, Threshold
from bitspin.errors import DataError, ShapeError, ValidityError
from bitspin.results import RunFolder, RunResult, describe_environment
from bitspin.results.files import folder_of
from bitspin.run.kept_array import array_model
from bitspin.run.prepare import check_data, load_dataset
from bitspin.run.samples import strict_rule
from bitspin.run.start import whole_path
from bitspin.run.trained import Run, checkpoint_of
from bitspin.train import Network
from bitspin.train.bias_cells import strict_network
from bitspin.train.folded_bnn import FoldedBnn

__all__ = ["adopt"]

ORIGIN = "adopted"


def adopt(
    folded: FoldedBnn,
    encoder: Threshold | Thermometer,
    config: RunConfig | dict[str, Any] | None = None,
    *,
    data: Dataset | None = None,
    out: str | os.PathLike[str] | None = None,
) -> Run:
    """Make a run of a BNN: its thresholds become bias cells, its weights stay what they are.

    Parameters
    ----------
    folded : FoldedBnn
    encoder : Threshold or Thermometer
        Makes the input bits that the network was trained with.
    config : RunConfig or dict, optional
        Its rule is the one that a device learns on by; the structure is the network's.
    data : Dataset, optional
        In place of the configuration's source, which then tells its name.
    out : path, optional
        Keep the run in this new folder.

    Returns
    -------
    Run
        Its model is a `Network`.

    Raises
    ------
    ShapeError, DataError, ValidityError, StoreError
        If network, encoder, data and configuration do not fit each other, or the folder is taken.
    """
    config = config if isinstance(config, RunConfig) else make_config(config or {})
    strict_rule(config)
    if config.network.code != "onehot":
        raise ValidityError(
            f"code: got '{config.network.code}', expected 'onehot', one output a class as the "
            "network has; leave the code out"
        )
    check_data(data)
    source = whole_path(config.data.source) if data is None else data.name
    dataset = load_dataset(config, data)
    check_fit(folded, encoder, dataset)
    strict = strict_network(folded)
    network = strict.network
    structure = {"hidden": network.widths[1:-1], "code_length": None}
    config = config.model_copy(
        update={
            "data": config.data.model_copy(update={"source": source}),
            "network": config.network.model_copy(update=structure),
        }
    )
    whole = Biased(encoder=encoder, ones=strict.input_ones) if strict.input_ones else encoder
    folder = None if out is None else RunFolder.create(folder_of(out))
    return keep(network, whole, config, dataset, folder)


def check_fit(folded: FoldedBnn, encoder: Encoder, dataset: Dataset) -> None:
    """Raise an error unless network, encoder and data belong together."""
    bits = encoder.bit_count(dataset.feature_count)
    if bits != folded.widths[0]:
        raise ShapeError(
            f"network: got {folded.widths[0]} inputs, expected {bits}, the bits that the encoder "
            f"makes of a sample of {dataset.name}; use the encoder of its training"
        )
    if len(folded.widths) < 3:
        raise ShapeError(
            "network: got no hidden layer, expected one or more; train it with 'bitspin train'"
        )
    if dataset.class_count != folded.widths[-1]:
        raise DataError(
            f"network: got {folded.widths[-1]} classes, expected {dataset.class_count} as in "
            f"{dataset.name}; choose the data of its training"
        )


def keep(
    network: Network,
    encoder: Encoder,
    config: RunConfig,
    dataset: Dataset,
    folder: RunFolder | None,
) -> Run:
    """Measure a network on the test set, and write its folder if there is one."""
    run = Run(
        config=config,
        encoder=encoder,
        sample_shape=dataset.sample_shape,
        sample_dtype=dataset.x_train.dtype.name,
        model=network,
        epochs=(),
        result=None,
        folder=folder,
        array=array_model(config),
    )
    threads = default_threads()
    result = RunResult(
        test_accuracy=run.accuracy(dataset.x_test, dataset.y_test),
        epochs=0,
        train_seconds=0.0,
        state_bytes=network.state_bytes,
        weight_count=sum(network.weight_counts),
        backend=ORIGIN,
        threads=threads,
        seed=config.seed,
    )
    if folder is not None:
        environment = describe_environment(ORIGIN, threads, dataset.fingerprint)
        position = {"epoch": 0, "step": 0}
        checkpoint = checkpoint_of(network, encoder, dataset, config, position, run.array)
        with folder.claim():
            folder.begin(config.to_plain(), environment)
            folder.save(checkpoint, [])
            folder.finish([], result)
    return replace(run, result=result)
