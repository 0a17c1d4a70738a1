"""What a network occupies on a device, item by item; the same sums as in the core.

A test holds `learner_items` to ``bs_learner_bytes``, `relearner_items` to ``bs_relearner_bytes``
and `inference_items` to ``bs_inference_bytes``; the device itself refuses memory that is too small.
"""

from __future__ import annotations

from itertools import pairwise

from bitspin.bits.engine import MAX_BATCH
from bitspin.errors import ValidityError

__all__ = [
    "RECOMPUTING_STACK_BYTES",
    "STACK_BYTES",
    "check_recomputing",
    "code_bytes",
    "fixed_ram_bytes",
    "inference_items",
    "largest_capacity",
    "learner_items",
    "relearner_items",
    "weight_bytes",
]

WORD = 4

LARGEST_GROUP = 32
MIN_RECOMPUTED_WIDTHS = 3

STACK_BYTES = 768
RECOMPUTING_STACK_BYTES = 896
"""Stack that a project's programs reserve, and one whose samples are read again; neither depends on
the network. The device's own reader of samples may need more."""

# sizeof(bs_learner), (bs_relearner) and (bs_inference) on a 32-bit processor; tests compare.
LEARNER_STATE_BYTES = 272
RELEARNER_STATE_BYTES = 300
INFERENCE_STATE_BYTES = 76
# Variables of the start-up code in core/mcu, with alignment.
RUNTIME_BYTES = 8


def words(bits: int) -> int:
    """Count the 32-bit words of a packed row.

    Examples
    --------
    >>> words(784)
    25
    """
    return -(-bits // 32)


def weight_bytes(widths: tuple[int, ...]) -> int:
    """Bytes of all weights, rows padded to whole words.

    Examples
    --------
    >>> weight_bytes((784, 128, 10))
    12960
    """
    return WORD * sum(rows * words(bits) for bits, rows in pairwise(widths))


def code_bytes(widths: tuple[int, ...], class_count: int) -> int:
    """Bytes of the classes' code words."""
    return WORD * class_count * words(widths[-1])


def output_bytes(widths: tuple[int, ...], class_count: int) -> int:
    """Bytes of counts, sums and scores of the last layer."""
    return WORD * ((widths[-1] + 1) // 2 + widths[-1] + class_count)


def inference_items(widths: tuple[int, ...], class_count: int) -> dict[str, int]:
    """Give the bytes of scratch that prediction needs, by item."""
    widest = max((words(width) for width in widths[1:-1]), default=0)
    return {"activations": 2 * WORD * widest, "output": output_bytes(widths, class_count)}


def learner_items(widths: tuple[int, ...], class_count: int, capacity: int) -> dict[str, int]:
    """Give the bytes that learning needs beside the weights, by item.

    Parameters
    ----------
    widths : tuple of int
    class_count : int
    capacity : int
        Samples with an error that can be kept, 1 … 32767.

    Returns
    -------
    dict of str to int
    """
    inputs = [words(width) for width in widths[:-1]]
    outputs = [words(width) for width in widths[1:]]
    planes = max(
        max(capacity, 0 if layer == 0 else widths[layer + 1]).bit_length() * inputs[layer]
        for layer in range(len(inputs))
    )
    listed = max([capacity, *widths[2:]])
    return {
        "inputs of the batch": WORD * capacity * inputs[0],
        "activations of the batch": WORD * capacity * sum(inputs[1:]),
        "errors of the batch": 2 * WORD * capacity * sum(outputs),
        "counters of one row": WORD * planes,
        "pulses of one row": 2 * WORD * max(inputs),
        "list of rows": WORD * ((listed + 1) // 2),
        "output": output_bytes(widths, class_count),
    }


def check_recomputing(widths: tuple[int, ...], group: int) -> None:
    """Raise `ValidityError` unless samples can be read again for such groups of rows."""
    if not 1 <= group <= LARGEST_GROUP:
        raise ValidityError(
            f"--group: got {group} rows, expected 1 to {LARGEST_GROUP}; choose another --group"
        )
    if len(widths) < MIN_RECOMPUTED_WIDTHS:
        raise ValidityError(
            f"--recompute: got a network {'-'.join(map(str, widths))} without a hidden layer, "
            "expected one or more; leave --recompute out"
        )


def relearner_items(
    widths: tuple[int, ...], class_count: int, kept: int, group: int
) -> dict[str, int]:
    """Give the bytes beside the weights of a learner whose samples are read again, by item.

    Parameters
    ----------
    widths : tuple of int
        With one hidden layer or more.
    class_count : int
    kept : int
        Samples with an error whose number and upper errors are kept, 1 … 32767.
    group : int
        Rows that are updated together, 1 … 32.

    Returns
    -------
    dict of str to int

    Examples
    --------
    >>> items = relearner_items((784, 256, 10), 10, 1024, 8)
    >>> items["numbers and errors of the batch"]
    12288
    >>> sum(items.values()) + weight_bytes((784, 256, 10)) < 52_000
    True
    """
    counters = kept.bit_length() * max(words(width) for width in widths[:-1])
    return {
        "numbers and errors of the batch": WORD * kept * (1 + 2 * words(widths[2])),
        "counters of a group of rows": WORD * group * (counters + 1),
        "new weights above the first layer": weight_bytes(widths) - weight_bytes(widths[:2]),
        "one sample's way": sum(learner_items(widths, class_count, 1).values()),
    }


def fixed_ram_bytes(widths: tuple[int, ...], *, learns: bool, recomputes: bool = False) -> int:
    """Bytes of RAM that the batch does not change: stack, state, start-up code, one sample."""
    learner = RELEARNER_STATE_BYTES if recomputes else LEARNER_STATE_BYTES
    state = learner if learns else INFERENCE_STATE_BYTES
    stack = RECOMPUTING_STACK_BYTES if recomputes else STACK_BYTES
    return stack + state + RUNTIME_BYTES + WORD * (1 + words(widths[0]))


def largest_capacity(widths: tuple[int, ...], class_count: int, room: int, group: int = 0) -> int:
    """Find how many samples can be kept in so many bytes beside the weights.

    Parameters
    ----------
    widths : tuple of int
    class_count : int
    room : int
        Bytes.
    group : int
        Rows that are updated together where samples are read again; 0: they are kept.

    Raises
    ------
    ValidityError
        If not even one fits.

    Examples
    --------
    >>> largest_capacity((784, 128, 10), 10, 2048)
    8
    >>> largest_capacity((784, 128, 10), 10, 8192, group=2)
    470
    """

    def needed(capacity: int) -> int:
        items = (
            relearner_items(widths, class_count, capacity, group)
            if group
            else learner_items(widths, class_count, capacity)
        )
        return sum(items.values())

    low, high = 0, MAX_BATCH
    while low < high:
        middle = (low + high + 1) // 2
        if needed(middle) <= room:
            low = middle
        else:
            high = middle - 1
    if low == 0:
        weights = weight_bytes(widths)
        raise ValidityError(
            f"network {'-'.join(map(str, widths))}: got {max(room + weights, 0)} bytes of RAM for "
            f"it, expected {weights + needed(1)} or more to learn, {weights} of them for weights; "
            "choose fewer hidden units, a larger target, or inference only"
        )
    return low
