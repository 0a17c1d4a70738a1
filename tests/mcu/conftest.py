"""Firmware that several test files run: built once per target and session."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from bitspin.export.targets import TARGETS
from bitspin.export.toolchain import Firmware, build, runtime_dir

BuildProgram = Callable[[str, str], Firmware]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> BuildProgram:
    """Build ``core/mcu/test/<name>.c`` for a target; a missing tool fails the test by its name."""

    @cache
    def build_program(name: str, target_name: str) -> Firmware:
        out_dir: Path = tmp_path_factory.mktemp(f"{name}-{target_name}")
        source = runtime_dir() / "test" / f"{name}.c"
        return build([source], [], TARGETS[target_name], out_dir, name=name)

    return build_program
