"""What one line of ``metrics.jsonl`` says: an epoch, or the result of the whole run."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

__all__ = ["EpochRecord", "RunResult"]


class EpochRecord(BaseModel):
    """One epoch of training.

    Parameters
    ----------
    epoch : int
        1 for the first.
    train_seconds : float
        Of this epoch's training alone, without evaluation. A measurement, not part of the result.
    train_accuracy : float or None
        Share (0 … 1) of the training samples classified rightly when their turn came.
    evaluated_on : {"validation", "test"}
        The held-out validation samples where there are any, else the test set (watched, not used
        for any choice).
    accuracy : float
        0 … 1, on those.
    pulses, flips : tuple of int
        Write pulses and switched cells of this epoch, in each layer; empty for the BNN.
    active_share : float or None
        Share (0 … 1) of the training samples that caused an error.
    steps : int
        Mini-batches.
    events : tuple of dict
        What happened in each layer of an array of real cells (`bitspin.array.OpCounts`); empty for
        an ideal one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: Literal["epoch"] = "epoch"
    epoch: int
    train_seconds: float
    train_accuracy: float | None = None
    evaluated_on: Literal["validation", "test"]
    accuracy: float
    pulses: tuple[int, ...] = ()
    flips: tuple[int, ...] = ()
    active_share: float | None = None
    steps: int
    events: tuple[dict[str, int], ...] = ()


class RunResult(BaseModel):
    """What a finished run came to.

    Parameters
    ----------
    test_accuracy, validation_accuracy : float
        0 … 1, of the last epoch's weights; no validation set, no validation accuracy.
    epochs : int
    train_seconds : float
        Training alone, summed over the epochs.
    state_bytes : int
        Persistent training state: one bit a weight, plus the step and epoch numbers and the seed;
        for the regular BNN latent weights and Adam's moments.
    scratch_bytes : int or None
        Memory that a step of a strict rule works in here; nothing in it outlives the step.
    weight_count : int
        Weights, each one cell.
    pulses_per_cell, flips_per_cell : float or None
        Of a strict rule: mean over all cells and the whole training.
    ideal_accuracy : float or None
        Of a run in a real array: test accuracy (0 … 1) of the same training in an ideal one.
    most_pulses : int or None
        Of a run in a real array: write pulses that the most written cell got; None after a resume,
        for single cells are counted beside the state, which does not carry them.
    backend : str
    threads : int
    seed : int
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: Literal["result"] = "result"
    test_accuracy: float
    validation_accuracy: float | None = None
    epochs: int
    train_seconds: float
    state_bytes: int
    scratch_bytes: int | None = None
    weight_count: int
    pulses_per_cell: float | None = None
    flips_per_cell: float | None = None
    ideal_accuracy: float | None = None
    most_pulses: int | None = None
    backend: str
    threads: int
    seed: int
