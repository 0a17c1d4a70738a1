"""Where a device comes from and goes to: presets, TOML files, single overridden parameters."""

from __future__ import annotations

import copy
import difflib
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import tomli_w
from pydantic import BaseModel, ValidationError

from bitspin.device.parameters import CosineToggle, PhaseToggle, TableToggle
from bitspin.device.sot_mtj import SotMtj
from bitspin.device.thermal_mtj import ThermalMtj
from bitspin.device.vgsot_mtj import VgsotMtj, derived_parameters
from bitspin.errors import DataError, ValidityError

__all__ = [
    "AnyDevice",
    "device_from_table",
    "device_table",
    "device_toml",
    "load_device",
    "preset_names",
    "save_device",
]

AnyDevice = SotMtj | ThermalMtj | VgsotMtj

_CELLS: dict[str, type[SotMtj] | type[ThermalMtj] | type[VgsotMtj]] = {
    "sot-mtj": SotMtj,
    "thermal-mtj": ThermalMtj,
    "vgsot-mtj": VgsotMtj,
}
_TOGGLES: tuple[type[BaseModel], ...] = (PhaseToggle, CosineToggle, TableToggle)


def preset_names() -> tuple[str, ...]:
    """Return the names of the presets that come with the package, sorted.

    Returns
    -------
    tuple of str
        Names that `load_device` takes.

    Examples
    --------
    >>> "mtj-sot" in preset_names()
    True
    """
    files = resources.files("bitspin.device").joinpath("presets").iterdir()
    return tuple(sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml")))


def load_device(source: str | Path, overrides: Mapping[str, Any] | None = None) -> AnyDevice:
    """Return the cell of a preset or of a TOML file, with single parameters replaced.

    Parameters
    ----------
    source : str or Path
        Name of a preset (see `preset_names`) or path of a TOML file.
    overrides : mapping of str to value, optional
        Parameters to replace; a dot reaches into a table: ``{"write.threshold_voltage_v": 0.9}``.

    Returns
    -------
    SotMtj, ThermalMtj or VgsotMtj
        The cell, frozen and checked.

    Raises
    ------
    DataError
        If the file is missing, is no TOML, or names no known kind of cell.
    ValidityError
        If a key is not known (the nearest valid name is suggested) or a value is not physical.

    Examples
    --------
    >>> load_device("mtj-sot", {"tmr_ratio": 1.5}).tmr_ratio
    1.5
    >>> load_device("mtj-sot", {"tmr_ration": 1.5})
    Traceback (most recent call last):
        ...
    bitspin.errors.ValidityError: mtj-sot: unknown parameter tmr_ration, expected a parameter of \
sot-mtj: did you mean tmr_ratio?
    """
    return device_from_table(_read(source), str(source), overrides)


def device_from_table(
    table: Mapping[str, Any], source: str, overrides: Mapping[str, Any] | None = None
) -> AnyDevice:
    """Return the cell that a table of parameters describes; all checks of a file apply.

    Parameters
    ----------
    table : mapping
        Parameters as a TOML file gives them, ``kind`` among them.
    source : str
        Where the table comes from, for messages.
    overrides : mapping, optional
        As in `load_device`.

    Returns
    -------
    SotMtj, ThermalMtj or VgsotMtj
        The cell.

    Raises
    ------
    DataError
        If the table names no known kind of cell.
    ValidityError
        If a key is not known or a value is not physical.
    """
    own = copy.deepcopy(dict(table))
    for key, value in (overrides or {}).items():
        _replace(own, key, value)
    return _build(own, source)


def save_device(device: AnyDevice, path: str | Path) -> None:
    """Write a cell as a TOML file that `load_device` reads back to an equal cell.

    Parameters
    ----------
    device : SotMtj, ThermalMtj or VgsotMtj
        The cell.
    path : str or Path
        File to write; an existing one is replaced.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "cell.toml"
    >>> save_device(load_device("mtj-sot"), path)
    >>> load_device(path) == load_device("mtj-sot")
    True
    """
    Path(path).write_text(device_toml(device), encoding="utf-8")


def device_toml(device: AnyDevice) -> str:
    """Write a cell as the text of a TOML file; see `save_device`.

    Examples
    --------
    >>> device_toml(load_device("mtj-sot")).splitlines()[0]
    'name = "mtj-sot"'
    """
    return tomli_w.dumps(device_table(device))


def device_table(device: AnyDevice) -> dict[str, Any]:
    """Return the parameters of a cell as plain values, without those that its free layer implies.

    Examples
    --------
    >>> cell = load_device("vgsot-b")
    >>> device_from_table(device_table(cell), "a copy") == cell
    True
    """
    table: dict[str, Any] = device.model_dump(mode="json", exclude_none=True)
    if isinstance(device, VgsotMtj):
        implied = VgsotMtj.model_validate(
            {**table, **derived_parameters(device.free_layer)}
        ).model_dump(mode="json", exclude_none=True)
        for name in derived_parameters(device.free_layer):
            if table.get(name) == implied[name]:
                del table[name]
    return table


def _read(source: str | Path) -> dict[str, Any]:
    name = str(source)
    path = Path(source)
    if name in preset_names():
        text = (
            resources.files("bitspin.device")
            .joinpath("presets", f"{name}.toml")
            .read_text(encoding="utf-8")
        )
    elif path.is_file():
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"device file {path} cannot be read: {error}; check it") from error
    else:
        near = difflib.get_close_matches(name, preset_names(), n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise DataError(
            f"device {name!r} is neither a preset nor a file, expected one of "
            f"{', '.join(preset_names())} or the path of a TOML file{hint}"
        )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"device file {path} is not valid TOML: {error}; correct it") from error


