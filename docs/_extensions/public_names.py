"""Where each public name is documented: once, in the highest package that exports it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import GenericAlias, ModuleType
from typing import Any

__all__ = ["public_names"]

# Its commands are documented as commands.
NOT_LISTED = ("bitspin.cli",)


def public_names(package: str) -> dict[str, list[tuple[str, str]]]:
    """Return, for each module with names of its own, how Sphinx documents them.

    Parameters
    ----------
    package : str
        Name of the package to walk.

    Returns
    -------
    dict
        Directive and name of each object, by module; packages before their modules.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    seen: set[int] = set()
    for module in modules(importlib.import_module(package)):
        own = []
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            alias = isinstance(value, GenericAlias)  # such as FloatArray: for annotations
            if name.startswith("_") or alias or id(value) in seen:
                continue
            if not isinstance(value, int | float | str):  # equal constants are one object
                seen.add(id(value))
            own.append((directive(value), name))
        if own:
            found[module.__name__] = own
    return found


def modules(package: ModuleType) -> Iterator[ModuleType]:
    """Import a package and all below it, level by level."""
    level = [package]
    while level:
        yield from level
        level = [
            importlib.import_module(f"{above.__name__}.{info.name}")
            for above in level
            for info in pkgutil.iter_modules(getattr(above, "__path__", ()))
            if not info.name.startswith("_") and f"{above.__name__}.{info.name}" not in NOT_LISTED
        ]


def directive(value: Any) -> str:
    """Return the autodoc directive of an object."""
    if inspect.isclass(value):
        return "autoexception" if issubclass(value, Exception) else "autoclass"
    return "autofunction" if inspect.isroutine(value) else "autodata"
