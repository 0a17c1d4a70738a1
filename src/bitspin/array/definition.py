"""The core's array effects, stated exactly: slow and plain, equal bit for bit.

`bitspin.train.definition.define_step` takes a `DefinedArray` where cells are real. Randomness is
the core's (`derive_key`, `random_words`), so that only what is done with it is stated here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitspin.array.noise import noise_counts
from bitspin.bits import BitMatrix, LayerCells, derive_key, random_words
from bitspin.bits.cells import RATE_BITS

__all__ = ["DefinedArray", "define_gap", "negative_log2"]

Integers = NDArray[np.int64]

DOMAIN_FORWARD = 0x20000
DOMAIN_READ = 0x20001
DOMAIN_SAMPLE = 0x20002
DOMAIN_DISTURB = 0x30001
DOMAIN_DISTURBED_ROW = 0x30002
RATE_MOST = 1 << (RATE_BITS - 1)
LN2_Q32 = round(2**32 * math.log(2))
LOG2_TABLE = [round(2**26 * math.log2(1 + i / 64)) for i in range(65)]


def negative_log2(word: int) -> int:
    """-log2((word + 1) / 2**32) with 26 fractional bits, by a table of 64 straight lines.

    Examples
    --------
    >>> negative_log2(2**31 - 1) / 2**26
    1.0
    """
    u = word + 1
    whole = 33 - u.bit_length()
    fraction = (u << whole) - (1 << 32)
    slot, within = divmod(fraction, 1 << 26)
    step = LOG2_TABLE[slot + 1] - LOG2_TABLE[slot]
    return (whole << 26) - LOG2_TABLE[slot] - (step * within >> 26)


def define_gap(rate: int, word: int) -> int:
    """Cells before the next event: the floor of an exponential waiting time."""
    return min(negative_log2(word) * LN2_Q32 // rate, 1 << 31)


def words_of(key: int) -> Iterator[int]:
    """Give the words of a key, one after the other."""
    count = 64
    taken = 0
    while True:
        for word in random_words(key, count)[taken:]:
            yield int(word)
        taken, count = count, 2 * count


def half_words(key: int, outputs: int) -> Integers:
    """The 16 random bits of each output; their order suits wide registers."""
    blocks = -(-outputs // 64)
    words = random_words(key, 32 * blocks).astype(np.int64).reshape(blocks, 16, 2)
    halves = np.stack([words & 0xFFFF, words >> 16], axis=-1)  # block, lane, word, half
    return halves.transpose(0, 2, 3, 1).ravel()[:outputs]


@dataclass(frozen=True, eq=False)
class DefinedArray:
    """Real cells of all layers.

    Parameters
    ----------
    layers : list of LayerCells
    probability_q31 : list of tuple of int
        Chance of each class in each layer.
    """

    layers: list[LayerCells]
    probability_q31: list[tuple[int, ...]]

    @staticmethod
    def pass_key(seed: int, step: int) -> int:
        """Key of the reads of a training step."""
        return derive_key(seed, step, DOMAIN_FORWARD)

    def sense(self, layer: int, sums: Integers, fan_in: int, key: int) -> Integers:
        """Sums (B, N) as the sense paths report them in the pass of that key."""
        cells = self.layers[layer]
        counts = (fan_in - sums) // 2
        layer_key = derive_key(key, layer, DOMAIN_READ)
        for sample, row in enumerate(counts):
            bits = half_words(derive_key(layer_key, sample, DOMAIN_SAMPLE), len(row))
            nibbles = sum((bits >> shift & 0xF for shift in (0, 4, 8, 12)), np.zeros_like(bits))
            row += cells.offsets + noise_counts(nibbles, cells.noise_scale_q8)
        return fan_in - 2 * np.clip(counts, 0, fan_in)

    def pulse_groups(
        self, layer: int, row: int, fan_in: int, pulsed: list[int]
    ) -> Iterator[tuple[list[int], int]]:
        """Split the pulsed cells of a row by class, each with its chance (Q31)."""
        planes = self.layers[layer].classes[:, row]
        for plane, probability in zip(planes, self.probability_q31[layer], strict=True):
            members = BitMatrix(plane[None].copy(), fan_in).to_bool()[0]
            group = [cell for cell in pulsed if members[cell]]
            if group:
                yield group, probability

    def disturb(
        self,
        weights: list[Integers],
        inputs: list[Integers],
        errors: list[Integers],
        seed: int,
        step: int,
    ) -> list[int]:
        """Flip bits in place after a step; tell how many in each layer.

        Parameters
        ----------
        weights : list of ndarray of shape (N, K)
        inputs : list of ndarray of shape (B, K)
            What entered each layer.
        errors : list of ndarray of shape (B, N)
            Ternary errors of each layer's outputs.
        seed : int
            Root key of the random stream.
        step : int
            Number of the step.
        """
        step_key = derive_key(seed, step, DOMAIN_DISTURB)
        flips = []
        for layer, matrix in enumerate(weights):
            key = derive_key(step_key, layer, DOMAIN_DISTURB)
            minus = (inputs[layer] < 0).sum(axis=0)
            free = BitMatrix(self.layers[layer].free.copy(), matrix.shape[1]).to_bool()
            flips.append(0)
            for row in range(len(matrix)):
                back = errors[layer][:, row] if layer else np.zeros(0)
                rates = self._rates(
                    layer,
                    minus + int((back < 0).sum()),
                    len(inputs[0]) + int(np.count_nonzero(back)),
                )
                draws = words_of(derive_key(key, row, DOMAIN_DISTURBED_ROW))
                for cell in disturbed_cells(rates, draws):
                    if free[row, cell]:
                        matrix[row, cell] *= -1
                        flips[-1] += 1
        return flips

    def _rates(self, layer: int, toggled: Integers, reads: int) -> list[int]:
        cells = self.layers[layer]
        by_reads = min(cells.read_rate * reads, RATE_MOST)
        return [
            min(min(cells.toggle_rate * int(count), RATE_MOST) + by_reads, RATE_MOST)
            for count in toggled
        ]


def disturbed_cells(rates: list[int], draws: Iterator[int]) -> Iterator[int]:
    """Cells of one row that are disturbed: events at the largest rate, thinned to each cell's."""
    most = max(rates)
    if most == 0:
        return
    shift = max(0, most.bit_length() - 32)
    cell = define_gap(most, next(draws))
    while cell < len(rates):
        if next(draws) * (most >> shift) < (rates[cell] >> shift) << 32:
            yield cell
        cell += define_gap(most, next(draws)) + 1
