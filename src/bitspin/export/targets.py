"""The microcontrollers Bitspin knows: compiler flags, QEMU machine, memory map, counter.

This is the only place that states a target's memory map; ``core/mcu/firmware.ld`` receives it
on the linker's command line. The host is a target too, so that one program runs everywhere.

>>> TARGETS["cortex-m0"].ram_bytes
16384
"""

from __future__ import annotations

from dataclasses import dataclass

from bitspin.errors import BackendError

__all__ = ["TARGETS", "Target", "target_named"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """One processor in one machine.

    Parameters
    ----------
    name : str
        Key in :data:`TARGETS`.
    description : str
        Processor and machine, for messages and tables.
    compiler_prefix : str
        GNU triple with a trailing dash (``arm-none-eabi-``); empty for the host's own compiler.
    compiler_package, emulator_package : str
        Debian packages that bring the compiler and the emulator.
    processor_flags : tuple of str
        Compiler flags that choose the processor.
    emulator : tuple of str
        Program and machine options; empty when firmware runs natively.
    runtime_sources : tuple of str
        Files of ``core/mcu`` that this target links into every program.
    flash_origin, flash_bytes, ram_origin, ram_bytes : int
        Memory map, bytes; all zero on the host.
    stack_bytes : int
        Stack reserved at the bottom of RAM unless the build asks otherwise, a multiple of 16.
    icount_shift : int
        QEMU spends 2**icount_shift ns of virtual time per instruction when it counts. Boards
        whose timer ticks every ``t`` ns compute instructions = ticks * t / 2**icount_shift.
    """

    name: str
    description: str
    compiler_prefix: str
    compiler_package: str
    emulator_package: str
    processor_flags: tuple[str, ...]
    emulator: tuple[str, ...]
    runtime_sources: tuple[str, ...]
    flash_origin: int
    flash_bytes: int
    ram_origin: int
    ram_bytes: int
    stack_bytes: int
    icount_shift: int

    @property
    def is_host(self) -> bool:
        """Whether programs run natively, without QEMU, instruction counts or a memory map."""
        return not self.emulator


_SHARED = ("start.c", "semihost.c", "text.c", "stack.c", "memory.c")


def _cortex_m(
    name: str,
    *,
    processor: str,
    machine: str,
    counter: str,
    flash_bytes: int,
    ram_bytes: int,
    stack_bytes: int,
) -> Target:
    """Fill in what all Cortex-M targets share.

    Parameters
    ----------
    name, flash_bytes, ram_bytes, stack_bytes
        As in :class:`Target`.
    processor : str
        Value of gcc's ``-mcpu``.
    machine : str
        Value of QEMU's ``-machine``.
    counter : str
        File of ``core/mcu`` that reads the board's timer.

    Returns
    -------
    Target
    """
    return Target(
        name=name,
        description=f"{processor} on {machine}",
        compiler_prefix="arm-none-eabi-",
        compiler_package="gcc-arm-none-eabi",
        emulator_package="qemu-system-arm",
        processor_flags=(f"-mcpu={processor}", "-mthumb", "-mfloat-abi=soft"),
        emulator=("qemu-system-arm", "-machine", machine),
        runtime_sources=("boot_cortex_m.c", counter, *_SHARED),
        flash_origin=0x0,
        flash_bytes=flash_bytes,
        ram_origin=0x20000000,
        ram_bytes=ram_bytes,
        stack_bytes=stack_bytes,
        icount_shift=8,
    )


def _mps2(name: str, *, processor: str, machine: str) -> Target:
    """Build a target on one of Arm's MPS2 boards: 4 MB flash and 4 MB RAM.

    Parameters
    ----------
    name, processor, machine
        As in :func:`_cortex_m`.

    Returns
    -------
    Target
    """
    return _cortex_m(
        name,
        processor=processor,
        machine=machine,
        counter="counter_fpgaio.c",
        flash_bytes=4 << 20,
        ram_bytes=4 << 20,
        stack_bytes=16 << 10,
    )


_MICROBIT = _cortex_m(
    "cortex-m0",
    processor="cortex-m0",
    machine="microbit",
    counter="counter_nrf51.c",
    flash_bytes=256 << 10,
    ram_bytes=16 << 10,
    stack_bytes=2 << 10,
)

_RV32 = Target(
    name="rv32imac",
    description="rv32imac on virt",
    compiler_prefix="riscv64-unknown-elf-",
    compiler_package="gcc-riscv64-unknown-elf",
    emulator_package="qemu-system-misc",
    processor_flags=("-march=rv32imac", "-mabi=ilp32"),
    emulator=("qemu-system-riscv32", "-machine", "virt", "-bios", "none"),
    runtime_sources=("boot_rv32.S", "counter_minstret.c", *_SHARED),
    # The machine has RAM only; its first 4 MB play flash (write-protected by boot_rv32.S).
    flash_origin=0x80000000,
    flash_bytes=4 << 20,
    ram_origin=0x80400000,
    ram_bytes=4 << 20,
    stack_bytes=16 << 10,
    icount_shift=0,
)

_HOST = Target(
    name="host",
    description="this machine",
    compiler_prefix="",
    compiler_package="gcc",
    emulator_package="",
    processor_flags=(),
    emulator=(),
    runtime_sources=("host.c", "text.c"),
    flash_origin=0,
    flash_bytes=0,
    ram_origin=0,
    ram_bytes=0,
    stack_bytes=0,
    icount_shift=0,
)

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        _MICROBIT,
        # The same code in a machine with room for networks that exceed the micro:bit.
        _mps2("cortex-m0-large", processor="cortex-m0", machine="mps2-an385"),
        _mps2("cortex-m3", processor="cortex-m3", machine="mps2-an385"),
        _mps2("cortex-m4", processor="cortex-m4", machine="mps2-an386"),
        _RV32,
        _HOST,
    )
}
"""Every target by its name."""


def target_named(name: str) -> Target:
    """Look up a target.

    Parameters
    ----------
    name : str
        A key of :data:`TARGETS`.

    Returns
    -------
    Target

    Raises
    ------
    BackendError
        If there is no such target; the message lists those there are.

    Examples
    --------
    >>> target_named("cortex-m3").description
    'cortex-m3 on mps2-an385'
    """
    try:
        return TARGETS[name]
    except KeyError:
        known = ", ".join(TARGETS)
        raise BackendError(f"no target is called {name!r}; choose one of: {known}") from None
