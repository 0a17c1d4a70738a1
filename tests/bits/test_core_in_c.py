"""The core as plain C99: freestanding, without heap and floating point, and the same bits."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bitspin.bits import (
    BitMatrix,
    LayerStep,
    Shifts,
    StepEngine,
    StepRule,
    backend_names,
    random_words,
)
from bitspin.bits.engine import PROBABILITY_ONE

CORE = Path(__file__).parents[2] / "core"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
STRICT_C99 = ["-std=c99", *WARNINGS]
INCLUDE = f"-I{CORE / 'include'}"

# Wide-register backends need their instructions, and hold no promise about float registers.
WIDE = {
    "kernels_popcnt": ("x86_64", ["-mpopcnt"]),
    "kernels_avx2": ("x86_64", ["-mavx2", "-mpopcnt"]),
    "kernels_avx512": (
        "x86_64",
        ["-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512vpopcntdq", "-mpopcnt", "-mbmi2"],
    ),
    "kernels_amx": (
        "x86_64",
        [
            *("-mamx-tile", "-mamx-int8", "-mavx512f", "-mavx512bw", "-mavx512vl"),
            *("-mavx512vbmi", "-mavx512vpopcntdq", "-mpopcnt", "-mbmi2"),
        ],
    ),
    "kernels_neon": ("aarch64", []),
}
SOURCES = sorted(CORE.glob("src/*.c"))
PORTABLE = [source for source in SOURCES if source.stem not in WIDE]
WIDE_HERE = [
    source
    for source in SOURCES
    if source.stem in WIDE and WIDE[source.stem][0] == platform.machine()
]
# What a compiler may call without being told, even without an operating system.
COMPILER_MAY_CALL = {"memcpy", "memmove", "memset", "memcmp"}


def run(*command: str | Path) -> str:
    """Run a program, show what it says if it fails, and give its output."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{command[0]}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def gcc() -> str:
    compiler = shutil.which("gcc")
    assert compiler is not None, "gcc: not found, expected on the path; install a C compiler"
    return compiler


def compile_source(gcc: str, source: Path, out: Path, *flags: str) -> Path:
    target = out / f"{source.stem}.o"
    run(gcc, "-c", *STRICT_C99, "-ffreestanding", "-O2", *flags, INCLUDE, source, "-o", target)
    return target


# ---- what the core is made of --------------------------------------------------------------------


def test_the_core_is_there() -> None:
    names = {source.stem for source in PORTABLE}
    assert names >= {"bits", "dispatch", "kernels_ref", "network", "random", "row", "train"}


@pytest.mark.parametrize("source", PORTABLE, ids=lambda source: source.stem)
def test_compiles_freestanding_without_float_registers(gcc, source: Path, tmp_path: Path) -> None:
    # With general registers alone, floating point is an error or a call into the compiler's
    # library, which the next test would find.
    compile_source(gcc, source, tmp_path, "-mgeneral-regs-only")


def test_calls_neither_heap_nor_float_nor_any_library(gcc, tmp_path: Path) -> None:
    objects = [compile_source(gcc, source, tmp_path, "-mgeneral-regs-only") for source in PORTABLE]
    together = tmp_path / "core.o"
    run(gcc, "-r", "-nostdlib", *objects, "-o", together)
    symbols = run("nm", "--undefined-only", "--format=posix", together).splitlines()
    assert {line.split()[0] for line in symbols} <= COMPILER_MAY_CALL


def test_keeps_no_variables_of_its_own(gcc, tmp_path: Path) -> None:
    # Only the caller's memory changes: no symbol lies in a writable section. (A position-dependent
    # program needs no writable copy of the constant tables of functions.)
    for source in PORTABLE:
        compiled = compile_source(gcc, source, tmp_path, "-fno-pic")
        kinds = {line.split()[1] for line in run("nm", "--format=posix", compiled).splitlines()}
        assert kinds <= set("TtRrU"), source.stem


@pytest.mark.parametrize("source", WIDE_HERE, ids=lambda source: source.stem)
def test_wide_backends_compile_without_a_warning(gcc, source: Path, tmp_path: Path) -> None:
    compile_source(gcc, source, tmp_path, *WIDE[source.stem][1])


def test_the_compiler_check_can_fail(gcc, tmp_path: Path) -> None:
    heap = tmp_path / "heap.c"
    heap.write_text(
        "#include <stdlib.h>\nvoid *take(void);\nvoid *take(void) { return malloc(8); }"
    )
    symbols = run("nm", "--undefined-only", compile_source(gcc, heap, tmp_path))
    assert "malloc" in symbols
    real = tmp_path / "real.c"
    real.write_text("double half(double x);\ndouble half(double x) { return x / 2; }\n")
    with pytest.raises(AssertionError, match=r"real\.c"):
        compile_source(gcc, real, tmp_path, "-mgeneral-regs-only")


