"""Several bits per feature: a column that rises with the feature through T levels."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from bitspin.encode.features import Bits, EncoderModel, as_features, check_feature_count, exceeds

__all__ = ["Thermometer"]


class Thermometer(EncoderModel):
    """Encode each feature as the T bits x > level[0], ..., x > level[T - 1].

    Two values then differ in as many bits as levels lie between them, so that Hamming distance
    stands for distance.

    Parameters
    ----------
    levels : sequence of T rows of floats
        Finite, in the units of the features, not falling from one row to the next. A row
        holds one level that all features share, or one per feature.
    feature_count : int, optional
        How many features a sample has; None stands for the length of a row, and for any number
        if the levels are shared.

    Notes
    -----
    The bits are laid out as T planes of F bits, plane t holding x > levels[t] of every
    feature: bit t * F + f belongs to level t and feature f. An image thus becomes T black-and-white
    images, each of which can be shifted or looked at by itself.

    Examples
    --------
    >>> Thermometer(levels=[[10], [20]]).encode([[5, 15, 25]])
    array([[False,  True,  True, False, False,  True]])
    >>> Thermometer(levels=[[10, 0.1], [20, 0.2]]).encode([[15, 0.3]])
    array([[ True,  True, False,  True]])
    """

    kind: Literal["thermometer"] = "thermometer"
    levels: tuple[tuple[float, ...], ...] = Field(min_length=1)
    feature_count: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _check_levels(self) -> Thermometer:
        widths = {len(row) for row in self.levels}
        if len(widths) != 1 or 0 in widths:
            raise ValueError("levels are rows of one length, of at least 1")
        width = widths.pop()
        if width > 1 and self.feature_count not in (None, width):
            raise ValueError(f"feature_count is {width}, the number of levels in a row")
        if (np.diff(np.asarray(self.levels), axis=0) < 0).any():
            raise ValueError("levels do not fall from one row to the next")
        return self

    @property
    def _expected_feature_count(self) -> int | None:
        width = len(self.levels[0])
        return width if width > 1 else self.feature_count

    @property
    def level_count(self) -> int:
        """Bits per feature, T."""
        return len(self.levels)

    def bit_count(self, feature_count: int) -> int:
        """Tell how many bits, K, a sample of `feature_count` features becomes: T times as many.

        Raises
        ------
        ShapeError
            If the encoder was fitted on another number of features.
        """
        check_feature_count(feature_count, self._expected_feature_count)
        return self.level_count * feature_count

    def encode(self, x: npt.ArrayLike) -> Bits:
        """Encode samples.

        Parameters
        ----------
        x : array_like of shape (B, *sample_shape)
            Finite samples of any numeric dtype; F features when flattened.

        Returns
        -------
        ndarray of shape (B, T * F), bool
            T planes of F bits, see Notes.

        Raises
        ------
        ShapeError
            If a sample has another number of features than the encoder.
        DataError
            If `x` is not numeric or holds NaN or infinity.
        """
        features = as_features(x, self._expected_feature_count)
        samples, width = features.shape
        planes = np.empty((samples, self.level_count, width), dtype=np.bool_)
        for t, row in enumerate(self.levels):
            exceeds(features, np.asarray(row, dtype=np.float64), out=planes[:, t])
        return planes.reshape(samples, self.level_count * width)
