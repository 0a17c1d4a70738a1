"""Output codes: which L bits the network is asked to answer for each of C classes.

Error-correcting output codes decode by the nearest code word, so that what matters is the smallest
distance between two rows, and that no two columns ask the same question. Source: T. G. Dietterich,
G. Bakiri, "Solving Multiclass Learning Problems via Error-Correcting Output Codes", J. Artif.
Intell. Res. 2 (1995).
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from bitspin.encode.features import Bits
from bitspin.errors import ValidityError

__all__ = ["bch", "hadamard", "make_code", "minimum_distance", "one_hot"]

# A primitive polynomial over GF(2) per degree m, as an integer: bit i is the coefficient of x^i.
# Source: W. W. Peterson, E. J. Weldon, "Error-Correcting Codes", 2nd ed. (1972), appendix C.
_PRIMITIVE: Final = {
    1: 0b11,
    2: 0b111,
    3: 0b1011,
    4: 0b10011,
    5: 0b100101,
    6: 0b1000011,
    7: 0b10001001,
    8: 0b100011101,
    9: 0b1000010001,
    10: 0b10000001001,
}

# The BCH codes that hold so many classes have few enough words, at most 2**15, to list them all.
_MOST_BCH_CLASSES: Final = 1024


def one_hot(class_count: int) -> Bits:
    """Give class c the word whose only True is bit c; any two words differ in 2 bits.

    Parameters
    ----------
    class_count : int
        C, at least 2.

    Returns
    -------
    ndarray of shape (C, C), bool

    Raises
    ------
    ValidityError
        If `class_count` is out of range.

    Examples
    --------
    >>> one_hot(2)
    array([[ True, False],
           [False,  True]])
    """
    _check_class_count(class_count, "one-hot")
    return np.eye(class_count, dtype=np.bool_)


def hadamard(class_count: int, length: int) -> Bits:
    """Take rows of a Sylvester-Hadamard matrix without its constant column.

    Any two words differ in exactly (L + 1) / 2 bits, the most that is possible for C = L + 1 words
    of L bits (Plotkin's bound), and no word is the complement of another.

    Parameters
    ----------
    class_count : int
        C, 2 to L + 1.
    length : int
        L = 2**m - 1 for m = 1 ... 10: 1, 3, 7, 15, 31, 63, 127, 255, 511 or 1023.

    Returns
    -------
    ndarray of shape (C, L), bool

    Raises
    ------
    ValidityError
        If `length` is none of these, or too short for the classes.

    Notes
    -----
    The entry in row i and column j is the parity of the bits that i and j have in common; bit 1
    stands for even. Source: J. J. Sylvester, "Thoughts on inverse orthogonal matrices", Phil. Mag.
    34 (1867). Columns run from j = 1, since column 0 is constant. The first C rows of the matrix
    would repeat the same few columns, and so ask several outputs the same question; so rows are
    taken in the order of the powers of a primitive element, any m of which are independent
    (1, 2, 4, ... first), and row 0 comes last. This order is our choice.

    Examples
    --------
    >>> hadamard(4, 3).astype(int)
    array([[0, 1, 0],
           [1, 0, 0],
           [0, 0, 1],
           [1, 1, 1]])
    >>> minimum_distance(hadamard(10, 63))
    32
    """
    _check_class_count(class_count, "Hadamard")
    _check_length(length, range(1, 11), "Hadamard")
    if class_count > length + 1:
        raise ValidityError(
            f"a Hadamard code of {length} bits is too short: got {class_count} classes, expected "
            f"at most {length + 1}; choose a longer code"
        )
    degree = length.bit_length()
    powers = [_remainder(1 << power, _PRIMITIVE[degree]) for power in range(length)]
    rows = np.array([*powers, 0])[:class_count, np.newaxis]
    columns = np.arange(1, length + 1)
    odd = np.zeros((class_count, length), dtype=np.bool_)
    for bit in range(degree):
        odd ^= ((rows & columns) >> bit & 1).astype(np.bool_)
    return ~odd


def bch(class_count: int, length: int) -> Bits:
    """Pick words of a binary BCH code, each as far as possible from those before it.

    Of the BCH codes of this length the one is taken whose designed distance is the largest while it
    still has C words. All its words have an even number of ones, so that none is the
    complement of another.

    Parameters
    ----------
    class_count : int
        C, 2 to 1024 and at most 2**(L - 1).
    length : int
        L = 2**m - 1 for m = 3 ... 7: 7, 15, 31, 63 or 127.

    Returns
    -------
    ndarray of shape (C, L), bool

    Raises
    ------
    ValidityError
        If there is no such code, or it has too few words.

    Notes
    -----
    The generator polynomial is the least common multiple of the minimal polynomials of a^0, a^1,
    ..., a^(d - 2), where a is a primitive element of GF(2^m) and d the designed distance. Source:
    R. C. Bose, D. K. Ray-Chaudhuri, "On a class of error correcting binary group codes",
    Information and Control 3 (1960); starting from a^0 = 1 leaves out the odd words. Which words
    are picked is our choice. Up to L + 1 classes the code is the simplex code, whose distances are
    those of `hadamard`; it goes on where that one ends.

    Examples
    --------
    >>> minimum_distance(bch(10, 15)), minimum_distance(bch(100, 31))
    (8, 12)
    """
    _check_class_count(class_count, "BCH")
    _check_length(length, range(3, 8), "BCH")
    most = min(_MOST_BCH_CLASSES, 2 ** (length - 1))
    if class_count > most:
        raise ValidityError(
            f"a BCH code of {length} bits has too few words: got {class_count} classes, expected "
            f"at most {most}; choose a longer code or fewer classes"
        )
    words = _code_words(_bch_generator(class_count, length), length)
    return words[_pick_far_apart(words, class_count)]


def minimum_distance(code: Bits) -> int:
    """Count the bits in which the two nearest code words differ.

    Parameters
    ----------
    code : ndarray of shape (C, L), bool
        C code words, at least 2.

    Returns
    -------
    int
        0 to L; a decoder corrects any (distance - 1) // 2 wrong bits.

    Examples
    --------
    >>> minimum_distance(one_hot(5))
    2
    """
    agreement = _signs(code) @ _signs(code).T
    most_agreement = int(agreement[np.triu_indices(len(code), k=1)].max())
    return int((code.shape[1] - most_agreement) // 2)


def make_code(
    kind: Literal["onehot", "hadamard", "bch"], class_count: int, length: int | None = None
) -> Bits:
    """Make an output code by name.

    Parameters
    ----------
    kind : {"onehot", "hadamard", "bch"}
        Which family.
    class_count : int
        C, at least 2.
    length : int, optional
        L in bits; one-hot has always C. If None, 63, or for more than 64 classes the shortest
        length of the form 2**m - 1 that has room for them in a Hadamard code.

    Returns
    -------
    ndarray of shape (C, L), bool

    Raises
    ------
    ValidityError
        If the kind is unknown, or has no code of that size.

    Examples
    --------
    >>> make_code("hadamard", 10).shape, make_code("onehot", 10).shape
    ((10, 63), (10, 10))
    """
    if kind == "onehot":
        if length not in (None, class_count):
            raise ValidityError(
                f"a one-hot code is as long as it has classes: got length {length}, expected "
                f"{class_count}; leave the length out or choose another code"
            )
        return one_hot(class_count)
    if kind not in ("hadamard", "bch"):
        raise ValidityError(
            f"unknown output code: got '{kind}', expected 'onehot', 'hadamard' or 'bch'; choose "
            f"one of these"
        )
    if length is None:
        length = max(63, 2 ** (class_count - 1).bit_length() - 1)
    return hadamard(class_count, length) if kind == "hadamard" else bch(class_count, length)


def _check_class_count(class_count: int, kind: str) -> None:
    if class_count < 2:
        raise ValidityError(
            f"too few classes for a {kind} code: got {class_count}, expected at least 2; check the "
            f"labels"
        )


def _check_length(length: int, degrees: range, kind: str) -> None:
    lengths = [2**degree - 1 for degree in degrees]
    if length not in lengths:
        raise ValidityError(
            f"no {kind} code of this length: got {length}, expected one of "
            f"{', '.join(map(str, lengths))}; choose such a length or another code"
        )


def _signs(code: Bits) -> npt.NDArray[np.float32]:
    """Write bits as +1 and -1; sums of up to 2**24 of them are exact in float32, and fast."""
    return np.where(code, np.float32(1), np.float32(-1))


def _multiply(a: int, b: int) -> int:
    """Multiply polynomials over GF(2), written as integers like `_PRIMITIVE`."""
    product = 0
    for shift in range(b.bit_length()):
        if b >> shift & 1:
            product ^= a << shift
    return product


def _remainder(a: int, divisor: int) -> int:
    """Divide polynomials over GF(2), written as integers, and give the remainder."""
    while a.bit_length() >= divisor.bit_length():
        a ^= divisor << (a.bit_length() - divisor.bit_length())
    return a


def _minimal_polynomial(power: int, degree: int) -> int:
    """Find the polynomial of lowest degree that has a^power as a root, a = x in GF(2^degree)."""
    candidate = 0b10
    while True:
        # f(a^p) is f(x^p) modulo the polynomial that defines the field.
        substituted = sum(1 << (power * i) for i in range(degree + 1) if candidate >> i & 1)
        if _remainder(substituted, _PRIMITIVE[degree]) == 0:
            return candidate
        candidate += 1


def _bch_generator(class_count: int, length: int) -> int:
    """Find the generator polynomial of the smallest even BCH code with at least C words."""
    generator = 0b11
    # Even powers add nothing: a^(2 i) is a root of the minimal polynomial of a^i.
    for power in range(1, length, 2):
        factor = _minimal_polynomial(power, length.bit_length())
        longer = generator if _remainder(generator, factor) == 0 else _multiply(generator, factor)
        message_bits = length - (longer.bit_length() - 1)
        if 2**message_bits < class_count:
            break
        generator = longer
    return generator


def _code_words(generator: int, length: int) -> Bits:
    """List all code words, shape (D, L): those that combine few shifts of the generator first."""
    message_bits = length - (generator.bit_length() - 1)
    shifts = np.array(
        [[(generator << shift) >> i & 1 for i in range(length)] for shift in range(message_bits)]
    )
    messages = np.arange(2**message_bits)[:, np.newaxis] >> np.arange(message_bits) & 1
    order = np.argsort(messages.sum(axis=1), kind="stable")
    return np.asarray((messages[order] @ shifts) % 2 == 1)


def _pick_far_apart(words: Bits, count: int) -> list[int]:
    """Pick `count` words greedily, the farthest from all picked, the first in order of equals."""
    signs = _signs(words)
    picked = [1]
    agreement = signs @ signs[1]
    while len(picked) < count:
        candidates = agreement.copy()
        if len(picked) < len(words) - 1:
            # The zero word asks all outputs for one answer; it comes last.
            candidates[0] = np.inf
        picked.append(int(np.argmin(candidates)))
        agreement = np.maximum(agreement, signs @ signs[picked[-1]])
    return picked
