"""Samples of the training that go with a device, as C: ``originals.h`` beside ``network.h``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bitspin.errors import StoreError
from bitspin.export.c_source import words_in_c
from bitspin.export.labelled import Labelled
from bitspin.export.memory import words

__all__ = ["original_bytes", "originals_bytes", "write_originals"]

# Of the arrays below.
WORD_BYTES, LABEL_BYTES = 4, 2

HEADER = """\
/* Samples that the network was trained with, to be rehearsed: see bitspin/rehearse.h. Constants, so
 * that they stay in flash; include this in one file only. Written by bitspin. */
#ifndef ORIGINALS_H
#define ORIGINALS_H

#include <stdint.h>

#define ORIGINALS_COUNT {count}u
#define ORIGINALS_WORDS {words}u

/* One more than there are, for C knows no empty array. */
static const uint32_t originals_inputs[ORIGINALS_COUNT + 1u][ORIGINALS_WORDS] = {{
{inputs}}};

static const uint16_t originals_labels[ORIGINALS_COUNT + 1u] = {{{labels}}};

/* Read one of them: a bs_read_sample. context  unused */
static inline int originals_read(void *context, uint32_t index, uint32_t *input, uint32_t *label)
{{
    (void)context;
    for (uint32_t w = 0; w < ORIGINALS_WORDS; w++) {{
        input[w] = originals_inputs[index][w];
    }}
    *label = originals_labels[index];
    return 0;
}}

#endif
"""


def original_bytes(input_bits: int) -> int:
    """Count the bytes of flash that one of them takes.

    Examples
    --------
    >>> original_bytes(784)
    102
    """
    return WORD_BYTES * words(input_bits) + LABEL_BYTES


def originals_bytes(originals: Labelled) -> int:
    """Count the bytes of flash that they take.

    Parameters
    ----------
    originals : Labelled

    Returns
    -------
    int
    """
    return len(originals) * original_bytes(originals.samples.columns)


def write_originals(originals: Labelled, folder: Path) -> None:
    """Write ``originals.h`` into the folder of an exported project.

    Parameters
    ----------
    originals : Labelled
        Encoded as the project's network expects them; may be none.
    folder : Path

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    inputs = originals.samples.words
    rows = [*inputs, np.zeros(inputs.shape[1], np.uint32)]
    text = HEADER.format(
        count=len(originals),
        words=inputs.shape[1],
        inputs=",\n".join(words_in_c(row) for row in rows),
        labels=", ".join(f"{label}u" for label in [*originals.labels.tolist(), 0]),
    )
    try:
        (folder / "originals.h").write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"cannot write {folder / 'originals.h'}: got '{error.strerror}', expected the folder "
            "of an exported project; choose another folder"
        ) from error
