"""``bitspin device``: a cell's figures, its curves, and a cell fitted to a measurement."""

from __future__ import annotations

import importlib
import json as json_format
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, get_args

from cyclopts import App, Parameter
from rich.table import Table

from bitspin.cli.terminal import terminal
from bitspin.device import (
    AnyDevice,
    Fit,
    SwitchingData,
    characteristics,
    device_from_fit,
    device_toml,
    fit_switching,
    load_device,
    preset_names,
    read_switching_csv,
    switching_curves,
    toggle_curve,
)
from bitspin.device.regression import ModelName
from bitspin.errors import BackendError, DataError, ValidityError
from bitspin.results.files import replace_file

__all__ = ["device_app"]

device_app = App(name="device", help="Show the figures of a memory cell, or fit one.")

PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"))
SMALL_PREFIXES = ((1e-9, "n"), (1e-12, "p"), (1e-15, "f"))


@device_app.default
def show(
    name: str | None = None,
    *,
    temperature: float = 300.0,
    plot: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Print a cell's figures with their citations; without a name, list the presets.

    Parameters
    ----------
    name : str
        Preset, or path of a device file.
    temperature : float
        K.
    plot : path
        Write the switching curves as one HTML page (needs plotly: bitspin[report]).
    json : bool
        Print one JSON object.
    """
    if name is None:
        list_presets(plot, as_json=json)
        return
    device = load_device(name)
    rows = characteristics(device, temperature)
    if plot is not None:
        write_figure(device, plot, temperature)
    if json:
        facts = {
            "name": device.name,
            "rows": [asdict(row) for row in rows],
            "citations": device.citations,
        }
        sys.stdout.write(json_format.dumps(facts) + "\n")
        return
    table = Table(title=device.name, title_justify="left", box=None, pad_edge=False)
    for heading in ("quantity", "value", "condition"):
        table.add_column(heading, justify="right" if heading == "value" else "left")
    for row in rows:
        value = "not known" if row.value is None else with_prefix(row.value, row.unit)
        table.add_row(row.quantity, value, row.condition)
    console = terminal()
    console.print(table)
    for citation in device.citations:
        console.print(f"· {citation}", style="dim", highlight=False)


@device_app.command
def fit(
    measured: Path,
    *,
    save: Path | None = None,
    base: str | None = None,
    model: str | None = None,
    name: str | None = None,
    track_section: float | None = None,
) -> None:
    """Fit a measured switching curve, and save it as a device.

    Parameters
    ----------
    measured : path
        CSV with units in the column names: pulse voltage or current, pulse width, probability or
        successes and trials, temperature if known.
    save : path
        Device file to write; other commands take it with --device.
    base : str
        Device that gives what a switching curve does not tell (resistance, retention).
        [default: mtj-sot]
    model : str
        Which of the fits to save. [default: the one shown first]
    name : str
        Name of the device. [default: that of the file]
    track_section : float
        Cross-section of the track in m², which turns a current density into a current.
    """
    of_the_saved = {
        "--base": base,
        "--model": model,
        "--name": name,
        "--track-section": track_section,
    }
    given = [option for option, value in of_the_saved.items() if value is not None]
    if save is None and given:
        raise ValidityError(f"{given[0]}: got it without --save, expected both; add --save FILE")
    data = read_switching_csv(measured)
    fits = fit_switching(data)
    failed = why_not_fitted(data, fits)
    if save is not None:
        device = device_from_fit(
            chosen_fit(fits, model, failed),
            base=base or "mtj-sot",
            name=name or measured.stem,
            source=measured.name,
            track_section_m2=track_section,
        )
        replace_file(save, device_toml(device).encode())
    table = Table(box=None, pad_edge=False)
    for heading in ("model", "parameter", "value", "95 % interval", "goodness of fit"):
        table.add_column(heading)
    for found in fits:
        goodness = f"R² {found.r_squared:.4f}, deviance {found.deviance:.3g}"
        if found.p_value is not None:
            goodness += f", p {found.p_value:.3g}"
        for parameter in found.parameters:
            table.add_row(
                found.model,
                parameter.name,
                f"{parameter.value:.5g} {parameter.unit}",
                f"{parameter.low:.5g} … {parameter.high:.5g}",
                goodness,
            )
            goodness = ""
    console = terminal()
    console.print(table)
    for name_of_model, reason in failed.items():
        console.print(f"{name_of_model}: not fitted: {reason}", soft_wrap=True)
    if save is not None:
        sys.stdout.write(f"saved {device.name} to {save}\n")


def list_presets(plot: Path | None, *, as_json: bool) -> None:
    """Print the names of the presets.

    Raises
    ------
    ValidityError
        If a figure was asked for: of which device?
    """
    if plot is not None:
        raise ValidityError(f"--plot: got {plot} without a device, expected both; name a device")
    names = preset_names()
    text = json_format.dumps({"presets": names}) if as_json else "\n".join(names)
    sys.stdout.write(text + "\n")


def why_not_fitted(data: SwitchingData, fits: Sequence[Fit]) -> dict[str, str]:
    """Say of each model that is missing among the fits why the data do not allow it."""
    fitted = [found.model for found in fits]
    reasons = {}
    for model in get_args(ModelName):
        if model not in fitted:
            try:
                fit_switching(data, models=(model,))
            except (DataError, ValidityError) as error:
                reasons[model] = str(error)
    return reasons


def chosen_fit(fits: Sequence[Fit], model: str | None, failed: Mapping[str, str]) -> Fit:
    """Give the fit of a model; the first one if none is named."""
    for found in fits:
        if model in (None, found.model):
            return found
    if model is not None and model in failed:
        raise ValidityError(f"--model {model}: {failed[model]}")
    known = ", ".join(found.model for found in fits)
    raise ValidityError(f"--model: got '{model}', expected one of {known}; correct it")


def with_prefix(value: float, unit: str) -> str:
    """Write a value in SI units with a readable prefix."""
    if not unit:
        return f"{value:.4g}"
    for factor, prefix in (*PREFIXES, *SMALL_PREFIXES):
        if abs(value) >= factor:
            return f"{value / factor:.4g} {prefix}{unit}"
    return f"{value:.4g} {unit}"


def write_figure(device: AnyDevice, path: Path, temperature_kelvin: float) -> None:
    """Write the switching curves, and the toggle where there is one, as one HTML page.

    Raises
    ------
    BackendError
        If plotly is not installed.
    StoreError
        If the file cannot be written.
    """
    try:
        subplots = importlib.import_module("plotly.subplots")
    except ImportError as error:
        raise BackendError(
            f"--plot: got no plotly ({error}), expected it for figures; install it with: pip "
            "install 'bitspin[report]'"
        ) from error
    panels = [switching_curves(device, temperature_kelvin=temperature_kelvin)]
    toggle = toggle_curve(device)
    if toggle is not None:
        panels.append([toggle])
    figure = subplots.make_subplots(rows=1, cols=len(panels))
    for column, curves in enumerate(panels, start=1):
        for curve in curves:
            figure.add_scatter(x=curve.x, y=curve.y, name=curve.label, row=1, col=column)
            figure.update_xaxes(title_text=axis_title(curve.x_name), row=1, col=column)
            figure.update_yaxes(title_text=axis_title(curve.y_name), row=1, col=column)
    figure.update_layout(title_text=f"{device.name}, {temperature_kelvin:g} K", showlegend=True)
    replace_file(path, figure.to_html(include_plotlyjs=True).encode())


def axis_title(name: str) -> str:
    """Write a name with its unit: ``pulse_width_s`` becomes ``pulse width (s)``.

    Examples
    --------
    >>> axis_title("voltage_v"), axis_title("switching_probability")
    ('voltage (V)', 'switching probability')
    """
    words, _, suffix = name.rpartition("_")
    units = {"v": "V", "s": "s"}
    return (
        f"{words} ({units[suffix]})".replace("_", " ")
        if suffix in units
        else name.replace("_", " ")
    )
