"""``bitspin evaluate`` and ``bitspin predict``: using a trained run."""

from __future__ import annotations

import json as json_format
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from bitspin.data import load, read_samples
from bitspin.results import RunFolder
from bitspin.run import evaluate as evaluate_run
from bitspin.run import load_run
from bitspin.run.prepare import load_dataset

__all__ = ["evaluate", "predict"]


def evaluate(
    run: Path,
    *,
    data: str | None = None,
    exact: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Measure the accuracy of a run on a test set.

    A run in an array of real cells is read in that array, as when it was trained.

    Parameters
    ----------
    run : path
        Folder of the run.
    data : str
        Another data set: "mnist", a folder of IDX files, or an .npz file. [default: the run's]
    exact : bool
        Read the stored bits as they are: no read noise, no offsets, no loss at rest.
    json : bool
        Print one JSON object.
    """
    trained = load_run(run)
    dataset = load_dataset(trained.config, None) if data is None else load(data)
    accuracy = evaluate_run(trained, dataset, exact=exact)
    before = RunFolder.open(run).read_checkpoint().facts["data_fingerprint"]
    if data is None and dataset.fingerprint != before:
        print(
            f"bitspin: note: data set '{trained.config.data.source}' has changed since {run} was "
            f"trained: got fingerprint {dataset.fingerprint[:12]}…, expected {before[:12]}…; the "
            "accuracy is that on the data as they are now",
            file=sys.stderr,
        )
    if trained.result is None:
        print(
            f"bitspin: note: {run} is not finished ({len(trained.epochs)} of "
            f"{trained.config.epochs} epochs)",
            file=sys.stderr,
        )
    if json:
        sys.stdout.write(json_format.dumps({"test_accuracy": accuracy, "run": str(run)}) + "\n")
    else:
        sys.stdout.write(f"test accuracy {100 * accuracy:.2f} %\n")


def predict(
    run: Path,
    file: Path,
    *,
    exact: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Predict the classes of samples, one a line.

    A run in an array of real cells is read in that array, as when it was trained.

    Parameters
    ----------
    run : path
        Folder of the run.
    file : path
        Samples: an IDX file (.gz or not), an .npy file, or an .npz file with x_test or x.
    exact : bool
        Read the stored bits as they are: no read noise, no offsets, no loss at rest.
    json : bool
        Print one JSON list.
    """
    classes = load_run(run).predict(read_samples(file), exact=exact).tolist()
    if json:
        sys.stdout.write(json_format.dumps(classes) + "\n")
    else:
        sys.stdout.write("".join(f"{label}\n" for label in classes))
