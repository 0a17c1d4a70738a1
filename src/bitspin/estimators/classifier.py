"""`TGBNNClassifier`: a network of one-bit weights behind the interface of scikit-learn."""

from __future__ import annotations

import os
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from bitspin.bits import BitMatrix
from bitspin.config import RunConfig
from bitspin.errors import DataError
from bitspin.estimators.checks import as_classes, as_indices, check_labelled, check_samples
from bitspin.estimators.parameters import online_learning, run_config
from bitspin.export.from_run import (
    Exported,
    Learning,
    Source,
    device_schedule,
    export_network,
)
from bitspin.export.online import OnlineLearner
from bitspin.export.plan import DevicePlan, plan_device
from bitspin.export.targets import target_named
from bitspin.results.files import folder_of
from bitspin.run.prepare import encode_bits
from bitspin.run.samples import Beginning, begin_network, strict_rule, train_network
from bitspin.run.start import check_resources
from bitspin.train import TrainingSet

__all__ = ["TGBNNClassifier"]

# Training samples that are kept, as bits, so that an exported project can prove itself.
KEPT_SAMPLES = 128


class TGBNNClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Fully connected network of +1 / -1 weights, trained by write pulses, one bit a weight.

    Features may be of any numeric type and scale: an encoder, chosen from the training samples,
    makes bits of them. Parameters are those of a run's ``config.toml``; None stands for the rule's
    own default. They are checked by `fit`.

    Parameters
    ----------
    hidden : tuple of int
        Units of each hidden layer.
    epochs : int
        Length of the training of `fit`.
    mode : {"row-budget", "plain"}
        The learning rule.
    code : {"onehot", "hadamard", "bch"}
        Output code of the classes.
    code_length : int or None
        Bits of a Hadamard or BCH code word.
    encode : {"auto", "threshold", "thermometer"}
        How features become bits.
    pixel_threshold : float or None
        The threshold, in the units of the features.
    levels : int or None
        Bits of a thermometer for each feature.
    batch, batch_end : int or None
        Samples a step at the start and the end of `fit`.
    echo : int or None
        Steps of `fit` on each mini-batch before the next one is drawn.
    margin, window, error_dead_zone, gradient_floor : float or None
        Constants of the rule; see docs/rule.md.
    write_probability, write_probability_end : float or None
        Chance that a write pulse switches its cell; the second for "plain" only.
    budget, budget_end, output_budget, output_budget_end : float or None
        Pulses a neuron and step, for "row-budget" only.
    online_batch : int
        Samples an update of `partial_fit`, and of an exported device. 1 learns from every sample.
    online_capacity : int or None
        Samples with an error that the device keeps; None: as many as a batch has.
    online_samples : int
        Length of the on-line schedule; afterwards its last rule holds on.
    online_begin : float or None
        Where in the rule's schedule on-line learning begins, 0 (from scratch) … 1 (the end). None:
        0 if the first call is `partial_fit`, 0.5 after `fit`.
    random_state : int, RandomState or None
        An int is the seed, as in ``bitspin train --seed``. None draws one.
    threads : int or None
        None: all processors, or in a worker of joblib what that worker may use. The result does not
        depend on it.
    backend : str
        Kernel backend; the result does not depend on it.

    Attributes
    ----------
    classes_ : ndarray of shape (C,)
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (F,), object
        Only after training on a data frame with names.
    config_ : RunConfig
        All settings of the training, with the seed.
    encoder_ : Threshold or Thermometer
    network_ : Network
        The weights, one bit each; `partial_fit` changes them in place.

    Notes
    -----
    `fit` gives the weights of ``bitspin train`` with the same samples, settings and seed.
    `partial_fit` gives those of an exported device that is shown the same samples one by one.
    There are no sample weights: a sample either causes an error or it does not. Scores are integer
    sums without a scale; for probabilities put a `sklearn.calibration.CalibratedClassifierCV`
    around the classifier.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from bitspin.estimators import TGBNNClassifier
    >>> x, y = load_iris(return_X_y=True)
    >>> classifier = TGBNNClassifier(hidden=(64,), random_state=0).fit(x, y)
    >>> classifier.score(x, y) > 0.9
    True
    """

    def __init__(
        self,
        hidden: tuple[int, ...] = (1000,),
        *,
        epochs: int = 24,
        mode: Literal["row-budget", "plain"] = "row-budget",
        code: Literal["onehot", "hadamard", "bch"] = "onehot",
        code_length: int | None = None,
        encode: Literal["auto", "threshold", "thermometer"] = "auto",
        pixel_threshold: float | None = None,
        levels: int | None = None,
        batch: int | None = None,
        batch_end: int | None = None,
        echo: int | None = None,
        margin: float | None = None,
        window: float | None = None,
        error_dead_zone: float | None = None,
        gradient_floor: float | None = None,
        write_probability: float | None = None,
        write_probability_end: float | None = None,
        budget: float | None = None,
        budget_end: float | None = None,
        output_budget: float | None = None,
        output_budget_end: float | None = None,
        online_batch: int = 64,
        online_capacity: int | None = None,
        online_samples: int = 60000,
        online_begin: float | None = None,
        random_state: int | np.random.RandomState | None = None,
        threads: int | None = None,
        backend: str = "auto",
    ) -> None:
        self.hidden = hidden
        self.epochs = epochs
        self.mode = mode
        self.code = code
        self.code_length = code_length
        self.encode = encode
        self.pixel_threshold = pixel_threshold
        self.levels = levels
        self.batch = batch
        self.batch_end = batch_end
        self.echo = echo
        self.margin = margin
        self.window = window
        self.error_dead_zone = error_dead_zone
        self.gradient_floor = gradient_floor
        self.write_probability = write_probability
        self.write_probability_end = write_probability_end
        self.budget = budget
        self.budget_end = budget_end
        self.output_budget = output_budget
        self.output_budget_end = output_budget_end
        self.online_batch = online_batch
        self.online_capacity = online_capacity
        self.online_samples = online_samples
        self.online_begin = online_begin
        self.random_state = random_state
        self.threads = threads
        self.backend = backend

    # ---- learning --------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any) -> TGBNNClassifier:
        """Train from random weights over all epochs.

        Parameters
        ----------
        X : array_like of shape (B, F)
            Finite numbers.
        y : array_like of shape (B,)
            Labels of any type, two classes or more.

        Returns
        -------
        TGBNNClassifier
            Itself.

        Raises
        ------
        ValueError
            `DataError`, `ShapeError` or `ValidityError`: one line each.
        """
        threads, backend = check_resources(self.threads, self.backend)
        x, labels = check_labelled(self, X, y, first=True)
        classes = as_classes(labels)
        config = self._config()
        beginning = begin_network(config, x, as_indices(classes, labels), len(classes))
        train_network(config, beginning, threads, backend)
        self._keep(config, beginning, classes, begin=0.5)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> TGBNNClassifier:
        """Learn from the next samples of a stream, as a device does.

        Weights change whenever ``online_batch`` samples have come; the rest wait for the next call.
        The first call, unless `fit` came before, draws random weights and chooses the encoder from
        its samples: let it have some hundred of them.

        Parameters
        ----------
        X : array_like of shape (B, F)
        y : array_like of shape (B,)
        classes : array_like of shape (C,), optional
            All labels that may ever come; needed in the first call.

        Returns
        -------
        TGBNNClassifier
            Itself.

        Raises
        ------
        ValueError
            `DataError`, `ShapeError` or `ValidityError`: one line each; among them for a label that
            is none of the classes.
        """
        threads, backend = check_resources(self.threads, self.backend)
        first = not hasattr(self, "network_")
        x, labels = check_labelled(self, X, y, first=first)
        known = self._known_classes(classes, first=first)
        indices = as_indices(known, labels)
        if first:
            config = self._config()
            self._keep(config, begin_network(config, x, indices, len(known)), known, begin=0.0)
        bits = encode_bits(self.encoder_, x)
        self._online.learn(bits, indices.astype(np.uint16), threads, backend)
        return self

    def _known_classes(self, classes: Any, *, first: bool) -> npt.NDArray[Any]:
        if first and classes is None:
            raise DataError(
                "classes: got none in the first call of partial_fit, expected all labels that may "
                "ever come; pass classes=numpy.unique(y)"
            )
        if first:
            return as_classes(classes)
        if classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise DataError(
                f"classes: got {np.unique(classes).tolist()}, expected {self.classes_.tolist()} as "
                "in the first call; leave them out, or fit again"
            )
        fitted: npt.NDArray[Any] = self.classes_
        return fitted

    def _keep(
        self, config: RunConfig, beginning: Beginning, classes: npt.NDArray[Any], *, begin: float
    ) -> None:
        """Keep the network, and set up what it learns later."""
        network = beginning.network
        learning = self._learning(begin)
        schedule = device_schedule(strict_rule(config), network, learning)
        capacity = learning.capacity or learning.batch
        self.classes_ = classes
        self.config_ = config
        self.encoder_ = beginning.encoder
        self.network_ = network
        self._begin = learning.begin
        self._online = OnlineLearner(network, schedule, config.seed, capacity)
        self._kept = a_few(beginning.training)

    # ---- using -----------------------------------------------------------------------------------

    def decision_function(self, X: Any) -> npt.NDArray[np.float64]:
        """Score each class; the highest wins, and the first among equals.

        Parameters
        ----------
        X : array_like of shape (B, F)

        Returns
        -------
        ndarray of shape (B, C), float64
            Integer sums. With two classes of shape (B,): the lead of the second over the first.

        Raises
        ------
        ValueError
            `DataError` or `ShapeError`: one line.
        NotFittedError
            Before `fit` and `partial_fit`.
        """
        scores = self._scores(X).astype(np.float64)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Give the label of each sample.

        Parameters
        ----------
        X : array_like of shape (B, F)

        Returns
        -------
        ndarray of shape (B,)
            Labels as they were given to `fit`.

        Raises
        ------
        ValueError
            `DataError` or `ShapeError`: one line.
        NotFittedError
            Before `fit` and `partial_fit`.
        """
        best = self._scores(X).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes_[best]
        return labels

    def _scores(self, samples: Any) -> npt.NDArray[np.int32]:
        check_is_fitted(self, "network_")
        threads, backend = check_resources(self.threads, self.backend)
        bits = encode_bits(self.encoder_, check_samples(self, samples))
        scores: npt.NDArray[np.int32] = self.network_.predict(bits, threads, backend)[1]
        return scores

    # ---- the device ------------------------------------------------------------------------------

    def device_plan(
        self,
        target: str = "cortex-m4",
        *,
        ram_bytes: int | None = None,
        clock_hz: float = 64e6,
    ) -> DevicePlan:
        """Say what the network will need on a microcontroller that predicts and learns.

        Parameters
        ----------
        target : str
            "cortex-m0", "cortex-m0-large", "cortex-m3", "cortex-m4" or "rv32imac".
        ram_bytes : int, optional
            The budget; all RAM of the target if None.
        clock_hz : float
            For the times.

        Returns
        -------
        DevicePlan

        Raises
        ------
        ValidityError
            If the network does not fit.
        """
        check_is_fitted(self, "network_")
        machine = target_named(target)
        wanted = self._learning(self._begin)
        plan_for = partial(
            plan_device,
            self.network_.widths,
            self.network_.code.rows,
            machine,
            ram_bytes=machine.ram_bytes if ram_bytes is None else ram_bytes,
            clock_hz=clock_hz,
        )
        plan = plan_for(batch=wanted.capacity)
        if wanted.capacity is None and plan.largest_batch > wanted.batch:
            # As `export_c` does: no more samples are kept than a batch has.
            plan = plan_for(batch=wanted.batch)
        return plan

    def export_c(
        self,
        out: str | os.PathLike[str],
        target: str = "cortex-m4",
        *,
        learns: bool = True,
        X: Any = None,
        y: Any = None,
    ) -> Exported:
        """Write a C99 project that predicts and learns on a microcontroller.

        The device begins with the weights of now and the first update of the on-line schedule.
        Compiler and emulator of the target measure it; see the tutorial.

        Parameters
        ----------
        out : path
            New or empty folder.
        target : str
            As for `device_plan`, or "host".
        learns : bool
            Whether it learns, by the ``online_`` parameters; else it only predicts.
        X, y : array_like of shape (B, F) and (B,), optional
            Samples that go with the project for ``bitspin verify``; by default some of those that
            the encoder was chosen from.

        Returns
        -------
        Exported
            ``project.capacity`` is how many samples with an error the device keeps.

        Raises
        ------
        ValidityError
            If the network does not fit the target.
        BackendError
            If compiler or emulator are missing, or the device differs from the simulation.
        StoreError
            If the folder is not empty or cannot be written.
        """
        check_is_fitted(self, "network_")
        kept = self._kept if X is None else self._encoded(X, y)
        source = Source(
            self.network_,
            strict_rule(self.config_),
            self.config_.seed,
            kept.samples,
            kept.labels,
        )
        learning = self._learning(self._begin) if learns else None
        return export_network(source, folder_of(out), target=target, learning=learning)

    def _encoded(self, samples: Any, labels: Any) -> TrainingSet:
        x, y = check_labelled(self, samples, labels, first=False)
        indices = as_indices(self.classes_, y).astype(np.uint16)
        return TrainingSet(encode_bits(self.encoder_, x), indices)

    # ---- parameters ------------------------------------------------------------------------------

    def _config(self) -> RunConfig:
        return run_config(self.get_params(deep=False))

    def _learning(self, begin: float) -> Learning:
        return online_learning(self.get_params(deep=False), begin)


def a_few(training: TrainingSet) -> TrainingSet:
    """Take some of the samples, evenly spaced, so that classes in order are all among them."""
    last = training.samples.rows - 1
    chosen = np.unique(np.linspace(0, last, KEPT_SAMPLES).astype(np.intp))
    words = training.samples.words[chosen]
    return TrainingSet(BitMatrix(words, training.samples.columns), training.labels[chosen])
