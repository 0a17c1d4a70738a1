"""Heun steps of the stochastic LLG equation on one block of junctions, in place.

This is the inner loop of `macrospin.py`; the speed of the reference simulation is decided here.
Rows are single precision by default, no step allocates, and normals come from a table of quantiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitspin.device.validity import FloatArray

__all__ = ["FieldArray", "HeunPlan", "HeunStepper", "normal_quantiles"]

FieldArray = NDArray[Any]

_TABLE_BITS = 16


@dataclass(frozen=True)
class HeunPlan:
    """A segment in the integrator's own unit: fields as radians turned per time step."""

    step_count: int
    damping: float
    anisotropy: float
    field_x: float
    field_z: float
    sot: float
    stt: float
    thermal: float


@lru_cache(maxsize=1)
def normal_quantiles() -> FloatArray:
    """Return 2^16 normal quantiles, symmetric and of unit variance."""
    half = 2 ** (_TABLE_BITS - 1)
    normal = NormalDist()
    upper = np.array([normal.inv_cdf(0.5 + (k + 0.5) / (2 * half)) for k in range(half)])
    table = np.concatenate([-upper[::-1], upper])
    return np.asarray(table / table.std(), dtype=np.float64)


class HeunStepper:
    """Predictor-corrector steps on one block of junctions, in place and without allocation."""

    def __init__(self, start: FieldArray, seed: int, first_junction: int) -> None:
        self.m = start
        self.predicted = np.empty_like(start)
        self.slope = np.empty_like(start)
        self.field = np.empty_like(start)
        self.noise = np.empty_like(start)
        self.product = np.empty_like(start)
        self.row = np.empty_like(start[0])
        self.stream = np.random.Philox(key=np.array([seed, first_junction], dtype=np.uint64))
        self.draw_count = -(-start.size * _TABLE_BITS // 64)

    def run(self, plan: Sequence[HeunPlan], record_every: int, mean_mz: FloatArray) -> FieldArray:
        """Take all steps; add the sum of m_z to `mean_mz` at each recording; return m."""
        step = 0
        for segment in plan:
            table = (segment.thermal * normal_quantiles()).astype(self.m.dtype)
            for _ in range(segment.step_count):
                self._draw_noise(segment, table)
                self._step(segment)
                step += 1
                if record_every and step % record_every == 0:
                    mean_mz[step // record_every - 1] += self.m[2].sum(dtype=np.float64)
        return self.m

    def _draw_noise(self, segment: HeunPlan, table: FieldArray) -> None:
        if segment.thermal:
            raw = self.stream.random_raw(self.draw_count)
            index = np.asarray(raw).view(np.uint16)[: self.noise.size]
            table.take(index, out=self.noise.reshape(-1), mode="wrap")
        else:
            self.noise.fill(0.0)
        if segment.field_x:
            self.noise[0] += segment.field_x
        if segment.field_z:
            self.noise[2] += segment.field_z

    def _step(self, segment: HeunPlan) -> None:
        m, predicted, slope = self.m, self.predicted, self.slope
        self._slope(m, segment)
        np.subtract(m, slope, out=predicted)
        self._slope(predicted, segment)
        m += predicted
        m -= slope
        # m now has length 2 up to the square of the step error: one Newton step normalises it.
        np.multiply(m, m, out=self.product)
        np.add(self.product[0], self.product[1], out=self.row)
        self.row += self.product[2]
        self.row *= -0.0625
        self.row += 0.75
        m *= self.row

    def _slope(self, m: FieldArray, segment: HeunPlan) -> None:
        """Leave m x (B + alpha m x B) in `slope`: minus the change of m in one step."""
        field, slope, row = self.field, self.slope, self.row
        np.multiply(m[2], segment.anisotropy, out=row)
        np.copyto(field, self.noise)
        field[2] += row
        if segment.sot:
            self._add_scaled(0, m[2], -segment.sot)
            self._add_scaled(2, m[0], segment.sot)
        if segment.stt:
            self._add_scaled(0, m[1], segment.stt)
            self._add_scaled(1, m[0], -segment.stt)
        self._cross(m, field, slope)
        slope *= segment.damping
        field += slope
        self._cross(m, field, slope)

    def _add_scaled(self, component: int, values: FieldArray, factor: float) -> None:
        np.multiply(values, factor, out=self.row)
        self.field[component] += self.row

    def _cross(self, a: FieldArray, b: FieldArray, out: FieldArray) -> None:
        for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            np.multiply(a[j], b[k], out=out[i])
            np.multiply(a[k], b[j], out=self.row)
            out[i] -= self.row
