"""Prices: events counted by an array, times what one event costs.

In come `OpCounts` and a `CostTable` (ours, each constant with its source, or the user's); out
comes a `CostBreakdown` for each scheme of the product. Read ``table.py`` first, then
``breakdown.py``; ``column.py`` counts out what a column is made of in both schemes, and
``verilog.py`` writes its digital part, so that yosys can count it again. Nothing here runs an
array.
"""

from __future__ import annotations

from bitspin.cost.breakdown import Area, CostBreakdown, CostItem, Scheme, price_run
from bitspin.cost.column import ColumnCount, count_column
from bitspin.cost.table import CostTable, Price, read_cost_table
from bitspin.cost.verilog import LogicCount, column_verilog, count_gates

__all__ = [
    "Area",
    "ColumnCount",
    "CostBreakdown",
    "CostItem",
    "CostTable",
    "LogicCount",
    "Price",
    "Scheme",
    "column_verilog",
    "count_column",
    "count_gates",
    "price_run",
    "read_cost_table",
]
