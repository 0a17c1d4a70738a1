"""Prices of one event that a device does not tell itself, each with its source."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ConfigDict, Field, ValidationError

from bitspin.errors import DataError
from bitspin.settings import Settings

__all__ = ["CostTable", "Price", "read_cost_table"]


class Price(Settings):
    """A constant and where it comes from."""

    model_config = ConfigDict(allow_inf_nan=False)

    value: float = Field(ge=0)
    source: str = Field(min_length=1)


class CostTable(Settings):
    """Prices of the periphery, SI units.

    Parameters
    ----------
    popcount_j : Price
        Adding one sensed bit to a sum.
    accumulate_j : Price
        Adding one term to a gradient.
    sense_j : Price
        One comparison of a sense amplifier.
    sense_s : Price
        Time of one comparison after the read pulse.
    logic_transistor_m2 : Price
        Area of one transistor of the popcount trees.
    cell_m2 : Price or None
        Area of one junction with its two transistors; None, the default, is not known.
    """

    popcount_j: Price = Price(
        value=0.03e-12 / 8,
        source="8-bit add 0.03 pJ at 45 nm (Horowitz, ISSCC 2014), one bit of it",
    )
    accumulate_j: Price = Price(
        value=0.053e-12,
        source="16 bits between 8-bit (0.03 pJ) and 32-bit add (0.1 pJ) at 45 nm (Horowitz, ISSCC "
        "2014); straight line: our choice",
    )
    sense_j: Price = Price(value=5e-15, source="our choice; replace it by your amplifier's")
    sense_s: Price = Price(value=1e-9, source="our choice; replace it by your amplifier's")
    logic_transistor_m2: Price = Price(
        value=0.614e-12 / 4,
        source="a quarter of a NAND2 of 0.614 µm² in 28 nm (ZigZag-IMC, commit df34a6f)",
    )
    cell_m2: Price | None = None


def read_cost_table(path: Path) -> CostTable:
    """Read a TOML file with a table (value, source) for each price that differs from ours.

    Its format is described in docs/howto/price.md.

    Raises
    ------
    DataError
        If it cannot be read, or a price is unknown, negative or without a source.
    """
    try:
        return CostTable.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(
            f"cost table {path} cannot be read: {error}; expected a TOML file"
        ) from error
    except ValidationError as error:
        raise DataError(f"cost table {path}: {one_line(error)}") from None


def one_line(error: ValidationError) -> str:
    """Say the first complaint about a table in one line."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = Price.model_fields if len(first["loc"]) > 1 else CostTable.model_fields
        return f"got an unknown key '{where}', expected some of {', '.join(known)}; correct it"
    if first["type"] == "missing":
        return f"got no '{where}', expected a value and a source for each price; add it"
    if first["type"] == "model_type":
        return (
            f"got {where} = {first['input']!r}, expected a table [{where}] with a value and a "
            "source; write it so"
        )
    expected = first["msg"].removeprefix("Input should be ")
    return f"got {where} = {first['input']!r}, expected {expected}; correct it"
