"""The digital part of a column: yosys counts it again, and it is bracketed by adders."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

from bitspin.cost import column_verilog, count_gates
from bitspin.cost.column import LOGIC_64, LOGIC_64_WITH_XNOR, logic_transistors
from bitspin.errors import BackendError, ShapeError

# Static CMOS, as in yosys's table: XOR 12, AND and OR 6, NAND and NOR 4, NOT 2.
XOR, AND, NAND = 12, 6, 4
FULL_ADDER = 2 * XOR + 3 * NAND
HALF_ADDER = XOR + AND


@pytest.mark.yosys
@pytest.mark.parametrize(("xnor", "stated"), [(False, LOGIC_64), (True, LOGIC_64_WITH_XNOR)])
def test_yosys_counts_what_is_stated(xnor, stated) -> None:
    """Within 3 %, for another version may optimise otherwise; an XNOR more or less is 30 %."""
    counted = count_gates(column_verilog(64, xnor=xnor))
    assert counted.gates == pytest.approx(stated.gates, rel=0.03)
    assert counted.transistors == pytest.approx(stated.transistors, rel=0.03)


@pytest.mark.yosys
def test_the_xnor_in_gates_is_an_xnor_a_product() -> None:
    gates = LOGIC_64_WITH_XNOR.gates - LOGIC_64.gates
    assert gates == pytest.approx(64, abs=3)
    assert LOGIC_64_WITH_XNOR.transistors - LOGIC_64.transistors == pytest.approx(64 * XOR, rel=0.1)


def adders(products: int) -> tuple[int, int]:
    """Count full and half adders of a tree that adds neighbours, level by level; K = 2**n."""
    full = half = 0
    bits, sums = 1, products // 2
    while sums:
        half, full = half + sums, full + sums * (bits - 1)
        bits, sums = bits + 1, sums // 2
    return full, half


def test_the_count_lies_between_two_counts_by_hand() -> None:
    """At least the full adders that 64 bits need at all; at most the tree, adder for adder."""
    full, half = adders(64)
    assert (full, half) == (57, 63)
    comparator = 7 * (XOR + AND + NAND)
    assert (
        57 * FULL_ADDER
        < LOGIC_64.transistors
        < full * FULL_ADDER + half * HALF_ADDER + (comparator)
    )


@pytest.mark.yosys
def test_logic_is_proportional_to_products() -> None:
    counted = count_gates(column_verilog(200)).transistors
    assert counted == pytest.approx(logic_transistors(200), rel=0.05)


@pytest.mark.yosys
@pytest.mark.parametrize("products", [1, 2, 5, 64])
def test_the_column_decides_as_a_sum_does(products, tmp_path) -> None:
    """The Verilog, evaluated by yosys, against sums in NumPy."""
    rng = np.random.default_rng(products)
    (tmp_path / "column.v").write_text(column_verilog(products, xnor=True))
    evals, expected = [], []
    for _ in range(12):
        a, w = (rng.integers(0, 2, products) for _ in "aw")
        ones = int((a == w).sum())
        threshold = int(rng.integers(max(ones - 1, 0), min(ones + 2, products + 1)))
        words = [f"{products}'b{''.join(map(str, bits[::-1]))}" for bits in (a, w)]
        width = products.bit_length()
        evals.append(
            f"eval -set a {words[0]} -set w {words[1]} -set threshold {width}'d{threshold} -show y"
        )
        expected.append(str(int(ones >= threshold)))
    script = "read_verilog column.v; hierarchy -top column; proc; " + "; ".join(evals)
    said = subprocess.run(
        [shutil.which("yosys") or "yosys", "-p", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = [line.split("'")[1][-2] for line in said.splitlines() if "Eval result" in line]
    assert found == expected
    assert {"0", "1"} <= set(expected)


def test_a_column_of_nothing_is_refused() -> None:
    with pytest.raises(ShapeError, match="got 0 products"):
        column_verilog(0)


def test_missing_yosys_is_an_error_that_says_how_to_get_it(monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BackendError, match="apt-get install yosys"):
        count_gates(column_verilog(2))


@pytest.mark.yosys
def test_verilog_that_is_none_is_refused() -> None:
    with pytest.raises(BackendError, match="no counts"):
        count_gates("module colum")
