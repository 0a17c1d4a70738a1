"""Runs as rows of one flat table: for the eye, for CSV, for Parquet and for SQL."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bitspin.errors import BackendError, StoreError
from bitspin.results.files import part_beside, replace_file
from bitspin.results.quantities import QUANTITIES, quantity
from bitspin.results.record import RunRecord

if TYPE_CHECKING:
    import duckdb

__all__ = ["connect", "differing_keys", "flatten", "table_rows", "write_csv", "write_parquet"]


def flatten(config: dict[str, Any]) -> dict[str, Any]:
    """Bring nested settings to one level, with dots between the names.

    Examples
    --------
    >>> flatten({"rule": {"mode": "plain", "margin": 1.5}, "seed": 0})
    {'rule.mode': 'plain', 'rule.margin': 1.5, 'seed': 0}
    """
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{below}": found for below, found in flatten(value).items()}
        else:
            flat[key] = value
    return flat


def differing_keys(records: Sequence[RunRecord]) -> list[str]:
    """Settings that are not the same in all records.

    What only one kind of rule or of array has is not a difference in itself, for the kind is one.
    """
    settings = [flatten(record.config) for record in records]
    keys = dict.fromkeys(key for one in settings for key in one)
    return [key for key in keys if differs(key, settings)]


def differs(key: str, settings: Sequence[dict[str, Any]]) -> bool:
    """Whether a setting differs between two records that could have it."""
    section = key.partition(".")[0]
    kinds = [(one.get(f"{section}.mode"), one.get(f"{section}.kind")) for one in settings]
    having = [one[key] for one in settings if key in one]
    missing = {kind for kind, one in zip(kinds, settings, strict=True) if key not in one}
    given = {kind for kind, one in zip(kinds, settings, strict=True) if key in one}
    return any(value != having[0] for value in having[1:]) or bool(missing & given)


def table_rows(records: Sequence[RunRecord]) -> list[dict[str, Any]]:
    """One flat row a record: id, every setting, every figure; None where a record has none."""
    settings = [flatten(record.config) for record in records]
    keys = dict.fromkeys(key for one in settings for key in one)
    return [
        {
            "id": record.id,
            **{key: one.get(key) for key in keys},
            **{name: quantity(record, name) for name in QUANTITIES},
        }
        for record, one in zip(records, settings, strict=True)
    ]


def write_csv(records: Sequence[RunRecord], path: Path) -> None:
    """Write the rows as CSV; a list is written as JSON, and what is missing stays empty.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    rows = table_rows(records)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["id"])
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {key: json.dumps(v) if isinstance(v, list) else v for key, v in row.items()}
        )
    replace_file(path, text.getvalue().encode())


def connect(records: Sequence[RunRecord]) -> duckdb.DuckDBPyConnection:
    """Give a DuckDB database in memory, in which the rows are the table ``runs``.

    Raises
    ------
    BackendError
        If DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError as error:
        raise BackendError(
            f"Parquet and SQL need DuckDB, which cannot be imported here ({error}); install it "
            "with: pip install 'bitspin[results]'"
        ) from error
    connection = duckdb.connect()
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as lines:
        lines.writelines(f"{json.dumps(row)}\n" for row in table_rows(records))
        lines.flush()
        connection.execute(
            "CREATE TABLE runs AS SELECT * FROM read_json(?, format = 'newline_delimited', "
            "sample_size = -1)",
            [lines.name],
        )
    return connection


def write_parquet(records: Sequence[RunRecord], path: Path) -> None:
    """Write the rows as Parquet, lists as lists.

    Raises
    ------
    StoreError
        If the file cannot be written.
    BackendError
        If DuckDB is not installed.
    """
    connection = connect(records)
    part = part_beside(path)
    try:
        connection.table("runs").write_parquet(str(part))
        part.replace(path)
    except Exception as error:
        part.unlink(missing_ok=True)
        raise StoreError(
            f"cannot write {path}: got '{str(error).splitlines()[0]}', expected a writable place; "
            "choose another file"
        ) from error
