"""scikit-learn's own checks of an estimator."""

from __future__ import annotations

from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks

from bitspin.estimators import TGBNNClassifier

# None: each check passes. A check that cannot pass would stand here, with its reason.
EXPECTED_FAILURES: dict[str, str] = {}


def expected_failures(estimator: Any) -> dict[str, str]:
    return EXPECTED_FAILURES


@parametrize_with_checks(
    [
        TGBNNClassifier(hidden=(64,)),
        TGBNNClassifier(hidden=(64, 32), mode="plain", epochs=60, code="hadamard", code_length=31),
    ],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_contract(estimator: Any, check: Any) -> None:
    check(estimator)
