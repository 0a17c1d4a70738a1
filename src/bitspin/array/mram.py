"""From the description of an MRAM array and a device to what the core needs.

Sorted by when randomness is drawn: `MramModel.cells` draws once per device (class of each cell,
stuck cells, sense offsets); `MramModel.class_probabilities` gives the chances of each write, and
the rates in `LayerCells` those of each toggle and read.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from bitspin.array.classes import BOTH_STATES, CellClasses, make_classes
from bitspin.array.noise import SMALLEST_NOISE, noise_scale_q8
from bitspin.array.sensing import ReadSpread, read_spread
from bitspin.array.spec import MramArray
from bitspin.bits import BitMatrix, LayerCells, derive_key, random_words
from bitspin.bits.cells import RATE_BITS
from bitspin.bits.engine import PROBABILITY_ONE
from bitspin.device import ANTIPARALLEL, PARALLEL, AnyDevice, load_device
from bitspin.errors import ValidityError

__all__ = ["MramModel"]

DOMAIN_CELLS = 0x401
DOMAIN_STUCK = 0x402
DOMAIN_OFFSETS = 0x403
DOMAIN_RETENTION = 0x404

# Without a bias of its own an array cuts its classes where half of the pulses switch.
MIDDLE_PROBABILITY = 0.5
# The write driver sets its voltage in steps of 1 mV (our choice).
VOLTAGE_DIGITS = 3


@dataclass(frozen=True)
class MramModel:
    """An MRAM array of a device.

    Parameters
    ----------
    spec : MramArray
    device : AnyDevice
        The nominal cell.
    """

    spec: MramArray
    device: AnyDevice

    @classmethod
    def load(cls, spec: MramArray) -> MramModel:
        """Load the device of a description.

        Raises
        ------
        DataError, ValidityError
            If there is no such device, or it cannot do what the array asks of it.
        """
        model = cls(spec, load_device(spec.device))
        model.toggle_error_rate()
        model.voltage_v(MIDDLE_PROBABILITY)
        return model

    @property
    def pulse_width_s(self) -> float:
        """Width of a write pulse."""
        return self.spec.pulse_width_s or self.device.reference_pulse_width_s()

    def voltage_v(self, probability: float) -> float:
        """Voltage of a write pulse for the probability that a rule asks for.

        Midway between those of both directions, where they differ.
        """
        if self.spec.write_voltage_v is not None:
            return self.spec.write_voltage_v
        low = min(max(probability, 1e-6), 1.0 - 1e-6)
        each = self.device.write_voltage_v(
            low, self.pulse_width_s, self.spec.temperature_kelvin, BOTH_STATES
        )
        return round(float(np.mean(each)), VOLTAGE_DIGITS)

    def toggle_error_rate(self) -> float:
        """Chance that a toggle fails; 0 for an array that does not toggle.

        Raises
        ------
        ValidityError
            If it is more than 0.01: such an array stores nothing.
        """
        if self.spec.xnor != "toggle":
            return 0.0
        if self.spec.toggle_error_rate is not None:
            return self.spec.toggle_error_rate
        rate = float(self.device.toggle_error_rate())
        if rate > 0.01:
            raise ValidityError(
                f"toggle error rate of {self.device.name}: got {rate:.3g}, expected at most 0.01, "
                "beyond which a toggle array stores nothing; use another device or --xnor "
                "complementary"
            )
        return rate

    def read_disturb_rate(self) -> float:
        """Chance that one read flips a cell; 0 if the device does not say."""
        if self.device.read_critical_voltage_v is None:
            return 0.0
        return float(
            self.device.read_disturb_probability(
                self.spec.read_voltage_v,
                self.spec.read_pulse_width_s,
                self.spec.temperature_kelvin,
            )
        )

    @property
    def threshold_d2d_ratio(self) -> float:
        """Spread of the write threshold."""
        return either(self.spec.threshold_d2d_ratio, self.device.spread.threshold_d2d_ratio)

    @cached_property
    def classes(self) -> CellClasses:
        """Classes of cells, cut at the bias of the array."""
        voltage_v = self.voltage_v(MIDDLE_PROBABILITY)
        with naming_the_spread(self, voltage_v):
            return make_classes(
                self.device,
                self.threshold_d2d_ratio,
                self.spec.cell_classes,
                voltage_v,
                self.pulse_width_s,
                self.spec.temperature_kelvin,
            )

    def class_probabilities(self, probability: float) -> NDArray[np.float64]:
        """Chance that a pulse switches a cell of each class, when the rule asks for a probability.

        A rule that asks for 0 sends no pulse that could switch.
        """
        if probability == 0.0:
            return np.zeros(self.classes.count)
        each = _probabilities(self.classes, self.voltage_v(probability), self)
        return each * (1.0 - self.spec.write_error_probability)

    def class_probabilities_q31(self, probability_q31: int) -> tuple[int, ...]:
        """The same in the core's fixed point."""
        each = self.class_probabilities(probability_q31 / PROBABILITY_ONE)
        return tuple(min(round(float(p) * PROBABILITY_ONE), PROBABILITY_ONE) for p in each)

    def cell_words(self, layer: int, rows: int, cells: int) -> NDArray[np.uint32]:
        """One uniform word a cell: its quantile in the spread of thresholds."""
        key = derive_key(self.spec.device_seed, layer, DOMAIN_CELLS)
        return random_words(key, rows * cells).reshape(rows, cells)

    def stuck(self, layer: int, rows: int, cells: int) -> tuple[NDArray[np.bool_], ...]:
        """Which cells are stuck, and the bits that they are stuck at; shapes (N, K)."""
        words = random_words(
            derive_key(self.spec.device_seed, layer, DOMAIN_STUCK), 2 * rows * cells
        ).reshape(2, rows, cells)
        limit = round(self.spec.stuck_probability * 2**32)
        return words[0] < limit, words[1] >= 2**31

    @cached_property
    def read_spread(self) -> ReadSpread:
        """What each product adds to the variance of a sum, by the spread of resistance."""
        parallel, antiparallel = (
            float(self.device.resistance_ohm(state, self.spec.read_voltage_v))
            for state in (PARALLEL, ANTIPARALLEL)
        )
        tmr_ratio = antiparallel / parallel - 1.0
        return read_spread(self.spec.sensing, self.spec.xnor, tmr_ratio, *self.resistance_ratios)

    @property
    def resistance_ratios(self) -> tuple[float, float]:
        """Spread of R_P and of the TMR."""
        spec, spread = self.spec, self.device.spread
        return (
            either(spec.resistance_d2d_ratio, spread.resistance_d2d_ratio),
            either(spec.tmr_d2d_ratio, spread.tmr_d2d_ratio),
        )

    def sum_noise(self, fan_in: int) -> float:
        """Standard deviation of one read of a sum of K terms.

        Read noise, what the spread of resistance changes with the input, and toggles that fail on
        their way to the product: each of about K / 2 inputs of -1 then shifts the sum by 2.
        """
        varying = self.read_spread.varying + 2.0 * self.toggle_error_rate()
        noise = math.hypot(self.spec.read_noise, math.sqrt(fan_in * varying))
        return noise if self.spec.read_noise or noise >= SMALLEST_NOISE else 0.0

    def offsets(self, layer: int, rows: int, fan_in: int) -> NDArray[np.int16]:
        """Mismatch counts that each sense path and its row's junctions add, shape (N,)."""
        key = derive_key(self.spec.device_seed, layer, DOMAIN_OFFSETS)
        normal = NormalDist()
        z = [normal.inv_cdf((int(word) + 0.5) / 2**32) for word in random_words(key, rows)]
        deviation = math.hypot(self.spec.sense_offset, math.sqrt(fan_in * self.read_spread.fixed))
        counts = np.rint(np.array(z) * (deviation / 2))
        return np.clip(counts, -8192, 8192).astype(np.int16)

    def cells(self, widths: tuple[int, ...]) -> list[LayerCells]:
        """Draw this device: the cells under each layer of a network."""
        error = self.toggle_error_rate()
        return [
            self._layer(index, rows, cells, 2.0 * error * (1.0 - error))
            for index, (cells, rows) in enumerate(itertools.pairwise(widths))
        ]

    def _layer(self, index: int, rows: int, cells: int, toggle_rate: float) -> LayerCells:
        free = ~self.stuck(index, rows, cells)[0]
        member = self.classes.assign(self.cell_words(index, rows, cells))
        planes = [
            BitMatrix.from_bool((member == which) & free).words
            for which in range(self.classes.count)
        ]
        return LayerCells(
            classes=np.stack(planes),
            free=BitMatrix.from_bool(free).words,
            offsets=self.offsets(index, rows, cells),
            noise_scale_q8=noise_scale_q8(self.sum_noise(cells)),
            toggle_rate=round(toggle_rate * 2**RATE_BITS),
            read_rate=round(self.read_disturb_rate() * 2**RATE_BITS),
        )

    def force_stuck(self, widths: tuple[int, ...], weights: NDArray[np.uint32]) -> None:
        """Put the bits of stuck cells into packed weights, in place."""
        start = 0
        for index, (cells, rows) in enumerate(itertools.pairwise(widths)):
            stuck, value = self.stuck(index, rows, cells)
            mask = BitMatrix.from_bool(stuck).words
            layer = weights[start : start + mask.size].reshape(mask.shape)
            layer[...] = (layer & ~mask) | BitMatrix.from_bool(stuck & value).words
            start += mask.size

    def rest(self, widths: tuple[int, ...], weights: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Copy packed weights as they are found after the retention time."""
        spec = self.spec
        probability = float(
            self.device.retention_failure_probability(
                spec.retention_time_s, spec.retention_temperature_kelvin or spec.temperature_kelvin
            )
        )
        found, start = weights.copy(), 0
        for index, (cells, rows) in enumerate(itertools.pairwise(widths)):
            key = derive_key(self.spec.device_seed, index, DOMAIN_RETENTION)
            lost = random_words(key, rows * cells) < round(probability * 2**32)
            lost = lost.reshape(rows, cells) & ~self.stuck(index, rows, cells)[0]
            mask = BitMatrix.from_bool(lost).words
            found[start : start + mask.size] ^= mask.ravel()
            start += mask.size
        return found


def either(given: float | None, device: float) -> float:
    """Take what is given, else the device's."""
    return device if given is None else given


@lru_cache(maxsize=256)
def _probabilities(classes: CellClasses, voltage_v: float, model: MramModel) -> NDArray[np.float64]:
    """Remember the classes' chances at a bias: a schedule comes back to the same few."""
    with naming_the_spread(model, voltage_v):
        return classes.probabilities(voltage_v, model.pulse_width_s, model.spec.temperature_kelvin)


@contextmanager
def naming_the_spread(model: MramModel, voltage_v: float) -> Iterator[None]:
    """Say which array it was in which some cell left the range of its device's law."""
    try:
        yield
    except ValidityError as error:
        complaint = str(error).partition(":")[0]
        raise ValidityError(
            f"array of {model.device.name}: at {voltage_v:g} V some cells of a spread of "
            f"{model.threshold_d2d_ratio:g} leave the range of the device's law ({complaint}); "
            "lower --sigma-d2d or --write-voltage, or use a device with a measured sigmoid"
        ) from error
