"""A run folder: configuration, metrics, weights and environment, a file each."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from bitspin.errors import StoreError
from bitspin.results.environment import Environment
from bitspin.results.files import replace_file
from bitspin.results.records import EpochRecord, RunResult
from bitspin.results.weights import Checkpoint, read_checkpoint, write_checkpoint

__all__ = ["RunFolder"]


class RunFolder:
    """The files of one run.

    Parameters
    ----------
    path : Path
        The folder; `create` or `open` one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def config_path(self) -> Path:
        """The configuration, TOML."""
        return self.path / "config.toml"

    @property
    def metrics_path(self) -> Path:
        """One JSON object a line: the epochs, then the result."""
        return self.path / "metrics.jsonl"

    @property
    def weights_path(self) -> Path:
        """The newest checkpoint."""
        return self.path / "weights.safetensors"

    @property
    def environment_path(self) -> Path:
        """Machine and versions, JSON."""
        return self.path / "environment.json"

    @classmethod
    def create(cls, path: Path, config: dict[str, Any], environment: Environment) -> RunFolder:
        """Make a new folder with its configuration and environment.

        Raises
        ------
        StoreError
            If the folder holds a run already, or cannot be written.
        """
        folder = cls(path)
        if folder.config_path.exists():
            raise StoreError(
                f"{path} holds a run already; continue it with 'bitspin train --resume {path}' or "
                "choose another --out"
            )
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot make the run folder {path}: got '{error.strerror}', expected a writable "
                "place; choose another --out"
            ) from error
        replace_file(
            folder.environment_path,
            (json.dumps(environment.model_dump(), indent=2) + "\n").encode(),
        )
        replace_file(folder.config_path, tomli_w.dumps(config).encode())
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open an existing run.

        Raises
        ------
        StoreError
            If there is no run.
        """
        folder = cls(path)
        if not folder.config_path.is_file():
            raise StoreError(
                f"no run at {path}: got no config.toml there, expected a folder made by "
                "'bitspin train'; check the path"
            )
        return folder

    def read_config(self) -> dict[str, Any]:
        """Read the configuration as plain values."""
        try:
            return tomllib.loads(self.config_path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise StoreError(
                f"{self.config_path} cannot be read: {error}; restore it or train again"
            ) from error

    def save(self, checkpoint: Checkpoint, epochs: list[EpochRecord]) -> None:
        """Write the metrics, then the weights that they lead up to.

        A reader takes the position of the weights and leaves out what the metrics say beyond it.
        """
        self._write_metrics(epochs)
        write_checkpoint(self.weights_path, checkpoint)

    def finish(self, epochs: list[EpochRecord], result: RunResult) -> None:
        """Add the result, once the last weights are saved."""
        self._write_metrics([*epochs, result])

    def _write_metrics(self, records: Sequence[EpochRecord | RunResult]) -> None:
        lines = "".join(f"{record.model_dump_json()}\n" for record in records)
        replace_file(self.metrics_path, lines.encode())

    def read_checkpoint(self) -> Checkpoint:
        """Read the newest weights."""
        return read_checkpoint(self.weights_path)

    def read_metrics(self) -> tuple[list[EpochRecord], RunResult | None]:
        """Read the epochs, and the result if the run is finished."""
        if not self.metrics_path.exists():
            return [], None
        epochs: list[EpochRecord] = []
        result = None
        try:
            for line in self.metrics_path.read_text(encoding="utf-8").splitlines():
                fields = json.loads(line)
                if fields.get("event") == "result":
                    result = RunResult.model_validate(fields)
                else:
                    epochs.append(EpochRecord.model_validate(fields))
        except (OSError, ValueError, ValidationError) as error:
            reason = str(error).splitlines()[0]
            raise StoreError(
                f"{self.metrics_path} cannot be read: {reason}; restore it or train again"
            ) from error
        return epochs, result
