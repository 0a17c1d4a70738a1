"""One bit per feature: whether it is above a level that all features share."""

from __future__ import annotations

from typing import Literal

import numpy.typing as npt
from pydantic import Field

from bitspin.encode.features import Bits, EncoderModel, as_features, check_feature_count, exceeds

__all__ = ["Threshold"]


class Threshold(EncoderModel):
    """Encode each feature as the bit x > level.

    Parameters
    ----------
    level : float
        Finite, in the units of the features; the same for all of them.
    feature_count : int, optional
        How many features a sample has; None accepts any number.

    Examples
    --------
    >>> import numpy as np
    >>> Threshold(level=50).encode(np.array([[0, 50, 51, 255]], np.uint8))
    array([[False, False,  True,  True]])
    >>> Threshold(level=50).bit_count(784)
    784
    """

    kind: Literal["threshold"] = "threshold"
    level: float
    feature_count: int | None = Field(default=None, ge=1)

    def bit_count(self, feature_count: int) -> int:
        """Tell how many bits, K, a sample of `feature_count` features becomes: as many.

        Raises
        ------
        ShapeError
            If the encoder was fitted on another number of features.
        """
        check_feature_count(feature_count, self.feature_count)
        return feature_count

    def encode(self, x: npt.ArrayLike) -> Bits:
        """Encode samples.

        Parameters
        ----------
        x : array_like of shape (B, *sample_shape)
            Finite samples of any numeric dtype.

        Returns
        -------
        ndarray of shape (B, K), bool
            Bit k belongs to feature k of the flattened sample.

        Raises
        ------
        ShapeError
            If a sample has another number of features than the encoder.
        DataError
            If `x` is not numeric or holds NaN or infinity.
        """
        return exceeds(as_features(x, self.feature_count), self.level)
