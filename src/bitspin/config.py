"""What a run is asked to do: one frozen record, written to and read from TOML.

Threads and kernel backend are not in it: they change how fast a result comes, never the result.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from bitspin.array import AnyArray, IdealArray, MramArray
from bitspin.errors import ValidityError
from bitspin.settings import Settings
from bitspin.train import Plain, RowBudget
from bitspin.train.bnn_rule import BnnRule

__all__ = [
    "DataConfig",
    "NetworkConfig",
    "RunConfig",
    "expectation",
    "make_config",
    "read_config_file",
]


class DataConfig(Settings):
    """Which data, and how they become bits.

    Parameters
    ----------
    source : str
        ``"mnist"``, a folder of IDX files, or an .npz file.
    validation : int
        Training samples held out for choices; 0 trains on all of them.
    encode : {"auto", "threshold", "thermometer"}
        How features become bits; "auto" chooses from the training data.
    pixel_threshold : float or None
        The threshold; None chooses it from the training data.
    levels : int or None
        Bits of a thermometer for each feature; None chooses.
    shift : int
        Each training image is moved by up to this many pixels, anew in each epoch.
    """

    source: str = "mnist"
    validation: int = Field(default=0, ge=0)
    encode: Literal["auto", "threshold", "thermometer"] = "auto"
    pixel_threshold: float | None = None
    levels: int | None = Field(default=None, ge=1, le=256)
    shift: int = Field(default=0, ge=0, le=7)


class NetworkConfig(Settings):
    """Structure of the network.

    Parameters
    ----------
    hidden : tuple of int
        Units of each hidden layer, first to last; 1 … 32767 each, at most 7 layers.
    code : {"onehot", "hadamard", "bch"}
        Output code of the classes.
    code_length : int or None
        Bits of a Hadamard or BCH code word; None for the code's own default.
    """

    hidden: tuple[Annotated[int, Field(ge=1, le=32767)], ...] = Field(
        default=(1000,), min_length=1, max_length=7
    )
    code: Literal["onehot", "hadamard", "bch"] = "onehot"
    code_length: int | None = Field(default=None, ge=1, le=32767)


class RunConfig(Settings):
    """Everything that determines a run's result.

    Parameters
    ----------
    data : DataConfig
    network : NetworkConfig
    rule : RowBudget, Plain or BnnRule
        Told apart by ``mode``; without one it is a row-budget rule.
    array : IdealArray or MramArray
        What holds the weights; told apart by ``kind``.
    epochs : int
        Length of the schedule, ≥ 1.
    seed : int
        0 … 2**63 - 1.
    """

    data: DataConfig = DataConfig()
    network: NetworkConfig = NetworkConfig()
    rule: RowBudget | Plain | BnnRule = Field(default=RowBudget(), discriminator="mode")
    array: AnyArray = Field(default=IdealArray(), discriminator="kind")
    epochs: int = Field(default=24, ge=1, le=1_000_000)
    seed: int = Field(default=0, ge=0, lt=2**63)

    @model_validator(mode="before")
    @classmethod
    def _name_default_mode(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(values.get("rule"), dict):
            values = {**values, "rule": {"mode": RowBudget().mode, **values["rule"]}}
        if isinstance(values, dict) and isinstance(values.get("array"), dict):
            kind = (MramArray() if values["array"] else IdealArray()).kind
            values = {**values, "array": {"kind": kind, **values["array"]}}
        return values

    @model_validator(mode="after")
    def _strict_in_array(self) -> RunConfig:
        if isinstance(self.array, MramArray) and isinstance(self.rule, BnnRule):
            raise ValueError(  # noqa: TRY004 (pydantic takes a ValueError as its own)
                "configuration: got the regular BNN in an MRAM array, expected a strict rule, for "
                "the regular BNN keeps float weights"
            )
        return self

    def to_plain(self) -> dict[str, Any]:
        """Give plain values for TOML, which knows no null: what is None is left out."""
        return self.model_dump(mode="json", exclude_none=True)


def read_config_file(path: Path) -> dict[str, Any]:
    """Read a TOML file as plain values.

    Raises
    ------
    ValidityError
        If it cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValidityError(
            f"configuration {path} cannot be read: {error}; expected a TOML file like a run's "
            "config.toml"
        ) from error


IN_FILE_OR_COMMAND = "correct it on the command line or in the file"


def make_config(
    values: dict[str, Any],
    remedy: str = IN_FILE_OR_COMMAND,
    written: Mapping[str, str] | None = None,
) -> RunConfig:
    """Check plain values and make the record.

    Parameters
    ----------
    values : dict
        With the keys of a run's ``config.toml``.
    remedy : str
        What to tell a user to do about a wrong value.
    written : mapping of str to str, optional
        How a user wrote a key, such as ``--hidden`` for ``network.hidden``.

    Raises
    ------
    ValidityError
        One line for the first value that does not fit: what, got, expected, remedy.
    """
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        raise ValidityError(one_line(error, remedy, written or {})) from None


def one_line(error: ValidationError, remedy: str, written: Mapping[str, str]) -> str:
    """Say the first complaint of pydantic in one line."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"] if part not in MODES]
    name = ".".join(place) or "as a whole"
    if first["type"] == "extra_forbidden":
        chosen = next((part for part in first["loc"] if part in MODES), None)
        if chosen is not None and (owners := modes_with(place[-1], place[0])):
            what = written.get(name, f"configuration '{name}'")
            return f"{what}: got it with '{chosen}', expected it with {owners} only; leave it out"
        close = difflib.get_close_matches(place[-1], known_keys(), n=1)
        hint = f"did you mean '{close[0]}'?" if close else "see 'bitspin train --help'"
        if close and close[0] == place[-1]:
            hint = "it belongs to another section"
        return f"configuration: got an unknown key '{name}', expected a known one; {hint}"
    expected = expectation(first)
    if first["type"] == "value_error" and not place:  # of several sections
        return f"{expected}; {remedy}"
    key = ".".join(part for part in place if not part.isdigit())
    what = written.get(key, f"configuration '{name}'")
    return f"{what}: got {first['input']!r}, expected {expected}; {remedy}"


MODES = ("row-budget", "plain", "bnn", "ideal", "mram")

# Where pydantic's own words say too little to a user, or speak Python.
EXPECTED = {
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
    "union_tag_invalid": "a {discriminator} out of {expected_tags}",
    "tuple_type": "a list",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dict_type": "a table",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "string_type": "a text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


def expectation(complaint: ErrorDetails) -> str:
    """Say what pydantic expected, in words of a user."""
    if complaint["type"] in EXPECTED:
        return EXPECTED[complaint["type"]].format_map(complaint.get("ctx", {}))
    return complaint["msg"].removeprefix("Input should be ").removeprefix("Value error, ")


def modes_with(key: str, section: str) -> str:
    """Name the rules, or the arrays, that have a key; nothing if none has."""
    kinds = {"rule": (RowBudget, Plain, BnnRule), "array": (MramArray,)}.get(section, ())
    tag = "mode" if section == "rule" else "kind"
    names = [kind.model_fields[tag].default for kind in kinds if key in kind.model_fields]
    return " or ".join(f"'{name}'" for name in names)


def known_keys() -> list[str]:
    """Every key that a configuration may have."""
    sections = (RunConfig, DataConfig, NetworkConfig, RowBudget, Plain, BnnRule, MramArray)
    return sorted({key for section in sections for key in section.model_fields})
