"""Many runs: grids, random points and searches, on all cores or on a cluster, resumable.

In comes a sweep file (TOML), out come records in a results folder (`bitspin.results.ResultStore`).
Each run is a task named by its content, so what is in the folder is never done again, whoever did
it. Read ``sweep_file.py`` first: it says what can be asked for; ``read.py`` and ``checks.py``
refuse the rest. ``tasks.py`` makes tasks of it, ``perform.py`` does one, ``local.py`` hands them to
processes of this machine and ``cluster.py`` to a Dask cluster, ``complete.py`` sees to it that each
one ends in a record or a recorded failure, ``search.py`` lets Optuna choose, and ``summary.py``
gathers what came out. ``start.py`` walks through all of them.
"""

from bitspin.sweep.progress import SweepProgress
from bitspin.sweep.read import read_sweep_file
from bitspin.sweep.start import Plan, plan_sweep, run_sweep
from bitspin.sweep.summary import Summary

__all__ = [
    "Plan",
    "Summary",
    "SweepProgress",
    "plan_sweep",
    "read_sweep_file",
    "run_sweep",
]
