"""From firmware to results: run it in QEMU (or natively, for the host) and read what it did.

Programs speak through ``core/mcu/bs_mcu.h``. With ``-icount`` QEMU's time advances by a fixed
amount per instruction, so counts repeat exactly on any machine; they are instructions, never
cycles. A run sees only the files it was given, in a directory of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bitspin.errors import BackendError
from bitspin.export.targets import Target
from bitspin.export.toolchain import Firmware, find_program

__all__ = ["QemuResult", "run"]

_TRAILER = re.compile(r"\nbs_mcu: instructions 0x([0-9a-f]{16}) stack (\d+)\n\Z")
_FAULT = re.compile(r"^bs_mcu: fault: (.*)$", re.MULTILINE)
_EMULATOR_FATAL = re.compile(r"^qemu: fatal: (.*)$", re.MULTILINE)
_TAIL_LINES = 12


@dataclass(frozen=True)
class QemuResult:
    """What one run of a firmware did.

    Parameters
    ----------
    exit_code : int
        0..255, from ``bs_mcu_exit`` or ``main``.
    stdout : str
        What the program wrote.
    instructions : int or None
        Executed between entering and leaving ``main``; None if they were not counted.
    stack_bytes : int or None
        Peak stack since the last painting, frames of the start-up code included; None on the
        host.
    wall_s : float
        Duration of the run on this machine, seconds, start of the emulator included.
    outputs : mapping of str to bytes
        Contents of the files asked for.
    """

    exit_code: int
    stdout: str
    instructions: int | None
    stack_bytes: int | None
    wall_s: float
    outputs: Mapping[str, bytes]


@dataclass(frozen=True)
class _Process:
    """A finished process: exit code (negative: signal), both streams, seconds."""

    exit_code: int
    stdout: str
    stderr: str
    wall_s: float


def run(
    firmware: Firmware,
    *,
    files: Mapping[str, Path | bytes] | None = None,
    arguments: Sequence[str] = (),
    outputs: Collection[str] = (),
    count_instructions: bool = True,
    accept_exit_codes: Collection[int] = (0,),
    timeout_s: float = 60.0,
) -> QemuResult:
    """Run a firmware to its end.

    Parameters
    ----------
    firmware : Firmware
        From :func:`bitspin.export.toolchain.build`.
    files : mapping, optional
        Files the program may open, by plain name: a path to copy or the bytes themselves.
    arguments : sequence of str
        Words of the command line, from ``bs_mcu_argument(1, ...)`` on; without white space.
    outputs : collection of str
        Plain names of files that the program creates and the result carries.
    count_instructions : bool
        Let QEMU count (takes up to twice the time). The host never counts.
    accept_exit_codes : collection of int
        Codes that are results and not failures.
    timeout_s : float
        Seconds after which a program counts as hung.

    Returns
    -------
    QemuResult

    Raises
    ------
    BackendError
        If QEMU or the firmware is missing, an argument or file name cannot be passed on, or the
        program faults, hangs, leaves with another exit code or misses an output. The message
        ends with the end of what the program wrote.
    """
    if not firmware.elf.is_file():
        raise BackendError(f"firmware {firmware.elf} does not exist; build it first")
    _check_words(arguments)
    target = firmware.target
    counted = count_instructions and not target.is_host
    words = [firmware.elf.stem, *arguments]
    with tempfile.TemporaryDirectory(prefix="bitspin-run-") as scratch:
        directory = Path(scratch)
        _stage(files or {}, directory)
        process = _execute(_command(firmware, words, counted), words, directory, timeout_s, target)
        stdout, trailer = _split_trailer(process.stdout)
        _check_ending(process, trailer is not None, target, accept_exit_codes)
        return QemuResult(
            exit_code=process.exit_code,
            stdout=stdout,
            instructions=int(trailer[1], 16) if trailer and counted else None,
            stack_bytes=int(trailer[2]) if trailer else None,
            wall_s=process.wall_s,
            outputs={name: _collect(name, directory) for name in outputs},
        )


def _check_words(words: Sequence[str]) -> None:
    """Refuse words that the command line cannot carry."""
    for word in words:
        if not word or any(character.isspace() for character in word):
            raise BackendError(f"argument {word!r} is empty or has white space; use other words")


def _plain(name: str, directory: Path) -> Path:
    """Place a plain file name in the run's directory."""
    if Path(name).name != name or name in {"", ".", ".."}:
        raise BackendError(f"{name!r} is not a plain file name; leave folders out")
    return directory / name


