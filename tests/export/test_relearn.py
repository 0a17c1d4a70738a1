"""A batch whose samples are read again gives the same bits as one that is kept."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bitspin.export.memory import relearner_bytes
from bitspin.export.qemu import run
from bitspin.export.simulation import learn_in_order
from bitspin.export.targets import TARGETS
from bitspin.export.toolchain import build, runtime_dir
from bitspin.train import Plain

BATCH = 60
CASES = {
    "one hidden layer": ({"hidden": (64,)}, 60, 8),
    "rows that straddle words": ({"hidden": (50,)}, 60, 7),
    "memory that cuts the batch": ({"hidden": (64,)}, 23, 32),
    "three hidden layers": ({"hidden": (60, 40, 33)}, 60, 32),
    "plain, hadamard": (
        {
            "hidden": (48, 32),
            "code": "hadamard",
            "length": 31,
            "rule": Plain(write_probability=0.5),
        },
        60,
        5,
    ),
}


def check(make_project, tmp_path, target: str, case: str) -> None:
    options, kept, group = CASES[case]
    project, folder = make_project(**options, samples=200, batch=BATCH, capacity=1)
    core = runtime_dir().parent
    sources = [
        runtime_dir() / "reread.c",
        folder / "network.c",
        *(core / "src" / name for name in project.core_sources),
    ]
    memory = relearner_bytes(project.network.widths, 10, kept, group)
    defines = {"REREAD_KEPT": kept, "REREAD_GROUP": group, "REREAD_MEMORY_BYTES": memory}
    includes = [folder, core / "include"]
    firmware = build(sources, includes, TARGETS[target], tmp_path, defines)
    network = project.network
    course = learn_in_order(
        network, project.samples, project.labels, project.schedule, project.seed, kept
    )
    expected = [network.weights.copy() for _ in itertools.islice(course, 3)]
    result = run(
        firmware,
        files={"samples.bin": folder / "verify" / "samples.bin"},
        arguments=[str(BATCH), "3"],
        outputs=["weights.bin"],
    )
    given = np.frombuffer(result.outputs["weights.bin"], "<u4").reshape(3, -1)
    for ours, simulated in zip(given, expected, strict=True):
        assert int(np.bitwise_count(ours ^ simulated).sum()) == 0


@pytest.mark.parametrize("case", CASES)
def test_the_host_learns_the_simulated_bits(make_project, tmp_path, case) -> None:
    check(make_project, tmp_path, "host", case)


@pytest.mark.mcu
@pytest.mark.parametrize(
    "target", ["cortex-m0-large", pytest.param("cortex-m3", marks=pytest.mark.slow), "rv32imac"]
)
def test_microcontrollers_learn_the_simulated_bits(make_project, tmp_path, target) -> None:
    check(make_project, tmp_path, target, "rows that straddle words")
