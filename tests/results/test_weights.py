"""The checkpoint: what was written is read, and nothing else passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from bitspin.errors import StoreError
from bitspin.results import Checkpoint, read_checkpoint, write_checkpoint
from bitspin.results.weights import checksum


@pytest.fixture
def path(tmp_path, checkpoint):
    path = tmp_path / "weights.safetensors"
    write_checkpoint(path, checkpoint)
    return path


def test_round_trip(path, checkpoint):
    back = read_checkpoint(path)
    assert back.facts == checkpoint.facts
    assert back.arrays.keys() == checkpoint.arrays.keys()
    for name, array in checkpoint.arrays.items():
        assert back.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(back.arrays[name], array)


@pytest.mark.parametrize("flip", [0x01, 0x20, 0xFF])
def test_every_flipped_byte_is_noticed(flip, path):
    content = bytearray(path.read_bytes())
    for place in range(len(content)):
        content[place] ^= flip
        path.write_bytes(content)
        with pytest.raises(StoreError):
            read_checkpoint(path)
        content[place] ^= flip


def test_every_truncation_is_noticed(path):
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(StoreError):
            read_checkpoint(path)


def test_there_is_none(tmp_path):
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(StoreError, match="no weights at"):
            read_checkpoint(path)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (None, "got format None, expected 'bitspin-network'"),
        ({"format": "pt"}, "got format 'pt'"),
        ({"format": "bitspin-network"}, "got version None, expected 1"),
        ({"format": "bitspin-network", "version": "2"}, "got version 2, expected 1"),
        ({"format": "bitspin-network", "version": "1"}, "checksum"),
        ({"format": "bitspin-network", "version": "1", "facts": "{}"}, "checksum"),
    ],
)
def test_files_of_others_are_refused(metadata, message, checkpoint, tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file(checkpoint.arrays, path, metadata)
    with pytest.raises(StoreError, match=message):
        read_checkpoint(path)


def test_the_checksum_depends_on_names_types_shapes_values_and_facts():
    base = {"a": np.zeros(4, np.uint8), "b": np.ones(2, np.uint8)}
    variants = [
        (base, "{}"),
        (base, "{ }"),
        ({"a": base["a"], "c": base["b"]}, "{}"),
        ({"a": base["b"], "b": base["a"]}, "{}"),
        ({"a": base["a"].reshape(2, 2), "b": base["b"]}, "{}"),
        ({"a": base["a"].view(np.int8), "b": base["b"]}, "{}"),
        ({"a": base["a"], "b": base["b"] + 1}, "{}"),
    ]
    assert len({checksum(arrays, facts) for arrays, facts in variants}) == len(variants)
    assert checksum(dict(reversed(base.items())), "{}") == checksum(base, "{}")


def test_an_unreadable_file_is_not_called_damaged(path, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(StoreError, match=r"cannot be read: got 'Permission denied'"):
        read_checkpoint(path)


def test_an_older_checkpoint_survives_a_full_disk(path, checkpoint, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        write_checkpoint(path, Checkpoint({"layer0": np.zeros(3, np.uint8)}, {}))
    assert read_checkpoint(path).facts == checkpoint.facts
