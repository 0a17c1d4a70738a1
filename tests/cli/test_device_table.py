"""`bitspin device`: a table, a fit, and clear refusals."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys

import pytest

from bitspin.device import load_device, switching_curves, toggle_curve


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


def test_the_figure_is_one_page_that_needs_nothing_else(tmp_path) -> None:
    page = tmp_path / "cell.html"
    done = bitspin("device", "vcma-toggle", "--plot", str(page))
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert "<html" in text
    assert not re.search(r"<(?:script|link|img)[^>]*(?:src|href)=.https?:", text)
    for words in ("switching probability", "voltage (V)", "toggle probability", "pulse width (s)"):
        assert words in text
    device = load_device("vcma-toggle")
    for curve in (*switching_curves(device), toggle_curve(device)):
        assert f'"name":"{curve.label}"' in text


def test_a_cell_without_toggle_has_one_panel(tmp_path) -> None:
    page = tmp_path / "cell.html"
    assert bitspin("device", "mtj-sot", "--plot", str(page)).returncode == 0
    text = page.read_text(encoding="utf-8")
    assert '"xaxis":' in text
    assert '"xaxis2":' not in text


def test_without_plotly_the_error_says_what_to_install(tmp_path) -> None:
    without = "import sys; sys.modules['plotly'] = None; from bitspin.cli.app import main; main()"
    command = [sys.executable, "-c", without, "device", "mtj-sot", "--plot", str(tmp_path / "x")]
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert failed.returncode == 2
    assert failed.stderr.count("\n") == 1
    assert "pip install 'bitspin[report]'" in failed.stderr
    assert not (tmp_path / "x").exists()


def test_a_figure_that_cannot_be_written_is_one_line(tmp_path) -> None:
    failed = bitspin("device", "mtj-sot", "--plot", str(tmp_path / "none" / "x.html"))
    assert failed.returncode == 2
    assert failed.stderr.count("\n") == 1
    assert "choose another place" in failed.stderr


def test_a_fit_that_cannot_be_saved_prints_no_table(tmp_path) -> None:
    curve = tmp_path / "curve.csv"
    rows = [f"{0.5 + 0.05 * i},1,{successes},100" for i, successes in enumerate([1, 9, 40, 80, 99])]
    curve.write_text("\n".join(["voltage (V),pulse width (ns),successes,trials", *rows]))
    for options in (["--model", "none"], ["--base", "none"], ["--save", str(tmp_path / "a/b")]):
        save = [] if "--save" in options else ["--save", str(tmp_path / "cell.toml")]
        failed = bitspin("device", "fit", str(curve), *save, *options)
        assert (failed.returncode, failed.stdout, failed.stderr.count("\n")) == (2, "", 1)
    assert list(tmp_path.iterdir()) == [curve]


def test_the_presets_as_json() -> None:
    assert "mtj-sot" in json.loads(bitspin("device", "--json").stdout)["presets"]


@pytest.mark.parametrize(
    "arguments",
    [
        "device --plot page.html",
        "device fit curve.csv --model neel-brown",
        "device fit curve.csv --base mtj-sot",
        "device fit curve.csv --name mine",
    ],
)
def test_an_option_without_the_one_it_needs_is_refused(arguments) -> None:
    failed = bitspin(*arguments.split())
    assert (failed.returncode, failed.stdout, failed.stderr.count("\n")) == (2, "", 1)
    assert "expected both" in failed.stderr


def test_current_densities_need_the_section_of_the_track(tmp_path) -> None:
    curve, cell = tmp_path / "curve.csv", tmp_path / "cell.toml"
    rows = [f"{2 + 0.2 * i},1,{successes},100" for i, successes in enumerate([1, 9, 40, 80, 99])]
    header = "current density (MA/cm2),pulse width (ns),successes,trials"
    curve.write_text("\n".join([header, *rows]))
    fit = ("device", "fit", str(curve), "--save", str(cell))
    refused = bitspin(*fit)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--track-section" in refused.stderr
    assert bitspin(*fit, "--track-section", "1e-15").returncode == 0
    # About 2.45 MA/cm², over 1e-15 m², through the track of the preset.
    volts = 2.45e10 * 1e-15 * load_device("mtj-sot").track_ohm
    assert float(load_device(cell).write_voltage_v(0.5)) == pytest.approx(volts, rel=0.05)


def test_a_model_that_the_data_do_not_allow_says_why(tmp_path) -> None:
    curve = tmp_path / "warm.csv"
    rows = [
        f"{0.8 + 0.03 * i:.2f},1,{n},100,{290 + 5 * i}" for i, n in enumerate([2, 15, 50, 85, 98])
    ]
    header = "voltage (V),pulse width (ns),successes,trials,temperature (K)"
    curve.write_text("\n".join([header, *rows]))
    done = bitspin("device", "fit", str(curve))
    assert done.returncode == 0, done.stderr
    reason = "the logistic model got several temperatures"
    assert f"logistic: not fitted: {reason}" in done.stdout
    asked = bitspin(
        "device", "fit", str(curve), "--model", "logistic", "--save", str(curve) + ".toml"
    )
    assert (asked.returncode, asked.stdout) == (2, "")
    assert f"--model logistic: {reason}" in asked.stderr
    assert not (tmp_path / "warm.csv.toml").exists()
