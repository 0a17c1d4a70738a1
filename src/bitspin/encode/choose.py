"""Choosing an encoder from the training data, so that a new data set does well untuned.

Three questions are answered, each by one criterion on a subsample:

1. *Do all features share one scale*, as the pixels of an image do? Then levels are shared;
   otherwise each feature gets its own.
2. *Does one bit per feature do?* It does where values crowd at two ends, as ink and paper do.
3. *Where are the levels?*

Every criterion is unchanged if the data are inverted, shifted or scaled as a whole, so that a
negative, a pale copy and floats in 0..1 of the same images get the same bits (or their complement).
"""

from __future__ import annotations

import math
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from bitspin.encode.encoder import Encoder
from bitspin.encode.features import as_features
from bitspin.encode.thermometer import Thermometer
from bitspin.encode.threshold import Threshold
from bitspin.errors import DataError, ValidityError

__all__ = ["fit_encoder"]

_SCALE_SAMPLES: Final = 512
_QUANTILE_SAMPLES: Final = 4096
_GREY_LEVELS: Final = 256
_CANDIDATE_LEVELS: Final = 31
_ONE_BIT_SEPARABILITY: Final = 0.9
_IMAGE_LEVELS: Final = 4
_FEATURE_LEVELS: Final = 8


def fit_encoder(
    x_train: npt.ArrayLike,
    method: Literal["auto", "threshold", "thermometer"] = "auto",
    level: float | None = None,
    levels: int | None = None,
) -> Encoder:
    """Fit an encoder to training samples.

    Parameters
    ----------
    x_train : array_like of shape (B, *sample_shape)
        Finite training samples of any numeric dtype. Images have more than one axis per sample;
        flattened images are recognised by their values.
    method : {"auto", "threshold", "thermometer"}, optional
        "threshold": one bit per feature, at one level for all of them. "thermometer": several
        bits. "auto", the default, chooses between them.
    level : float, optional
        The threshold, in the units of the features; chosen from the data if None.
    levels : int, optional
        Bits per feature of a thermometer, at least 1; if None, 4 for features that share a
        scale and 8 for others.

    Returns
    -------
    Threshold or Thermometer
        It remembers the number of features.

    Raises
    ------
    ValidityError
        If `method`, `level` or `levels` is out of range, or the two contradict the method.
    DataError
        If `x_train` is empty or holds a single value.
    ShapeError
        If `x_train` has no feature axis.

    Notes
    -----
    *Where to put a threshold.* With b the centred bits of n samples, K = b b^T their products, the
    level maximises tr(K)^2 / |K|_F: the variance of the bits times the square root of the number of
    directions it is spread over (the participation ratio tr(K)^2 / |K|_F^2). A low level makes
    strokes thick, which gives much variance, all in few directions; a high level loses
    strokes. This is our choice; on MNIST its maximum, at 39 to 63 depending on the subsample,
    falls where trained networks were best (40 to 60), which neither Otsu's level (112) nor the sum
    of the entropies or label informations of the bits (both highest at 0) does.

    *Does one bit do?* Yes if the best threshold explains at least 0.9 of the variance of the
    values. Source: N. Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE Trans.
    Syst. Man Cybern. 9 (1979), the separability eta of equation 12. It is 0.93 for MNIST, 0.75 for
    a flat histogram, 0.64 for a normal one; 0.9 is our choice.

    *Levels of a thermometer* are quantiles of the values, in which any single value counts for at
    most one step, so that a background does not swallow the levels.

    Examples
    --------
    >>> import numpy as np
    >>> fit_encoder(np.array([[0, 1], [1, 1], [1, 0]]))
    Threshold(kind='threshold', level=0.5, feature_count=2)
    >>> fit_encoder(np.array([[0.0, 900.0], [0.1, 1000.0], [0.3, 5000.0]]), levels=2).levels
    ((0.05, 950.0), (0.2, 3000.0))
    """
    _check_request(method, level, levels)
    x = as_features(x_train)
    sample_axes = np.ndim(x_train) - 1
    sample = _thin(x, _SCALE_SAMPLES).astype(np.float64)
    _check_sample(sample)
    width = x.shape[1]
    if level is not None:
        return Threshold(level=level, feature_count=width)
    shares_scale = sample_axes > 1 or _shares_scale(sample)
    if method == "threshold" or (
        method == "auto"
        and levels is None
        and shares_scale
        and _separability(sample) >= _ONE_BIT_SEPARABILITY
    ):
        return Threshold(level=_choose_level(sample), feature_count=width)
    if shares_scale:
        rows = _capped_quantiles(sample.ravel(), levels or _IMAGE_LEVELS)[:, np.newaxis]
    else:
        rows = _levels_per_feature(_thin(x, _QUANTILE_SAMPLES), levels or _FEATURE_LEVELS)
    return Thermometer(levels=tuple(map(tuple, rows.tolist())), feature_count=width)


