"""What every strict learning rule has in common: its constants as whole numbers of one step.

A rule is a small frozen value. `step_rule` turns it, the network's widths and the progress of
training into a `StepRule`: the integers that the core, and a microcontroller, work with.
"""

from __future__ import annotations

import math
from typing import Protocol, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from bitspin.bits import BitMatrix, LayerStep, ScaledCode, StepRule
from bitspin.bits.engine import PROBABILITY_ONE
from bitspin.settings import Settings

__all__ = ["BatchSchedule", "Geometry", "Rule", "StrictRule", "geometric", "root_threshold"]


class Geometry(BaseModel):
    """What a rule needs to know of a network.

    Parameters
    ----------
    widths : tuple of int
        Input bits, hidden units …, code bits.
    code_distance : int
        Smallest Hamming distance between two code words; 2 for a one-hot code.
    score_unit : int
        What a score rises by where a sum of the last layer rises by 1: 1, or the mean multiplier of
        a `ScaledCode`.
    """

    model_config = ConfigDict(frozen=True)

    widths: tuple[int, ...]
    code_distance: int
    score_unit: int = 1

    @classmethod
    def of(cls, widths: tuple[int, ...], code: BitMatrix) -> Geometry:
        """Measure a network's output code."""
        distance = (code.columns - code.product(code)) // 2
        apart = int(distance[~np.eye(code.rows, dtype=np.bool_)].min())
        unit = round(float(code.class_scale[0].mean())) if isinstance(code, ScaledCode) else 1
        return cls(widths=widths, code_distance=apart, score_unit=max(unit, 1))


class StrictRule(Settings):
    """Base of the strict rules."""

    def without_echo(self) -> Self:
        """Give the rule for one step on each mini-batch, with the whole budget for it."""
        return self.model_copy(update={"echo": 1})


class BatchSchedule(BaseModel):
    """Samples a step, growing in equal ratios from start to end of training."""

    model_config = ConfigDict(frozen=True)

    start: int
    end: int

    def at(self, progress: float) -> int:
        """Samples of the step at that progress (0 … 1) of training.

        Examples
        --------
        >>> BatchSchedule(start=512, end=8192).at(0.5)
        2048
        """
        return round(geometric(self.start, self.end, progress))


class Rule(Protocol):
    """A strict learning rule."""

    @property
    def mode(self) -> str:
        """Name of the rule."""

    @property
    def echo(self) -> int:
        """Steps on each mini-batch before the next one is drawn."""

    def without_echo(self) -> Rule:
        """Give the rule for one step on each mini-batch, with the whole budget for it."""

    def batch_schedule(self, samples: int, epochs: int) -> BatchSchedule:
        """Samples a step over a training of so many epochs on so many samples."""

    def step_rule(self, geometry: Geometry, batch: int, progress: float) -> StepRule:
        """Whole numbers of the step at that progress with that many samples."""


def geometric(start: float, end: float, progress: float) -> float:
    """Go from start to end (both positive) in equal ratios.

    Examples
    --------
    >>> geometric(8.0, 2.0, 0.5)
    4.0
    """
    return float(start * (end / start) ** progress)


def root_threshold(factor: float, terms: int) -> int:
    """Round ``factor · √terms`` down: a threshold in standard deviations of a sum of ±1 terms.

    Examples
    --------
    >>> root_threshold(0.7, 784)
    19
    """
    return math.floor(factor * math.sqrt(terms))


def fixed_point(value: float, fraction_bits: int) -> int:
    """Round to that many fractional bits."""
    return round(value * (1 << fraction_bits))


def layer_step(
    fan_in: int,
    batch: int,
    *,
    window: float,
    error_dead_zone: float,
    gradient_floor: float,
    budget_q8: int,
    write_probability: float,
) -> LayerStep:
    """Whole numbers of one layer; see `LayerStep`."""
    return LayerStep(
        window=root_threshold(window, fan_in),
        dead_zone_q8=fixed_point(error_dead_zone, 8),
        floor=root_threshold(gradient_floor, batch),
        budget_q8=budget_q8,
        probability_q31=min(fixed_point(write_probability, 31), PROBABILITY_ONE),
    )
