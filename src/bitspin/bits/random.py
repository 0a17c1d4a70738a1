"""Counter-based randomness: every draw is a function of a key and a position.

The generator is Threefry-2x32-20 (Salmon, Moraes, Dror and Shaw, SC 2011), run by the core. Keys
form a tree: a part of a computation derives its own key, so that neither the order of evaluation
nor the number of threads can change what is drawn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import _core

__all__ = ["derive_key", "permutation", "random_words"]


def derive_key(key: int, index: int, domain: int) -> int:
    """Derive an independent key.

    Parameters
    ----------
    key : int
        Parent key, 0 … 2**64 - 1; a seed is a root key.
    index : int
        Which part, 0 … 2**32 - 1.
    domain : int
        What kind of part, 1 … 2**32 - 1 (0 belongs to the words of the key itself).

    Returns
    -------
    int
        Child key, 0 … 2**64 - 1.
    """
    return _core.fold_key(key, index, domain)


def random_words(key: int, count: int, first: int = 0) -> NDArray[np.uint32]:
    """Draw successive words of a key's stream.

    Parameters
    ----------
    key : int
        0 … 2**64 - 1.
    count : int
    first : int
        Position of the first of them, ≥ 0; first + count ≤ 2**32.

    Returns
    -------
    ndarray of shape (count,), uint32
        Uniform over all 32-bit values.

    Examples
    --------
    >>> [hex(word) for word in random_words(0, 2)]
    ['0x6b200159', '0x99ba4efe']
    >>> [hex(word) for word in random_words(0, 1, first=1)]
    ['0x99ba4efe']
    """
    return _core.random_words(key, count, first)


def permutation(key: int, count: int) -> NDArray[np.uint32]:
    """Put 0 … count - 1 into an order that depends on the key alone.

    Each index gets 64 random bits, the lowest of which give way to the index itself. Such ranks
    are distinct, so that they have one order whatever sorts them, and sorting ranks is many times
    faster than sorting indices by rank.

    Returns
    -------
    ndarray of shape (count,), uint32
    """
    words = random_words(key, 2 * count)
    index_mask = np.uint64((1 << count.bit_length()) - 1)
    ranks = words[0::2].astype(np.uint64)
    ranks <<= np.uint64(32)
    ranks |= words[1::2]
    ranks &= ~index_mask
    ranks |= np.arange(count, dtype=np.uint64)
    ranks.sort()
    return (ranks & index_mask).astype(np.uint32)
