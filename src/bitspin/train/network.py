"""A binary network: its widths, its weight bits, and the code of its classes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitspin.bits import BitMatrix, CellArray, Predictor, ScaledCode, derive_key, random_words
from bitspin.bits.engine import MAX_LAYERS, MAX_WIDTH
from bitspin.errors import ShapeError

__all__ = ["Network"]

DOMAIN_INITIAL_WEIGHTS = 0x100


@dataclass(frozen=True, eq=False)
class Network:
    """A fully connected network of +1 / -1 weights, one bit each.

    Layer l has ``widths[l + 1]`` rows of ``widths[l]`` bits. A hidden unit is +1 where its sum is
    zero or more; a class scores the sum of the last layer over the ones of its code word.

    Parameters
    ----------
    widths : tuple of int
        Input bits, hidden units …, code bits: 2 to 9 entries of 1 … 32767.
    weights : ndarray of shape (sum of rows x words,), uint32
        Packed rows of all layers; training changes them in place.
    code : BitMatrix of shape (C, L)
        Code words of the classes; L is the last width.

    Raises
    ------
    ShapeError
        If widths, weights and code do not fit one another.
    """

    widths: tuple[int, ...]
    weights: NDArray[np.uint32]
    code: BitMatrix

    def __post_init__(self) -> None:
        check_widths(self.widths)
        expected = sum(rows * words for rows, words in layer_shapes(self.widths))
        if self.weights.shape != (expected,) or self.weights.dtype != np.uint32:
            raise ShapeError(
                f"weights: got {self.weights.shape} of {self.weights.dtype}, expected ({expected},)"
                f" of uint32 for widths {self.widths}; use Network.random or Network.from_dense"
            )
        if not (self.weights.flags.c_contiguous and self.weights.flags.writeable):
            raise ShapeError(
                "weights: got a strided or read-only array, expected a contiguous and writable "
                "one, for training changes it in place; pass a copy"
            )
        if self.code.columns != self.widths[-1]:
            raise ShapeError(
                f"code: got words of {self.code.columns} bits, expected {self.widths[-1]}, the "
                "last width; make the code with that length"
            )

    @classmethod
    def random(cls, widths: tuple[int, ...], code: BitMatrix, seed: int) -> Network:
        """Draw all weights from the seed, each bit with equal chance."""
        check_widths(widths)
        shapes = layer_shapes(widths)
        key = derive_key(seed, 0, DOMAIN_INITIAL_WEIGHTS)
        weights = random_words(key, sum(rows * words for rows, words in shapes))
        start = 0
        for (rows, words), bits in zip(shapes, widths, strict=False):
            layer = weights[start : start + rows * words].reshape(rows, words)
            if bits % 32:
                layer[:, -1] &= np.uint32((1 << bits % 32) - 1)
            start += rows * words
        return cls(widths, weights, code)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Give the layers by name, ``layer0`` …, as dense bits; see `from_arrays`."""
        arrays: dict[str, NDArray[Any]] = {
            f"layer{index}": dense for index, dense in enumerate(self.dense_layers())
        }
        if isinstance(self.code, ScaledCode):
            arrays["class_scale"] = self.code.class_scale
        return arrays

    @classmethod
    def from_arrays(
        cls, widths: tuple[int, ...], arrays: Mapping[str, NDArray[Any]], code: BitMatrix
    ) -> Network:
        """Rebuild a network from `to_arrays`."""
        if "class_scale" in arrays:
            code = ScaledCode.of(code, arrays["class_scale"])
        return cls.from_dense(widths, [arrays[f"layer{i}"] for i in range(len(widths) - 1)], code)

    @classmethod
    def from_dense(
        cls, widths: tuple[int, ...], layers: list[NDArray[np.uint8]], code: BitMatrix
    ) -> Network:
        """Rebuild a network from `dense_layers`.

        Raises
        ------
        ShapeError
            If layers do not fit the widths.
        """
        check_widths(widths)
        if len(layers) != len(widths) - 1:
            raise ShapeError(
                f"dense weights: got {len(layers)} layers, expected {len(widths) - 1} for widths "
                f"{widths}; the file belongs to another network"
            )
        packed = []
        for (bits, rows), dense in zip(itertools.pairwise(widths), layers, strict=True):
            if dense.size != -(-rows * bits // 8):
                raise ShapeError(
                    f"dense weights: got {dense.size} bytes for a layer of {rows} x {bits} bits, "
                    f"expected {-(-rows * bits // 8)}; the file belongs to another network"
                )
            values = np.unpackbits(dense, count=rows * bits, bitorder="little")
            packed.append(BitMatrix.from_bool(values.reshape(rows, bits).view(np.bool_)).words)
        return cls(widths, np.concatenate([words.ravel() for words in packed]), code)

    def dense_layers(self) -> list[NDArray[np.uint8]]:
        """Give the weights without padding: row after row, 8 to a byte, lowest bit first.

        These bytes and the step number are all that training carries from step to step.
        """
        return [
            np.packbits(self.layer(index).to_bool().ravel(), bitorder="little")
            for index in range(self.layer_count)
        ]

    @property
    def layer_count(self) -> int:
        """Weight layers."""
        return len(self.widths) - 1

    @property
    def weight_counts(self) -> tuple[int, ...]:
        """Weights, and so cells, of each layer."""
        return tuple(a * b for a, b in zip(self.widths, self.widths[1:], strict=False))

    @property
    def state_bytes(self) -> int:
        """Bytes of the persistent training state: one bit a weight.

        The working copy pads each row to whole 32-bit words; padding carries no state.
        """
        return sum(-(-count // 8) for count in self.weight_counts)

    def layer(self, index: int) -> BitMatrix:
        """Copy one layer's weights, a matrix of shape (widths[index + 1], widths[index])."""
        shapes = layer_shapes(self.widths)
        start = sum(rows * words for rows, words in shapes[:index])
        rows, words = shapes[index]
        copy = self.weights[start : start + rows * words].reshape(rows, words).copy()
        return BitMatrix(copy, self.widths[index])

    def predict(
        self,
        inputs: BitMatrix,
        threads: int = 1,
        backend: str = "auto",
        cells: CellArray | None = None,
        key: int = 0,
    ) -> tuple[NDArray[np.uint16], NDArray[np.int32]]:
        """Classify samples of shape (B, K).

        Parameters
        ----------
        inputs : BitMatrix of shape (B, K)
        threads : int
        backend : str
        cells : CellArray or None
            Read through these cells; None reads exactly.
        key : int
            Of this pass over the samples, for the cells' read noise.

        Returns
        -------
        classes : ndarray of shape (B,), uint16
        scores : ndarray of shape (B, C), int32
        """
        predictor = Predictor(self.widths, self.weights, self.code, threads, backend)
        if cells is not None:
            predictor.attach(cells, key)
        return predictor.predict(inputs)


def layer_shapes(widths: tuple[int, ...]) -> list[tuple[int, int]]:
    """Rows and row words of each layer."""
    return [(rows, -(-bits // 32)) for bits, rows in itertools.pairwise(widths)]


def check_widths(widths: tuple[int, ...]) -> None:
    """Raise `ShapeError` unless the core can hold a network of these widths."""
    if not 2 <= len(widths) <= MAX_LAYERS + 1:
        raise ShapeError(
            f"network: got {len(widths) - 1} weight layers, expected 1 to {MAX_LAYERS}; use fewer "
            "hidden layers"
        )
    for width in widths:
        if not 1 <= width <= MAX_WIDTH:
            raise ShapeError(
                f"network: got a layer of {width} units, expected 1 to {MAX_WIDTH}; change --hidden"
                ", the encoding or the code"
            )