def _check_request(method: str, level: float | None, levels: int | None) -> None:
    if method not in ("auto", "threshold", "thermometer"):
        raise ValidityError(
            f"unknown encoding: got '{method}', expected 'auto', 'threshold' or 'thermometer'; "
            f"choose one of these"
        )
    if level is not None and (method == "thermometer" or levels is not None):
        raise ValidityError(
            f"a threshold level does not go with a thermometer: got level {level} with levels "
            f"{levels} and method '{method}', expected only one of them; drop the other"
        )
    if level is not None and not math.isfinite(level):
        raise ValidityError(
            f"threshold level is not finite: got {level}, expected a number in the units of the "
            f"features; choose another level"
        )
    if levels is not None and (method == "threshold" or levels < 1):
        raise ValidityError(
            f"levels out of range: got {levels} with method '{method}', expected at least 1 with "
            f"'thermometer' or 'auto'; choose another number or method"
        )


def _check_sample(sample: npt.NDArray[np.float64]) -> None:
    if sample.size == 0:
        raise DataError(
            "training samples to fit an encoder to are empty: got 0 samples, expected at least 1; "
            "add samples"
        )


def _thin(x: npt.NDArray[Any], most: int) -> npt.NDArray[Any]:
    """Take at most `most` rows, evenly spaced: sets sorted by class are covered as well."""
    return x[:: max(1, -(-len(x) // most))]


def _shares_scale(sample: npt.NDArray[np.float64]) -> bool:
    """Tell whether the features are like pixels: a common set of few values, well used by most."""
    ranges = np.ptp(sample, axis=0)
    varying = ranges[ranges > 0]
    if varying.size == 0 or np.unique(sample).size > _GREY_LEVELS:
        return False
    return bool(np.median(varying) >= 0.5 * np.ptp(sample))


def _separability(sample: npt.NDArray[np.float64]) -> float:
    """Compute Otsu's eta: the share of the variance that the best single threshold explains."""
    values, counts = np.unique(sample, return_counts=True)
    if values.size == 1:
        return 1.0
    weights = counts / counts.sum()
    centred = values - weights @ values
    below = np.cumsum(weights)[:-1]
    moment = np.cumsum(weights * centred)[:-1]
    between = moment**2 / (below * (1 - below))
    return float(between.max() / (weights @ centred**2))


def _choose_level(sample: npt.NDArray[np.float64]) -> float:
    """Choose the level of the highest score; in the middle of a tie."""
    candidates = _candidate_levels(sample)
    scores = np.array([_distinctness(sample > level) for level in candidates])
    best = np.flatnonzero(scores >= scores.max() * (1 - 1e-6))
    return float(candidates[best[len(best) // 2]])


def _candidate_levels(sample: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    values = np.unique(sample)
    if values.size == 1:
        return values
    if values.size <= _CANDIDATE_LEVELS + 1:
        return (values[:-1] + values[1:]) / 2
    # Outliers, one value in a thousand at either end, do not stretch the scale.
    low, high = np.quantile(sample, [0.001, 0.999])
    return np.asarray(np.linspace(low, high, _CANDIDATE_LEVELS + 2)[1:-1])


def _distinctness(bits: npt.NDArray[np.bool_]) -> float:
    """Score bits of shape (B, F) by tr(K)^2 / |K|_F of their centred products; 0 if constant."""
    centred = bits.astype(np.float32)
    centred -= centred.mean(axis=0)
    products = centred @ centred.T
    norm = float(np.linalg.norm(products))
    return float(np.trace(products)) ** 2 / norm if norm > 0 else 0.0


def _levels_per_feature(x: npt.NDArray[Any], count: int) -> npt.NDArray[np.float64]:
    """Choose `count` levels for each feature; returns shape (count, F)."""
    columns = x.astype(np.float64).T
    return np.stack([_capped_quantiles(column, count) for column in columns], axis=1)


def _capped_quantiles(values: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.float64]:
    """Choose `count` levels at quantiles; one value counts for at most one step between levels.

    Each level lies halfway between two neighbouring values, so that each splits the values; the
    levels of a two-valued feature coincide. A constant feature has its levels at its value.
    """
    distinct, counts = np.unique(values, return_counts=True)
    if distinct.size == 1:
        return np.repeat(distinct, count)
    weights = np.minimum(counts, values.size / (count + 1))
    below = np.cumsum(weights)[:-1] / weights.sum()
    wanted = np.arange(1, count + 1) / (count + 1)
    middles = distinct[:-1] + (distinct[1:] - distinct[:-1]) / 2
    nearest = np.searchsorted((below[:-1] + below[1:]) / 2, wanted)
    return np.asarray(middles[nearest])
