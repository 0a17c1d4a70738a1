"""Flash images and the learner's refusals, in C as a firmware meets them."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from bitspin.errors import BackendError
from bitspin.export.memory import (
    INFERENCE_STATE_BYTES,
    LEARNER_STATE_BYTES,
    RELEARNER_STATE_BYTES,
)
from bitspin.export.qemu import run
from bitspin.export.targets import TARGETS
from bitspin.export.toolchain import STRICT_FLAGS, build

CORE = Path(__file__).parents[2] / "core"
SOURCES = [
    "bits.c",
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


STATE_MAIN = """
#include "bitspin/relearn.h"
typedef char learner_is_as_stated[sizeof(bs_learner) == LEARNER ? 1 : -1];
typedef char relearner_is_as_stated[sizeof(bs_relearner) == RELEARNER ? 1 : -1];
typedef char inference_is_as_stated[sizeof(bs_inference) == INFERENCE ? 1 : -1];
int main(void)
{
    return 0;
}
"""


@pytest.mark.mcu
@pytest.mark.parametrize("target", ["cortex-m0", "rv32imac"])
def test_the_state_has_the_size_that_plans_assume(tmp_path, target) -> None:
    main = tmp_path / "state.c"
    main.write_text(STATE_MAIN)
    sizes: dict[str, str | int] = {
        "LEARNER": LEARNER_STATE_BYTES,
        "RELEARNER": RELEARNER_STATE_BYTES,
        "INFERENCE": INFERENCE_STATE_BYTES,
    }
    build([main], [CORE / "include"], TARGETS[target], tmp_path, sizes)
    with pytest.raises(BackendError, match="relearner_is_as_stated"):
        build([main], [CORE / "include"], TARGETS[target], tmp_path, {**sizes, "RELEARNER": 1})
