"""The plain rule: the closest we can come to the published TGBNN.

Each output bit has its own error, the ternary weight gradient has a fixed dead zone, and every cell
beyond it gets a pulse that switches with a small probability (Fujiwara and Kawahara, IEEE Access 12
(2024) 150962: ternary gradients, an improved straight-through estimator, stochastic update by
the cell's switching). The paper's equations and constants are not public; ours are our choice.
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from bitspin.bits import StepRule
from bitspin.bits.engine import NO_BUDGET
from bitspin.train.rule import BatchSchedule, Geometry, StrictRule, geometric, layer_step

__all__ = ["Plain"]


class Plain(StrictRule):
    """Constants of the plain rule; all are our choice, tuned on a validation split of MNIST.

    Parameters
    ----------
    margin : float
        An output bit is in error while target · sum < margin · √fan-in. ≥ 0.
    window : float
        Errors reach a hidden unit only where |sum| ≤ window · √fan-in. > 0.
    error_dead_zone : float
        A back-projected error is zero unless it exceeds this many standard deviations. 0 … 64.
    gradient_floor : float
        The dead zone of the weight gradient, in units of √batch. ≥ 0.
    write_probability, write_probability_end : float
        Chance that a pulse switches its cell, at the start and at the end of training (equal: a
        constant probability). > 0, ≤ 1.
    batch, batch_end : int
        Samples a step, at the start and at the end. 1 … 32767.
    echo : int
        Steps on each mini-batch before the next one is drawn (data echoing: D. Choi, A. Passos,
        C. J. Shallue and G. E. Dahl, arXiv 1907.05550); each moves the samples anew, where there
        are shifts. 1 … 1000.
    """

    mode: Literal["plain"] = "plain"
    margin: float = Field(default=1.5, ge=0, le=1000)
    window: float = Field(default=0.5, gt=0, le=1000)
    error_dead_zone: float = Field(default=1.0, ge=0, le=64)
    gradient_floor: float = Field(default=0.75, ge=0, le=100)
    write_probability: float = Field(default=0.02, gt=0, le=1)
    write_probability_end: float = Field(default=0.002, gt=0, le=1)
    batch: int = Field(default=128, ge=1, le=32767)
    batch_end: int = Field(default=2048, ge=1, le=32767)
    echo: int = Field(default=1, ge=1, le=1000)

    def batch_schedule(self, samples: int, epochs: int) -> BatchSchedule:
        """Samples a step; the same for every data set and length of training."""
        return BatchSchedule(start=self.batch, end=self.batch_end)

    def step_rule(self, geometry: Geometry, batch: int, progress: float) -> StepRule:
        """Whole numbers of the step at that progress with that many samples."""
        layers = tuple(
            layer_step(
                fan_in,
                batch,
                window=self.window,
                error_dead_zone=self.error_dead_zone,
                gradient_floor=self.gradient_floor,
                budget_q8=NO_BUDGET,
                write_probability=geometric(
                    self.write_probability, self.write_probability_end, progress
                ),
            )
            for fan_in in geometry.widths[:-1]
        )
        return StepRule(True, math.floor(self.margin * math.sqrt(geometry.widths[-2])), layers)
