"""The encoders as one type, and the way back from a plain dict to the right one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from bitspin.encode.biased import Biased
from bitspin.encode.thermometer import Thermometer
from bitspin.encode.threshold import Threshold
from bitspin.errors import DataError

__all__ = ["Encoder", "encoder_from_dict"]

Encoder: TypeAlias = Threshold | Thermometer | Biased
"""Any encoder: has ``kind``, ``bit_count(feature_count)``, ``encode(x)`` and ``to_dict()``."""

_BY_KIND: Final[TypeAdapter[Encoder]] = TypeAdapter(
    Annotated[Threshold | Thermometer | Biased, Field(discriminator="kind")]
)


def encoder_from_dict(fields: Mapping[str, Any]) -> Encoder:
    """Make an encoder from the plain dict that its ``to_dict`` gave.

    Parameters
    ----------
    fields : mapping
        With ``kind`` ("threshold", "thermometer" or "biased") and the fields of that encoder.

    Returns
    -------
    Threshold, Thermometer or Biased
        Equal to the encoder that was written.

    Raises
    ------
    DataError
        If the kind is unknown or a field is missing, unknown or out of range.

    Examples
    --------
    >>> encoder_from_dict({"kind": "threshold", "level": 50.0})
    Threshold(kind='threshold', level=50.0, feature_count=None)
    """
    try:
        return _BY_KIND.validate_python(dict(fields))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "kind"
        raise DataError(
            f"encoder record is not valid at '{where}': got {fields!r}, expected fields as written "
            f"by to_dict ({first['msg']}); write the record again"
        ) from error
