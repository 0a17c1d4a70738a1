"""What many cells do together: products, transposed products, write pulses; every event counted.

In come the description of an array (`IdealArray`, `MramArray`) and a device; out comes what the
core needs to train and predict in that array (`MramModel.cells`), and the events of each step
(`OpCounts`, ``counts.py``). Read ``spec.py`` first, then ``mram.py``; ``classes.py`` is the spread
between cells as a few bit planes, ``noise.py`` the read noise, ``sensing.py`` what differing
resistances add to a sum. ``interface.py`` is what every kind of array can be asked; ``unpacked.py``
answers it cell by cell, in floating point, as the oracle of the packed core, and ``definition.py``
states the core's array effects exactly; ``counted.py`` is an ideal array whose pulses are counted
cell by cell. No joules, no learning rules.
"""

from __future__ import annotations

from bitspin.array.classes import CellClasses, make_classes
from bitspin.array.counted import CountedArray
from bitspin.array.counts import OpCounts, layer_counts, total_counts
from bitspin.array.interface import Array
from bitspin.array.mram import MramModel
from bitspin.array.spec import AnyArray, IdealArray, MramArray
from bitspin.array.unpacked import UnpackedMram

__all__ = [
    "AnyArray",
    "Array",
    "CellClasses",
    "CountedArray",
    "IdealArray",
    "MramArray",
    "MramModel",
    "OpCounts",
    "UnpackedMram",
    "layer_counts",
    "make_classes",
    "total_counts",
]
