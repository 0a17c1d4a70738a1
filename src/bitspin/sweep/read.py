"""From a sweep file to a checked `SweepFile`, or to one clear line about what is wrong."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from bitspin.config import expectation
from bitspin.errors import ValidityError
from bitspin.sweep.checks import check_configurations, check_consistent
from bitspin.sweep.parameters import names_in
from bitspin.sweep.sweep_file import Draw, Range, Search, SweepFile

__all__ = ["make_sweep", "read_sweep_file"]


def read_sweep_file(path: Path) -> SweepFile:
    """Read and check a sweep file.

    Raises
    ------
    ValidityError
        One line for the first thing that is wrong: what, got, expected, remedy.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValidityError(
            f"sweep file {path} cannot be read: {error}; expected a TOML file with [base] and "
            "[grid], [random] or [search]"
        ) from error
    return make_sweep(values, str(path))


def make_sweep(values: dict[str, Any], where: str) -> SweepFile:
    """Check the plain values of a sweep file.

    Raises
    ------
    ValidityError
        One line for the first thing that is wrong: what, got, expected, remedy.
    """
    values = dict(values)
    for name in ("base", "grid", "random", "search"):
        if not isinstance(values.get(name, {}), dict):
            raise ValidityError(
                f"{where}: got {name} = {values[name]!r}, expected a table [{name}]; correct it"
            )
    if "grid" in values:
        values["grid"] = names_in(values["grid"], f"{where} [grid]")
    for name, model in (("random", Draw), ("search", Search)):
        if name in values:
            values[name] = with_space(values[name], model, f"{where} [{name}]")
    try:
        sweep = SweepFile.model_validate(values)
    except ValidationError as error:
        raise ValidityError(one_line(error, where)) from None
    check_consistent(sweep, where)
    check_configurations(sweep, where)
    return sweep


def with_space(table: dict[str, Any], model: type[BaseModel], where: str) -> dict[str, Any]:
    """Part a table's own keys from the parameters that it draws."""
    own = set(model.model_fields) - {"space"}
    kept = {key: value for key, value in table.items() if key in own}
    rest = {key: value for key, value in table.items() if key not in own}
    for key in rest:
        close = difflib.get_close_matches(key, own, n=1, cutoff=0.7)
        if close and not isinstance(rest[key], dict):
            raise ValidityError(
                f"{where}: got an unknown key '{key}', expected a known one; did you mean "
                f"'{close[0]}'?"
            )
    space = names_in(rest, where)
    for name, value in space.items():
        if not isinstance(value, dict | list):
            raise ValidityError(
                f"{where}: got {name} = {value!r}, expected a list of values or a range such as "
                "{ low = 1, high = 5 }; a constant belongs into [base]"
            )
    return {**kept, "space": space}


def one_line(error: ValidationError, where: str) -> str:
    """Say the first complaint of pydantic in one line."""
    # Of a union (a range or a list) only the member that the value looks like is of interest.
    complaints = [one for one in error.errors() if not beside_the_point(one)] or error.errors()
    # A misspelt key is also a missing one; the misspelling tells more.
    first = min(complaints, key=lambda one: one["type"] != "extra_forbidden")
    place = [str(part) for part in first["loc"] if not (part == "space" or is_member(part))]
    name = ".".join(place)
    if first["type"] == "extra_forbidden":
        known = Range if any(map(is_member, first["loc"])) else SweepFile
        close = difflib.get_close_matches(place[-1], known.model_fields, n=1, cutoff=0.5)
        hint = f"did you mean '{close[0]}'?" if close else "remove it"
        return f"{where}: got an unknown key '{name}', expected a known one; {hint}"
    expected = expectation(first)
    if first["type"] == "missing":
        return f"{where}: got no '{name}', expected one; add it"
    if first["type"] == "too_short" and first["loc"][-1] == "space":
        return (
            f"{where}: [{name}]: got no parameter, expected at least one, such as rule.margin = "
            "{ low = 1, high = 5 }; add it"
        )
    if first["type"] == "value_error":
        return f"{where}: '{name}': expected {expected}; correct it"
    return f"{where}: '{name}': got {first['input']!r}, expected {expected}; correct it"


def is_member(part: int | str) -> bool:
    """Whether a part of a place is pydantic's name of a member of the union range or list."""
    return isinstance(part, str) and ("Range" in part or part.startswith("tuple["))


def beside_the_point(complaint: Any) -> bool:
    """Whether a complaint is about the member of the union that was not meant."""
    members = [part for part in complaint["loc"] if is_member(part)]
    given = complaint["input"]
    return any(isinstance(given, list if "Range" in member else dict) for member in members)
