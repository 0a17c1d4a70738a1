"""The checkpoint: weight bits in a safetensors file, with a checksum and what they belong to."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitspin.errors import StoreError
from bitspin.results.files import replace_file

__all__ = ["Checkpoint", "read_checkpoint", "write_checkpoint"]

FORMAT = "bitspin-network"
VERSION = 1


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Arrays by name, and what they belong to.

    Parameters
    ----------
    arrays : dict of ndarray
        For a strict network ``layer0`` …: dense weight bits as uint8, 8 to a byte.
    facts : dict
        JSON values: widths, code, encoder, position in training, seed, data fingerprint.
    """

    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]


def checksum(arrays: dict[str, NDArray[Any]], facts: str) -> str:
    """SHA-256 over names, types, shapes, bytes and facts."""
    digest = hashlib.sha256(facts.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint in place of an older one.

    Raises
    ------
    StoreError
        If the place is not writable or full; an older checkpoint is then unharmed.
    """
    from safetensors.numpy import save

    facts = json.dumps(checkpoint.facts, sort_keys=True)
    metadata = {
        "format": FORMAT,
        "version": str(VERSION),
        "facts": facts,
        "sha256": checksum(checkpoint.arrays, facts),
    }
    replace_file(path, save(checkpoint.arrays, metadata))


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint back.

    Raises
    ------
    StoreError
        If there is none, it is damaged, not ours, or of a newer version.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise StoreError(
            f"no weights at {path}: got no such file, expected a checkpoint; restore it, or "
            "continue a run that was interrupted before its first one with 'bitspin train --resume'"
        )
    try:
        path.open("rb").close()  # safetensors would say of an unreadable file that there is none
    except OSError as error:
        raise StoreError(
            f"{path} cannot be read: got '{error.strerror}', expected a readable file; check its "
            "permissions"
        ) from error
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise StoreError(
            f"{path} is damaged or not a safetensors file: {error}; restore it from a copy or "
            "train again"
        ) from error
    if metadata.get("format") != FORMAT:
        raise StoreError(
            f"{path}: got format {metadata.get('format')!r}, expected {FORMAT!r}; the file was not "
            "written by Bitspin"
        )
    if metadata.get("version") != str(VERSION):
        raise StoreError(
            f"{path}: got version {metadata.get('version')}, expected {VERSION}; use the Bitspin "
            "release that wrote it, or train again"
        )
    facts = metadata.get("facts", "")
    if checksum(arrays, facts) != metadata.get("sha256"):
        raise StoreError(
            f"{path} is damaged: its checksum does not fit its content; restore it from a copy or "
            "train again"
        )
    return Checkpoint(arrays, json.loads(facts))