def _stage(files: Mapping[str, Path | bytes], directory: Path) -> None:
    """Put the program's input files where it runs."""
    for name, content in files.items():
        place = _plain(name, directory)
        if isinstance(content, bytes):
            place.write_bytes(content)
        elif content.is_file():
            shutil.copyfile(content, place)
        else:
            raise BackendError(f"input file {content} does not exist")


def _collect(name: str, directory: Path) -> bytes:
    """Read a file that the program was to create."""
    place = _plain(name, directory)
    if not place.is_file():
        raise BackendError(f"the firmware did not create the output file {name!r}")
    return place.read_bytes()


def _command(firmware: Firmware, words: Sequence[str], counted: bool) -> list[str]:
    """Compose the command line that runs a firmware."""
    target = firmware.target
    elf = str(firmware.elf.resolve())
    if target.is_host:
        return [elf]
    emulator = find_program(target.emulator[0], target.emulator_package)
    # A comma separates options; doubled, it is itself.
    passed = ",".join("arg=" + word.replace(",", ",,") for word in words)
    return [
        str(emulator),
        *target.emulator[1:],
        *("-display", "none", "-monitor", "none", "-serial", "none", "-nic", "none"),
        *("-chardev", "stdio,id=console,signal=off"),
        "-semihosting-config",
        f"enable=on,target=native,chardev=console,{passed}",
        *(("-icount", f"shift={target.icount_shift}") if counted else ()),
        *("-kernel", elf),
    ]


def _execute(
    command: Sequence[str],
    words: Sequence[str],
    directory: Path,
    timeout_s: float,
    target: Target,
) -> _Process:
    """Run a process in a directory.

    Raises
    ------
    BackendError
        If it does not end in time.
    """
    begin_s = time.perf_counter()
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            env={**os.environ, "BS_MCU_ARGUMENTS": " ".join(words)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        raise BackendError(
            f"firmware on {target.name} ({target.description}) did not end within {timeout_s:g} s; "
            f"it hangs, or needs a larger timeout_s{_tail(_text(expired.stdout))}"
        ) from None
    wall_s = time.perf_counter() - begin_s
    return _Process(done.returncode, _text(done.stdout), _text(done.stderr), wall_s)


def _text(stream: bytes | None) -> str:
    """Decode what a program wrote, damaged characters included."""
    return (stream or b"").decode("utf-8", errors="replace")


def _split_trailer(stdout: str) -> tuple[str, re.Match[str] | None]:
    """Separate the runtime's last line from the program's own output."""
    trailer = _TRAILER.search(stdout)
    return (stdout[: trailer.start()], trailer) if trailer else (stdout, None)


def _check_ending(
    process: _Process, has_trailer: bool, target: Target, accept_exit_codes: Collection[int]
) -> None:
    """Turn any ending but a wanted one into an error.

    Raises
    ------
    BackendError
        If the program faulted, died or left with an exit code that is not accepted.
    """
    where = f"firmware on {target.name} ({target.description})"
    tail = _tail(process.stdout)
    if fault := _FAULT.search(process.stdout):
        raise BackendError(f"{where} faulted: {fault[1]}{tail}")
    if fatal := _EMULATOR_FATAL.search(process.stderr):
        raise BackendError(f"{where} locked up the processor: {fatal[1]}{tail}")
    if process.exit_code < 0:
        raise BackendError(f"{where} was ended by signal {-process.exit_code}{tail}")
    if not has_trailer and not target.is_host:
        raise BackendError(
            f"{where} ended without the runtime's last line (exit code {process.exit_code})"
            f"{_tail(process.stdout + process.stderr)}"
        )
    if process.exit_code not in accept_exit_codes:
        wanted = ", ".join(str(code) for code in sorted(accept_exit_codes))
        raise BackendError(
            f"{where} left with exit code {process.exit_code}, expected {wanted}{tail}"
        )


def _tail(output: str) -> str:
    """Quote the end of an output for a message."""
    lines = output.strip().splitlines()[-_TAIL_LINES:]
    return "; its output ends with:\n" + "\n".join(lines) if lines else "; it wrote nothing"
