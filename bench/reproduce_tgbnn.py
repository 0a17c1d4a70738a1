"""Accuracy of TGBNN on MNIST: every figure of docs/reproduce/tgbnn.md, three seeds each.

Each case trains on all 60,000 images with the rule's default constants and is measured once, on the
untouched test set, with the last epoch's weights. A regular BNN of the same structure (tuned,
PyTorch) is trained beside the cases that are compared with one.

    python bench/reproduce_tgbnn.py                 # everything
    python bench/reproduce_tgbnn.py --only default  # one case
    python bench/reproduce_tgbnn.py --without-bnn   # what needs no PyTorch, a few minutes
"""

from __future__ import annotations

import argparse
import functools
import json
import statistics
from dataclasses import dataclass, field
from typing import Any

import bitspin

PAPER = "Fujiwara and Kawahara, IEEE Access 12 (2024) 150962"


@dataclass(frozen=True)
class Case:
    """One accuracy to reach.

    Attributes
    ----------
    goal : float
        Mean test accuracy, 0 … 1; for a gap the largest difference to the regular BNN.
    config : dict
        As in a run's config.toml.
    bnn_gap : float or None
        If set, the regular BNN is trained with the same data, structure, shifts and epochs, and
        may be better by at most this.
    """

    name: str
    what: str
    goal: float
    config: dict[str, Any] = field(default_factory=dict)
    bnn_gap: float | None = None


def network(*hidden: int, **code: Any) -> dict[str, Any]:
    return {"hidden": hidden, **code}


SHIFT = {"shift": 1}
ECHO = {"echo": 8}
HADAMARD = {"code": "hadamard", "code_length": 63}

CASES = (
    Case("default", "784-1000-10, 24 epochs: the default", 0.965, bnn_gap=0.005),
    Case("epochs-1", "784-1000-10, 1 epoch", 0.93, {"epochs": 1}),
    Case("epochs-5", "784-1000-10, 5 epochs", 0.95, {"epochs": 5}),
    Case("long", "784-1000-10, 80 epochs", 0.971, {"epochs": 80}, bnn_gap=0.005),
    Case("longest", "784-1000-10, 200 epochs", 0.971, {"epochs": 200}, bnn_gap=0.005),
    Case(
        "shifts",
        "784-1000-10, 60 epochs, 1-pixel shifts",
        0.973,
        {"epochs": 60, "data": SHIFT},
        bnn_gap=0.005,
    ),
    Case(
        "wide",
        "784-2048-10, 60 epochs, 1-pixel shifts",
        0.977,
        {"epochs": 60, "data": SHIFT, "network": network(2048)},
    ),
    Case(
        "epochs-1-echo",
        "784-1000-10, 1 epoch, echo 8",
        0.93,
        {"epochs": 1, "rule": ECHO},
        bnn_gap=0.005,
    ),
    Case(
        "epochs-5-echo",
        "784-1000-10, 5 epochs, echo 8",
        0.95,
        {"epochs": 5, "rule": ECHO},
        bnn_gap=0.005,
    ),
    Case(
        "default-echo",
        "784-1000-10, 24 epochs, echo 8",
        0.965,
        {"rule": ECHO},
        bnn_gap=0.005,
    ),
    Case(
        "long-echo",
        "784-1000-10, 80 epochs, echo 8",
        0.971,
        {"epochs": 80, "rule": ECHO},
        bnn_gap=0.005,
    ),
    Case(
        "shifts-echo",
        "784-1000-10, 60 epochs, 1-pixel shifts, echo 8",
        0.973,
        {"epochs": 60, "data": SHIFT, "rule": ECHO},
        bnn_gap=0.005,
    ),
    Case(
        "wide-echo",
        "784-2048-10, 60 epochs, 1-pixel shifts, echo 8",
        0.98,
        {"epochs": 60, "data": SHIFT, "network": network(2048), "rule": ECHO},
    ),
    Case("hidden-128", "784-128-10, 80 epochs", 0.946, {"epochs": 80, "network": network(128)}),
    Case("hidden-256", "784-256-10, 80 epochs", 0.956, {"epochs": 80, "network": network(256)}),
    Case(
        "plain",
        f"784-1000-63, plain, Hadamard (paper 88.28 %: {PAPER})",
        0.8828,
        {"rule": {"mode": "plain"}, "network": network(1000, **HADAMARD)},
    ),
    Case(
        "plain-echo",
        "784-1000-63, plain, Hadamard, echo 8",
        0.8828,
        {"rule": {"mode": "plain", **ECHO}, "network": network(1000, **HADAMARD)},
    ),
    Case("plain-onehot", "784-1000-10, plain, one-hot", 0.80, {"rule": {"mode": "plain"}}),
    Case(
        "row-budget-ecoc",
        "784-1000-63, 24 epochs, Hadamard",
        0.965,
        {"network": network(1000, **HADAMARD)},
    ),
)


def accuracies(config: dict[str, Any], seeds: int) -> list[float]:
    """Test accuracy for each seed."""
    data = bitspin.load("mnist")
    return [bitspin.fit({**config, "seed": seed}, data=data).test_accuracy for seed in range(seeds)]


@functools.cache
def regular_accuracies(config: str, seeds: int) -> list[float]:
    """Test accuracy of the regular BNN for each seed: trained once for all cases beside it."""
    return accuracies(json.loads(config), seeds)


def summary(values: list[float]) -> dict[str, Any]:
    """Mean and spread, in percent."""
    return {
        "mean": round(100 * statistics.mean(values), 2),
        "spread": round(100 * statistics.stdev(values), 2) if len(values) > 1 else None,
        "seeds": [round(100 * value, 2) for value in values],
    }


def run_case(case: Case, seeds: int, with_bnn: bool) -> list[dict[str, Any]]:
    """Rows of one case: the accuracy, and the gap to the regular BNN."""
    strict = accuracies(case.config, seeds)
    mean = statistics.mean(strict)
    row = {"case": case.name, "what": case.what, **summary(strict), "goal": 100 * case.goal}
    rows = [{**row, "reached": mean >= case.goal}]
    if case.bnn_gap is not None and with_bnn:
        rule = {"mode": "bnn", "precision": "bfloat16"}
        regular = regular_accuracies(json.dumps({**case.config, "rule": rule}), seeds)
        gap = statistics.mean(regular) - mean
        rows.append(
            {
                "case": f"{case.name}-gap",
                "what": f"{case.what}: regular BNN with batch norm",
                **summary(regular),
                "gap": round(100 * gap, 2),
                "goal": 100 * case.bnn_gap,
                "reached": gap <= case.bnn_gap,
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=[case.name for case in CASES])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--without-bnn", action="store_true")
    arguments = parser.parse_args()
    for case in CASES:
        if arguments.only and case.name not in arguments.only:
            continue
        for row in run_case(case, arguments.seeds, not arguments.without_bnn):
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
