"""Bitspin for who works with scikit-learn: a classifier with `fit`, `predict` and the rest.

In come arrays or data frames and labels of any type, out come labels; the rooms below do the work.
Needs ``pip install 'bitspin[sklearn]'``. Read ``classifier.py``; ``parameters.py`` makes settings
of its parameters, ``checks.py`` says in one line what is wrong with an input.
"""

from bitspin.errors import BackendError

try:
    import sklearn  # noqa: F401
except ImportError as error:
    raise BackendError(
        f"bitspin.estimators needs scikit-learn, which cannot be imported here ({error}); install "
        "it with: pip install 'bitspin[sklearn]'"
    ) from error

from bitspin.estimators.classifier import TGBNNClassifier

__all__ = ["TGBNNClassifier"]
