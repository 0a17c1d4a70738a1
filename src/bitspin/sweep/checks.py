"""Whether a sweep makes sense: nothing contradictory, and every point a valid run."""

from __future__ import annotations

import difflib
import itertools
import math
from typing import Any

from bitspin.array import MramArray
from bitspin.config import RunConfig, make_config
from bitspin.errors import ValidityError
from bitspin.results import QUANTITIES
from bitspin.sweep.parameters import is_whole, with_values
from bitspin.sweep.sweep_file import MOST_TASKS, Range, SweepFile

__all__ = ["check_configurations", "check_consistent"]

# Combinations of list entries and ends of ranges that are tried before a sweep starts.
MOST_CORNERS = 4096


def check_consistent(sweep: SweepFile, where: str) -> None:
    """Refuse what no sweep can mean.

    Raises
    ------
    ValidityError
        One line for the first thing that is wrong.
    """
    if not (sweep.grid or sweep.random or sweep.search):
        raise ValidityError(
            f"{where}: got nothing to vary, expected [grid], [random] or [search]; add one"
        )
    if sweep.random and sweep.search:
        raise ValidityError(f"{where}: got [random] and [search], expected one; remove one")
    check_parameters(sweep, where)
    check_names_of_objectives(sweep, where)
    if sweep.task_count > MOST_TASKS:
        raise ValidityError(
            f"{where}: got {sweep.task_count:,} tasks, expected at most {MOST_TASKS:,}; shorten "
            "the lists, or draw points with [random]"
        )


def check_parameters(sweep: SweepFile, where: str) -> None:
    """Refuse lists and ranges that contradict themselves or each other."""
    for name, listed in sweep.grid.items():
        check_list(listed, f"{where} [grid]: '{name}'")
    drawn = sweep.random or sweep.search
    table = "random" if sweep.random else "search"
    for name, values in (drawn.space if drawn else {}).items():
        if name in sweep.grid:
            raise ValidityError(
                f"{where}: got '{name}' in [grid] and in [{table}], expected it in one; remove one"
            )
        if isinstance(values, tuple):
            check_list(values, f"{where} [{table}]: '{name}'")
        else:
            check_whole(name, values, f"{where} [{table}]: '{name}'")


def check_names_of_objectives(sweep: SweepFile, where: str) -> None:
    """Refuse objectives that are none."""
    for name in sweep.objectives:
        if name not in QUANTITIES:
            close = difflib.get_close_matches(name, QUANTITIES, n=1, cutoff=0.5)
            hint = f"did you mean '{close[0]}'?" if close else "correct it"
            raise ValidityError(
                f"{where}: got the objective '{name}', expected some of {', '.join(QUANTITIES)}; "
                f"{hint}"
            )
    if len(set(sweep.objectives)) < len(sweep.objectives):
        raise ValidityError(f"{where}: got an objective twice, expected it once; remove one")
    if sweep.search and any(QUANTITIES[name].measured for name in sweep.objectives):
        raise ValidityError(
            f"{where}: got a time by the clock as the objective of a [search], expected figures "
            "that repeat themselves; choose pulses_per_cell, latency_s or energy_j"
        )


def check_list(values: tuple[Any, ...], where: str) -> None:
    """Refuse an empty list, and a value given twice."""
    if not values:
        raise ValidityError(f"{where}: got an empty list, expected at least one value; add one")
    for index, value in enumerate(values):
        if value in values[:index]:
            raise ValidityError(f"{where}: got {value!r} twice, expected it once; remove one")


def check_whole(name: str, values: Range, where: str) -> None:
    """Refuse a range of fractions for a parameter that is a whole number."""
    numbers = (values.low, values.high, values.step or 0.0)
    if is_whole(name) and any(number != int(number) for number in numbers):
        raise ValidityError(
            f"{where}: got a range from {values.low:g} to {values.high:g}, expected whole numbers; "
            "correct them"
        )


def check_configurations(sweep: SweepFile, where: str) -> None:
    """Refuse a sweep in which some point would be no valid configuration.

    Raises
    ------
    ValidityError
        One line for the first thing that is wrong.
    """
    for values in corners(sweep):
        try:
            config = make_config(with_values(sweep.base, values))
        except ValidityError as error:
            raise ValidityError(f"{where}: {error}") from None
        check_objectives(sweep, config, where)


def corners(sweep: SweepFile) -> list[dict[str, Any]]:
    """All combinations of list entries and ends of ranges.

    If there are too many, each entry and end once, beside the first ones of the others.
    """
    drawn = sweep.random or sweep.search
    lists = {name: list(values) for name, values in sweep.grid.items()}
    for name, values in (drawn.space if drawn else {}).items():
        lists[name] = list(values) if isinstance(values, tuple) else ends(name, values)
    if math.prod(map(len, lists.values())) <= MOST_CORNERS:
        return [
            dict(zip(lists, point, strict=True)) for point in itertools.product(*lists.values())
        ]
    first = {name: values[0] for name, values in lists.items()}
    return [{**first, name: value} for name, values in lists.items() for value in values]


def ends(name: str, values: Range) -> list[Any]:
    """Ends of a range, as the parameter has them."""
    return [int(end) if is_whole(name) else end for end in (values.low, values.high)]


def check_objectives(sweep: SweepFile, config: RunConfig, where: str) -> None:
    """Refuse objectives that a run of this configuration does not have."""
    for name in sweep.objectives:
        if name == "validation_accuracy" and config.data.validation == 0:
            raise ValidityError(
                f"{where}: got the objective '{name}' without held-out samples, expected "
                "data.validation above 0; hold some out in [base]"
            )
        in_array = isinstance(config.array, MramArray)
        if name in ("energy_j", "latency_s", "most_pulses") and not in_array:
            raise ValidityError(
                f"{where}: got the objective '{name}' with an ideal array, which has no price; "
                'set array.kind = "mram" in [base]'
            )
