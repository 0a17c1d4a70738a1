"""An exported project as an engineer takes it: by its own Makefile, linked, run, README in hand."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from bitspin.export.memory import STACK_BYTES
from bitspin.export.targets import TARGETS, Target
from bitspin.export.toolchain import runtime_dir

EMULATED = ["cortex-m0", "cortex-m3", "cortex-m4", "rv32imac"]


def linked(folder: Path, target: Target) -> Path:
    """Link main.c, the start-up code of the emulator, and the library that `make` made."""
    memory = {
        "FLASH_ORIGIN": target.flash_origin,
        "FLASH_BYTES": target.flash_bytes,
        "RAM_ORIGIN": target.ram_origin,
        "RAM_BYTES": target.ram_bytes,
        "STACK_BYTES": STACK_BYTES,
    }
    runtime = runtime_dir()
    program = folder / "program.elf"
    command = [
        f"{target.compiler_prefix}gcc",
        *target.processor_flags,
        *("-std=c99", "-O2", "-ffreestanding", "-ffunction-sections", "-fdata-sections"),
        f"-DBS_MCU_ICOUNT_SHIFT={target.icount_shift}",
        *(f"-I{place}" for place in (folder, folder / "bitspin" / "include", runtime)),
        folder / "main.c",
        *(runtime / name for name in target.runtime_sources),
        folder / "libnetwork.a",
        *("-nostdlib", "-nostartfiles", "-Wl,--gc-sections", "-T", runtime / "firmware.ld"),
        *(f"-Wl,--defsym=BS_{name}={value:#x}" for name, value in memory.items()),
        *("-lgcc", "-o", program),
    ]
    subprocess.run([str(word) for word in command], check=True)
    return program


def sizes(program: Path, target: Target) -> tuple[int, int]:
    """Flash and variables, bytes."""
    command = [f"{target.compiler_prefix}size", str(program)]
    table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    text, data, bss = map(int, table.splitlines()[1].split()[:3])
    return text + data, data + bss - STACK_BYTES


def exit_code(program: Path, target: Target) -> int:
    """Run a program in the target's emulator."""
    options = ["-display", "none", "-monitor", "none", "-serial", "none", "-nic", "none"]
    semihosting = ["-semihosting-config", "enable=on,target=native"]
    command = [*target.emulator, *options, *semihosting, "-kernel", str(program)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode


def stated(readme: str, item: str) -> int:
    """Look a figure up in the table of the README."""
    row = re.search(rf"^\| {item} \| ([\d,]+) \w+ \|", readme, re.MULTILINE)
    assert row, f"the README has no row {item!r}"
    return int(row[1].replace(",", ""))


@pytest.mark.mcu
@pytest.mark.parametrize("name", EMULATED)
def test_the_makefile_s_library_runs_and_the_readme_is_true(
    bitspin, small_run, tmp_path, name
) -> None:
    target, folder = TARGETS[name], tmp_path / "project"
    assert bitspin("export", small_run, "--out", folder, "--target", name)[0] == 0
    subprocess.run(["make", "-j2"], cwd=folder, check=True, capture_output=True)
    program = linked(folder, target)
    assert exit_code(program, target) == 0
    readme = (folder / "README.md").read_text()
    flash, ram = sizes(program, target)
    assert stated(readme, "flash") == pytest.approx(flash, abs=32)  # the order of linking pads
    assert stated(readme, "RAM") == pytest.approx(ram, abs=32)
    code, text, _ = bitspin("verify", folder, "--samples", "128", "--json")
    measured = json.loads(text)
    assert (code, measured["target"]) == (0, name)
    assert stated(readme, "stack") == measured["stack_bytes"]
    assert stated(readme, "a prediction") == round(measured["predict_instructions"])
    assert stated(readme, "a sample learned") == round(measured["learn_instructions"])


def test_the_makefile_s_example_runs_on_the_host(bitspin, small_run, tmp_path) -> None:
    folder = tmp_path / "project"
    assert bitspin("export", small_run, "--out", folder, "--target", "host")[0] == 0
    for command in (["make"], ["make", "example"], ["./example"]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    readme = (folder / "README.md").read_text()
    assert stated(readme, "weights") == 4 * (64 * 25 + 10 * 2)
    assert "instructions" not in readme  # none are counted on the host
