"""Packed bits, and the only door to the C99 core.

In come truth values, out come `BitMatrix` and exact integer products. Read ``matrix.py`` first: it
holds the bit convention (bit 1 is +1, bit 0 is -1; least-significant bit first; tail bits zero).
``backend.py`` names the kernel backends, ``random.py`` the counter-based randomness, and
``engine.py`` the two objects that do the work of a network: `Predictor` and `StepEngine`;
``cells.py`` puts real cells under them, ``code.py`` a scale on the scores of their classes.
"""

from bitspin.bits.backend import (
    backend_names,
    default_threads,
    resolve_backend,
    resolve_threads,
)
from bitspin.bits.cells import CellArray, DisturbTally, LayerCells
from bitspin.bits.code import ScaledCode
from bitspin.bits.engine import LayerStep, Predictor, Shifts, StepEngine, StepRule, StepTally
from bitspin.bits.matrix import BitMatrix, TernaryMatrix
from bitspin.bits.random import derive_key, permutation, random_words

__all__ = [
    "BitMatrix",
    "CellArray",
    "DisturbTally",
    "LayerCells",
    "LayerStep",
    "Predictor",
    "ScaledCode",
    "Shifts",
    "StepEngine",
    "StepRule",
    "StepTally",
    "TernaryMatrix",
    "backend_names",
    "default_threads",
    "derive_key",
    "permutation",
    "random_words",
    "resolve_backend",
    "resolve_threads",
]
