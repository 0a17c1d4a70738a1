"""A batch whose samples are read again gives the same bits as one that is kept."""

from __future__ import annotations

import pytest

from bitspin.export.replay import replay
from bitspin.export.targets import TARGETS
from bitspin.train import Plain

CASES = {
    "one hidden layer": {"hidden": (64,), "capacity": 60, "group": 8},
    "rows that straddle words": {"hidden": (50,), "capacity": 60, "group": 7},
    "one row at a time": {"hidden": (33,), "capacity": 60, "group": 1, "samples": 120},
    "memory that cuts the batch": {"hidden": (64,), "capacity": 23, "group": 32},
    "three hidden layers": {"hidden": (60, 40, 33), "capacity": 60, "group": 32},
    "plain, hadamard": {
        "hidden": (48, 32),
        "code": "hadamard",
        "length": 31,
        "rule": Plain(write_probability=0.5),
        "capacity": 60,
        "group": 5,
    },
}


@pytest.mark.parametrize("case", CASES)
def test_the_host_learns_the_simulated_bits(make_project, tmp_path, case) -> None:
    project, folder = make_project(**{"samples": 200, "batch": 60, **CASES[case]})
    result = replay(project, folder, TARGETS["host"], tmp_path)
    assert result.compared == result.updates >= 2


@pytest.mark.mcu
@pytest.mark.parametrize(
    ("target", "case"),
    [
        ("cortex-m0", "rows that straddle words"),
        pytest.param("cortex-m3", "three hidden layers", marks=pytest.mark.slow),
        ("cortex-m4", "three hidden layers"),
        ("rv32imac", "rows that straddle words"),
    ],
)
def test_microcontrollers_learn_the_simulated_bits(make_project, tmp_path, target, case) -> None:
    project, folder = make_project(**CASES[case], target=target, samples=140, batch=60)
    result = replay(project, folder, TARGETS[target], tmp_path)
    assert result.compared == result.updates >= 3
    # The first pass and one for each group of rows, for samples with an error.
    groups = sum(-(-rows // project.group) for rows in project.network.widths[1:])
    assert 1 < result.reads_per_sample <= 1 + groups


@pytest.mark.mcu
@pytest.mark.slow
@pytest.mark.parametrize("target", [name for name in TARGETS if name != "cortex-m0"])
@pytest.mark.parametrize("hidden", [(256,), (128, 64)])
def test_a_batch_of_a_thousand(make_project, tmp_path, target, hidden) -> None:
    project, folder = make_project(
        hidden, target=target, samples=3000, batch=1000, capacity=1000, group=8
    )
    result = replay(project, folder, TARGETS[target], tmp_path)
    assert result.compared == result.updates == 3
