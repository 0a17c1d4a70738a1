"""Bad input: one clear line, exit code 2, no traceback, and nothing in place of a good file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest


@pytest.fixture
def one_line() -> re.Pattern[str]:
    """All that a command which refuses says."""
    return re.compile(r"bitspin: [^\n]+\n")


@pytest.fixture
def refuse(bitspin, one_line, tmp_path):
    """Run a command that must be refused for a reason, and must not touch a file."""

    def run(reason: str, *arguments: object) -> None:
        before = contents(tmp_path)
        said = bitspin(*arguments)
        assert (said.code, said.out) == (2, ""), said.err
        assert one_line.fullmatch(said.err), said.err
        assert re.search(reason, said.err), said.err
        assert contents(tmp_path) == before

    return run


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
