"""The base of everything that a user may write into a TOML file or pass as a dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

__all__ = ["Settings"]

NO_NUMBER = PydanticCustomError("no_number", "Input should be a number, not true or false")


class Settings(BaseModel):
    """Frozen values; a misspelt key is an error, and so is a truth value in place of a number.

    For Python True is the integer 1, and pydantic agrees.

    Examples
    --------
    >>> class Length(Settings):
    ...     epochs: int
    >>> Length(epochs=3)
    Length(epochs=3)
    >>> Length(epochs=True)
    Traceback (most recent call last):
    pydantic_core._pydantic_core.ValidationError: 1 validation error for Length
    epochs
      Input should be a number, not true or false ...
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _true_is_no_number(cls, values: Any) -> Any:
        given = values if isinstance(values, dict) else {}
        wrong = [
            InitErrorDetails(type=NO_NUMBER, loc=(name, *place), input=truth)
            for name, field in cls.model_fields.items()
            if takes(field.annotation, int, float) and not takes(field.annotation, bool)
            for place, truth in truth_values(given.get(name))
        ]
        if wrong:
            raise ValidationError.from_exception_data(cls.__name__, wrong)
        return values


def takes(annotation: Any, *types: type) -> bool:
    """Whether an annotation is one of some types, or is made of them.

    Examples
    --------
    >>> takes(int | None, int), takes(tuple[float, ...], int, float), takes(bool, int)
    (True, True, False)
    """
    return annotation in types or any(takes(part, *types) for part in get_args(annotation))


def truth_values(value: Any) -> Iterator[tuple[tuple[int, ...], bool]]:
    """Find a value that is true or false, and those within a list, each with its place there.

    Examples
    --------
    >>> list(truth_values([8, True])), list(truth_values(False)), list(truth_values(1))
    ([((1,), True)], [((), False)], [])
    """
    if isinstance(value, bool):
        yield (), value
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            for place, truth in truth_values(item):
                yield (index, *place), truth
