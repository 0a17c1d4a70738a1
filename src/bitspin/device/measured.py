"""A measured switching curve, read from CSV. Every column says its unit; nothing is guessed."""

from __future__ import annotations

import csv
import difflib
import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bitspin.device.validity import FloatArray, plain
from bitspin.errors import DataError

__all__ = ["SwitchingData", "read_switching_csv"]


@dataclass(frozen=True)
class SwitchingData:
    """Switching probabilities against bias and pulse width, in SI units.

    Attributes
    ----------
    bias : ndarray of float64, shape (T,)
        Pulse height in the unit named by `bias_unit`.
    bias_unit : str
        ``"V"``, ``"A"`` or ``"A/m^2"``.
    pulse_width_s : ndarray of float64, shape (T,)
        Pulse widths in s.
    probability : ndarray of float64, shape (T,)
        Observed fraction, 0 to 1.
    trials : ndarray of float64, shape (T,), or None
        Pulses per point; None where only probabilities are known.
    temperature_kelvin : ndarray of float64, shape (T,), or None
        Temperature in K; None where the file has no such column.
    """

    bias: FloatArray
    bias_unit: str
    pulse_width_s: FloatArray
    probability: FloatArray
    trials: FloatArray | None = None
    temperature_kelvin: FloatArray | None = None

    def __len__(self) -> int:
        """Return the number of points."""
        return int(self.bias.size)


_COLUMNS = {
    "voltage": ("voltage", "pulse voltage", "write voltage", "bias", "v"),
    "current": ("current", "pulse current", "write current", "i"),
    "current density": ("current density", "j"),
    "pulse width": ("pulse width", "width", "pulse duration", "duration", "pulse length", "t"),
    "probability": ("probability", "switching probability", "p", "p switch", "psw"),
    "successes": ("successes", "switched", "switches", "hits", "k"),
    "trials": ("trials", "pulses", "attempts", "n"),
    "temperature": ("temperature", "temp"),
}
_UNITS = {
    "voltage": {"V": 1.0, "mV": 1e-3, "uV": 1e-6},
    "current": {"A": 1.0, "mA": 1e-3, "uA": 1e-6},
    "current density": {"A/m2": 1.0, "A/cm2": 1e4, "MA/cm2": 1e10},
    "pulse width": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ps": 1e-12},
    "probability": {"": 1.0, "1": 1.0, "%": 1e-2},
    "successes": {"": 1.0, "1": 1.0},
    "trials": {"": 1.0, "1": 1.0},
    "temperature": {"K": 1.0, "C": 1.0},
}
_SI_UNIT = {"voltage": "V", "current": "A", "current density": "A/m^2"}
_ZERO_CELSIUS_KELVIN = 273.15


