"""A search is a function of its file: not of who does the tasks, nor of when it was killed."""

from __future__ import annotations

import json
from itertools import islice

import pytest

from bitspin.results import ResultStore
from bitspin.sweep import SweepProgress, plan_sweep
from bitspin.sweep.complete import complete
from bitspin.sweep.search import search_settings
from bitspin.sweep.summary import summarise

SPACE = {
    "rule.margin": {"low": 0.5, "high": 6.0},
    "rule.batch": {"low": 16, "high": 128, "log": True},
    "network.hidden": [[4], [8], [16, 8]],
}


@pytest.fixture
def search(write_sweep, base, tmp_path, here_pool):
    """Search into a folder; gives the settings and the ids of what was done."""
    base = {**base, "data": {**base["data"], "validation": 80}}

    def run(folder="results", pool_class=here_pool, **changes):
        path = write_sweep(
            base=base,
            grid={"seed": [0, 1]},
            search={"trials": 12, **changes, **SPACE},
            objectives=["accuracy", "pulses_per_cell", "state_bytes"],
        )
        plan = plan_sweep(path)
        store = ResultStore.create(tmp_path / folder)
        pool = pool_class(store)
        settings = search_settings(
            plan.sweep.search,
            plan.sweep.objectives,
            plan.planner,
            store,
            lambda tasks: complete(tasks, store, pool, SweepProgress()),
        )
        return settings, pool.done, summarise(settings, plan.sweep.objectives, store)

    return run


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_the_same_file_gives_the_same_search(sampler, search):
    first, done, summary = search("one", sampler=sampler)
    assert len(first) == 12
    assert all(len(setting.tasks) == 2 for setting in first)
    again, repeated, summary_again = search("one", sampler=sampler)
    assert repeated == []
    assert again == first
    elsewhere, done_elsewhere, _ = search("two", sampler=sampler)
    assert (elsewhere, done_elsewhere) == (first, done)
    assert summary == summary_again
    other, _, _ = search("one", sampler=sampler, draw_seed=1)
    assert other != first


def test_points_lie_in_their_space(search):
    settings, _, _ = search()
    for setting in settings:
        assert set(setting.values) == set(SPACE)
        assert 0.5 <= setting.values["rule.margin"] <= 6.0
        assert isinstance(setting.values["rule.batch"], int)
        assert 16 <= setting.values["rule.batch"] <= 128
        assert setting.values["network.hidden"] in SPACE["network.hidden"]
        assert list(setting.tasks[0].config.network.hidden) == setting.values["network.hidden"]


def test_a_killed_search_goes_on_where_it_was(search, here_pool):
    expected, done, _ = search("undisturbed")

    class Killed(here_pool):
        def run(self, tasks):
            yield from islice(super().run(tasks), 3)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search("killed", pool_class=Killed)
    settings, rest, _ = search("killed")
    assert settings == expected
    assert len(rest) == len(done) - 3


def test_the_front_is_what_no_setting_beats(search):
    _, _, summary = search()
    points = [
        (
            -row.figures["accuracy"].mean,
            row.figures["pulses_per_cell"].mean,
            row.figures["state_bytes"].mean,
        )
        for row in summary.rows
    ]
    for row, point in zip(summary.rows, points, strict=True):
        beaten = any(
            other != point and all(a <= b for a, b in zip(other, point, strict=True))
            for other in points
        )
        assert row.on_front == (not beaten)
    accuracies = [row.figures["accuracy"].mean for row in summary.front]
    assert accuracies == sorted(accuracies, reverse=True)


def test_results_are_learnt_from(write_sweep, store, here_pool, base):
    """The best of three widths is suggested more often than by chance."""
    path = write_sweep(
        base=base,
        search={"trials": 40, "network.hidden": [[1], [2], [64]], "seed": {"low": 0, "high": 999}},
    )
    plan = plan_sweep(path)
    pool = here_pool(store)
    settings = search_settings(
        plan.sweep.search,
        plan.sweep.objectives,
        plan.planner,
        store,
        lambda tasks: complete(tasks, store, pool, SweepProgress()),
    )
    widest = [setting.values["network.hidden"] == [64] for setting in settings]
    assert sum(widest[16:]) >= 14  # of 24; 8 ± 2.3 by chance


def test_a_failed_trial_does_not_end_the_search(write_sweep, base, sweep_here):
    path = write_sweep(
        base={**base, "network": {"hidden": [8], "code": "hadamard"}},
        search={"trials": 8, "network.code_length": [20, 15, 31]},
    )
    code, out, _ = sweep_here(path, "--workers", 1, "--json")
    assert code == 1
    found = json.loads(out)
    assert {row["values"]["network.code_length"] for row in found["settings"]} == {15, 31}
    assert {failure["values"]["network.code_length"] for failure in found["failures"]} == {20}
