"""Markers of this folder, registered here until the project's list carries them."""

from __future__ import annotations


def pytest_configure(config):
    config.addinivalue_line("markers", "ngspice: needs the program ngspice; fails without it")
