"""``bitspin compare``: runs side by side, in the terminal or in a file."""

from __future__ import annotations

import json as json_format
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from bitspin.cli.figures import readable
from bitspin.cli.terminal import terminal
from bitspin.errors import StoreError, ValidityError
from bitspin.results import QUANTITIES, RunRecord, quantity
from bitspin.results.table import (
    connect,
    differing_keys,
    flatten,
    table_rows,
    write_csv,
    write_parquet,
)
from bitspin.run.record import read_records

__all__ = ["compare"]

# What the terminal shows; files hold every figure.
SHOWN = tuple(name for name in QUANTITIES if name not in ("accuracy", "weight_count"))
# Where two sweeps' ids begin to differ, in practice.
SHORT_ID = 10


def compare(
    *runs: Path,
    csv: Path | None = None,
    parquet: Path | None = None,
    sql: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Show runs side by side: what was different, and what came of it.

    Parameters
    ----------
    runs : path ...
        Run folders, and results folders of sweeps.
    csv : path
        Write a table of every setting and figure, a row a run.
    parquet : path
        The same as Parquet (needs DuckDB).
    sql : str
        Print what a query of the table 'runs' gives (needs DuckDB), such as
        'SELECT seed, test_accuracy FROM runs'.
    json : bool
        Print one JSON list of rows.
    """
    if not runs:
        raise ValidityError(
            "compare: got no run, expected at least one run folder or results folder; name them"
        )
    records = told_apart(
        [(path, record) for path in runs for record in in_order_of_settings(read_records(path))]
    )
    if not records:
        raise StoreError(
            f"{runs[0]}: got a results folder without a result, expected at least one; run its "
            "sweep"
        )
    if csv is not None:
        write_csv(records, csv)
    if parquet is not None:
        write_parquet(records, parquet)
    if sql is not None:
        rows = query(records, sql)
    elif json:
        rows = table_rows(records)
    else:
        console = terminal()
        console.print(comparison(records, console))
        return
    if json:
        finite = [{key: without_nan(value) for key, value in row.items()} for row in rows]
        sys.stdout.write(json_format.dumps(finite, default=str) + "\n")
    else:
        header = list(rows[0]) if rows else ["no rows"]
        terminal().print(plain_table(header, [list(row.values()) for row in rows]))


def without_nan(value: Any) -> Any:
    """Give null for what JSON has no number for: NaN and infinity, as a query may give them."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def told_apart(read: Sequence[tuple[Path, RunRecord]]) -> list[RunRecord]:
    """Call run folders of one name by the paths that were typed."""
    ids = [record.id for _, record in read]
    return [
        record
        if record.stream is not None or ids.count(record.id) == 1
        else record.model_copy(update={"id": str(path)})
        for path, record in read
    ]


def in_order_of_settings(records: list[RunRecord]) -> list[RunRecord]:
    """Order the results of a sweep, whose ids say nothing to a reader."""
    keys = differing_keys(records)

    def place(record: RunRecord) -> list[tuple[str, Any]]:
        settings = flatten(record.config)
        return [(type(settings.get(key)).__name__, settings.get(key, 0)) for key in keys]

    return sorted(records, key=place)


def comparison(records: Sequence[RunRecord], console: Console) -> Table:
    """Show the settings that differ, and the figures that any run has.

    A run is a row; where that does not fit into the terminal, but a column a run might, a column.
    """
    keys = differing_keys(records)
    figures = [name for name in SHOWN if any(quantity(one, name) is not None for one in records)]
    settings = [flatten(record.config) for record in records]
    rows = [
        [
            record.id[:SHORT_ID] if record.stream is not None else record.id,
            *("-" if key not in one else str(one[key]) for key in keys),
            *(readable(name, quantity(record, name)) for name in figures),
        ]
        for record, one in zip(records, settings, strict=True)
    ]
    table = plain_table(["run", *keys, *figures], rows)
    needed = Measurement.get(console, console.options.update(width=10_000), table).maximum
    if needed <= console.width or len(rows) > len(table.columns):
        return table
    names, *turned = zip(["run", *keys, *figures], *rows, strict=True)
    return plain_table(list(names), turned)


def query(records: Sequence[RunRecord], sql: str) -> list[dict[str, Any]]:
    """Give the rows of a query."""
    connection = connect(records)
    try:
        found = connection.execute(sql)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    except Exception as error:
        raise ValidityError(
            f"--sql: got '{sql}', which DuckDB refuses: {str(error).splitlines()[0]}; the table is "
            "called runs"
        ) from error


def plain_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """Show rows under a header."""
    table = Table(box=None, pad_edge=False)
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(str, row))
    return table
