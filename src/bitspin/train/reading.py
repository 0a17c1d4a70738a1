"""Reading a trained network in the array that holds it, as its user will."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bitspin.array import MramModel
from bitspin.bits import BitMatrix, CellArray, derive_key
from bitspin.train.network import Network

__all__ = ["ArrayReader", "measuring_key"]

DOMAIN_MEASURE = 0x104


def measuring_key(seed: int, epoch: int) -> int:
    """Key of the read noise when a network is read after so many epochs."""
    return derive_key(seed, epoch, DOMAIN_MEASURE)


@dataclass(frozen=True, eq=False)
class ArrayReader:
    """Classifies samples through an array: its read noise, its offsets, and bits lost at rest.

    Reads here do not disturb the stored bits: a measurement must not change what it measures.

    Parameters
    ----------
    array : MramModel
    widths : tuple of int
        Of the network.
    """

    array: MramModel
    widths: tuple[int, ...]

    @cached_property
    def cells(self) -> CellArray:
        """The cells under the network."""
        return CellArray(self.widths, self.array.cells(self.widths))

    def predict(
        self, network: Network, samples: BitMatrix, key: int, threads: int, backend: str = "auto"
    ) -> tuple[NDArray[np.uint16], NDArray[np.int32]]:
        """Classes and scores of samples; the noise of each depends on the key and its place."""
        found = self.array.rest(self.widths, network.weights)
        rested = Network(self.widths, found, network.code)
        return rested.predict(samples, threads, backend, self.cells, key)
