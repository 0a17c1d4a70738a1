"""Cross-checks against foreign simulators run only when their marker is asked for.

They are deselected otherwise, never skipped: `pytest -m ngspice` fails on a machine without
ngspice, which is what a CI job that installs it wants.
"""

from __future__ import annotations

FOREIGN = ("ngspice", "vgsot")


def pytest_configure(config):
    config.addinivalue_line("markers", "ngspice: needs the program ngspice; fails without it")
    config.addinivalue_line("markers", "vgsot: needs the package vgsot-sim; fails without it")


def pytest_collection_modifyitems(config, items):
    wanted = [name for name in FOREIGN if name in (config.option.markexpr or "")]
    foreign = [
        item
        for item in items
        if any(item.get_closest_marker(name) and name not in wanted for name in FOREIGN)
    ]
    if foreign:
        config.hook.pytest_deselected(items=foreign)
        items[:] = [item for item in items if item not in foreign]
