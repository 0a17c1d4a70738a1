"""`bitspin device`: a table, a fit, and clear refusals."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest

from bitspin.device import load_device


def bitspin(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bitspin.cli.app", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_figures_and_citations() -> None:
    facts = json.loads(bitspin("device", "mtj-sot", "--json").stdout)
    assert facts["rows"][0]["quantity"] == "R_P"
    assert facts["citations"]


def test_unknown_device_is_one_line() -> None:
    failed = bitspin("device", "mtj-sit")
    assert failed.returncode == 2
    assert failed.stderr.count("\n") == 1
    assert "did you mean" in failed.stderr


def test_fit_is_saved_and_loaded(tmp_path) -> None:
    lines = ["voltage (V),pulse width (s),successes,trials"]
    for step in range(20):
        volt = 0.8 + 0.01 * step
        switched = round(1000 / (1 + math.exp(-44.6 * (volt - 0.894))))
        lines.append(f"{volt:.2f},0.75e-9,{switched},1000")
    measured = tmp_path / "measured.csv"
    measured.write_text("\n".join(lines) + "\n")
    saved = tmp_path / "cell.toml"
    done = bitspin("device", "fit", str(measured), "--save", str(saved))
    assert done.returncode == 0, done.stderr
    assert float(load_device(saved).switching_probability(0.894)) == pytest.approx(0.5, abs=0.02)
