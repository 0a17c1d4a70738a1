"""The digital part of a column as Verilog, and its gates as yosys counts them.

A column reads K products, adds the ones up in a tree, and compares the sum with a threshold. The
XNOR is in the array in both of our schemes; a column that makes it in logic is there to compare.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bitspin.errors import BackendError, ShapeError

__all__ = ["LogicCount", "column_verilog", "count_gates"]

MAX_PRODUCTS = 4096
SCRIPT = "read_verilog column.v; synth -flatten -top column; abc -g gates; stat -tech cmos"


@dataclass(frozen=True)
class LogicCount:
    """Gates and estimated transistors of a digital block."""

    gates: int
    transistors: int


def column_verilog(products: int, *, xnor: bool = False) -> str:
    """Write the digital part of a column: popcount tree and threshold.

    Parameters
    ----------
    products : int
        K, 1 … 4096.
    xnor : bool
        True: inputs and weights come in, and the XNOR is made in gates. False: products come in.

    Raises
    ------
    ShapeError
        If K is out of range.

    Examples
    --------
    >>> print(column_verilog(2))
    module column(input [1:0] a, input [1:0] threshold, output y);
      wire [1:0] p = a;
      wire [1:0] s0 = p[0] + p[1];
      assign y = s0 >= threshold;
    endmodule
    <BLANKLINE>
    """
    if not 1 <= products <= MAX_PRODUCTS:
        raise ShapeError(
            f"column: got {products} products, expected 1 to {MAX_PRODUCTS}; count a shorter one"
        )
    weights = f", input [{products - 1}:0] w" if xnor else ""
    top = products.bit_length() - 1
    sums, total = tree_lines(products)
    lines = [
        f"module column(input [{products - 1}:0] a{weights}, input [{top}:0] threshold, output y);",
        f"  wire [{products - 1}:0] p = {'a ~^ w' if xnor else 'a'};",
        *(f"  {line}" for line in sums),
        f"  assign y = {total} >= threshold;",
        "endmodule",
    ]
    return "\n".join(lines) + "\n"


def tree_lines(products: int) -> tuple[list[str], str]:
    """Add neighbours until one sum is left; give the adders and the name of the last."""
    lines: list[str] = []
    level = [(f"p[{index}]", 1) for index in range(products)]
    while len(level) > 1:
        above = level[len(level) - len(level) % 2 :]
        pairs = zip(level[0::2], level[1::2], strict=False)
        added = []
        for (left, left_bits), (right, right_bits) in pairs:
            name, bits = f"s{len(lines)}", max(left_bits, right_bits) + 1
            lines.append(f"wire [{bits - 1}:0] {name} = {left} + {right};")
            added.append((name, bits))
        level = [*added, *above]
    return lines, level[0][0]


def count_gates(verilog: str, timeout_s: float = 300.0) -> LogicCount:
    """Count the gates of a module ``column`` with yosys: ``synth``, ``abc -g gates``, ``stat``.

    Parameters
    ----------
    verilog : str
        Such as `column_verilog` writes.
    timeout_s : float
        After which yosys is stopped.

    Raises
    ------
    BackendError
        If yosys is not installed, fails, or takes too long.

    Notes
    -----
    Transistors are those of yosys's table of static CMOS gates (``stat -tech cmos``).
    """
    program = shutil.which("yosys")
    if program is None:
        raise BackendError(
            "yosys is not installed, expected the program on the PATH: apt-get install yosys "
            "(Debian), or leave this cross-check out"
        )
    with tempfile.TemporaryDirectory(prefix="bitspin-yosys-") as folder:
        Path(folder, "column.v").write_text(verilog, encoding="utf-8")
        try:
            done = subprocess.run(
                [program, "-p", SCRIPT],
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise BackendError(
                f"yosys: got no result within {timeout_s:g} s, expected one; count a shorter column"
            ) from error
    gates = re.findall(r"Number of cells:\s+(\d+)", done.stdout)
    transistors = re.findall(r"Estimated number of transistors:\s+(\d+)", done.stdout)
    if done.returncode != 0 or not gates or not transistors:
        raise BackendError(
            f"yosys: got exit code {done.returncode} and no counts ({done.stderr.strip()[-200:]}), "
            "expected them; check the Verilog, and that this yosys knows 'stat -tech cmos'"
        )
    return LogicCount(int(gates[-1]), int(transistors[-1]))
