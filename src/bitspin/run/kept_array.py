"""The array of a run: of a device by name or path at first, of the device as it was then later on.

A device file may be moved, or edited for the next experiment; what a run is read in, goes on in
and is priced with must not change with it. So a checkpoint keeps the device, not its path.
"""

from __future__ import annotations

from typing import Any

from bitspin.array import IdealArray, MramModel
from bitspin.config import RunConfig
from bitspin.device import device_from_table, device_table

__all__ = ["array_model", "kept_array", "kept_device"]


def array_model(config: RunConfig) -> MramModel | None:
    """Load the array of a configuration, with the device as it is now; None for the ideal one."""
    return None if isinstance(config.array, IdealArray) else MramModel.load(config.array)


def kept_device(array: MramModel | None) -> dict[str, Any] | None:
    """Give what a checkpoint keeps of an array: the parameters of its device, as JSON values."""
    return None if array is None else device_table(array.device)


def kept_array(config: RunConfig, kept: dict[str, Any] | None) -> MramModel | None:
    """Rebuild the array that a run was trained in from what its checkpoint keeps of the device.

    Of a run that an older version made, which kept none, the device is loaded as it is now.
    """
    if isinstance(config.array, IdealArray) or kept is None:
        return array_model(config)
    return MramModel(config.array, device_from_table(kept, config.array.device))