def _replace(table: dict[str, Any], dotted: str, value: Any) -> None:
    *tables, last = dotted.split(".")
    for part in tables:
        inner = table.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ValidityError(f"override {dotted}: {part} is a value, expected a table: drop it")
        table = inner
    table[last] = value


def _build(table: dict[str, Any], source: str) -> AnyDevice:
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in _CELLS:
        raise DataError(
            f"{source}: kind is {kind!r}, expected one of {', '.join(_CELLS)}: set that key"
        )
    cell = _CELLS[kind]
    _refuse_unknown_keys(table, kind, source)
    try:
        return cell.model_validate(table)
    except ValidationError as error:
        raise ValidityError(f"{source}: {_one_line(error)}") from error


def _refuse_unknown_keys(table: dict[str, Any], kind: str, source: str) -> None:
    known = _known_keys(_CELLS[kind])
    for key in _flat_keys(table):
        if key in known:
            continue
        near = difflib.get_close_matches(key, sorted(known), n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else "remove it"
        raise ValidityError(
            f"{source}: unknown parameter {key}, expected a parameter of {kind}: {hint}"
        )


def _flat_keys(table: dict[str, Any], prefix: str = "") -> list[str]:
    keys = []
    for key, value in table.items():
        if isinstance(value, dict):
            keys += _flat_keys(value, f"{prefix}{key}.")
        else:
            keys.append(f"{prefix}{key}")
    return keys


def _known_keys(model: type[BaseModel], prefix: str = "") -> set[str]:
    keys: set[str] = set()
    for name, field in model.model_fields.items():
        inner = _TOGGLES if name == "toggle" else _records(field.annotation)
        for record in inner:
            keys |= _known_keys(record, f"{prefix}{name}.")
        if not inner:
            keys.add(f"{prefix}{name}")
    return keys


def _records(annotation: Any) -> tuple[type[BaseModel], ...]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    if get_origin(annotation) in (Union, UnionType):
        return tuple(record for part in get_args(annotation) for record in _records(part))
    return ()


def _one_line(error: ValidationError) -> str:
    """Return the first complaint of pydantic in the house style."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the parameters"
    if first["type"] == "missing":
        return f"{where} is missing, expected a value: add it"
    got = first.get("input")
    shown = "a table" if isinstance(got, dict) else repr(got)
    expected = first["msg"].removeprefix("Value error, ")
    return f"{where} is {shown}, expected a physical value: {expected[0].lower()}{expected[1:]}"
