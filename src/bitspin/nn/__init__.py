"""Bitspin for who works with PyTorch and its like: networks taken over, and given back.

In come a module, a state dict or latent weights as arrays; out comes a `bitspin.Run` with the same
predictions, which learns on, and learns on a microcontroller. `to_torch` goes the other way.

Read ``adopt_module.py`` (`from_torch`) and ``fold_module.py`` first; ``state_dict.py`` and
``arrays.py`` take networks of Brevitas and Larq without their libraries, ``modules.py`` holds
layers to train with, ``build_module.py`` is the way back.
What needs PyTorch (``pip install 'bitspin[torch]'``) is loaded when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from bitspin.errors import BackendError
from bitspin.nn.arrays import from_latent
from bitspin.nn.state_dict import from_state_dict
from bitspin.train.latent import LatentLayer

if TYPE_CHECKING:
    from bitspin.nn.adopt_module import from_torch
    from bitspin.nn.build_module import as_inputs, to_torch
    from bitspin.nn.modules import BinaryLinear, ClassScores, Sign, UnitThreshold

__all__ = [
    "BinaryLinear",
    "ClassScores",
    "LatentLayer",
    "Sign",
    "UnitThreshold",
    "as_inputs",
    "from_latent",
    "from_state_dict",
    "from_torch",
    "to_torch",
]

_HOMES = {
    "BinaryLinear": "bitspin.nn.modules",
    "ClassScores": "bitspin.nn.modules",
    "Sign": "bitspin.nn.modules",
    "UnitThreshold": "bitspin.nn.modules",
    "as_inputs": "bitspin.nn.build_module",
    "from_torch": "bitspin.nn.adopt_module",
    "to_torch": "bitspin.nn.build_module",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'bitspin.nn' has no attribute {name!r}")
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise BackendError(
            f"bitspin.nn.{name} needs PyTorch, which cannot be imported here ({error}); install it "
            "with: pip install 'bitspin[torch]'"
        ) from error
    return getattr(importlib.import_module(_HOMES[name]), name)
