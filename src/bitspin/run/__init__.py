"""One run, from data to result: what every door (command line, Python, sweeps) calls.

In come a configuration and perhaps a data set, out comes a `Run`: a trained network with all that
is needed to use it, kept in a folder if asked for. Read ``start.py`` first; ``prepare.py`` turns
data into bits, ``strict.py`` trains with one bit a weight and resumes, ``regular.py`` trains the
regular BNN for comparison, ``trained.py`` is the `Run` itself and the way back from its folder,
``kept_array.py`` the array that it lives in. ``record.py`` makes one value of it for a sweep.

Around it: ``adopt.py`` makes a run of a network that was trained elsewhere, ``samples.py`` trains
without data set and folder, ``price.py`` prices a run, ``tolerance.py`` asks how bad cells may be.
``reading.py`` and ``wear.py`` find out afterwards what a run does not record: its answer to each
test sample, and the write pulses of each cell.
"""

from bitspin.run.progress import Progress
from bitspin.run.start import fit, resume
from bitspin.run.trained import Run, evaluate, load_run

__all__ = ["Progress", "Run", "evaluate", "fit", "load_run", "resume"]
