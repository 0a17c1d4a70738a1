"""Spread of the write threshold, quantised into a few classes of cells.

The threshold of a cell is its mean times 1 + sigma z, z standard normal. At one common bias the
switching probability is then a random number of the cell, drawn once. With a spread that is wide
against the write curve (7.7 % of 0.894 V is 69 mV; the curve of mtj-sot has a scale of 22 mV) it is
spread over the whole of 0 … 1 and piles up at both ends: a common mean would describe few cells.

Classes are equal steps of the angle asin(sqrt(p)) in 0 … pi/2, which are narrow where p is near 0
or 1 and repeated pulses tell cells apart (the variance-stabilising transformation of a binomial;
M. S. Bartlett 1936; that we cut classes by it is our choice). Each class switches with the mean of
its cells, so the flips of first pulses are right on average for any number of classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from bitspin.device import ANTIPARALLEL, PARALLEL, AnyDevice, scaled_cell

__all__ = ["BOTH_STATES", "CellClasses", "cell_probabilities", "make_classes"]

BOTH_STATES = (PARALLEL, ANTIPARALLEL)

# Equally likely cells that stand for the whole distribution; z reaches ±3.1.
GRID = 512


def grid_factors(threshold_d2d_ratio: float) -> list[float]:
    """Threshold factors of `GRID` equally likely cells, weakest last."""
    normal = NormalDist()
    return [
        1.0 + threshold_d2d_ratio * normal.inv_cdf((index + 0.5) / GRID) for index in range(GRID)
    ]


@dataclass(frozen=True, eq=False)
class CellClasses:
    """Which class each quantile of the spread belongs to.

    Parameters
    ----------
    cells : tuple of devices
        The nominal cell with the threshold of each grid quantile; one if there is no spread.
    member : ndarray of shape (len(cells),), intp
        Class of each.
    """

    cells: tuple[AnyDevice, ...]
    member: NDArray[np.intp]

    @property
    def count(self) -> int:
        """Number of classes."""
        return int(self.member.max()) + 1

    def probabilities(
        self, voltage_v: float, pulse_width_s: float, temperature_kelvin: float
    ) -> NDArray[np.float64]:
        """Mean switching probability of each class under a bias, shape (C,)."""
        each = cell_probabilities(self.cells, voltage_v, pulse_width_s, temperature_kelvin)
        total = np.bincount(self.member, weights=each, minlength=self.count)
        return total / np.bincount(self.member, minlength=self.count)

    def assign(self, words: NDArray[np.uint32]) -> NDArray[np.intp]:
        """Class of each cell from one uniform 32-bit word a cell."""
        quantile = (words.astype(np.uint64) * np.uint64(len(self.cells))) >> np.uint64(32)
        return self.member[quantile.astype(np.intp)]


def cell_probabilities(
    cells: tuple[AnyDevice, ...], voltage_v: float, pulse_width_s: float, temperature_kelvin: float
) -> NDArray[np.float64]:
    """Switching probability of each of some cells under one common bias, mean of both directions.

    A rule's pulses find junctions in either state alike; that a cell whose directions differ comes
    to prefer a state is neglected (our approximation).
    """
    return np.array(
        [
            float(
                np.mean(
                    cell.switching_probability(
                        voltage_v, pulse_width_s, temperature_kelvin, BOTH_STATES
                    )
                )
            )
            for cell in cells
        ]
    )


def make_classes(
    device: AnyDevice,
    threshold_d2d_ratio: float,
    count: int,
    voltage_v: float,
    pulse_width_s: float,
    temperature_kelvin: float,
) -> CellClasses:
    """Cut the spread of a device into at most `count` classes at a bias.

    Parameters
    ----------
    device : AnyDevice
        The nominal cell.
    threshold_d2d_ratio : float
        sigma, 0 … 0.25.
    count : int
        Classes, 1 … 16; those that no cell falls into are left out.
    voltage_v, pulse_width_s, temperature_kelvin : float
        Bias at which the classes are cut; their probabilities can be asked for at any other.

    Raises
    ------
    ValidityError
        If the device does not know its write curve at this bias.
    """
    if threshold_d2d_ratio == 0.0:
        return CellClasses((device,), np.zeros(1, np.intp))
    cells = tuple(
        scaled_cell(device, threshold_factor=factor) for factor in grid_factors(threshold_d2d_ratio)
    )
    probability = cell_probabilities(cells, voltage_v, pulse_width_s, temperature_kelvin)
    angle = np.arcsin(np.sqrt(np.clip(probability, 0.0, 1.0)))
    steps = np.minimum(np.floor(angle / (math.pi / 2) * count), count - 1).astype(np.intp)
    _, member = np.unique(steps, return_inverse=True)
    return CellClasses(cells, member.astype(np.intp))
