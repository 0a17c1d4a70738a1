"""``bitspin device-plan`` says what will be measured."""

from __future__ import annotations

import json

import pytest

from bitspin.cli.app import main
from bitspin.errors import ValidityError
from bitspin.export.plan import plan_device
from bitspin.export.replay import build_project, replay
from bitspin.export.targets import TARGETS


@pytest.mark.mcu
@pytest.mark.parametrize(
    ("target", "group"),
    [
        ("cortex-m0-large", 0),
        ("cortex-m4", 0),
        ("rv32imac", 0),
        ("cortex-m0-large", 12),
        pytest.param("cortex-m4", 12, marks=pytest.mark.slow),
        ("rv32imac", 12),
    ],
)
def test_the_plan_is_close_to_what_is_measured(make_project, tmp_path, target, group) -> None:
    project, folder = make_project(
        (96,), target=target, samples=96, batch=48, capacity=48, input_bits=700, group=group
    )
    measured = replay(project, folder, TARGETS[target], tmp_path)
    firmware = build_project(project, folder, TARGETS[target], tmp_path)
    widths = project.network.widths
    options = {"batch": 48, "ram_bytes": 1 << 16, "clock_hz": 64e6, "group": group}
    plan = plan_device(widths, 10, TARGETS[target], **options)
    assert plan.predict_instructions == pytest.approx(measured.predict_instructions, rel=0.06)
    assert plan.learn_instructions == pytest.approx(measured.learn_instructions, rel=0.10)
    if group:
        assert plan.reads_per_sample == pytest.approx(measured.reads_per_sample, rel=0.05)
    variables = plan.ram_bytes - plan.ram_items["stack"]
    # The example needs no room for a sample that comes from outside: its sample lies in flash.
    assert 0 <= variables - firmware.static_ram_bytes <= 4 * (1 + 22) + 16
    assert 0 <= plan.flash_bytes - firmware.flash_bytes < 6 << 10
    assert measured.stack_bytes <= firmware.stack_reserved_bytes == plan.ram_items["stack"]


def test_the_largest_batch_is_used_up() -> None:
    target = TARGETS["cortex-m4"]
    options = {"ram_bytes": 32 << 10, "clock_hz": 1e6}
    most = plan_device((784, 128, 10), 10, target, batch=None, **options).largest_batch
    assert plan_device((784, 128, 10), 10, target, batch=most, **options).ram_bytes <= 32 << 10
    with pytest.raises(ValidityError, match="expected at most"):
        plan_device((784, 128, 10), 10, target, batch=most + 1, **options)


def test_samples_that_are_read_again_leave_room_for_a_larger_batch() -> None:
    options = {"batch": None, "ram_bytes": 64 << 10, "clock_hz": 1e6}
    kept = plan_device((784, 256, 10), 10, TARGETS["cortex-m4"], **options)
    again = plan_device((784, 256, 10), 10, TARGETS["cortex-m4"], **options, group=8)
    assert again.largest_batch > 8 * kept.largest_batch
    assert again.ram_bytes <= 64 << 10
    with pytest.raises(ValidityError, match="784-10 without a hidden layer"):
        plan_device((784, 10), 10, TARGETS["cortex-m4"], **options, group=8)


@pytest.mark.mcu
@pytest.mark.parametrize("target", ["cortex-m0-large", "cortex-m4", "rv32imac"])
def test_the_plan_of_a_device_that_rehearses(make_project, tmp_path, target) -> None:
    project, folder = make_project(
        (96,), target=target, samples=24, batch=48, capacity=48, originals=60, times=3
    )
    measured = replay(project, folder, TARGETS[target], tmp_path)
    firmware = build_project(project, folder, TARGETS[target], tmp_path)
    options = {"batch": 48, "ram_bytes": 1 << 16, "clock_hz": 64e6}
    plan = plan_device(project.network.widths, 10, TARGETS[target], rehearse=60, times=3, **options)
    assert plan.originals_bytes == 60 * (25 * 4 + 2)
    assert 0 <= plan.flash_bytes - firmware.flash_bytes < 7 << 10
    # Rehearsed samples soon have fewer errors than new ones: the plan is a bound.
    assert 0.6 < measured.learn_instructions / plan.user_sample_instructions <= 1.05
    assert measured.stack_bytes <= firmware.stack_reserved_bytes == plan.ram_items["stack"]


def call(monkeypatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["bitspin", "device-plan", *words])
    try:
        main()
    except SystemExit as ending:
        return int(ending.code or 0)
    return 0


def test_the_command(monkeypatch, capsys) -> None:
    assert call(monkeypatch, "--hidden", "128", "--batch", "64", "--ram", "32k", "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["ram_bytes"] == sum(plan["ram_items"].values()) <= 32 << 10
    assert call(monkeypatch, "--hidden", "128", "--batch", "64", "--ram", "32k") == 0
    assert "largest batch" in capsys.readouterr().out
    assert call(monkeypatch, "--hidden", "128", "--ram", "32k", "--recompute") == 0
    assert "sample read" in capsys.readouterr().out
    assert call(monkeypatch, "--hidden", "32", "--rehearse", "200", "--times", "2", "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["originals_bytes"] == 20_400
    assert plan["user_sample_instructions"] == pytest.approx(5 * plan["learn_instructions"])
    assert call(monkeypatch, "--hidden", "32", "--rehearse", "200") == 0
    assert "sample of the user with its rehearsals" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--hidden", "256", "--target", "cortex-m0"], "network 784-256-10"),
        (["--batch", "9999", "--ram", "32k"], "--batch: got 9999"),
        (["--ram", "lots"], "--ram: got 'lots'"),
        (["--clock-mhz", "0"], "correct --clock-mhz"),
        (["--clock-mhz", "nan"], "correct --clock-mhz"),
        (["--clock-mhz", "inf", "--json"], "correct --clock-mhz"),
        (["--hidden"], "--hidden: got no units"),
        (["--hidden", *"888888888"], "got 10 weight layers, expected 1 to 8"),
        (["--inputs", "40000"], "got a layer of 40000 units, expected 1 to 32767"),
        (["--classes", "4097"], "--classes: got 4097, expected at most 4096"),
        (
            ["--hidden", "4", "--classes", "4000", "--code-length", "9000"],
            "of flash, expected at most",
        ),
        (["--target", "host"], "no instruction counts were measured"),
        (
            ["--hidden", "1000", "--ram", "64k"],
            "bytes of RAM for it, expected 102660 or more to learn, 101280 of them for weights",
        ),
        (["--batch", "0"], "--batch: got 0, expected 1 or more"),
        (["--hidden", "8", "0"], "--hidden: got 0, expected 1 or more"),
        (["--classes", "1"], "--classes: got 1, expected 2 or more"),
        (["--group", "8"], "--group: got 8 without --recompute"),
        (["--rehearse", "9"], "--rehearse: got 9 samples, expected 10 or more"),
        (["--rehearse", "50000"], "--rehearse: got 50000 samples of 102 bytes, expected at most"),
        (["--rehearse", "40", "--recompute"], "--rehearse: got --recompute as well"),
        (["--rehearse", "40", "--times", "0"], "--times: got 0 rehearsals, expected 1 or more"),
        (["--times", "4"], "--times: got 4 without --rehearse"),
        (["--recompute", "--group", "33"], "--group: got 33 rows, expected 1 to 32"),
    ],
)
def test_complaints(monkeypatch, capsys, words, message) -> None:
    assert call(monkeypatch, *words) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
