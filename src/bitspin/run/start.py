"""`fit` and `resume`: choose the rule's trainer, and keep the run in a folder if asked to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bitspin.bits import default_threads, resolve_backend
from bitspin.config import RunConfig, make_config
from bitspin.data import Dataset
from bitspin.encode import encoder_from_dict
from bitspin.errors import StoreError, ValidityError
from bitspin.results import RunFolder, describe_environment
from bitspin.run.prepare import load_dataset, prepare
from bitspin.run.progress import Progress
from bitspin.run.regular import train_regular
from bitspin.run.strict import StrictTraining
from bitspin.run.trained import Run, model_of, read_config
from bitspin.train import Network, Position
from bitspin.train.bnn_rule import BnnRule

__all__ = ["fit", "resume"]


def fit(
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
    threads, backend = check_resources(threads, backend)
    progress = progress or Progress()
    prepared = prepare(config, load_dataset(config, data))
    folder = None
    if out is not None:
        environment = describe_environment(backend, threads, prepared.dataset.fingerprint)
        folder = RunFolder.create(Path(out), config.to_plain(), environment)
    if isinstance(config.rule, BnnRule):
        return train_regular(config, config.rule, prepared, folder, threads, progress)
    network = Network.random(prepared.widths(config.network.hidden), prepared.code, config.seed)
    training = StrictTraining(
        config, config.rule, prepared, network, folder, threads, backend, progress
    )
    return training.run(Position(), [])


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
    ValidityError
        If it is a run of the regular BNN.
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
    network = model_of(checkpoint)
    assert isinstance(network, Network)  # a strict rule's checkpoint
    epochs, _ = folder.read_metrics()
    position = Position(**checkpoint.facts["position"])
    training = StrictTraining(
        config, config.rule, prepared, network, folder, threads, backend, progress or Progress()
    )
    return training.run(position, epochs[: position.epoch])


def check_resources(threads: int | None, backend: str) -> tuple[int, str]:
    """Resolve the defaults of threads and backend."""
    if threads is not None and not 1 <= threads <= 1024:
        raise ValidityError(
            f"threads: got {threads}, expected 1 to 1024; leave it out to use all processors"
        )
    return threads or default_threads(), resolve_backend(backend)
