"""Prices of one event that a device does not tell itself, each with its source."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bitspin.errors import DataError

__all__ = ["CostTable", "Price", "read_cost_table"]


class Price(BaseModel):
    """A constant and where it comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    value: float = Field(ge=0)
    source: str = Field(min_length=1)


class CostTable(BaseModel):
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
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

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


def read_cost_table(path: Path) -> CostTable:
    """Read a TOML file with a table (value, source) for each price that differs from ours.

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
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(
            f"cost table {path}: {where}: got {first['input']!r}, expected {first['msg']}; correct "
            "it (each price has a value and a source)"
        ) from None
