"""What a finished run in a real array costs, in both schemes of the product."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import TypeAdapter

from bitspin.array import MramModel, OpCounts
from bitspin.config import RunConfig
from bitspin.cost import CostBreakdown, CostTable, Scheme, price_run
from bitspin.errors import StoreError
from bitspin.results import EpochRecord, RunFolder
from bitspin.results.files import replace_file
from bitspin.train.bnn_rule import BnnRule

__all__ = ["COST_FILE", "keep_costs", "read_costs", "run_costs", "run_events"]

COST_FILE = "cost.json"
COSTS = TypeAdapter(tuple[CostBreakdown, ...])


def run_events(epochs: Sequence[EpochRecord]) -> tuple[OpCounts, ...]:
    """Events of each layer over all epochs."""
    return tuple(
        sum((OpCounts(**events) for events in layer), OpCounts())
        for layer in zip(*(record.events for record in epochs), strict=True)
    )


def run_costs(
    config: RunConfig,
    model: MramModel,
    widths: tuple[int, ...],
    epochs: Sequence[EpochRecord],
    table: CostTable | None = None,
) -> tuple[CostBreakdown, ...]:
    """Price a run in both schemes, the array's own first, the other with the same events."""
    if isinstance(config.rule, BnnRule):
        return ()
    events = run_events(epochs)
    own: Scheme = model.spec.xnor
    other: Scheme = "toggle" if own == "complementary" else "complementary"
    return tuple(
        price_run(model, widths, events, config.rule.write_probability, scheme, table)
        for scheme in (own, other)
    )


def keep_costs(folder: RunFolder, costs: Sequence[CostBreakdown]) -> None:
    """Write the breakdowns beside the run's metrics."""
    content = json.dumps([cost.to_plain() for cost in costs], indent=2) + "\n"
    replace_file(folder.path / COST_FILE, content.encode())


def read_costs(folder: RunFolder) -> tuple[CostBreakdown, ...]:
    """Read the breakdowns of a finished run in a real array.

    Raises
    ------
    StoreError
        If they are missing or damaged.
    """
    path = folder.path / COST_FILE
    try:
        return COSTS.validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).splitlines()[:3])
        raise StoreError(f"{path} cannot be read: {reason}; restore it or train again") from error
