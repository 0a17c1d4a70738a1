"""`fit` and `resume`: choose the rule's trainer, and keep the run in a folder if asked to."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from bitspin.array import MramArray
from bitspin.bits import resolve_backend, resolve_threads
from bitspin.config import RunConfig, make_config
from bitspin.cost import CostTable
from bitspin.data import Dataset
from bitspin.device import preset_names
from bitspin.errors import StoreError, ValidityError
from bitspin.results import RunFolder
from bitspin.results.files import folder_of
from bitspin.run.kept_array import array_model
from bitspin.run.prepare import Prepared, check_data, load_dataset, prepare
from bitspin.run.price import keep_costs, run_costs
from bitspin.run.progress import Progress
from bitspin.run.regular import train_regular
from bitspin.run.strict import StrictTraining
from bitspin.run.trained import Run, load_run, read_config
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
    cost_table: CostTable | None = None,
) -> Run:
    """Train a network.

    Parameters
    ----------
    config : RunConfig or dict, optional
        What to do; a dict has the keys of a run's ``config.toml``. Default: 784-1000-10 on MNIST.
    data : Dataset, optional
        In place of the configuration's source, which then tells its name.
    out : path, optional
        Keep the run in this new folder; it can then be resumed.
    threads : int, optional
        Default: all processors. The result does not depend on it.
    backend : str
        Kernel backend; the result does not depend on it.
    progress : Progress, optional
    cost_table : CostTable, optional
        Prices for a run in a real array; `bitspin.cost.read_cost_table` reads one.

    Returns
    -------
    Run

    Raises
    ------
    DataError, ShapeError, ValidityError, BackendError, StoreError
        One clear line each.
    """
    config = config if isinstance(config, RunConfig) else make_config(config or {}, "correct it")
    threads, backend = check_resources(threads, backend)
    check_priced(config, cost_table)
    check_data(data)
    source = whole_path(config.data.source) if data is None else data.name
    config = with_whole_paths(config, source)
    prepared = prepare(config, load_dataset(config, data))
    folder = None if out is None else RunFolder.create(folder_of(out))
    return train_from_start(
        config, prepared, folder, threads, backend, progress or Progress(), cost_table
    )


def with_whole_paths(config: RunConfig, source: str) -> RunConfig:
    """Make a configuration valid from any folder; the data get the given name or path."""
    config = config.model_copy(update={"data": config.data.model_copy(update={"source": source})})
    if isinstance(config.array, MramArray) and config.array.device not in preset_names():
        device = whole_path(config.array.device)
        array = config.array.model_copy(update={"device": device})
        config = config.model_copy(update={"array": array})
    return config


def whole_path(source: str) -> str:
    """Make a path valid from any folder; a name, or what does not exist, stays as it was typed."""
    path = Path(source)
    with suppress(RuntimeError):  # a home that nobody has
        path = path.expanduser()
    return source if source in ("", "mnist") or not path.exists() else str(path.resolve())


def train_from_start(
    config: RunConfig,
    prepared: Prepared,
    folder: RunFolder | None,
    threads: int,
    backend: str,
    progress: Progress,
    cost_table: CostTable | None,
) -> Run:
    """Draw the first weights and train."""
    if isinstance(config.rule, BnnRule):
        return train_regular(config, config.rule, prepared, folder, threads, progress)
    network = Network.random(prepared.widths(config.network.hidden), prepared.code, config.seed)
    training = StrictTraining(
        config,
        config.rule,
        prepared,
        network,
        folder,
        threads,
        backend,
        progress,
        array_model(config),
        cost_table,
    )
    return training.run(Position(), [])


def resume(
    path: str | os.PathLike[str],
    *,
    data: Dataset | None = None,
    threads: int | None = None,
    backend: str = "auto",
    progress: Progress | None = None,
    cost_table: CostTable | None = None,
) -> Run:
    """Continue an interrupted run; the weights come out as if it had never been interrupted.

    A finished run stays as it is, but for its prices if a table of them is given. The regular BNN,
    whose latent weights are not kept, starts over.

    Parameters
    ----------
    path : path
        Folder of the run.
    data : Dataset, optional
        For a run that was started with data of its own; the same as then.
    threads, backend, progress, cost_table
        As for `fit`; threads and backend may be others than before.

    Returns
    -------
    Run

    Raises
    ------
    StoreError
        If there is no run, it is damaged, or its data have changed.
    DataError, ValidityError, BackendError
        As `fit`.
    """
    folder = RunFolder.open(folder_of(path))
    threads, backend = check_resources(threads, backend)
    progress = progress or Progress()
    config = read_config(folder)
    epochs, result = folder.read_metrics()
    check_priced(config, cost_table)
    if result is not None:
        folder.remove_void_claim()
        return load_run(path) if cost_table is None else price_anew(load_run(path), cost_table)
    dataset = load_dataset(config, data)
    unsaved = not epochs and not folder.weights_path.exists()
    if unsaved or isinstance(config.rule, BnnRule):
        prepared = prepare(config, dataset)
        return train_from_start(config, prepared, folder, threads, backend, progress, cost_table)
    run = load_run(path)
    facts = folder.read_checkpoint().facts
    if facts["data_fingerprint"] != dataset.fingerprint:
        raise StoreError(
            f"{folder.path}: the data set '{config.data.source}' has changed since the run began "
            "(other fingerprint); restore the data, or start a new run"
        )
    assert isinstance(run.model, Network)  # a strict rule's
    training = StrictTraining(
        config,
        config.rule,
        prepare(config, dataset, run.encoder),
        run.model,
        folder,
        threads,
        backend,
        progress,
        run.array,
        cost_table,
    )
    return training.run(Position(**facts["position"]), list(run.epochs))


def check_priced(config: RunConfig, cost_table: CostTable | None) -> None:
    """Raise `ValidityError` if there are prices and nothing to price."""
    if cost_table is not None and not isinstance(config.array, MramArray):
        raise ValidityError(
            "cost table: got one for an ideal array, which has no price, expected --array mram; "
            "add it, or leave the table out"
        )


def price_anew(run: Run, cost_table: CostTable) -> Run:
    """Replace the prices of a finished run."""
    assert run.array is not None
    assert run.folder is not None
    costs = run_costs(run.config, run.array, run.model.widths, run.epochs, cost_table)
    keep_costs(run.folder, costs)
    return run


def check_resources(threads: int | None, backend: str) -> tuple[int, str]:
    """Resolve the defaults of threads and backend."""
    return resolve_threads(threads), resolve_backend(backend)
