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
@pytest.mark.parametrize("target", ["cortex-m0-large", "cortex-m4", "rv32imac"])
def test_the_plan_is_close_to_what_is_measured(make_project, tmp_path, target) -> None:
    project, folder = make_project(
        (96,), target=target, samples=96, batch=48, capacity=48, input_bits=700
    )
    measured = replay(project, folder, TARGETS[target], tmp_path)
    firmware = build_project(project, folder, TARGETS[target], tmp_path)
    plan = plan_device(
        project.network.widths, 10, TARGETS[target], batch=48, ram_bytes=1 << 16, clock_hz=64e6
    )
    assert plan.predict_instructions == pytest.approx(measured.predict_instructions, rel=0.06)
    assert plan.learn_instructions == pytest.approx(measured.learn_instructions, rel=0.10)
    variables = plan.ram_bytes - plan.ram_items["stack"]
    # The example needs no room for a sample that comes from outside: its sample lies in flash.
    assert 0 <= variables - firmware.static_ram_bytes <= 4 * (1 + 22) + 16
    assert 0 <= plan.flash_bytes - firmware.flash_bytes < 6 << 10


def test_the_largest_batch_is_used_up() -> None:
    target = TARGETS["cortex-m4"]
    options = {"ram_bytes": 32 << 10, "clock_hz": 1e6}
    most = plan_device((784, 128, 10), 10, target, batch=None, **options).largest_batch
    assert plan_device((784, 128, 10), 10, target, batch=most, **options).ram_bytes <= 32 << 10
    with pytest.raises(ValidityError, match="expected at most"):
        plan_device((784, 128, 10), 10, target, batch=most + 1, **options)


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


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--hidden", "256", "--target", "cortex-m0"], "network 784-256-10"),
        (["--batch", "9999", "--ram", "32k"], "--batch: got 9999"),
        (["--ram", "lots"], "--ram: got 'lots'"),
        (["--clock-mhz", "0"], "correct --clock-mhz"),
        (["--target", "host"], "no instruction counts were measured"),
        (["--batch", "0"], "correct the options"),
    ],
)
def test_complaints(monkeypatch, capsys, words, message) -> None:
    assert call(monkeypatch, *words) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
