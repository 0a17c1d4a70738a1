"""The parameters of a run by name: ``rule.margin``, ``network.hidden``, ``seed`` and so on."""

from __future__ import annotations

import difflib
import types
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from bitspin.config import RunConfig
from bitspin.errors import ValidityError

__all__ = ["check_known", "is_whole", "names_in", "with_values"]


@cache
def fields() -> dict[str, tuple[Any, ...]]:
    """Every parameter's name, with its types in the kinds of rule or array that have it."""
    found: dict[str, tuple[Any, ...]] = {}
    for section, field in RunConfig.model_fields.items():
        models = [one for one in plain_types(field.annotation) if is_model(one)]
        if not models:
            found[section] = plain_types(field.annotation)
        for model in models:
            for key, below in model.model_fields.items():
                name = f"{section}.{key}"
                found[name] = (*found.get(name, ()), *plain_types(below.annotation))
    return found


def is_model(annotation: Any) -> bool:
    """Whether a type is a section."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def plain_types(annotation: Any) -> tuple[Any, ...]:
    """Members of a union, without what is annotated to them."""
    if get_origin(annotation) is Annotated:
        return plain_types(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(one for part in get_args(annotation) for one in plain_types(part))
    return (annotation,)


def is_whole(name: str) -> bool:
    """Whether a parameter is a whole number.

    Examples
    --------
    >>> is_whole("seed"), is_whole("rule.batch"), is_whole("rule.margin")
    (True, True, False)
    """
    return set(fields()[name]) <= {int, types.NoneType}


def check_known(name: str, where: str) -> None:
    """Refuse an unknown parameter, and name the nearest known one.

    Raises
    ------
    ValidityError

    Examples
    --------
    >>> check_known("rule.margn", "sweep.toml [grid]")
    Traceback (most recent call last):
    ...
    bitspin.errors.ValidityError: sweep.toml [grid]: got an unknown parameter 'rule.margn', \
expected one of a run's config.toml; did you mean 'rule.margin'?
    """
    if name in fields():
        return
    # A name without its section, such as 'margin', is near to the whole name, too.
    names = {one.rpartition(".")[2]: one for one in fields()} | {one: one for one in fields()}
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean '{names[close[0]]}'?" if close else "correct it"
    raise ValidityError(
        f"{where}: got an unknown parameter '{name}', expected one of a run's config.toml; {hint}"
    )


def names_in(table: dict[str, Any], where: str) -> dict[str, Any]:
    """Bring a table to one level: ``rule.margin`` may be written with a dot or as a table.

    Raises
    ------
    ValidityError
        If a parameter is unknown or given twice.
    """
    sections = {name.partition(".")[0] for name in fields() if "." in name}
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if key in sections and isinstance(value, dict):
            inner = {f"{key}.{below}": found for below, found in value.items()}
        else:
            inner = {key: value}
        for name, found in inner.items():
            check_known(name, where)
            if name in flat:
                raise ValidityError(f"{where}: got '{name}' twice, expected it once; remove one")
            flat[name] = found
    return flat


def with_values(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Lay parameters by name over the plain values of a configuration.

    Examples
    --------
    >>> with_values({"rule": {"margin": 3.0}}, {"rule.window": 0.5, "seed": 1})
    {'rule': {'margin': 3.0, 'window': 0.5}, 'seed': 1}
    """
    combined = dict(base)
    for name, value in values.items():
        section, _, key = name.rpartition(".")
        if not section:
            combined[key] = value
        else:
            below = combined.get(section, {})
            combined[section] = {**below, key: value}
    return combined
