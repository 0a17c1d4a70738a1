"""How bad may a cell be? For each fault alone, the largest value that training bears.

Each evaluation is a training in an array with one fault and nothing else wrong, on one seed and
one chip, compared with the ideal array of the same seed. Evaluations are kept in a file as they
finish, so an interrupted search goes on where it stopped.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import geometric_mean, stdev
from typing import Any

from bitspin.array import IdealArray, MramArray, MramModel
from bitspin.config import RunConfig
from bitspin.errors import StoreError, ValidityError
from bitspin.results.files import replace_file
from bitspin.run.kept_array import array_model
from bitspin.run.prepare import Prepared
from bitspin.run.samples import strict_rule
from bitspin.train import Network, Trainer
from bitspin.train.bnn_rule import BnnRule
from bitspin.train.rule import Geometry

__all__ = [
    "FAULTS",
    "Bracket",
    "Fault",
    "Ledger",
    "Tolerance",
    "search",
    "train_once",
    "within_law",
]

# Quantile of Student's t for 95 % intervals, by seeds - 1.
STUDENT_95 = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}
STUDENT_95 |= {14: 2.14, 19: 2.09, 29: 2.05}

# Of a range, to find where a law ends: to 0.1 % for a range of two decades.
LAW_HALVINGS = 12

# A read so weak and short that it disturbs nothing, at any temperature.
HARMLESS_READ = {"read_voltage_v": 1e-6, "read_pulse_width_s": 1e-15}


@dataclass(frozen=True)
class Fault:
    """One thing that can be wrong with an array.

    Parameters
    ----------
    name : str
        Key in `MramArray`.
    low, high : float
        Where the search begins and ends; it bisects the exponent.
    unit : str
    device : str
        Device that shows it, with everything else ideal.
    xnor : str
    sensing : str
    law_ends : bool
        The search ends at `high` because the device's law does: what lies beyond is not known.
    """

    name: str
    low: float
    high: float
    unit: str = ""
    device: str = "mtj-sot"
    xnor: str = "complementary"
    sensing: str = "product"
    law_ends: bool = False

    @property
    def most(self) -> float:
        """Largest value that there can be."""
        limits = MramArray.model_fields[self.name].metadata
        return float(min(limit.le for limit in limits if hasattr(limit, "le")))

    def array(
        self, value: float, seed: int, retention_temperature_kelvin: float | None = None
    ) -> MramArray:
        """Give an array with this fault alone, on the chip of that seed."""
        clean: dict[str, Any] = {
            **HARMLESS_READ,
            "device": self.device,
            "xnor": self.xnor,
            "threshold_d2d_ratio": 0.0,
            "resistance_d2d_ratio": 0.0,
            "tmr_d2d_ratio": 0.0,
            "sensing": self.sensing,
            "toggle_error_rate": 0.0 if self.xnor == "toggle" else None,
            "retention_temperature_kelvin": retention_temperature_kelvin,
            "device_seed": seed,
        }
        return MramArray.model_validate({**clean, self.name: value})


FAULTS = (
    Fault("toggle_error_rate", 1e-10, 1e-4, device="vcma-toggle", xnor="toggle"),
    Fault("threshold_d2d_ratio", 0.005, 0.25),
    Fault("resistance_d2d_ratio", 0.005, 0.25, sensing="sum"),
    Fault("read_noise", 0.5, 78.0, "of a sum"),
    Fault("sense_offset", 1.0, 400.0, "of a sum"),
    Fault("stuck_probability", 1e-3, 0.9),
    Fault("write_error_probability", 0.01, 0.99),
    Fault("retention_time_s", 1e-3, 1e10, "s"),
)


@dataclass(frozen=True)
class Bracket:
    """Between which values training stops bearing a fault, on one seed.

    Parameters
    ----------
    borne : float or None
        Largest value that was borne; None if not even the lowest of the range was.
    failed : float or None
        Smallest value that was not; None if even the highest of the range was borne.
    """

    borne: float | None
    failed: float | None

    @property
    def edge(self) -> float:
        """Geometric middle; the end of the range if the edge lies beyond."""
        return geometric_mean([end for end in (self.borne, self.failed) if end is not None])


@dataclass(frozen=True)
class Tolerance:
    """The largest value of a fault within the wanted loss, over seeds.

    Each seed (training and chip) gives one edge between borne and not borne: the geometric middle
    of its bracket, or the end of the range if the edge lies beyond. Seeds are independent, so that
    the spread of these edges, which carries the noise of every training in the search, tells how
    well their mean is known.

    Parameters
    ----------
    fault : Fault
    brackets : tuple of Bracket
        Of each seed.
    """

    fault: Fault
    brackets: tuple[Bracket, ...]

    @property
    def edges(self) -> tuple[float, ...]:
        """Where each seed stops bearing the fault."""
        return tuple(bracket.edge for bracket in self.brackets)

    @property
    def middle(self) -> float:
        """Geometric mean over seeds; a bound if any seed lies beyond the range."""
        return geometric_mean(self.edges)

    @property
    def beyond(self) -> int:
        """Seeds that bear even the highest value of the range."""
        return sum(bracket.failed is None for bracket in self.brackets)

    @property
    def below(self) -> int:
        """Seeds that do not bear even the lowest value of the range."""
        return sum(bracket.borne is None for bracket in self.brackets)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the geometric mean; None for one seed, or if seeds lie beyond the range.

        Student's t of the logarithms, widened at both ends by half a bracket, the rounding of a
        search: an interval cannot be narrower than the steps in which it was looked for. It ends
        where the fault does: no probability is above 1.
        """
        count = len(self.edges)
        if count < 2 or self.beyond or self.below:
            return None
        logs = [math.log(edge) for edge in self.edges]
        reach = student_95(count - 1) * stdev(logs) / math.sqrt(count) + self._half_bracket()
        return self.middle / math.exp(reach), min(self.middle * math.exp(reach), self.fault.most)

    def _half_bracket(self) -> float:
        return max(
            0.5 * math.log(bracket.failed / bracket.borne)
            for bracket in self.brackets
            if bracket.failed is not None and bracket.borne is not None
        )


