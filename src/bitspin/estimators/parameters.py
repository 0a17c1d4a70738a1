"""From the parameters of `TGBNNClassifier` to the settings of a run and of on-line learning."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from bitspin.config import RunConfig, make_config
from bitspin.errors import ValidityError
from bitspin.export.from_run import Learning
from bitspin.run.samples import strict_rule

__all__ = ["online_learning", "run_config"]

RULE_CONSTANTS = (
    "batch",
    "batch_end",
    "echo",
    "margin",
    "window",
    "error_dead_zone",
    "gradient_floor",
    "write_probability",
    "write_probability_end",
    "budget",
    "budget_end",
    "output_budget",
    "output_budget_end",
)

REMEDY = "correct the parameter of TGBNNClassifier"


def run_config(parameters: Mapping[str, Any]) -> RunConfig:
    """Check the parameters of `fit` as those of a run.

    Parameters
    ----------
    parameters : mapping of str to object
        All of the classifier, as `get_params` gives them.

    Returns
    -------
    RunConfig
        With the seed, which is drawn here where ``random_state`` is no number.

    Raises
    ------
    ValidityError
        If one is out of range, or two do not go together.
    """
    rule = {"mode": parameters["mode"], **chosen(parameters, RULE_CONSTANTS)}
    values = {
        "data": chosen(parameters, ("encode", "pixel_threshold", "levels")),
        "network": chosen(parameters, ("hidden", "code", "code_length")),
        "rule": {name: value for name, value in rule.items() if value is not None},
        "epochs": plain(parameters["epochs"]),
        "seed": seed_of(parameters["random_state"]),
    }
    config = make_config(values, REMEDY)
    strict_rule(config)
    return config


def online_learning(parameters: Mapping[str, Any], begin: float) -> Learning:
    """Check the parameters of on-line learning.

    Parameters
    ----------
    parameters : mapping of str to object
        All of the classifier, as `get_params` gives them.
    begin : float
        Where in the rule's schedule it begins if ``online_begin`` is None, 0 … 1.

    Returns
    -------
    Learning

    Raises
    ------
    ValidityError
        If one is out of range.
    """
    batch, samples = parameters["online_batch"], parameters["online_samples"]
    capacity = parameters["online_capacity"]
    counts = {
        "online_batch": batch,
        "online_samples": samples,
        "online_capacity": 1 if capacity is None else capacity,
    }
    for name, value in counts.items():
        if not isinstance(value, numbers.Integral) or value < 1:
            raise ValidityError(
                f"{name}: got {value!r}, expected an integer of 1 or more; {REMEDY}"
            )
    begin = begin if parameters["online_begin"] is None else parameters["online_begin"]
    if not 0 <= begin <= 1:
        raise ValidityError(
            f"online_begin: got {begin!r}, expected 0 (from scratch) to 1 (the end of the rule's "
            f"schedule); {REMEDY}"
        )
    return Learning(
        batch=int(batch),
        capacity=None if capacity is None else int(capacity),
        samples=int(samples),
        begin=float(begin),
    )


def chosen(parameters: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Take some of the parameters, as plain values."""
    return {name: plain(parameters[name]) for name in names}


def plain(value: Any) -> Any:
    """Turn NumPy's numbers, which grids of parameters are made of, into Python's."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple | np.ndarray):
        return tuple(plain(entry) for entry in value)
    return value


def seed_of(random_state: Any) -> int:
    """Take an integer as it is; draw one from a generator, or anew for None."""
    if isinstance(random_state, numbers.Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
