"""A file is replaced as a whole, or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from bitspin.errors import StoreError
from bitspin.results.files import remove_parts, replace_file


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"old content")
    return path


def fail_with(error: BaseException):
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_old_content_gives_way_to_new(old, tmp_path):
    replace_file(old, b"new")
    replace_file(tmp_path / "another", b"")
    assert old.read_bytes() == b"new"
    assert {path.name for path in tmp_path.iterdir()} == {"file", "another"}


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_failure_leaves_the_old_content_and_nothing_else(step, code, old, monkeypatch, tmp_path):
    monkeypatch.setattr(step, fail_with(OSError(code, os.strerror(code))))
    with pytest.raises(StoreError, match=f"cannot write .*file: got '{os.strerror(code)}'"):
        replace_file(old, b"new")
    assert old.read_bytes() == b"old content"
    assert list(tmp_path.iterdir()) == [old]


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace"])
def test_so_does_ctrl_c(step, old, monkeypatch, tmp_path):
    monkeypatch.setattr(step, fail_with(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        replace_file(old, b"new")
    assert old.read_bytes() == b"old content"
    assert list(tmp_path.iterdir()) == [old]


@pytest.mark.parametrize("path", ["", ".", "/"])
def test_a_path_without_a_name_is_refused(path):
    with pytest.raises(StoreError, match="got a folder, expected a file name"):
        replace_file(Path(path), b"new")


def test_the_place_cannot_be_written(old, tmp_path):
    for path in (old / "below-a-file", tmp_path / "no-folder" / "file", tmp_path / ("n" * 300)):
        with pytest.raises(StoreError, match="cannot write"):
            replace_file(path, b"new")
    assert list(tmp_path.iterdir()) == [old]


def test_content_is_on_disk_before_it_gets_its_name(old, monkeypatch):
    order = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda file: (order.append("fsync"), fsync(file)))
    monkeypatch.setattr(
        Path, "replace", lambda path, target: (order.append("replace"), replace(path, target))
    )
    replace_file(old, b"new")
    assert order == ["fsync", "replace"]


def test_what_a_killed_writer_left_is_removed(old, tmp_path):
    (tmp_path / ".file.123.part").write_bytes(b"new con")
    (tmp_path / "my.part").touch()
    remove_parts(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"file", "my.part"}
