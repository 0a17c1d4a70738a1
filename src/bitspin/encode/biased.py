"""Bits that are always one, after those of another encoder: what thresholds are made of."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from bitspin.encode.features import Bits, EncoderModel
from bitspin.encode.thermometer import Thermometer
from bitspin.encode.threshold import Threshold

__all__ = ["Biased"]


class Biased(EncoderModel):
    """Encode samples as another encoder does, and add so many ones to each.

    A unit is +1 where its sum is zero or more. The weights of constant inputs move that zero, so
    that a network that was trained elsewhere keeps its thresholds; see `bitspin.train.bias_cells`.

    Parameters
    ----------
    encoder : Threshold or Thermometer
        Gives the first bits.
    ones : int
        Number of constant bits, ≥ 1.

    Examples
    --------
    >>> Biased(encoder=Threshold(level=50), ones=3).encode([[0, 255]])
    array([[False,  True,  True,  True,  True]])
    """

    kind: Literal["biased"] = "biased"
    encoder: Annotated[Threshold | Thermometer, Field(discriminator="kind")]
    ones: int = Field(ge=1)

    def bit_count(self, feature_count: int) -> int:
        """Tell how many bits, K, a sample of `feature_count` features becomes.

        Raises
        ------
        ShapeError
            If the encoder was fitted on another number of features.
        """
        return self.encoder.bit_count(feature_count) + self.ones

    def encode(self, x: npt.ArrayLike) -> Bits:
        """Encode samples.

        Parameters
        ----------
        x : array_like of shape (B, *sample_shape)
            Finite samples of any numeric dtype.

        Returns
        -------
        ndarray of shape (B, K), bool
            The other encoder's bits, then the ones.

        Raises
        ------
        ShapeError
            If a sample has another number of features than the encoder.
        DataError
            If `x` is not numeric or holds NaN or infinity.
        """
        return np.pad(self.encoder.encode(x), ((0, 0), (0, self.ones)), constant_values=True)
