"""No setting of any kind takes true for the number 1."""

from __future__ import annotations

import pytest

# Whatever a user may write into a file is defined in one of these.
from bitspin import config, cost, device, sweep  # noqa: F401
from bitspin.device import macrospin  # noqa: F401
from bitspin.settings import Settings, takes
from bitspin.train import bnn_settings


def kinds(base: type[Settings]) -> list[type[Settings]]:
    """All kinds of settings that are known."""
    return [kind for child in base.__subclasses__() for kind in (child, *kinds(child))]


NUMBERS = [
    (kind, name)
    for kind in kinds(Settings)
    for name, field in kind.model_fields.items()
    if takes(field.annotation, int, float) and not takes(field.annotation, bool)
]


def refused(kind: type[Settings], name: str, value: object) -> bool:
    """Whether a value of a field is refused because it is no number."""
    try:
        kind.model_validate({name: value})
    except ValueError as error:  # pydantic's, or Bitspin's own where a record says it itself
        said = str(error)
        return name in said and "a number, not true or false" in said
    return False


@pytest.mark.parametrize(("kind", "name"), NUMBERS)
def test_true_is_no_number(kind, name) -> None:
    assert refused(kind, name, value=True)
    assert refused(kind, name, value=[1, False])
    assert not refused(kind, name, value=1)


def test_every_kind_of_file_has_numbers() -> None:
    names = {kind.__name__ for kind, _ in NUMBERS}
    assert names >= {"RunConfig", "NetworkConfig", "RowBudget", "BnnRule", "MramArray"}
    assert names >= {"BnnSettings", "Price", "SotMtj", "MacrospinParameters", "Range", "Search"}


def test_a_truth_value_stays_one() -> None:
    assert bnn_settings.BnnSettings(batch_norm=False).batch_norm is False
