"""What ``--help`` says: every option of every command, and nothing swallowed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from cyclopts import App

from bitspin.array import MramArray
from bitspin.cli.app import app
from bitspin.cli.train import option_name
from bitspin.config import DataConfig, NetworkConfig


def commands(above: App, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], App]]:
    """Give every command with its words."""
    for name in above:
        if not name.startswith("-"):
            yield (*words, name), above[name]
            yield from commands(above[name], (*words, name))


COMMANDS = dict(commands(app))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_does(words: tuple[str, ...]) -> None:
    command = COMMANDS[words]
    options = command.assemble_argument_collection(parse_docstring=True)
    silent = [option.names for option in options if option.show and not option.parameter.help]
    assert not silent, f"{' '.join(words)}: no help for {silent}"


def test_angle_brackets_are_shown(bitspin) -> None:
    assert "[default: runs/<what and when>]" in " ".join(bitspin("train", "--help").out.split())


def test_options_that_everybody_needs_come_first(bitspin) -> None:
    shown = bitspin("train", "--help").out
    titles = ("Data", "Network", "Training", "Constants of the rule", "Array that holds", "Run")
    places = [shown.index(f"╭─ {title}") for title in titles]
    assert places == sorted(places)


def test_options_of_a_run_are_named_as_they_are_written() -> None:
    options = app["train"].assemble_argument_collection()
    known = {name for option in options for name in option.names}
    keys = {*DataConfig.model_fields, *NetworkConfig.model_fields, *MramArray.model_fields}
    only_in_files = {"cell_classes", "read_voltage_v", "read_pulse_width_s"}
    assert {option_name(key) for key in keys - only_in_files} <= known


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_default_is_shown_twice_or_as_python(words: tuple[str, ...], bitspin) -> None:
    said = " ".join(bitspin(*words, "--help").out.replace("│", " ").split())
    assert not re.search(r"\[default: \(|\[default: [^]]*\] \[default:", said)
