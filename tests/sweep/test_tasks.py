"""Grids and random points become tasks named by what determines their results."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitspin.sweep import plan_sweep
from bitspin.sweep.sweep_file import Draw, Range
from bitspin.sweep.tasks import drawn_points, value_at

SHARE = st.floats(0, 1, exclude_max=True)


def test_a_grid_is_every_combination_and_seeds_repeat_a_setting(write_sweep):
    plan = plan_sweep(
        write_sweep(grid={"seed": [0, 1, 2], "rule.margin": [1.0, 2.0], "epochs": [1, 2]})
    )
    assert [setting.values for setting in plan.settings] == [
        {"rule.margin": margin, "epochs": epochs} for margin in (1.0, 2.0) for epochs in (1, 2)
    ]
    for setting in plan.settings:
        assert [task.config.seed for task in setting.tasks] == [0, 1, 2]
        for task in setting.tasks:
            assert task.config.rule.margin == setting.values["rule.margin"]
            assert task.config.epochs == setting.values["epochs"]
    assert len({task.id for task in plan.tasks}) == plan.task_count == 12


def test_what_a_point_does_not_change_is_one_task(write_sweep, base):
    """That 3.0 is the default margin is told by content, not by how it was written."""
    once = plan_sweep(write_sweep(grid={"rule": {"margin": [3, 2.0]}}))
    again = plan_sweep(write_sweep(grid={"seed": [0]}))
    assert again.tasks[0].id in {task.id for task in once.tasks}
    twice = plan_sweep(
        write_sweep(random={"trials": 40, "rule": {"margin": [1.0, 2.0]}}, grid={"seed": [0, 1]})
    )
    assert twice.task_count == 4


def test_a_point_depends_on_the_seed_and_its_own_number_alone():
    space = {"rule.margin": Range(low=1, high=5), "rule.budget": Range(low=1, high=50, log=True)}
    few, many = (drawn_points(Draw(trials=n, space=space)) for n in (5, 200))
    assert many[:5] == few
    assert drawn_points(Draw(trials=5, draw_seed=1, space=space)) != few
    for name, middle in (("rule.margin", 3.0), ("rule.budget", 50**0.5)):
        below = sum(point[name] < middle for point in many)
        assert 70 < below < 130  # 100 ± 4 standard deviations
        assert all(space[name].low <= point[name] <= space[name].high for point in many)


@given(SHARE, st.integers(1, 50), st.integers(1, 100), st.integers(1, 9), st.booleans())
def test_a_value_lies_in_its_range_and_on_its_steps(share, low, width, step, whole):
    step = min(step, width)
    name = "rule.batch" if whole else "rule.margin"
    value = value_at(name, Range(low=low, high=low + width, step=step), share)
    assert low <= value <= low + width
    assert (value - low) % step == 0
    assert isinstance(value, int) == whole
    plain = value_at(name, Range(low=low, high=low + width, log=True), share)
    assert low <= plain <= low + width


@pytest.mark.parametrize("log", [False, True])
def test_every_whole_number_of_a_range_is_drawn(log):
    values = {
        value_at("epochs", Range(low=1, high=4, log=log), (number + 0.5) / 100)
        for number in range(100)
    }
    assert values == {1, 2, 3, 4}
