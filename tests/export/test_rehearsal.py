"""A project that rehearses: its samples are balanced, and the device takes turns as simulated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bitspin.errors import BackendError, ValidityError
from bitspin.export.project import read_project
from bitspin.export.rehearsal import Rehearsal, balanced_choice
from bitspin.export.replay import replay
from bitspin.export.targets import TARGETS

HOST = TARGETS["host"]


def test_classes_are_balanced_and_take_turns(digits) -> None:
    labels = digits.y_train
    chosen = balanced_choice(labels, 204, 10, seed=5)
    assert len(set(chosen.tolist())) == 204
    assert labels[chosen[:20]].tolist() == [*range(10), *range(10)]
    assert set(np.bincount(labels[chosen]).tolist()) == {20, 21}


def test_the_seed_alone_decides(digits) -> None:
    first, again, other = (balanced_choice(digits.y_train, 50, 10, seed) for seed in (5, 5, 6))
    assert (first == again).all()
    assert (first != other).any()


def test_a_class_that_runs_out_is_passed_over() -> None:
    labels = np.array([1] * 50 + [0] * 3 + [2] * 50)
    chosen = balanced_choice(labels, 31, 3, seed=0)
    assert np.bincount(labels[chosen]).tolist() == [3, 14, 14]
    everything = balanced_choice(labels, 103, 3, seed=0)
    assert sorted(everything.tolist()) == list(range(103))


# Several updates after one sample, one of several samples, memory that cuts batches short.
@pytest.mark.parametrize(
    ("batch", "capacity", "times", "every"), [(3, 3, 4, 1), (3, 3, 4, 2), (70, 9, 1, 3)]
)
def test_the_host_rehearses_the_simulated_bits(
    make_project, tmp_path, batch, capacity, times, every
) -> None:
    written, folder = make_project(
        (40,), samples=50, batch=batch, capacity=capacity, originals=30, times=times
    )
    project = read_project(folder)
    assert project.rehearsal is not None
    assert (project.rehearsal.originals.labels == written.rehearsal.originals.labels).all()
    result = replay(project, folder, HOST, tmp_path, every=every)
    assert result.rehearsed_per_sample == 2 * times
    assert result.updates >= 50 * (1 + 2 * times) // batch
    assert 1 < result.compared <= result.updates


@pytest.mark.mcu
@pytest.mark.parametrize(
    "target", ["cortex-m0-large", "cortex-m4", pytest.param("rv32imac", marks=pytest.mark.slow)]
)
def test_microcontrollers_rehearse_the_simulated_bits(make_project, tmp_path, target) -> None:
    project, folder = make_project(
        (40, 20), target=target, samples=40, batch=20, capacity=11, originals=25
    )
    result = replay(project, folder, TARGETS[target], tmp_path)
    assert result.compared > 5


def test_other_turns_and_other_originals_are_found_out(make_project, tmp_path) -> None:
    project, folder = make_project((40,), samples=50, originals=30, batch=10, capacity=10)
    originals = project.rehearsal.originals
    for other in (Rehearsal(originals.some(slice(None, None, -1)), 2), None):
        with pytest.raises(BackendError, match=r"differ from the simulation|states of the weights"):
            replay(replace(project, rehearsal=other), folder, HOST, tmp_path)


def test_there_is_something_to_rehearse(make_project) -> None:
    project, _ = make_project((40,), samples=50, originals=30)
    originals = project.rehearsal.originals
    with pytest.raises(ValidityError, match="got no samples of the training"):
        Rehearsal(originals.some(slice(0, 0)), 2)
    with pytest.raises(ValidityError, match="--times: got 0 rehearsals"):
        Rehearsal(originals, 0)
