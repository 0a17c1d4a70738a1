"""Every function of ``bs_mcu.h`` does the same on every target and on the host."""

from __future__ import annotations

import numpy as np
import pytest

from bitspin.export.qemu import QemuResult, run
from bitspin.export.targets import TARGETS

pytestmark = pytest.mark.mcu

EMULATED = [name for name, target in TARGETS.items() if not target.is_host]
EVERYWHERE = list(TARGETS)


@pytest.fixture
def selftest(program):
    def run_case(target_name: str, *arguments: str, **options) -> QemuResult:
        firmware = program("selftest", target_name)
        return run(firmware, arguments=arguments, timeout_s=20, **options)

    return run_case


def fnv1a(data: bytes) -> int:
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 % 2**32
    return value


@pytest.mark.parametrize("target", EVERYWHERE)
def test_text_and_numbers(selftest, target):
    expected = "numbers 0 00000000 10 0000000a 1000000007 3b9aca07 4294967295 ffffffff"
    assert selftest(target, "text").stdout == expected


@pytest.mark.parametrize("target", EVERYWHERE)
@pytest.mark.parametrize("code", [1, 255])
def test_exit_code_arrives(selftest, target, code):
    result = selftest(target, "exit", str(code), accept_exit_codes=[code])
    assert result.exit_code == code


@pytest.mark.parametrize("target", EVERYWHERE)
def test_files_are_read_sought_and_written(selftest, target):
    data = np.random.default_rng(4).bytes(5 * 1024 + 37)
    result = selftest(target, "files", files={"data.bin": data}, outputs=["copy.bin"])
    assert result.stdout == f"{len(data)} {fnv1a(data):08x}\n" * 2
    assert result.outputs["copy.bin"] == data


@pytest.mark.parametrize("target", EVERYWHERE)
@pytest.mark.parametrize("case", ["memory", "globals"])
def test_memory_functions_and_globals(selftest, target, case):
    assert selftest(target, case, "5").exit_code == 0


def test_arithmetic_is_equal_everywhere(selftest):
    hashes = {name: selftest(name, "arithmetic").stdout for name in EVERYWHERE}
    assert len(hashes["host"]) == 8
    assert set(hashes.values()) == {hashes["host"]}, hashes


@pytest.mark.parametrize("target", EMULATED)
def test_counts_repeat_and_grow_with_the_loop(selftest, target):
    lengths = (1_000, 2_000, 4_000)
    first = {n: selftest(target, "count", str(n)) for n in lengths}
    again = {n: selftest(target, "count", str(n)) for n in lengths}
    assert {n: (r.stdout, r.instructions) for n, r in first.items()} == {
        n: (r.stdout, r.instructions) for n, r in again.items()
    }
    overheads, loops = zip(*(map(int, first[n].stdout.split()) for n in lengths), strict=True)
    assert len(set(overheads)) == 1
    # Store, add, compare, branch: three or four instructions a turn, exactly.
    per_turn = (loops[1] - loops[0]) // 1_000
    assert per_turn in {3, 4}
    assert [loop - per_turn * n for loop, n in zip(loops, lengths, strict=True)] == [
        loops[0] - per_turn * lengths[0]
    ] * len(lengths)


@pytest.mark.parametrize(
    ("target", "long"), [("cortex-m0", 280_000_000), ("cortex-m3", 180_000_000)]
)
def test_count_survives_the_wrap_of_the_fine_timer(selftest, target, long):
    # The boards' 32-bit timers wrap after 1.05 G (micro:bit) and 671 M instructions (MPS2).
    short = 1_000_000
    overheads, loops = zip(
        *(map(int, selftest(target, "count", str(n)).stdout.split()) for n in (short, long)),
        strict=True,
    )
    assert overheads[0] == overheads[1]
    assert loops[1] - loops[0] in {per_turn * (long - short) for per_turn in (3, 4)}


@pytest.mark.parametrize("target", EMULATED)
def test_stack_paint_agrees_with_the_compiler(program, selftest, target):
    result = selftest(target, "stack", "3")
    fresh, shallow, deep = map(int, result.stdout.split())
    frame = 4 * 120
    bound = program("selftest", target).stack
    assert fresh < shallow < deep
    assert deep >= fresh + frame
    assert bound.stack_bytes is not None, bound
    assert bound.chain[0] in {"bs_mcu_reset", "bs_mcu_start"}
    assert bound.chain[-1].endswith("innermost")
    assert result.stack_bytes == deep
    # The reset code may give its own few bytes back before it jumps to the start-up code.
    assert bound.stack_bytes - 16 <= deep <= bound.stack_bytes


def test_host_counts_nothing(selftest):
    result = selftest("host", "count", "10")
    assert result.stdout == "0 0"
    assert result.instructions is None
    assert result.stack_bytes is None


def test_uncounted_run_has_no_instructions(selftest):
    result = selftest("cortex-m3", "arithmetic", count_instructions=False)
    assert result.instructions is None
    assert result.stack_bytes is not None
