"""Where a run comes from, and where each number on the page does."""

from __future__ import annotations

import shlex

import tomli_w

from bitspin.report.gather import ReportedRun
from bitspin.report.parts import Table

__all__ = ["SOURCES", "configuration", "environment_table", "repeat_command"]

SOURCES = Table(
    ("number", "where it stands", "how it was made"),
    (
        (
            "test accuracy",
            "metrics.jsonl, result: test_accuracy",
            "share of the test set that the last weights classify rightly",
        ),
        (
            "accuracy of an epoch",
            "metrics.jsonl, epoch: accuracy, train_accuracy",
            "on the validation set where there is one, else on the test set; while learning",
        ),
        (
            "confusion matrix, misread samples",
            "computed for this page from weights.safetensors",
            "the test set read again as at the end of training, with the recorded accuracy",
        ),
        ("write pulses, flips", "metrics.jsonl, epoch: pulses, flips", "counted by the core"),
        (
            "write pulses of a cell",
            "computed for this page with --wear",
            "the same training once more under a counter; its weights equal the run's",
        ),
        (
            "energy, array time",
            "cost.json",
            "events of metrics.jsonl times prices; the source of each price stands beside it",
        ),
        (
            "training state",
            "metrics.jsonl, result: state_bytes, scratch_bytes",
            "bytes that outlive a step; bytes that a step works in",
        ),
        (
            "training time",
            "metrics.jsonl: train_seconds",
            "measured on the machine named with each run, without evaluation",
        ),
        ("configuration", "config.toml", "all that determines the result"),
        ("command, versions, machine", "environment.json", "noted when the run began"),
    ),
    words=(1, 2),
)


def environment_table(reported: ReportedRun) -> Table:
    """Machine and versions, one a row."""
    noted = reported.environment
    facts = {
        "started": noted.started,
        "Bitspin": noted.bitspin,
        "Python, NumPy": f"{noted.python}, {noted.numpy}",
        "system": noted.platform,
        "processor": f"{noted.processor}, {noted.processors} threads in the machine",
        "kernels": f"{noted.backend}, {noted.threads} threads used",
        "data": f"{reported.run.config.data.source}, SHA-256 {noted.data_fingerprint}",
        "folder": str(reported.path.resolve()),
    }
    return Table(("what", "value"), tuple(facts.items()), words=(1,))


def configuration(reported: ReportedRun) -> str:
    """Give the configuration as it stands in config.toml."""
    return tomli_w.dumps(reported.run.config.to_plain())


def repeat_command(reported: ReportedRun) -> str:
    """Give a command that trains the same weights again."""
    config = shlex.quote(str(reported.path / "config.toml"))
    return f"bitspin train --config {config} --out again"