# ---- what the core does --------------------------------------------------------------------------

# The problem of core/test/test_core.c, once more.
WIDTHS = (70, 33, 4)
SAMPLES, BATCH_MAX, STEPS = 96, 40, 12
SEED_DATA, SEED_WEIGHTS, SEED_TRAINING = 1, 2, 3


def rows_of(words: np.ndarray, bits: int) -> np.ndarray:
    """Rows of random words with zero tails."""
    rows = words.reshape(-1, -(-bits // 32)).copy()
    rows[:, -1] &= np.uint32((1 << bits % 32) - 1)
    return rows


def python_hash(backend: str) -> str:
    """Hash of the weights that the same training gives through Python."""
    inputs, hidden, classes = WIDTHS
    data = random_words(SEED_DATA, SAMPLES * 3 + SAMPLES)
    samples = BitMatrix(rows_of(data[: SAMPLES * 3], inputs), inputs)
    draws = data[SAMPLES * 3 :].astype(np.uint64)
    labels = (draws * np.uint64(classes) >> np.uint64(32)).astype(np.uint16)
    initial = random_words(SEED_WEIGHTS, hidden * 3 + classes * 2)
    layers = rows_of(initial[: hidden * 3], inputs), rows_of(initial[hidden * 3 :], hidden)
    weights = np.concatenate([layer.ravel() for layer in layers])
    code = BitMatrix(np.array([[1], [2], [4], [8]], np.uint32), classes)
    keep = np.ones((2, inputs), np.bool_)
    keep[1, 0] = False
    shifts = Shifts(
        np.array([0, 1], np.int32), BitMatrix.from_bool(keep), BitMatrix.from_bool(~keep)
    )
    layer = LayerStep(8, 256, 1, 3 * 256 + 128, PROBABILITY_ONE // 2)
    engine = StepEngine(WIDTHS, weights, code, SEED_TRAINING, BATCH_MAX, threads=2, backend=backend)
    for index in range(STEPS):
        batch = np.arange(1 + index * 17 % BATCH_MAX, dtype=np.uint32)
        engine.step(
            samples,
            labels,
            (index * 31 + batch) % SAMPLES,
            index,
            StepRule(index % 2 == 1, 12, (layer, layer)),
            shifts,
            (batch % 2).astype(np.uint8),
        )
    fnv1a = 2166136261
    for word in weights.tolist():
        fnv1a = (fnv1a ^ word) * 16777619 & 0xFFFFFFFF
    return f"{fnv1a:08x}"


@pytest.fixture(scope="module")
def firmware_report(gcc: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Lines that core/test/test_core.c prints, all of its checks being right."""
    program = tmp_path_factory.mktemp("core") / "test_core"
    main = CORE / "test" / "test_core.c"
    run(gcc, *STRICT_C99, "-O2", INCLUDE, main, *PORTABLE, "-o", program)
    return run(program).splitlines()


def test_a_c_program_passes_its_own_checks(firmware_report: list[str]) -> None:
    checks = [line for line in firmware_report if not line.startswith("hash")]
    assert len(checks) > 20
    assert all(line.startswith("ok: ") for line in checks)


def test_a_c_program_does_nothing_undefined(gcc: str, tmp_path: Path) -> None:
    program = tmp_path / "test_core"
    flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", INCLUDE]
    run(gcc, *STRICT_C99, *flags, CORE / "test" / "test_core.c", *PORTABLE, "-o", program)
    assert run(program).splitlines()[-1].startswith("hash ref ")


@pytest.mark.parametrize("backend", backend_names())
def test_a_c_program_trains_the_same_bits(firmware_report: list[str], backend: str) -> None:
    assert firmware_report[-1] == f"hash ref {python_hash(backend)}"


def required(program: str, package: str) -> str:
    found = shutil.which(program)
    assert found is not None, f"{program}: not found, expected on the path; install {package}"
    return found


@pytest.mark.mcu
def test_neon_trains_the_same_bits(tmp_path: Path) -> None:
    compiler = required("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu")
    emulator = required("qemu-aarch64-static", "qemu-user-static")
    program = tmp_path / "test_core"
    sources = [CORE / "test" / "test_core.c", *PORTABLE, CORE / "src" / "kernels_neon.c"]
    flags = ["-O2", "-DBS_HAVE_NEON", "-static", INCLUDE]
    run(compiler, *STRICT_C99, *flags, *sources, "-o", program)
    report = run(emulator, program).splitlines()
    assert all(line.startswith(("ok: ", "hash ")) for line in report)
    assert f"hash neon {python_hash('ref')}" in report
