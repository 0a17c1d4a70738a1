"""A device learns the same bits as the simulation, on every target."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitspin.errors import BackendError
from bitspin.export.project import read_project
from bitspin.export.replay import replay
from bitspin.export.targets import TARGETS
from bitspin.train import Plain

# Both rules, all codes, one to three layers, odd widths, batches that memory cuts short.
CASES = {
    "one hidden layer": {"hidden": (128,), "capacity": 9},
    "two hidden layers": {"hidden": (70, 33)},
    "no hidden layer": {"hidden": ()},
    "seven hidden layers": {"hidden": (40, 33, 32, 31, 20, 20, 20)},
    "hadamard": {"hidden": (65,), "code": "hadamard", "length": 63},
    "scores with a scale": {"hidden": (60, 40), "scaled": True},
    "plain": {"hidden": (64, 64), "rule": Plain(write_probability=0.3)},
    "plain, hadamard": {
        "hidden": (90,),
        "code": "hadamard",
        "length": 31,
        "rule": Plain(write_probability=1.0),
    },
    "one sample a batch": {"hidden": (50,), "batch": 1, "samples": 60},
    "a batch that is cut short": {"hidden": (64,), "batch": 100, "capacity": 13},
    "more rows than one piece": {"hidden": (783,), "samples": 40, "input_bits": 782},
}


@pytest.mark.parametrize("case", CASES)
def test_the_host_learns_the_simulated_bits(make_project, tmp_path, case: str) -> None:
    project, folder = make_project(**CASES[case])
    result = replay(project, folder, TARGETS["host"], tmp_path)
    assert result.samples == project.samples.rows
    assert result.compared == result.updates > 1


@pytest.mark.mcu
@pytest.mark.parametrize(
    ("target", "case"),
    [
        ("cortex-m0", "one hidden layer"),
        ("cortex-m3", "two hidden layers"),
        ("cortex-m4", "one hidden layer"),
        ("rv32imac", "two hidden layers"),
    ],
)
def test_microcontrollers_learn_the_simulated_bits(make_project, tmp_path, target, case) -> None:
    options = {**CASES[case], "capacity": 5, "samples": 100}
    project, folder = make_project(**options, target=target)
    result = replay(project, folder, TARGETS[target], tmp_path, every=3)
    assert result.compared >= 5


@pytest.mark.mcu
@pytest.mark.slow
@pytest.mark.parametrize("target", [name for name in TARGETS if name != "cortex-m0"])
@pytest.mark.parametrize("hidden", [(256,), (128, 64)])
@pytest.mark.parametrize("learns", [True, False])
def test_a_thousand_samples(make_project, tmp_path, target, hidden, learns) -> None:
    project, folder = make_project(
        hidden=hidden, target=target, samples=1200, batch=64, capacity=64, learns=learns
    )
    result = replay(project, folder, TARGETS[target], tmp_path)
    assert result.samples == 1200
    assert result.compared == (result.updates if learns else 0)
    if learns:
        assert result.accuracy_after > result.accuracy_before + 0.3


@pytest.mark.mcu
@pytest.mark.slow
def test_a_thousand_samples_on_the_microbit(make_project, tmp_path) -> None:
    project, folder = make_project(
        hidden=(100,), target="cortex-m0", samples=1200, batch=64, capacity=16
    )
    assert replay(project, folder, TARGETS["cortex-m0"], tmp_path).samples == 1200


def test_a_single_wrong_weight_is_found(make_project, tmp_path) -> None:
    project, folder = make_project(hidden=(32,), samples=64)
    weights = project.network.weights.copy()
    weights[3] ^= 1
    network = replace(project.network, weights=weights)
    with pytest.raises(BackendError, match=r"1 weights differ|predictions differ"):
        replay(replace(project, network=network), folder, TARGETS["host"], tmp_path)


def test_another_seed_is_found(make_project, tmp_path) -> None:
    project, folder = make_project(hidden=(32,), samples=64)
    with pytest.raises(BackendError, match="weights differ from the simulation"):
        replay(replace(project, seed=1), folder, TARGETS["host"], tmp_path)


def test_a_device_that_only_predicts(make_project, tmp_path) -> None:
    _, folder = make_project(hidden=(64,), learns=False)
    result = replay(read_project(folder), folder, TARGETS["host"], tmp_path)
    assert (result.updates, result.compared) == (0, 0)
    assert not (folder / "bitspin" / "src" / "learn.c").exists()
