"""A device meets a user: it learns the user's samples one by one and rehearses kept ones.

`simulate` gives the learning curve bit for bit as a device has it; `run_on_device`, in
`bitspin.export.adapt_on_device`, lets the device itself do it and proves that it is the same.

After each new sample the device learns again, several times, from one of the samples that it was
delivered with (*originals*, in flash) and from one that the user has shown before. The first keeps
it from forgetting, the second makes more of few samples. Both take turns; nothing is drawn by lot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bitspin.errors import ValidityError
from bitspin.export.labelled import Labelled
from bitspin.export.online import OnlineLearner
from bitspin.export.rehearsal import lesson_rows
from bitspin.export.schedule import ScheduledRule, geometry_of, sample_schedule
from bitspin.train import Network, RowBudget

__all__ = [
    "USER_RULE",
    "Adaptation",
    "Curve",
    "classes_of",
    "course",
    "curve_of",
    "simulate",
    "states",
]

USER_RULE = RowBudget(
    margin=3.0,
    window=0.5,
    error_dead_zone=0.5,
    gradient_floor=0.2,
    write_probability=0.5,
    budget=6.8,
    budget_end=0.9,
    output_budget=0.68,
    output_budget_end=0.09,
)
"""The row-budget rule for a trained network that meets a user (ours). Found by random search on
validation data: users' digits and a smart watch, docs/reproduce/on-device-adaptation.md."""


@dataclass(frozen=True, eq=False)
class Adaptation:
    """What a device is delivered with, and what it meets.

    Parameters
    ----------
    network : Network
        With the weights that it is delivered with; never changed.
    originals : Labelled
        Samples in its flash that it rehearses; may be none.
    user : Labelled
        What the user shows, in this order.
    times : int
        After each new sample one original and one earlier sample of the user are rehearsed so
        often, ≥ 0.
    exams : mapping of str to Labelled
        Sets that it is examined on, none of which it learns from.
    every : int
        Samples of the user between two examinations, ≥ 1.
    rule : RowBudget
        Its budgets fall from the first sample to the last.
    batch : int
        Samples an update, rehearsed ones included.
    capacity : int
        Samples with an error that the device keeps; if there are more, a batch ends earlier.
    seed : int
        Root key of the device's random stream.

    Raises
    ------
    ValidityError
        If a number is out of its range, or the user shows nothing.
    """

    network: Network
    originals: Labelled
    user: Labelled
    exams: Mapping[str, Labelled]
    times: int = 8
    every: int = 50
    rule: RowBudget = USER_RULE
    batch: int = 256
    capacity: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("times", 0), ("every", 1), ("batch", 1), ("capacity", 1)):
            value = getattr(self, name)
            if value < least:
                raise ValidityError(
                    f"adaptation: got {name} = {value}, expected at least {least}; correct it"
                )
        if not len(self.user):
            raise ValidityError(
                "adaptation: got a user without samples, expected at least one; give some"
            )

    @property
    def learned_per_sample(self) -> int:
        """Samples learned from for each new one: it, and what is rehearsed."""
        stores = 2 if len(self.originals) else 1
        return 1 + stores * self.times

    @property
    def schedule(self) -> tuple[ScheduledRule, ...]:
        """The rule as a device follows it."""
        learned = len(self.user) * self.learned_per_sample
        return sample_schedule(
            self.rule,
            geometry_of(self.network.widths, self.network.code),
            batch=self.batch,
            steps=max(1, learned // self.batch),
        )

    @property
    def examined_at(self) -> tuple[int, ...]:
        """Samples of the user before each examination; the first is 0, the last all of them."""
        count = len(self.user)
        return tuple(sorted({*range(0, count, self.every), count}))


@dataclass(frozen=True, eq=False)
class Curve:
    """How accuracy changes while a device learns.

    Parameters
    ----------
    seen : tuple of int
        Samples of the user before each examination.
    accuracy : mapping of str to tuple of float
        For each exam, the share (0 … 1) classified rightly at each examination.
    """

    seen: tuple[int, ...]
    accuracy: Mapping[str, tuple[float, ...]]


def course(adaptation: Adaptation) -> Labelled:
    """Give all that the device learns from, in order: each new sample, then what is rehearsed."""
    originals, user = adaptation.originals, adaptation.user
    rows = lesson_rows(len(originals), len(user), adaptation.times)
    return originals.followed_by(user).some(rows)


def states(adaptation: Adaptation) -> Iterator[Network]:
    """Simulate, and give the network at each examination: one object, changed in place."""
    origin = adaptation.network
    network = Network(origin.widths, origin.weights.copy(), origin.code)
    learner = OnlineLearner(network, adaptation.schedule, adaptation.seed, adaptation.capacity)
    lessons = course(adaptation)
    moments = adaptation.examined_at
    yield network
    for begin, end in pairwise(moments):
        part = slice(begin * adaptation.learned_per_sample, end * adaptation.learned_per_sample)
        chosen = lessons.some(part)
        learner.learn(chosen.samples, chosen.labels)
        yield network


def simulate(adaptation: Adaptation) -> Curve:
    """Give the learning curve that a device will have.

    Parameters
    ----------
    adaptation : Adaptation

    Returns
    -------
    Curve
    """
    given = [classes_of(network, adaptation.exams) for network in states(adaptation)]
    return curve_of(adaptation, given)


def classes_of(network: Network, exams: Mapping[str, Labelled]) -> dict[str, NDArray[np.uint16]]:
    """Classify the samples of all exams."""
    return {name: network.predict(exam.samples)[0] for name, exam in exams.items()}


def curve_of(adaptation: Adaptation, given: list[dict[str, NDArray[np.uint16]]]) -> Curve:
    """Turn the classes given at each examination into accuracies."""
    accuracy = {
        name: tuple(float(np.mean(classes[name] == exam.labels)) for classes in given)
        for name, exam in adaptation.exams.items()
    }
    return Curve(adaptation.examined_at, accuracy)
