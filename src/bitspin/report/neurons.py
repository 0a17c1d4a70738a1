"""Weights of chosen neurons of the first layer, as pictures of what they look for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix
from bitspin.data import Dataset
from bitspin.encode import Biased
from bitspin.errors import ValidityError
from bitspin.report.gather import ReportedRun
from bitspin.report.parts import Missing, Picture
from bitspin.report.picture import grey_uri, scale
from bitspin.run.prepare import encode_bits
from bitspin.train import Network

__all__ = ["neuron_pictures"]

# Test samples by which neurons are chosen.
CHOICE_SAMPLES = 2000
MAX_CLASSES = 12


def neuron_pictures(reported: ReportedRun, asked: Sequence[int]) -> tuple[Picture, ...] | Missing:
    """Show the asked neurons, or for each class the one that tells it best from the others.

    Parameters
    ----------
    reported : ReportedRun
    asked : sequence of int
        Neurons of the first layer, 0 … N - 1; none to choose them.

    Raises
    ------
    ValidityError
        If there is no such neuron.
    """
    shape = reported.run.sample_shape
    if len(shape) != 2:
        return Missing("The samples are no pictures, so neither are the weights.")
    weights = first_layer(reported)
    check_neurons(reported.name, asked, weights.rows)
    if asked:
        chosen = [(index, f"neuron {index}") for index in asked]
    elif isinstance(reported.dataset, Missing):
        return Missing(
            f"{reported.dataset.reason} Neurons are chosen by the test set; name some with "
            "--neurons to see them without it."
        )
    else:
        found = telling_neurons(weights, reported, reported.dataset)
        chosen = [(index, f"{which}: neuron {index}") for which, index in found.items()]
    encoder = reported.run.encoder
    ones = encoder.ones if isinstance(encoder, Biased) else 0  # they belong to no pixel
    rows = weights.to_bool()[:, : weights.columns - ones]
    return tuple(
        Picture(
            grey_uri(weight_image(rows[index], shape)),
            label,
            f"Weights of neuron {index} as a picture of {shape[0]} by {shape[1]} pixels",
        )
        for index, label in chosen
    )


def check_neurons(name: str, asked: Sequence[int], rows: int) -> None:
    """Refuse a neuron that is not there."""
    for index in asked:
        if not 0 <= index < rows:
            raise ValidityError(
                f"--neurons: got {index}, expected 0 to {rows - 1}, the first layer of {name}; "
                "correct it"
            )


def first_layer(reported: ReportedRun) -> BitMatrix:
    """Weights of the first layer, shape (N, K)."""
    model = reported.run.model
    return model.layer(0) if isinstance(model, Network) else BitMatrix.from_bool(model.weights[0])


def telling_neurons(weights: BitMatrix, reported: ReportedRun, dataset: Dataset) -> dict[int, int]:
    """For each class the neuron whose sum is, on average, highest above that of the rest."""
    samples = encode_bits(reported.run.encoder, dataset.x_test[:CHOICE_SAMPLES])
    sums = samples.product(weights).astype(np.float32)
    labels = dataset.y_test[:CHOICE_SAMPLES]
    chosen = {}
    for which in range(min(dataset.class_count, MAX_CLASSES)):
        own = labels == which
        if own.any() and not own.all():
            lead = sums[own].mean(axis=0) - sums[~own].mean(axis=0)
            chosen[which] = int(lead.argmax())
    return chosen


def weight_image(row: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Ink where a weight is +1; of a thermometer the mean over its levels."""
    planes = row.reshape(-1, *shape).mean(axis=0)
    return scale(planes, 0.0, 1.0)
