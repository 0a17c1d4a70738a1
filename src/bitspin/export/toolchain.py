"""From C sources to firmware: find the cross compiler, build, measure.

Every program is compiled with the same strict flags and linked with the start-up code in
``core/mcu``; a warning is an error. Outputs appear whole or not at all.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bitspin.errors import BackendError
from bitspin.export.stack_bound import StackBound, stack_bound
from bitspin.export.targets import Target

__all__ = ["STRICT_FLAGS", "Firmware", "Toolchain", "build", "find_program", "runtime_dir"]

STRICT_FLAGS = (
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
)
"""Flags every C file of the project compiles with."""

_CODE_FLAGS = ("-ffunction-sections", "-fdata-sections", "-fno-common")
_MEASURE_FLAGS = ("-fstack-usage", "-fcallgraph-info=su")
_ROOT_FUNCTIONS = ("bs_mcu_reset", "bs_mcu_start", "main")
_TAIL_LINES = 12


@dataclass(frozen=True)
class Firmware:
    """A linked program and what it occupies.

    Parameters
    ----------
    elf : Path
        The program.
    target : Target
        The machine it was built for.
    flash_bytes : int
        Code, constants and the initial values of variables, start-up code included.
    static_ram_bytes : int
        Variables, without the stack.
    stack_reserved_bytes : int
        Stack set aside at the bottom of RAM; 0 on the host.
    stack : StackBound
        The most stack the program can use.
    compiler : str
        First line of the compiler's version text.
    """

    elf: Path
    target: Target
    flash_bytes: int
    static_ram_bytes: int
    stack_reserved_bytes: int
    stack: StackBound
    compiler: str


@dataclass(frozen=True)
class Toolchain:
    """Compiler and size tool of one target, found on this machine.

    Parameters
    ----------
    gcc, size : Path
        Programs.
    version : str
        First line of what the compiler says about its version.
    """

    gcc: Path
    size: Path
    version: str

    @classmethod
    def find(cls, target: Target) -> Toolchain:
        """Find the tools for a target.

        Parameters
        ----------
        target : Target

        Returns
        -------
        Toolchain

        Raises
        ------
        BackendError
            If a tool is missing; the message names the Debian package that brings it.
        """
        gcc = find_program(target.compiler_prefix + "gcc", target.compiler_package)
        size = find_program(target.compiler_prefix + "size", target.compiler_package)
        return cls(gcc=gcc, size=size, version=_version(gcc))


def find_program(name: str, package: str) -> Path:
    """Find a program on the search path.

    Parameters
    ----------
    name : str
        Program.
    package : str
        Debian package that brings it, for the message.

    Returns
    -------
    Path

    Raises
    ------
    BackendError
        If it is missing.
    """
    found = shutil.which(name)
    if found is None:
        raise BackendError(
            f"{name} is not on the search path; install it with: apt-get install {package}"
        )
    return Path(found)


def runtime_dir() -> Path:
    """Locate ``core/mcu``: start-up code, linker script and ``bs_mcu.h``.

    Returns
    -------
    Path
        Beside the installed package, or in the source tree.

    Raises
    ------
    BackendError
        If neither place has it.
    """
    here = Path(__file__).resolve()
    candidates = (here.parents[1] / "core" / "mcu", here.parents[3] / "core" / "mcu")
    for candidate in candidates:
        if (candidate / "bs_mcu.h").is_file():
            return candidate
    places = " or ".join(str(candidate) for candidate in candidates)
    raise BackendError(f"bs_mcu.h was expected in {places}; reinstall bitspin with its C sources")


def build(
    sources: Sequence[Path],
    include_dirs: Sequence[Path],
    target: Target,
    out_dir: Path,
    defines: Mapping[str, str | int] | None = None,
    *,
    optimise: str = "-O2",
    name: str = "firmware",
    stack_bytes: int | None = None,
) -> Firmware:
    """Compile and link a program with the start-up code of its target.

    Parameters
    ----------
    sources : sequence of Path
        C files (or ``.S``), one of which defines ``int main(void)``.
    include_dirs : sequence of Path
        Searched for headers; ``core/mcu`` is added.
    target : Target
    out_dir : Path
        Made if missing; receives ``<name>.elf``, replaced in one step.
    defines : mapping, optional
        Preprocessor macros for all sources.
    optimise : str
        Optimisation flag of gcc.
    name : str
        Name of the program.
    stack_bytes : int, optional
        Stack to reserve, a positive multiple of 16; the target's own value if not given.
        Ignored on the host.

    Returns
    -------
    Firmware

    Raises
    ------
    BackendError
        If a tool or source is missing, a source does not compile without warnings, the program
        does not fit the target, or the stack size is not a positive multiple of 16.
    """
    toolchain = Toolchain.find(target)
    reserved = _checked_stack(target, stack_bytes)
    runtime = runtime_dir()
    flags = _compile_flags(target, [*include_dirs, runtime], defines or {}, optimise)
    all_sources = [*sources, *(runtime / file for file in target.runtime_sources)]
    out_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=out_dir) as scratch:
        objects = [
            _compile(toolchain, source, Path(scratch) / f"{index}-{source.stem}.o", flags)
            for index, source in enumerate(all_sources)
        ]
        linked = Path(scratch) / f"{name}.elf"
        _link(toolchain, objects, linked, target, reserved)
        flash_bytes, ram_bytes = _measure(toolchain, linked)
        bound = stack_bound(sorted(Path(scratch).glob("*.ci")), _ROOT_FUNCTIONS)
        elf = out_dir / f"{name}.elf"
        linked.replace(elf)
    return Firmware(
        elf=elf,
        target=target,
        flash_bytes=flash_bytes,
        static_ram_bytes=ram_bytes - reserved,
        stack_reserved_bytes=reserved,
        stack=bound,
        compiler=toolchain.version,
    )


def _checked_stack(target: Target, stack_bytes: int | None) -> int:
    """Settle the stack to reserve, bytes."""
    if target.is_host or stack_bytes is None:
        return target.stack_bytes
    if stack_bytes <= 0 or stack_bytes % 16:
        raise BackendError(f"the stack must be a positive multiple of 16 bytes, got {stack_bytes}")
    return stack_bytes


def _compile_flags(
    target: Target,
    include_dirs: Sequence[Path],
    defines: Mapping[str, str | int],
    optimise: str,
) -> list[str]:
    """Collect everything that follows ``gcc`` except files."""
    macros = {"BS_MCU_ICOUNT_SHIFT": target.icount_shift, **defines}
    return [
        *STRICT_FLAGS,
        optimise,
        *([] if target.is_host else ["-ffreestanding"]),
        *target.processor_flags,
        *_CODE_FLAGS,
        *_MEASURE_FLAGS,
        *(f"-D{macro}={value}" for macro, value in macros.items()),
        *(f"-I{directory}" for directory in include_dirs),
    ]


def _compile(toolchain: Toolchain, source: Path, output: Path, flags: Sequence[str]) -> Path:
    """Compile one file; its call graph appears beside the object."""
    if not source.is_file():
        raise BackendError(f"source file {source} is missing; export the project again")
    _run([str(toolchain.gcc), *flags, "-c", str(source), "-o", str(output)], f"compiling {source}")
    return output


def _link(
    toolchain: Toolchain, objects: Sequence[Path], elf: Path, target: Target, stack_bytes: int
) -> None:
    """Link objects into a program that is loaded where the target's memory map says."""
    flags = ["-Wl,--gc-sections", "-Wl,--fatal-warnings"]
    libraries: list[str] = []
    if not target.is_host:
        memory_map = {
            "BS_FLASH_ORIGIN": target.flash_origin,
            "BS_FLASH_BYTES": target.flash_bytes,
            "BS_RAM_ORIGIN": target.ram_origin,
            "BS_RAM_BYTES": target.ram_bytes,
            "BS_STACK_BYTES": stack_bytes,
        }
        flags += [f"-Wl,--defsym={symbol}={value:#x}" for symbol, value in memory_map.items()]
        flags += ["-nostdlib", "-nostartfiles", "-T", str(runtime_dir() / "firmware.ld")]
        libraries = ["-lgcc"]
    command = [str(toolchain.gcc), *target.processor_flags, *flags, *map(str, objects)]
    _run([*command, *libraries, "-o", str(elf)], f"linking {elf.name} for {target.name}")


