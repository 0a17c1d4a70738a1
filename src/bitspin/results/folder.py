"""A run folder: configuration, metrics, weights and environment, a file each."""

from __future__ import annotations

import json
import shlex
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import tomli_w
from pydantic import Field, TypeAdapter

from bitspin.errors import StoreError
from bitspin.results.claims import Claim, Claims
from bitspin.results.damage import reason_of
from bitspin.results.environment import Environment
from bitspin.results.files import remove_parts, replace_file
from bitspin.results.records import EpochRecord, RunResult
from bitspin.results.weights import Checkpoint, read_checkpoint, write_checkpoint

__all__ = ["RunFolder"]

# A line of metrics.
RECORD: TypeAdapter[EpochRecord | RunResult] = TypeAdapter(
    Annotated[EpochRecord | RunResult, Field(discriminator="event")]
)

# Of the process that trains.
CLAIM = "in-use"


class RunFolder:
    """The files of one run.

    Parameters
    ----------
    path : Path
        The folder; `create` or `open` one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._is_new = False

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
    def create(cls, path: Path) -> RunFolder:
        """Choose a folder without a run; nothing is written before `claim`.

        Raises
        ------
        StoreError
            If the folder holds a run already.
        """
        folder = cls(path)
        folder._is_new = True
        folder._refuse_another_run()
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
        """Read the configuration as plain values.

        Raises
        ------
        StoreError
            If the file is missing or damaged.
        """
        try:
            return tomllib.loads(self.config_path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise StoreError(
                f"{self.config_path} cannot be read: {error}; restore it or train again"
            ) from error

    def read_environment(self) -> Environment:
        """Read what is noted of machine and versions.

        Raises
        ------
        StoreError
            If the file is missing or damaged.
        """
        try:
            return Environment.model_validate_json(self.environment_path.read_bytes())
        except (OSError, ValueError) as error:
            raise StoreError(
                f"{self.environment_path} cannot be read: {reason_of(error)}; restore it or train "
                "again"
            ) from error

    def claim(self) -> Claim:
        """Keep other processes from this run while a context lasts; its maker's death ends it, too.

        A folder that is not there is made, and what an interrupted writer left behind is removed.

        Raises
        ------
        StoreError
            If another process is at work on the run, or the folder cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot make the run folder {self.path}: got '{error.strerror}', expected a "
                "writable place; choose another --out"
            ) from error
        claims = Claims(self.path)
        claim = claims.take(CLAIM)
        if claim is None:
            owner = claims.owner(CLAIM)
            whose = "another process" if owner is None else f"process {owner[1]}"
            raise StoreError(
                f"{self.path} is being trained: got {whose} at work there, expected a run that "
                "rests; wait for it, or stop it first"
            )
        remove_parts(self.path)
        return claim

    def begin(self, config: dict[str, Any], environment: Environment) -> None:
        """Write configuration and environment into the claimed folder; now it holds a run.

        Raises
        ------
        StoreError
            If it cannot be written, or another process made a run of it since `create` looked.
        """
        if self._is_new:
            self._refuse_another_run()
        settings = self._as_toml(config)
        fields = json.dumps(environment.model_dump(), indent=2)
        replace_file(self.environment_path, f"{fields}\n".encode())
        replace_file(self.config_path, settings)

    def _as_toml(self, config: dict[str, Any]) -> bytes:
        """Write a configuration as TOML, which is UTF-8; names from old archives may not be."""
        try:
            return tomli_w.dumps(config).encode()
        except UnicodeEncodeError as error:
            line = error.object[: error.start].count("\n")
            raise StoreError(
                f"cannot write {self.config_path}: got '{error.object.splitlines()[line]}', "
                "expected a name in UTF-8; rename the file or folder"
            ) from error

    def _refuse_another_run(self) -> None:
        for file in (self.config_path, self.metrics_path, self.weights_path):
            if file.exists():
                raise StoreError(
                    f"{self.path} holds a run already: got {file.name} there, expected a folder "
                    "without one; continue it with 'bitspin train --resume "
                    f"{shlex.quote(str(self.path))}' or choose another --out"
                )

    def remove_void_claim(self) -> None:
        """Remove the claim of a process that died between its last write and its end."""
        claim = self.path / CLAIM
        if claim.exists() and Claims(self.path).is_void(CLAIM):
            claim.unlink(missing_ok=True)

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
        """Read the epochs, and the result if the run is finished.

        Raises
        ------
        StoreError
            If the file is damaged.
        """
        if not self.metrics_path.exists():
            return [], None
        epochs: list[EpochRecord] = []
        result = None
        try:
            for line in self.metrics_path.read_text(encoding="utf-8").splitlines():
                record = RECORD.validate_json(line)
                if isinstance(record, RunResult):
                    result = record
                else:
                    epochs.append(record)
        except (OSError, ValueError) as error:
            raise StoreError(
                f"{self.metrics_path} cannot be read: {reason_of(error)}; restore it or train again"
            ) from error
        return epochs, result
