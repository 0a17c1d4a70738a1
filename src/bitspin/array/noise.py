"""Read noise as the core draws it: exact distribution, and the scale for a wanted spread."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bitspin.bits.cells import MAX_NOISE_SCALE_Q8
from bitspin.errors import ValidityError

__all__ = ["SMALLEST_NOISE", "noise_counts", "noise_distribution", "noise_scale_q8"]

NIBBLE_MEAN = 30
# Of a sum; a narrower noise shows in hardly any whole count.
SMALLEST_NOISE = 0.2


def noise_counts(nibble_sums: NDArray[np.int64], scale_q8: int) -> NDArray[np.int64]:
    """Noise in mismatch counts from sums of four random nibbles (0 … 60).

    ``floor((scale · sum + round) / 256) - floor((scale · 30 + round) / 256)`` with
    ``round = (128 - 30 · scale) mod 256``, so that it rounds to nearest about a mean of zero.
    """
    rounding = (128 - NIBBLE_MEAN * scale_q8) % 256
    centre = (NIBBLE_MEAN * scale_q8 + rounding) >> 8
    return ((nibble_sums * scale_q8 + rounding) >> 8) - centre


def noise_distribution(scale_q8: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Values in counts and their exact probabilities."""
    nibble = np.full(16, 1 / 16)
    pair = np.convolve(nibble, nibble)
    weights = np.convolve(pair, pair)
    return noise_counts(np.arange(61), scale_q8), weights


def noise_scale_q8(spread_of_sum: float) -> int:
    """Scale whose noise has the standard deviation wanted of a sum.

    Parameters
    ----------
    spread_of_sum : float
        In units of the sum of ±1 terms, twice that of a count; 0, or 0.2 … 78.

    Returns
    -------
    int
        0 … 1088; 0 is no noise.

    Raises
    ------
    ValidityError
        If the noise is too wide, or too narrow to show in whole counts.

    Examples
    --------
    >>> noise_scale_q8(4.0)
    55
    """
    if spread_of_sum == 0.0:
        return 0
    scales = range(1, MAX_NOISE_SCALE_Q8 + 1)
    guess = spread_of_sum / 2 / math.sqrt(4 * (16**2 - 1) / 12) * 256
    near = [s for s in scales if abs(s - guess) <= 12 + 0.1 * guess]
    spreads = {scale: 2 * spread_of_counts(scale) for scale in near}
    too_wide = not spreads or max(spreads.values()) < 0.5 * spread_of_sum
    if too_wide or guess > MAX_NOISE_SCALE_Q8 or spread_of_sum < SMALLEST_NOISE:
        raise ValidityError(
            f"read noise: got {spread_of_sum:g}, expected 0 or 0.2 to 78 (standard deviation of a "
            "sum of ±1 terms); choose another"
        )
    return min(near, key=lambda scale: abs(spreads[scale] - spread_of_sum))


def spread_of_counts(scale_q8: int) -> float:
    """Exact standard deviation of the noise in counts."""
    values, weights = noise_distribution(scale_q8)
    mean = float(weights @ values)
    return math.sqrt(float(weights @ values.astype(np.float64) ** 2) - mean**2)