def student_95(freedom: int) -> float:
    """Two-sided 95 % quantile of Student's t, never too small between the entries of the table.

    Examples
    --------
    >>> student_95(4), student_95(12), student_95(100)
    (2.78, 2.26, 2.05)
    """
    return STUDENT_95[max(entry for entry in STUDENT_95 if entry <= freedom)]


class Ledger:
    """Evaluations that are finished, kept in a file.

    Parameters
    ----------
    path : Path
    question : dict
        What is evaluated; a ledger of another question is refused.
    """

    def __init__(self, path: Path, question: dict[str, Any]) -> None:
        self.path = path
        self._question = question
        self._answers: dict[str, float] = {}
        if path.exists():
            try:
                kept = json.loads(path.read_text(encoding="utf-8"))
                asked, self._answers = kept["question"], dict(kept["answers"])
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise StoreError(
                    f"{path} cannot be read: {error}; remove it to start again"
                ) from error
            if asked != json.loads(json.dumps(question)):
                raise StoreError(
                    f"{path}: got evaluations of another configuration, expected this one; choose "
                    "another --out"
                )

    def ask(self, key: str, evaluate: Callable[[], float]) -> float:
        """Give the answer on file, or find it and file it."""
        if key not in self._answers:
            self._answers[key] = evaluate()
            kept = {"question": self._question, "answers": self._answers}
            replace_file(self.path, (json.dumps(kept, indent=1) + "\n").encode())
        return self._answers[key]


def within_law(fault: Fault, config: RunConfig, prepared: Prepared) -> Fault:
    """End a fault's range where the law of its device does, if that is before.

    A law holds up to some bias: that of `bitspin.device.ThermalMtj` up to the critical voltage, at
    which the barrier is gone. All cells get the same pulse, so that the more their thresholds
    spread, the further the weakest of them is beyond its own.

    Raises
    ------
    DataError, ValidityError
        If not even the low end of the range can be trained on.
    """
    widths = prepared.widths(config.network.hidden)
    geometry = Geometry.of(widths, prepared.code)
    ends = [strict_rule(config).step_rule(geometry, 1, progress) for progress in (0.0, 1.0)]
    asked = {layer.probability_q31 for rule in ends for layer in rule.layers}

    def write(value: float) -> None:
        model = MramModel.load(fault.array(value, 0))
        for probability_q31 in asked:
            model.class_probabilities_q31(probability_q31)

    def described(value: float) -> bool:
        try:
            write(value)
        except ValidityError:
            return False
        return True

    write(fault.low)
    bracket = bisect(fault.low, fault.high, LAW_HALVINGS, described)
    if bracket.failed is None or bracket.borne is None:
        return fault
    return replace(fault, high=bracket.borne, law_ends=True)


def train_once(config: RunConfig, prepared: Prepared, threads: int, backend: str) -> float:
    """Train from the start without keeping anything; give the test accuracy (0 … 1)."""
    assert not isinstance(config.rule, BnnRule)  # `RunConfig` refuses it in a real array
    network = Network.random(prepared.widths(config.network.hidden), prepared.code, config.seed)
    trainer = Trainer(
        network,
        config.rule,
        prepared.training,
        config.epochs,
        config.seed,
        threads,
        backend,
        array=array_model(config),
    )
    while trainer.position.epoch < config.epochs:
        trainer.run_epoch()
    return trainer.accuracy(prepared.test, prepared.dataset.y_test)


def search(
    config: RunConfig,
    fault: Fault,
    seeds: tuple[int, ...],
    loss: float,
    halvings: int,
    accuracy: Callable[[str, RunConfig], float],
    retention_temperature_kelvin: float | None = None,
) -> Tolerance:
    """Bisect the exponent of a fault for each seed.

    Parameters
    ----------
    config : RunConfig
        Its array is replaced.
    fault : Fault
    seeds : tuple of int
        Of training and of the chip.
    loss : float
        Accuracy (0 … 1) that may be lost against the ideal array of the same seed.
    halvings : int
        Of the range's logarithm.
    accuracy : callable
        Gives the accuracy of a configuration, whose name is its key in the ledger.
    retention_temperature_kelvin : float or None
        At rest between training and use; see `MramArray`.
    """
    found = []
    for seed in seeds:
        seeded = config.model_copy(update={"seed": seed})
        ideal = accuracy(f"ideal {seed}", seeded.model_copy(update={"array": IdealArray()}))

        def bears(value: float, seed: int = seed, ideal: float = ideal) -> bool:
            array = fault.array(value, seed, retention_temperature_kelvin)
            faulty = config.model_copy(update={"seed": seed, "array": array})
            return accuracy(f"{fault.name} {value:.6g} {seed}", faulty) >= ideal - loss

        found.append(bisect(fault.low, fault.high, halvings, bears))
    return Tolerance(fault, tuple(found))


def bisect(low: float, high: float, halvings: int, bears: Callable[[float], bool]) -> Bracket:
    """Close in on the edge between borne and not borne, to the range's logarithm / 2**halvings."""
    if bears(high):
        return Bracket(high, None)
    if not bears(low):
        return Bracket(None, low)
    for _ in range(halvings):
        middle = float(f"{math.sqrt(low * high):.6g}")
        if bears(middle):
            low = middle
        else:
            high = middle
    return Bracket(low, high)
