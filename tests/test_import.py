"""Importing Bitspin costs little and drags nothing heavy in."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "sklearn", "plotly", "dask", "optuna", "duckdb")
CPU_SECONDS = 0.3
ATTEMPTS = 3

MEASURE = """
import os, sys
before = sum(os.times()[:2])
import {module}
print(sum(os.times()[:2]) - before)
print(*(name for name in {heavy} if name in sys.modules))
"""


def measure(module: str) -> tuple[float, list[str]]:
    """CPU seconds of an import in a fresh process, and the heavy packages that it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE.format(module=module, heavy=HEAVY)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, heavy = done.stdout.splitlines()
    return float(seconds), heavy.split()


def test_importing_bitspin_is_quick():
    attempts = [measure("bitspin") for _ in range(ATTEMPTS)]
    assert all(not heavy for _, heavy in attempts)
    assert min(seconds for seconds, _ in attempts) < CPU_SECONDS


@pytest.mark.parametrize("module", ["bitspin.run", "bitspin.cli.app", "bitspin.config"])
def test_no_door_loads_what_is_not_asked_for(module):
    assert measure(module)[1] == []
