"""How bad may a cell be? For each fault alone, the largest value that training bears.

Each evaluation is a training in an array with one fault and nothing else wrong, on one seed and
one chip, compared with the ideal array of the same seed. Evaluations are kept in a file as they
finish, so an interrupted search goes on where it stopped.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bitspin.array import IdealArray, MramArray
from bitspin.config import RunConfig
from bitspin.errors import StoreError
from bitspin.results.files import replace_file
from bitspin.run.prepare import Prepared
from bitspin.run.strict import array_model
from bitspin.train import Network, Trainer
from bitspin.train.bnn_rule import BnnRule

__all__ = ["FAULTS", "Fault", "Ledger", "Tolerance", "search"]

# Quantile of Student's t for 95 % intervals, by seeds - 1; beyond the table that of the normal law.
STUDENT_95 = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}


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
    """

    name: str
    low: float
    high: float
    unit: str
    device: str = "mtj-sot"
    xnor: str = "complementary"

    def array(self, value: float, seed: int) -> MramArray:
        """Give an array with this fault alone."""
        clean: dict[str, Any] = {
            "device": self.device,
            "xnor": self.xnor,
            "threshold_d2d_ratio": 0.0,
            "toggle_error_rate": 0.0 if self.xnor == "toggle" else None,
            "read_voltage_v": 1e-6,
            "device_seed": seed,
        }
        return MramArray.model_validate({**clean, self.name: value})


FAULTS = (
    Fault("toggle_error_rate", 1e-10, 1e-4, "", "vcma-toggle", "toggle"),
    Fault("threshold_d2d_ratio", 0.005, 0.25, ""),
    Fault("read_noise", 0.5, 78.0, "of a sum"),
    Fault("sense_offset", 1.0, 400.0, "of a sum"),
    Fault("stuck_probability", 1e-4, 0.5, ""),
    Fault("write_error_probability", 0.01, 0.99, ""),
    Fault("retention_time_s", 1.0, 1e10, "s at 300 K"),
)


@dataclass(frozen=True)
class Tolerance:
    """The largest value of a fault within the wanted loss.

    Parameters
    ----------
    fault : Fault
    values : tuple of float
        Of each seed: the largest that was borne.
    step_ratio : float
        The next value that was tried, and not borne, over that one.
    """

    fault: Fault
    values: tuple[float, ...]
    step_ratio: float = 1.0

    @property
    def middle(self) -> float:
        """Geometric mean over seeds."""
        return math.exp(sum(map(math.log, self.values)) / len(self.values))

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of that mean (Student's t of the logarithms), and the search's own step."""
        count = len(self.values)
        if count < 2:
            return None
        logs = [math.log(value) for value in self.values]
        mean = sum(logs) / count
        variance = sum((x - mean) ** 2 for x in logs) / (count - 1)
        reach = STUDENT_95.get(count - 1, 1.96) * math.sqrt(variance / count)
        return math.exp(mean - reach), math.exp(mean + reach) * self.step_ratio


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
    """
    found = []
    for seed in seeds:
        seeded = config.model_copy(update={"seed": seed})
        ideal = accuracy(f"ideal {seed}", seeded.model_copy(update={"array": IdealArray()}))

        def bears(value: float, seed: int = seed, ideal: float = ideal) -> bool:
            array = fault.array(value, seed)
            faulty = config.model_copy(update={"seed": seed, "array": array})
            return accuracy(f"{fault.name} {value:.6g} {seed}", faulty) >= ideal - loss

        found.append(bisect(fault.low, fault.high, halvings, bears))
    return Tolerance(fault, tuple(found), (fault.high / fault.low) ** (0.5**halvings))


def bisect(low: float, high: float, halvings: int, bears: Callable[[float], bool]) -> float:
    """Largest value that is borne, to the range's logarithm over 2**halvings; an end is an end."""
    if bears(high):
        return high
    if not bears(low):
        return low
    for _ in range(halvings):
        middle = float(f"{math.sqrt(low * high):.6g}")
        if bears(middle):
            low = middle
        else:
            high = middle
    return low
