"""What goes wrong is said in one clear error: missing tools, bad sources, misbehaving firmware."""

from __future__ import annotations

import pytest

from bitspin.errors import BackendError
from bitspin.export import toolchain
from bitspin.export.qemu import run
from bitspin.export.targets import TARGETS, target_named
from bitspin.export.toolchain import Firmware, build

pytestmark = pytest.mark.mcu

EMULATED = [name for name, target in TARGETS.items() if not target.is_host]


@pytest.fixture
def build_text(tmp_path):
    def build_from(text: str, target_name: str = "cortex-m0", **options) -> Firmware:
        source = tmp_path / "program.c"
        source.write_text(text)
        return build([source], [], TARGETS[target_name], tmp_path / "out", **options)

    return build_from


@pytest.mark.parametrize("target", EMULATED)
def test_stack_overflow_is_named(program, target):
    firmware = program("misbehave", target)
    assert firmware.stack.stack_bytes is None
    assert firmware.stack.reason == "recursion"
    with pytest.raises(BackendError, match=r"faulted: .*stack overflow"):
        run(firmware, arguments=["overflow"], timeout_s=20)


@pytest.mark.parametrize("target", EMULATED)
def test_illegal_instruction_is_named_with_its_address(program, target):
    with pytest.raises(BackendError, match=r"faulted: .* at 0x[0-9a-f]*[1-9a-f]") as caught:
        run(program("misbehave", target), arguments=["illegal"], timeout_s=20)
    assert "about to misbehave" in str(caught.value)
    assert "stack overflow" not in str(caught.value)


@pytest.mark.parametrize("target", TARGETS)
def test_hang_ends_with_the_output_so_far(program, target):
    with pytest.raises(BackendError, match=r"did not end within 0\.5 s") as caught:
        run(program("misbehave", target), arguments=["hang"], timeout_s=0.5)
    # The host's C library keeps unfinished output to itself.
    assert target == "host" or "about to misbehave" in str(caught.value)


def test_host_signal_is_named(program):
    with pytest.raises(BackendError, match="ended by signal"):
        run(program("misbehave", "host"), arguments=["illegal"], timeout_s=20)


@pytest.mark.parametrize("target", TARGETS)
def test_unexpected_exit_code_is_an_error(program, target):
    with pytest.raises(BackendError, match="left with exit code 7, expected 0"):
        run(program("selftest", target), arguments=["exit", "7"], timeout_s=20)


def test_missing_output_is_an_error(program):
    with pytest.raises(BackendError, match=r"did not create the output file 'weights\.bin'"):
        run(program("selftest", "host"), arguments=["globals"], outputs=["weights.bin"])


@pytest.mark.parametrize("word", ["", "two words", "tab\t"])
def test_argument_that_cannot_be_passed(program, word):
    with pytest.raises(BackendError, match="white space"):
        run(program("selftest", "host"), arguments=[word])


@pytest.mark.parametrize("name", ["../up.bin", "a/b", "", ".."])
def test_file_name_must_be_plain(program, name):
    with pytest.raises(BackendError, match="plain file name"):
        run(program("selftest", "host"), arguments=["globals"], files={name: b""})


@pytest.mark.parametrize("target", ["cortex-m3", "rv32imac"])
def test_missing_tools_name_the_package(monkeypatch, program, tmp_path, target):
    firmware = program("selftest", target)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackendError, match=f"apt-get install {firmware.target.compiler_package}"):
        build([], [], firmware.target, tmp_path / "out")
    with pytest.raises(BackendError, match=f"apt-get install {firmware.target.emulator_package}"):
        run(firmware, arguments=["globals"])


def test_comma_in_an_argument_arrives(build_text):
    text = """#include "bs_mcu.h"
    int main(void) { char w[64]; bs_mcu_argument(1, w, 64); bs_mcu_write(w); return 0; }"""
    assert run(build_text(text), arguments=["a,b,,c"]).stdout == "a,b,,c"


def test_warning_stops_the_build_and_keeps_the_old_firmware(build_text):
    good = build_text("int main(void) { return 0; }")
    before = good.elf.read_bytes()
    with pytest.raises(BackendError, match="unused variable"):
        build_text("int main(void) { int x; return 0; }")
    assert good.elf.read_bytes() == before
    assert [path.name for path in good.elf.parent.iterdir()] == ["firmware.elf"]


def test_program_too_large_for_ram_says_by_how_much(build_text):
    text = "unsigned char weights[20000]; int main(void) { weights[9] = 1; return 0; }"
    with pytest.raises(BackendError, match=r"needs \d+ bytes more RAM than there is"):
        build_text(text)
    firmware = build_text(text, "cortex-m0-large")
    assert 20000 <= firmware.static_ram_bytes < 20100


def test_call_through_a_pointer_has_no_stack_bound(build_text):
    firmware = build_text(
        "int (*volatile where)(void); int main(void) { return where ? where() : 0; }"
    )
    assert firmware.stack.reason == "call through a function pointer"
    assert run(firmware).exit_code == 0


@pytest.mark.parametrize("stack_bytes", [0, -16, 100])
def test_stack_size_is_checked(build_text, stack_bytes):
    with pytest.raises(BackendError, match="multiple of 16"):
        build_text("int main(void) { return 0; }", stack_bytes=stack_bytes)


def test_reserved_stack_is_not_static_ram(build_text):
    small = build_text("int main(void) { return 0; }", stack_bytes=256)
    large = build_text("int main(void) { return 0; }", stack_bytes=4096)
    assert small.static_ram_bytes == large.static_ram_bytes
    assert (small.stack_reserved_bytes, large.stack_reserved_bytes) == (256, 4096)


def test_missing_source_and_unknown_target(tmp_path):
    with pytest.raises(BackendError, match="is missing; export the project again"):
        build([tmp_path / "none.c"], [], TARGETS["host"], tmp_path)
    with pytest.raises(BackendError, match="choose one of: cortex-m0"):
        target_named("z80")


def test_missing_runtime_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(toolchain, "__file__", str(tmp_path / "a" / "b" / "c" / "d.py"))
    with pytest.raises(BackendError, match=r"bs_mcu\.h was expected in"):
        toolchain.runtime_dir()
