"""A run is a folder, and this room keeps it: configuration, metrics, weights, environment.

In come the records of a run, out come complete files: each is written under a temporary name,
brought to disk and renamed, so that an interruption leaves the old file or the new one, never half.
Read ``folder.py`` first; ``weights.py`` is the checkpoint, ``records.py`` what a line of metrics
says, ``environment.py`` what is noted of machine and versions.

Many runs are kept as records: ``record.py`` is a run in one value, named by its content,
``store.py`` the folder to which any number of processes add them, ``claims.py`` what keeps these
from doing the same work twice. ``quantities.py`` names the figures by which runs are compared,
``pareto.py`` finds those that none beats, ``table.py`` makes tables and files of them.
"""

from bitspin.results.environment import Environment, describe_environment
from bitspin.results.folder import RunFolder
from bitspin.results.pareto import pareto_front
from bitspin.results.quantities import QUANTITIES, Quantity, quantity
from bitspin.results.record import RunRecord, content_id
from bitspin.results.records import EpochRecord, RunResult
from bitspin.results.store import ResultStore, is_result_store
from bitspin.results.weights import Checkpoint, read_checkpoint, write_checkpoint

__all__ = [
    "QUANTITIES",
    "Checkpoint",
    "Environment",
    "EpochRecord",
    "Quantity",
    "ResultStore",
    "RunFolder",
    "RunRecord",
    "RunResult",
    "content_id",
    "describe_environment",
    "is_result_store",
    "pareto_front",
    "quantity",
    "read_checkpoint",
    "write_checkpoint",
]