def _measure(toolchain: Toolchain, elf: Path) -> tuple[int, int]:
    """Flash bytes (text + data) and RAM bytes (data + bss, the stack included)."""
    table = _run([str(toolchain.size), "--format=berkeley", str(elf)], f"measuring {elf.name}")
    text, data, bss = (int(field) for field in table.splitlines()[1].split()[:3])
    return text + data, data + bss


def _run(command: Sequence[str], purpose: str) -> str:
    """Run a tool and return its standard output.

    Raises
    ------
    BackendError
        If it fails; with the end of what it said, or with the memory that overflowed.
    """
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", env=environment, check=False
    )
    if done.returncode == 0:
        return done.stdout
    overflow = re.search(r"region `(\w+)' overflowed by (\d+) bytes", done.stderr)
    if overflow:
        memory, excess = overflow.groups()
        raise BackendError(
            f"{purpose} failed: the program needs {excess} bytes more {memory} than there is; "
            "choose a smaller network, batch or stack, fewer stored samples, or a larger target"
        )
    tail = "\n".join(done.stderr.splitlines()[-_TAIL_LINES:])
    raise BackendError(f"{purpose} failed with exit code {done.returncode}:\n{tail}")


@cache
def _version(gcc: Path) -> str:
    """First line of ``gcc --version``."""
    return _run([str(gcc), "--version"], f"asking {gcc.name} for its version").splitlines()[0]
