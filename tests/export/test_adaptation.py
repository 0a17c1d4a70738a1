"""A device that adapts to a user does what is simulated, and nothing it learns is drawn by lot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bitspin.bits import BitMatrix
from bitspin.encode import make_code
from bitspin.errors import BackendError, ShapeError, StoreError, ValidityError
from bitspin.export import adaptation as adaptation_module
from bitspin.export.adapt_on_device import describe, run_on_device
from bitspin.export.adaptation import Adaptation, course, simulate
from bitspin.export.labelled import Labelled
from bitspin.export.online import OnlineLearner
from bitspin.export.originals import write_originals
from bitspin.export.schedule import geometry_of, sample_schedule
from bitspin.export.targets import TARGETS
from bitspin.train import Network, RowBudget


def make_network(*widths: int) -> Network:
    code = BitMatrix.from_bool(make_code("onehot", 10, None))
    return Network.random((*widths, 10), code, 3)


@pytest.fixture
def labelled(digits) -> Labelled:
    pixels = digits.x_train[:400].reshape(400, -1) > 50
    return Labelled(BitMatrix.from_bool(pixels), digits.y_train[:400].astype(np.uint16))


@pytest.fixture
def adaptation(labelled) -> Adaptation:
    return Adaptation(
        network=make_network(784, 40),
        originals=labelled.some(slice(0, 30)),
        user=labelled.some(slice(30, 75)),
        exams={
            "own": labelled.some(slice(100, 160)),
            "others": labelled.some(slice(160, 200)),
        },
        times=2,
        every=20,
        batch=40,
        capacity=17,
        seed=9,
    )


def test_lessons_take_turns_as_counted_by_hand() -> None:
    def numbered(*numbers: int) -> Labelled:
        bits = np.array([[number >> bit & 1 for bit in range(8)] for number in numbers], np.bool_)
        return Labelled(BitMatrix.from_bool(bits), np.array(numbers, np.uint16))

    plan = Adaptation(
        network=make_network(8),
        originals=numbered(100, 101, 102),
        user=numbered(1, 2, 3),
        exams={},
        times=2,
    )
    assert course(plan).labels.tolist() == [1, 100, 1, 101, 1, 2, 102, 2, 100, 1, 3, 101, 2, 102, 3]
    alone = replace(plan, originals=numbered(100).some(slice(0, 0)))
    assert course(alone).labels.tolist() == [1, 1, 1, 2, 2, 1, 3, 2, 3]


@pytest.mark.parametrize(
    "change", [{}, {"times": 0}, {"every": 1000}, {"batch": 3}, {"originals": "none"}]
)
def test_the_host_adapts_as_simulated(adaptation, labelled, tmp_path, change) -> None:
    if "originals" in change:
        change = {"originals": labelled.some(slice(0, 0))}
    changed = replace(adaptation, **change)
    result = run_on_device(changed, TARGETS["host"], tmp_path)
    simulated = simulate(changed)
    assert (result.curve.seen, result.curve.accuracy) == (simulated.seen, simulated.accuracy)
    assert simulated.seen[0] == 0
    assert simulated.seen[-1] == 45


@pytest.mark.mcu
@pytest.mark.parametrize(
    "target", ["cortex-m0-large", "cortex-m4", pytest.param("rv32imac", marks=pytest.mark.slow)]
)
def test_microcontrollers_adapt_as_simulated(adaptation, tmp_path, target) -> None:
    result = run_on_device(adaptation, TARGETS[target], tmp_path)
    assert result.curve.accuracy == simulate(adaptation).accuracy
    assert result.instructions_per_sample > 5 * 10_000
    assert 0 < result.stack_bytes <= result.firmware.stack_reserved_bytes
    # 25 words and a label of two bytes each.
    assert "3,060 of them for 30 originals" in describe(adaptation, result)


def test_another_device_is_found_out(adaptation, tmp_path, monkeypatch) -> None:
    def forgetful(adaptation: Adaptation) -> Labelled:
        return course(
            replace(adaptation, originals=adaptation.originals.some(slice(None, None, -1)))
        )

    monkeypatch.setattr(adaptation_module, "course", forgetful)
    with pytest.raises(BackendError, match=r"after 20 samples \d+ weights .* differ"):
        run_on_device(adaptation, TARGETS["host"], tmp_path)


def test_rehearsal_keeps_what_was_learned(labelled) -> None:
    """A user whose threes look like the twos of others, upside down."""
    known = labelled.some(np.flatnonzero(np.isin(labelled.labels, (2, 3))))
    network = make_network(784, 32)
    geometry = geometry_of(network.widths, network.code)
    schedule = sample_schedule(RowBudget(), geometry, batch=16, steps=40)
    teacher = OnlineLearner(network, schedule, 1, 16)
    for _ in range(10):
        teacher.learn(known.samples, known.labels)
    twos = known.some(known.labels == 2)
    upside_down = BitMatrix.from_bool(twos.samples.to_bool()[:, ::-1])
    shown = Labelled(upside_down, np.full(len(twos), 3, np.uint16))
    plan = Adaptation(network, twos, shown, {"twos": twos}, batch=16, capacity=16)
    kept = simulate(plan).accuracy["twos"]
    forgotten = simulate(replace(plan, originals=twos.some(slice(0, 0)))).accuracy["twos"]
    assert kept[0] == forgotten[0] > 0.9
    assert kept[-1] > forgotten[-1] + 0.2


@pytest.mark.parametrize("wrong", [{"times": -1}, {"every": 0}, {"batch": 0}, {"capacity": 0}])
def test_numbers_out_of_range_are_refused(adaptation, wrong) -> None:
    with pytest.raises(ValidityError, match=r"adaptation: got \w+ = -?\d, expected at least"):
        replace(adaptation, **wrong)


def test_a_user_and_an_exam_are_needed(adaptation, labelled, tmp_path) -> None:
    with pytest.raises(ValidityError, match="a user without samples"):
        replace(adaptation, user=labelled.some(slice(0, 0)))
    with pytest.raises(ValidityError, match="got no exams"):
        run_on_device(replace(adaptation, exams={}), TARGETS["host"], tmp_path)


def test_labels_belong_to_samples(labelled) -> None:
    with pytest.raises(ShapeError, match="one for each sample"):
        Labelled(labelled.samples, labelled.labels[1:])


def test_originals_go_into_a_folder_that_exists(labelled, tmp_path) -> None:
    with pytest.raises(StoreError, match=r"cannot write .*originals.h: got .*, expected"):
        write_originals(labelled, tmp_path / "missing")
