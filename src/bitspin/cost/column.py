"""What one column of K products is made of, in both schemes: the claim of "half" counted out."""

from __future__ import annotations

from dataclasses import dataclass

from bitspin.cost.verilog import LogicCount
from bitspin.errors import ShapeError

__all__ = ["LOGIC_64", "ColumnCount", "count_column", "logic_transistors"]

# A three-terminal junction has a read and a write transistor (2T-1MTJ); both schemes need them.
TRANSISTORS_PER_CELL = 2

#: Popcount tree and threshold of 64 products, ``count_gates(column_verilog(64))`` with yosys 0.23.
LOGIC_64 = LogicCount(331, 2424)
#: The same with the XNOR in gates. A test counts both again.
LOGIC_64_WITH_XNOR = LogicCount(394, 3152)


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

    Raises
    ------
    ShapeError
        If a digital column of another size is asked for.

    Examples
    --------
    >>> count_column("complementary").cells, count_column("toggle").cells
    (128, 64)
    """
    if digital and products != 64:
        raise ShapeError(
            f"digital column: got {products} products, expected 64, the size that was synthesised; "
            "count another one with count_gates(column_verilog(products))"
        )
    cells = products * (2 if xnor == "complementary" else 1)
    logic = LOGIC_64 if digital else LogicCount(0, 0)
    return ColumnCount(cells, cells * TRANSISTORS_PER_CELL, cells, logic.gates, logic.transistors)


def logic_transistors(products: int) -> float:
    """Transistors of the popcount trees and thresholds behind so many products.

    Notes
    -----
    Validity: proportional to the column of 64; columns of 784 and 1000 products have 3 % more
    (yosys 0.23).
    """
    return products * LOGIC_64.transistors / 64
