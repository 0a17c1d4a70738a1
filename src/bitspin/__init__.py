"""Bitspin: train neural networks inside the memory that stores them, one bit of state a weight.

`fit` makes a `Run`, `load_run` brings one back, `resume` finishes an interrupted one:

>>> import bitspin
>>> run = bitspin.fit({"network": {"hidden": [64]}, "epochs": 1})
>>> run.test_accuracy > 0.8
True

The rooms, in the order in which data flow: `bitspin.data`, `bitspin.encode`, `bitspin.bits`,
`bitspin.train`, `bitspin.results`, and `bitspin.run`, which walks through them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from bitspin.version import __version__

if TYPE_CHECKING:
    from bitspin.config import RunConfig
    from bitspin.data import Dataset, load
    from bitspin.run import Progress, Run, evaluate, fit, load_run, resume

__all__ = [
    "Dataset",
    "Progress",
    "Run",
    "RunConfig",
    "__version__",
    "evaluate",
    "fit",
    "load",
    "load_run",
    "resume",
]

# Resolved on first use, so that `import bitspin` costs next to nothing.
_HOMES = {
    "Dataset": "bitspin.data",
    "Progress": "bitspin.run",
    "Run": "bitspin.run",
    "RunConfig": "bitspin.config",
    "evaluate": "bitspin.run",
    "fit": "bitspin.run",
    "load": "bitspin.data",
    "load_run": "bitspin.run",
    "resume": "bitspin.run",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'bitspin' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
