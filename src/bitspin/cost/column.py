"""What one column of K products is made of, in both schemes: the claim of "half" counted out."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["YOSYS_64", "ColumnCount", "LogicCount", "count_column"]

# A three-terminal junction has a read and a write transistor (2T-1MTJ); both schemes need them.
TRANSISTORS_PER_CELL = 2


@dataclass(frozen=True)
class LogicCount:
    """Gates and estimated transistors of a digital block."""

    gates: int
    transistors: int


#: yosys 0.23, ``synth -flatten; abc -g gates; stat -tech cmos``, 64 inputs; our measurement.
YOSYS_64 = {
    "tree": LogicCount(306, 2278),
    "xnor + tree": LogicCount(370, 3040),
    "xnor + tree + threshold": LogicCount(396, 3166),
}


@dataclass(frozen=True)
class ColumnCount:
    """One column of K products.

    Parameters
    ----------
    cells : int
        Junctions.
    cell_transistors : int
        Read and write transistors of the cells.
    read_branches : int
        Paths from a junction to the sense circuit.
    logic_gates, logic_transistors : int
        Popcount tree and threshold behind them; the XNOR is in the array in both schemes. 0 where
        the bit line adds up currents and one comparator decides.
    """

    cells: int
    cell_transistors: int
    read_branches: int
    logic_gates: int
    logic_transistors: int

    @property
    def transistors(self) -> int:
        """All transistors counted here; those of sense amplifiers are the same for a branch."""
        return self.cell_transistors + self.logic_transistors


def count_column(xnor: str, products: int = 64, digital: bool = True) -> ColumnCount:
    """Count one column.

    Parameters
    ----------
    xnor : {"complementary", "toggle"}
        Two junctions and two read branches a product, or one.
    products : int
        K; with digital popcount 64, the size that was synthesised.
    digital : bool
        True: each branch is sensed, a tree counts. False: currents add up on the bit line.

    Examples
    --------
    >>> count_column("complementary").cells, count_column("toggle").cells
    (128, 64)
    """
    cells = products * (2 if xnor == "complementary" else 1)
    gates = transistors = 0
    if digital:
        tree = YOSYS_64["tree"]
        with_threshold, without = YOSYS_64["xnor + tree + threshold"], YOSYS_64["xnor + tree"]
        gates = tree.gates + with_threshold.gates - without.gates
        transistors = tree.transistors + with_threshold.transistors - without.transistors
    return ColumnCount(cells, cells * TRANSISTORS_PER_CELL, cells, gates, transistors)
