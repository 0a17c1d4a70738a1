"""Flash images and the learner's refusals, in C as a firmware meets them."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from bitspin.export.qemu import run
from bitspin.export.targets import TARGETS
from bitspin.export.toolchain import STRICT_FLAGS, build

CORE = Path(__file__).parents[2] / "core"
SOURCES = [
    "image.c",
    "infer.c",
    "lean.c",
    "learn.c",
    "random.c",
    "rehearse.c",
    "relearn.c",
    "row.c",
    "shape.c",
    "sliced_row.c",
]


def build_native(main: Path, out: Path) -> Path:
    import subprocess

    program = out / main.stem
    sources = [CORE / "src" / name for name in SOURCES]
    flags = [*STRICT_FLAGS, "-O1", f"-I{CORE / 'include'}", "-fsanitize=address,undefined"]
    subprocess.run(["gcc", *flags, main, *sources, "-o", program], check=True)
    return program


def test_images_and_refusals(tmp_path) -> None:
    import subprocess

    program = build_native(CORE / "test" / "test_device.c", tmp_path)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(lines) > 30
    assert all(line.startswith("ok: ") for line in lines)


CRC_MAIN = """
#include "bitspin/image.h"
#include "bs_mcu.h"
int main(void)
{
    const uint32_t words[5] = {0x00000000u, 0x04030201u, 0xDEADBEEFu, 0xFFFFFFFFu, 0x80000000u};
    bs_mcu_write_hex32(bs_crc32(bs_crc32(0, words, 2), words + 2, 3));
    return 0;
}
"""


@pytest.mark.mcu
@pytest.mark.parametrize("target", ["host", "cortex-m0", "rv32imac"])
def test_the_checksum_is_zlib_s(tmp_path, target) -> None:
    main = tmp_path / "crc.c"
    main.write_text(CRC_MAIN)
    sources = [main, CORE / "src" / "image.c", CORE / "src" / "shape.c"]
    firmware = build(sources, [CORE / "include"], TARGETS[target], tmp_path)
    words = np.array([0, 0x04030201, 0xDEADBEEF, 0xFFFFFFFF, 0x80000000], "<u4")
    assert run(firmware).stdout == f"{zlib.crc32(words.tobytes()):08x}"
