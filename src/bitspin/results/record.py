"""A finished run in one value: what was asked, on which data, and what came of it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict

from bitspin.results.environment import Environment
from bitspin.results.records import EpochRecord, RunResult

__all__ = ["RunRecord", "content_id"]


class RunRecord(BaseModel):
    """A run that came to its end, or failed.

    Parameters
    ----------
    id : str
        Name of everything that determines the result: 32 hexadecimal digits (see `content_id`),
        the same wherever and whenever it was computed. Of a run folder its name.
    config : dict
        Plain values of the whole configuration, as in ``config.toml``.
    data_fingerprint : str
        Of the data before any were held out.
    stream : int or None
        `bitspin.version.STREAM` of the release that computed it; a run folder does not tell.
    failure : str or None
        Why there is no result, in one line.
    epochs : tuple of EpochRecord
    result : RunResult or None
        None for a failure.
    costs : tuple of dict
        Of a run in a real array: what it costs in each scheme (`bitspin.cost.CostBreakdown` as
        plain values), the array's own first.
    environment : Environment
        Machine, versions and command; no part of the result.
    seconds : float
        Wall time of the whole task. A measurement, no part of the result.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    config: dict[str, Any]
    data_fingerprint: str
    stream: int | None
    failure: str | None = None
    epochs: tuple[EpochRecord, ...] = ()
    result: RunResult | None = None
    costs: tuple[dict[str, Any], ...] = ()
    environment: Environment
    seconds: float


def content_id(determining: dict[str, Any]) -> str:
    """Name some plain values by their content.

    Returns
    -------
    str
        The first 32 hexadecimal digits of the SHA-256 of the values as JSON with sorted keys.

    Examples
    --------
    >>> content_id({"seed": 0, "epochs": 3}) == content_id({"epochs": 3, "seed": 0})
    True
    >>> content_id({"seed": 0}) == content_id({"seed": 1})
    False
    """
    text = json.dumps(determining, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
