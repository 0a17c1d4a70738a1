"""Real cells under a network, as the core takes them: planes of classes, offsets, rates.

The array room decides what stands in them; the core reads, writes and disturbs accordingly
(``core/include/bitspin/array.h``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import _core
from bitspin.errors import ShapeError

__all__ = ["CellArray", "DisturbTally", "LayerCells"]

MAX_CLASSES: int = _core.MAX_CELL_CLASSES
RATE_BITS: int = _core.RATE_BITS
MAX_NOISE_SCALE_Q8: int = _core.READ_SCALE_MAX
MAX_OFFSET_COUNTS = 8192


@dataclass(frozen=True, eq=False)
class LayerCells:
    """What differs from ideal cells in one layer of N rows of K cells.

    Parameters
    ----------
    classes : ndarray of shape (C, N, W), uint32
        One bit plane a class, C 1 … 16; a cell is in one class, a stuck one in none.
    free : ndarray of shape (N, W), uint32
        Ones where a cell is not stuck; tail bits zero.
    offsets : ndarray of shape (N,), int16
        Mismatch counts that each sense path adds, -8192 … 8192; the sum falls by twice as much.
    noise_scale_q8 : int
        Spread of the read noise, 0 … 1088; see ``core/src/read_noise.h``.
    toggle_rate, read_rate : int
        Chance that an input of -1, or one read, flips a cell; 58 fractional bits, up to ½.

    Raises
    ------
    ShapeError
        If an offset is out of range.
    """

    classes: NDArray[np.uint32]
    free: NDArray[np.uint32]
    offsets: NDArray[np.int16]
    noise_scale_q8: int
    toggle_rate: int
    read_rate: int

    def __post_init__(self) -> None:
        if np.abs(self.offsets.astype(np.int32)).max(initial=0) > MAX_OFFSET_COUNTS:
            raise ShapeError(
                f"sense offsets: got {np.abs(self.offsets).max()} counts, expected at most "
                f"{MAX_OFFSET_COUNTS}; lower the offset's spread"
            )


@dataclass(frozen=True)
class DisturbTally:
    """What one step did to the cells, in each layer.

    Parameters
    ----------
    minus : tuple of int
        Inputs of -1 over all samples.
    errors, error_minus : tuple of int
        Nonzero errors, and those of -1, over all rows and samples.
    disturbed : tuple of int
        Stored bits that toggles and reads flipped.
    """

    minus: tuple[int, ...]
    errors: tuple[int, ...]
    error_minus: tuple[int, ...]
    disturbed: tuple[int, ...]


class CellArray:
    """The cells of all layers, in the core.

    Parameters
    ----------
    widths : tuple of int
        Input bits, hidden units …, code bits.
    layers : sequence of LayerCells
    count_pulses : bool
        Count the write pulses of each cell: an instrument that nothing in training reads.

    Raises
    ------
    ShapeError
        If layers do not fit the widths.
    """

    def __init__(
        self, widths: tuple[int, ...], layers: Sequence[LayerCells], count_pulses: bool = False
    ) -> None:
        if len(layers) != len(widths) - 1:
            raise ShapeError(
                f"array: got cells of {len(layers)} layers, expected {len(widths) - 1}; describe "
                "every layer"
            )
        self.widths = widths
        self.core = _core.real_array(list(widths))
        self._bias: list[tuple[int, ...] | None] = [None] * len(layers)
        for index, layer in enumerate(layers):
            self.core.set_layer(
                index,
                layer.classes,
                layer.free,
                layer.offsets,
                layer.noise_scale_q8,
                layer.toggle_rate,
                layer.read_rate,
            )
        if count_pulses:
            self.core.count_pulses()

    def set_bias(self, layer: int, probability_q31: tuple[int, ...]) -> None:
        """Say how likely a pulse switches a cell of each class from now on."""
        if self._bias[layer] != probability_q31:
            self.core.set_bias(layer, list(probability_q31))
            self._bias[layer] = probability_q31

    def tally(self) -> DisturbTally:
        """Events of the last step."""
        return DisturbTally(**{name: tuple(sums) for name, sums in self.core.tally().items()})

    def pulses(self, layer: int) -> NDArray[np.uint32]:
        """Write pulses of each cell so far, shape (N, K); empty unless they are counted."""
        counts = self.core.pulses(layer)
        if counts.size == 0:
            return counts.reshape(0, 0)
        return counts.reshape(self.widths[layer + 1], self.widths[layer])
