"""Configuration files with unknown keys, wrong values or no TOML."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("epoch = 3", "unknown key 'epoch'.*'epochs'"),
        ("[rule]\nbatch_ende = 3", "unknown key 'rule.batch_ende'.*'batch_end'"),
        ("[rule]\nmode = 'plain'\nbudget = 3", "'rule.budget': got it with 'plain'"),
        ("[rule]\nmode = 'fast'", "'row-budget', 'plain', 'bnn'"),
        ("[networks]\nhidden = [3]", "unknown key 'networks'.*'network'"),
        ("[network]\nwidth_of_it_all = 3", "unknown key 'network.width_of_it_all'.*--help"),
        ("[network]\nhidden = 3", "'network.hidden': got 3, expected a list"),
        ("[network]\nhidden = ['a']", "got 'a', expected a whole number"),
        ("epochs = 'many'", "'epochs': got 'many', expected a whole number"),
        ("epochs = 2.5", "'epochs': got 2.5"),
        ("epochs = true", "'epochs': got True, expected a number, not true or false; correct it"),
        ("[network]\nhidden = [8, true]", "'network.hidden.1': got True, expected a number"),
        ("[rule]\nmargin = true", "'rule.margin': got True, expected a number"),
        ("[array]\nstuck_probability = true", "'array.stuck_probability': got True"),
        ("rule = 3", "'rule': got 3"),
        ("data = 'mnist'", "'data': got 'mnist', expected a table"),
        ("network = [3]", r"'network': got \[3\]"),
        ("epochs = = 3", "cannot be read: .*line 1"),
        ("epochs = [", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--shift", 1, "--hidden", 8, "--batch", 8)])
def test_configuration_files(text, reason, options, refuse, sources, tmp_path):
    if options and "hidden" in str(text) and "width" not in str(text):
        options = ("--shift", 1)  # an option would win over what the file says
    content = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "settings.toml").write_bytes(content)
    refuse(reason, "train", sources["images"], "--config", "settings.toml", *options)
