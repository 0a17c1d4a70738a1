"""What happened in an array, as whole numbers: events, without any price."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass, fields

from bitspin.bits import DisturbTally

__all__ = ["OpCounts", "layer_counts", "total_counts"]


@dataclass(frozen=True)
class OpCounts:
    """Events of one layer of N rows of K cells, over some time.

    Parameters
    ----------
    products : int
        Cells read by forward products: N · K a sample.
    senses : int
        Sums sensed forwards: N a sample.
    toggles : int
        Toggle pulses of an array that makes products by toggling: two for each forward product
        with an input of -1 and for each transposed one with an error of -1. Counted for every
        array, so that schemes can be compared; only a toggle array sends them.
    backward_products : int
        Cells read by transposed products: K for each nonzero error above. None in the first layer,
        whose errors are not projected back.
    backward_senses : int
        Sums sensed by transposed products: K for each sample with an error.
    gradient_products : int
        Error times input, added up in the periphery: K for each nonzero error.
    pulses, flips : int
        Write pulses sent, and cells that they switched.
    disturbed : int
        Stored bits that toggles and reads flipped.
    """

    products: int = 0
    senses: int = 0
    toggles: int = 0
    backward_products: int = 0
    backward_senses: int = 0
    gradient_products: int = 0
    pulses: int = 0
    flips: int = 0
    disturbed: int = 0

    def __add__(self, other: OpCounts) -> OpCounts:
        """Events of both."""
        return OpCounts(
            **{
                field.name: getattr(self, field.name) + getattr(other, field.name)
                for field in fields(self)
            }
        )

    def to_plain(self) -> dict[str, int]:
        """Give the events by name."""
        return asdict(self)


def total_counts(layers: tuple[OpCounts, ...]) -> OpCounts:
    """Add up layers, or epochs."""
    return sum(layers, OpCounts())


def layer_counts(
    widths: tuple[int, ...],
    samples: int,
    active: int,
    pulses: tuple[int, ...],
    flips: tuple[int, ...],
    tally: DisturbTally,
) -> tuple[OpCounts, ...]:
    """Events of each layer in one training step.

    Parameters
    ----------
    widths : tuple of int
        Input bits, hidden units …, code bits.
    samples, active : int
        In the batch, and those with an error.
    pulses, flips : tuple of int
        Of each layer.
    tally : DisturbTally
        What the core counted.
    """
    return tuple(
        OpCounts(
            products=samples * rows * cells,
            senses=samples * rows,
            toggles=2 * tally.minus[index] * rows
            + (2 * tally.error_minus[index] * cells if index else 0),
            backward_products=tally.errors[index] * cells if index else 0,
            backward_senses=active * cells if index else 0,
            gradient_products=tally.errors[index] * cells,
            pulses=pulses[index],
            flips=flips[index],
            disturbed=tally.disturbed[index],
        )
        for index, (cells, rows) in enumerate(itertools.pairwise(widths))
    )
