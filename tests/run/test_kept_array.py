"""A run in an array keeps its device: the file may be edited or go, the run stays what it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bitspin.cost import CostTable
from bitspin.device import (
    device_from_table,
    device_table,
    load_device,
    preset_names,
    save_device,
)
from bitspin.results import write_checkpoint
from bitspin.run import Progress, fit, load_run, resume
from bitspin.run.wear import count_wear


@pytest.fixture
def device_file(tmp_path):
    path = tmp_path / "ours.toml"
    save_device(load_device("mtj-sot", {"name": "ours"}), path)
    return path


def config_of(device_file: Path) -> dict[str, object]:
    # Long enough for a cell of stability 20 to forget, and not for one of 28.8.
    array = {"kind": "mram", "device": str(device_file), "retention_time_s": 0.1}
    return {"network": {"hidden": [12]}, "epochs": 2, "array": array}


def edit(device_file: Path) -> None:
    changes = {"stability": 20.0, "write.threshold_voltage_v": 0.8, "track_ohm": 5000.0}
    save_device(load_device(device_file, changes), device_file)


@pytest.mark.parametrize("what", [edit, Path.unlink])
def test_what_a_run_says_and_costs_stays(what, device_file, tiny_images, tmp_path):
    run = fit(config_of(device_file), data=tiny_images, out=tmp_path / "run", threads=1)
    costs = (tmp_path / "run" / "cost.json").read_bytes()
    what(device_file)
    kept = load_run(tmp_path / "run")
    np.testing.assert_array_equal(kept.scores(tiny_images.x_test), run.scores(tiny_images.x_test))
    assert count_wear(kept, tiny_images, threads=1)[0].sum() == sum(e.pulses[0] for e in run.epochs)
    resume(tmp_path / "run", cost_table=CostTable())
    assert (tmp_path / "run" / "cost.json").read_bytes() == costs


def test_the_edit_makes_another_run_else(device_file, tiny_images):
    before = fit(config_of(device_file), data=tiny_images, threads=1)
    edit(device_file)
    after = fit(config_of(device_file), data=tiny_images, threads=1)
    assert (after.scores(tiny_images.x_test) != before.scores(tiny_images.x_test)).any()


def test_an_interrupted_run_goes_on_with_its_device(device_file, tiny_images, tmp_path):
    class Stop(Progress):
        def epoch(self, record: object) -> None:
            raise KeyboardInterrupt

    reference = fit(config_of(device_file), data=tiny_images, threads=1)
    with pytest.raises(KeyboardInterrupt):
        fit(
            config_of(device_file),
            data=tiny_images,
            out=tmp_path / "run",
            threads=1,
            progress=Stop(),
        )
    edit(device_file)
    run = resume(tmp_path / "run", data=tiny_images, threads=1)
    np.testing.assert_array_equal(run.model.weights, reference.model.weights)
    np.testing.assert_array_equal(
        run.scores(tiny_images.x_test), reference.scores(tiny_images.x_test)
    )


def test_a_run_of_a_version_that_kept_no_device_is_read_with_the_file(
    device_file, tiny_images, tmp_path
):
    run = fit(config_of(device_file), data=tiny_images, out=tmp_path / "run", threads=1)
    folder = run.folder
    old = folder.read_checkpoint()
    del old.facts["device"]
    write_checkpoint(folder.weights_path, old)
    assert load_run(tmp_path / "run").array.device == load_device(device_file)


@pytest.mark.parametrize("name", preset_names())
def test_every_kind_of_device_can_be_kept(name):
    device = load_device(name)
    kept = json.loads(json.dumps(device_table(device)))
    assert device_from_table(kept, "kept") == device