def read_switching_csv(path: str | Path) -> SwitchingData:
    r"""Read a switching curve from a CSV file with a header.

    Parameters
    ----------
    path : str or Path
        Comma-separated text. Columns, in any order: ``voltage (V)`` or ``current (uA)`` or
        ``current density (A/m^2)``; ``pulse width (ns)``; ``probability``, or ``successes`` and
        ``trials``; optionally ``temperature (K)``. Units stand in round or square brackets, or
        after an underscore (``voltage_mV``). Lines that start with # are comments.

    Returns
    -------
    SwitchingData
        The points, in SI units.

    Raises
    ------
    DataError
        If the file is missing, a column is missing, unknown, doubled or without a unit, a line has
        other columns than the header, or a value is not a number or out of range. The message
        names the line.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "curve.csv"
    >>> _ = path.write_text("voltage (mV),pulse width (ns),successes,trials\n894,0.75,50,100\n")
    >>> data = read_switching_csv(path)
    >>> float(data.bias[0]), data.bias_unit, float(data.probability[0])
    (0.894, 'V', 0.5)
    """
    header, *rows = _rows(Path(path))
    columns = _header(header[1], path)
    bias_kind = _only_bias(columns, path)
    if "pulse width" not in columns:
        raise DataError(f"{path}: no pulse width, expected a column such as 'pulse width (ns)'")
    _refuse_other_lengths(rows, len(header[1]), path)
    table = _numbers(rows, columns, path)
    lines = [line for line, _ in rows]
    width = table["pulse width"]
    _refuse(width <= 0.0, lines, path, "pulse width", width, "above 0: remove that line")
    temperature = table.get("temperature")
    if temperature is not None:
        below = temperature <= 0.0
        _refuse(below, lines, path, "temperature", temperature, "above 0 K: correct the unit")
    probability, trials = _observed(table, lines, path)
    return SwitchingData(
        bias=table[bias_kind],
        bias_unit=_SI_UNIT[bias_kind],
        pulse_width_s=table["pulse width"],
        probability=probability,
        trials=trials,
        temperature_kelvin=temperature,
    )


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Return (line number, cells) of the lines that hold something."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [
                (number, [cell.strip() for cell in row])
                for number, row in enumerate(csv.reader(file), start=1)
                if any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#")
            ]
    except UnicodeDecodeError as error:  # such as the µ of a spreadsheet
        raise DataError(
            f"{path} cannot be read as CSV text: got byte 0x{error.object[error.start]:02x}, which "
            "is no UTF-8; save it as 'CSV UTF-8', or write u for µ"
        ) from error
    except (OSError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as CSV text: {error}; check the file") from error
    if len(rows) < 2:
        got = "one line" if rows else "no lines"
        raise DataError(f"{path} has {got}, expected a header and data: check the file")
    return rows


def _refuse_other_lengths(rows: list[tuple[int, list[str]]], length: int, path: str | Path) -> None:
    """Refuse a line of more or fewer cells than the header: 0,9 must not become 0 and 9."""
    for line, cells in rows:
        if len(cells) < length or any(cells[length:]):
            raise DataError(
                f"{path} line {line} has {len(cells)} cells, expected {length} as in the header: "
                "write decimals with a point, and give each column a value"
            )


def _refuse(
    bad: npt.NDArray[np.bool_],
    lines: list[int],
    path: str | Path,
    kind: str,
    values: FloatArray,
    expected: str,
) -> None:
    """Name the first line with a bad value, if there is one."""
    if bad.any():
        first = int(np.argmax(bad))
        raise DataError(
            f"{path} line {lines[first]}: {kind} is {values[first]:.6g}, expected {expected}"
        )


def _with_unit(name: str) -> str:
    """Write a column's name as a file should have it, such as ``voltage (V)``."""
    kind = next(kind for kind, names in _COLUMNS.items() if name in names)
    unit = next(iter(_UNITS[kind]))
    return f"{name} ({unit})" if unit else name


def _header(cells: list[str], path: str | Path) -> dict[str, tuple[int, float, str]]:
    """Return column kind -> (index, factor to SI, unit)."""
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(cells) == 1 and mark in cells[0]:
            raise DataError(
                f"{path}: {name} stand between the columns, expected commas: save it as "
                "comma-separated text, with a point in decimals"
            )
    columns: dict[str, tuple[int, float, str]] = {}
    for index, cell in enumerate(cells):
        name, unit = _split_unit(cell)
        kind = next((k for k, names in _COLUMNS.items() if name in names), None)
        if kind is None:
            every = sorted({n for names in _COLUMNS.values() for n in names if len(n) > 2})
            near = difflib.get_close_matches(name, every, n=1, cutoff=0.5)
            hint = f"did you mean '{_with_unit(near[0])}'?" if near else "remove it or rename it"
            raise DataError(
                f"{path}: unknown column {cell!r}, expected {', '.join(_COLUMNS)}: {hint}"
            )
        if kind in columns:
            raise DataError(f"{path}: two columns hold the {kind}, expected one: remove {cell!r}")
        units = _UNITS[kind]
        if unit not in units:
            got = f"unit {unit!r}" if unit else "no unit"
            raise DataError(
                f"{path}: column {cell!r} has {got}, expected {kind} in "
                f"{', '.join(u for u in units if u)}: write it as '{_with_unit(name)}'"
            )
        columns[kind] = (index, units[unit], unit)
    return columns


def _split_unit(cell: str) -> tuple[str, str]:
    """Split 'pulse width (ns)', 'pulse width [ns]' or 'pulse_width_ns' into name and unit."""
    text = cell.strip()
    bracket = re.fullmatch(r"(.*?)\s*[(\[]\s*(.*?)\s*[)\]]", text)
    if bracket:
        name, unit = bracket.group(1), bracket.group(2)
    else:
        name, _, unit = text.rpartition("_")
        known = {u for units in _UNITS.values() for u in units if u}
        if not name or _plain_unit(unit) not in known:
            name, unit = text, ""
    return re.sub(r"[\s_]+", " ", name).strip().lower(), _plain_unit(unit)


def _plain_unit(unit: str) -> str:
    """Fold spellings: micro sign and Greek mu to u, squares to 2, degree sign away."""
    folded = unit.replace("\u00b5", "u").replace("\u03bc", "u").replace("\u00b0", "")
    return folded.replace("\u00b2", "2").replace("^", "").replace(" ", "")


def _numbers(
    rows: list[tuple[int, list[str]]],
    columns: dict[str, tuple[int, float, str]],
    path: str | Path,
) -> dict[str, FloatArray]:
    table: dict[str, list[float]] = {kind: [] for kind in columns}
    for line, cells in rows:
        for kind, (index, factor, unit) in columns.items():
            text = cells[index]
            try:
                value = float(text)
            except ValueError:
                value = math.nan
            if not math.isfinite(value):
                raise DataError(
                    f"{path} line {line}: {kind} is {text!r}, expected a number: fix it"
                )
            offset = _ZERO_CELSIUS_KELVIN if unit == "C" and kind == "temperature" else 0.0
            table[kind].append(value * factor + offset)
    return {kind: plain(values) for kind, values in table.items()}


def _only_bias(columns: dict[str, tuple[int, float, str]], path: str | Path) -> str:
    kinds = [kind for kind in _SI_UNIT if kind in columns]
    if len(kinds) != 1:
        got = " and ".join(kinds) or "no bias column"
        raise DataError(
            f"{path}: {got}, expected exactly one of {', '.join(_SI_UNIT)}: "
            "give one, such as 'voltage (V)'"
        )
    return kinds[0]


def _observed(
    table: dict[str, FloatArray], lines: list[int], path: str | Path
) -> tuple[FloatArray, FloatArray | None]:
    """Return probability and trials from whichever columns are there."""
    trials = table.get("trials")
    if trials is not None:
        bad = (trials < 1) | (trials % 1.0 != 0)
        whole = "a whole number of at least 1: correct it"
        _refuse(bad, lines, path, "trials", trials, whole)
    if "successes" in table:
        if trials is None:
            raise DataError(f"{path}: successes without trials, expected both: add a trials column")
        if "probability" in table:
            raise DataError(f"{path}: successes and probability, expected one: remove a column")
        successes = table["successes"]
        bad = (successes < 0) | (successes > trials) | (successes % 1.0 != 0)
        whole = "a whole number from 0 to the trials of its line: correct it"
        _refuse(bad, lines, path, "successes", successes, whole)
        return plain(successes / trials), trials
    if "probability" not in table:
        raise DataError(
            f"{path}: no outcome, expected 'probability', or 'successes' and 'trials': add it"
        )
    probability = table["probability"]
    bad = (probability < 0.0) | (probability > 1.0)
    share = "0 to 1: give fractions, or '%' as unit"
    _refuse(bad, lines, path, "probability", probability, share)
    return probability, trials
