"""A run is a folder, and this room keeps it: configuration, metrics, weights, environment.

In come the records of a run, out come complete files: each is written under a temporary name,
brought to disk and renamed, so that an interruption leaves the old file or the new one, never half.
Read ``folder.py`` first; ``weights.py`` is the checkpoint, ``records.py`` what a line of metrics
says, ``environment.py`` what is noted of machine and versions.
"""

from bitspin.results.environment import Environment, describe_environment
from bitspin.results.folder import RunFolder
from bitspin.results.records import EpochRecord, RunResult
from bitspin.results.weights import Checkpoint, read_checkpoint, write_checkpoint

__all__ = [
    "Checkpoint",
    "Environment",
    "EpochRecord",
    "RunFolder",
    "RunResult",
    "describe_environment",
    "read_checkpoint",
    "write_checkpoint",
]
