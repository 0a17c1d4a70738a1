"""From a run to its record, and which of its settings determine the result."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bitspin.array import MramArray
from bitspin.config import RunConfig
from bitspin.cost import CostBreakdown
from bitspin.device import AnyDevice, load_device
from bitspin.errors import StoreError
from bitspin.results import (
    Environment,
    ResultStore,
    RunFolder,
    RunRecord,
    content_id,
    is_result_store,
)
from bitspin.run.price import COST_FILE, run_costs
from bitspin.run.trained import Run
from bitspin.version import STREAM

__all__ = ["failure_of", "identity_of", "read_records", "read_run_record", "record_of"]


def identity_of(
    config: RunConfig,
    data_fingerprint: str,
    device_of: Callable[[str], AnyDevice] = load_device,
) -> str:
    """Name a run by everything that determines its result.

    These are the configuration with all its defaults, the content of the data and of the device
    (not where they lie), and the stream of random numbers of this release.

    Parameters
    ----------
    config : RunConfig
    data_fingerprint : str
        Of the data before any are held out.
    device_of : callable
        Gives the device of a name or path; who asks often keeps them.
    """
    determining: dict[str, Any] = config.model_dump(mode="json", exclude={"data": {"source"}})
    if isinstance(config.array, MramArray):
        determining["array"]["device"] = device_of(config.array.device).model_dump(mode="json")
    return content_id({"run": determining, "data": data_fingerprint, "stream": STREAM})


def record_of(run: Run, identity: str, environment: Environment, seconds: float) -> RunRecord:
    """Gather a finished run into a record."""
    assert run.result is not None
    costs: tuple[CostBreakdown, ...] = ()
    if run.array is not None:
        costs = run_costs(run.config, run.array, run.model.widths, run.epochs)
    return RunRecord(
        id=identity,
        config=run.config.to_plain(),
        data_fingerprint=environment.data_fingerprint,
        stream=STREAM,
        epochs=run.epochs,
        result=run.result,
        costs=tuple(cost.to_plain() for cost in costs),
        environment=environment,
        seconds=seconds,
    )


def failure_of(
    config: RunConfig, identity: str, environment: Environment, reason: str, seconds: float
) -> RunRecord:
    """Record why a run came to nothing."""
    return RunRecord(
        id=identity,
        config=config.to_plain(),
        data_fingerprint=environment.data_fingerprint,
        stream=STREAM,
        failure=reason,
        environment=environment,
        seconds=seconds,
    )


def read_run_record(path: Path) -> RunRecord:
    """Read a run folder as a record, which is then named by the folder.

    Raises
    ------
    StoreError
        If there is no run, it is damaged, or its training is not finished.
    """
    folder = RunFolder.open(path)
    epochs, result = folder.read_metrics()
    if result is None:
        raise StoreError(
            f"{path}: got a run of {len(epochs)} epochs that is not finished, expected a finished "
            f"one; continue it with 'bitspin train --resume {path}'"
        )
    environment = folder.read_environment()
    try:
        costs = path / COST_FILE
        prices = json.loads(costs.read_bytes()) if costs.exists() else []
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise StoreError(f"{path} cannot be read: {reason}; restore it or train again") from error
    return RunRecord(
        id=path.resolve().name,  # the name of '.' would be ''
        config=folder.read_config(),
        data_fingerprint=environment.data_fingerprint,
        stream=None,
        epochs=tuple(epochs),
        result=result,
        costs=tuple(prices),
        environment=environment,
        seconds=result.train_seconds,
    )


def read_records(path: Path) -> list[RunRecord]:
    """Read the record of a run folder, or all results of a sweep's folder.

    Raises
    ------
    StoreError
        If it is neither, or damaged.
    """
    return ResultStore.open(path).records() if is_result_store(path) else [read_run_record(path)]
