"""The oracle: an MRAM array cell by cell, in floating point, without classes or packing.

Every cell has its own threshold and so its own switching probability, every junction its own
conductance in either state, every read its own normal noise. It agrees with the packed core in
distribution, not bit for bit (``definition.py`` does).
"""

from __future__ import annotations

from functools import cached_property
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from bitspin.array.classes import cell_probabilities
from bitspin.array.counts import OpCounts
from bitspin.array.mram import MramModel
from bitspin.device import scaled_cell

__all__ = ["UnpackedMram"]


class UnpackedMram:
    """One matrix of ±1 in an MRAM array.

    Parameters
    ----------
    model : MramModel
    stored : ndarray of shape (N, K), int64
        +1 / -1; stuck cells keep their own bit.
    layer : int
        Which of the device's layers it is.
    probability : float
        What the learning rule asks of a pulse; it sets the bias.
    rng : numpy Generator
    """

    def __init__(
        self,
        model: MramModel,
        stored: NDArray[np.int64],
        layer: int,
        probability: float,
        rng: np.random.Generator,
    ) -> None:
        rows, cells = stored.shape
        self._model = model
        self._rng = rng
        self._stuck, value = model.stuck(layer, rows, cells)
        self._stored = np.where(self._stuck, np.where(value, 1, -1), stored)
        self._layer, self._asked = layer, probability
        # Errors of junctions, which the packed core has in its offsets and noise, are real here.
        equal = {"resistance_d2d_ratio": 0.0, "tmr_d2d_ratio": 0.0}
        amplifiers = MramModel(model.spec.model_copy(update=equal), model.device)
        self._offset = -2.0 * amplifiers.offsets(layer, rows, cells)
        self._junctions = self._draw_junctions(2 if model.spec.xnor == "complementary" else 1)
        self.counts = OpCounts()

    @cached_property
    def _probability(self) -> NDArray[np.float64]:
        """Chance of each cell to switch, shape (N, K); asked cell by cell, which takes its time."""
        model, shape = self._model, self._stored.shape
        normal = NormalDist()
        voltage = model.voltage_v(self._asked)
        cells = tuple(
            scaled_cell(
                model.device,
                threshold_factor=1.0
                + model.threshold_d2d_ratio * normal.inv_cdf((int(word) + 0.5) / 2**32),
            )
            for word in model.cell_words(self._layer, *shape).ravel()
        )
        chances = cell_probabilities(
            cells, voltage, model.pulse_width_s, model.spec.temperature_kelvin
        )
        fails = model.spec.write_error_probability
        return chances.reshape(shape) * (1.0 - fails)

    def _draw_junctions(self, count: int) -> NDArray[np.float64]:
        """Draw what each junction adds in its P and AP state, shape (junctions, 2, N, K)."""
        model, spec = self._model, self._model.spec
        ohms = [float(model.device.resistance_ohm(s, spec.read_voltage_v)) for s in (0, 1)]
        tmr = ohms[1] / ohms[0] - 1.0
        ratios = model.resistance_ratios
        shape = (count, *self._stored.shape)
        parallel = np.maximum(1.0 + ratios[0] * self._rng.standard_normal(shape), 0.05)
        raised = np.maximum(1.0 + tmr * (1.0 + ratios[1] * self._rng.standard_normal(shape)), 1.0)
        conducted = np.stack([1.0 / parallel, 1.0 / (parallel * raised)], axis=1)
        middle, half = 0.5 * (1.0 + 1.0 / (1.0 + tmr)), 0.5 * (1.0 - 1.0 / (1.0 + tmr))
        said = (conducted - middle) / half
        heard = np.sign(said) if spec.sensing == "product" else said
        errors: NDArray[np.float64] = heard - np.array([1.0, -1.0])[:, None, None]
        return errors

    def _junction_errors(self, inputs: NDArray[np.int64]) -> NDArray[np.float64]:
        """What the junctions that are read add to each sum, shape (B, N)."""
        up = self._stored > 0
        first, last = self._junctions[0], self._junctions[-1]
        if len(self._junctions) == 2:  # the input selects the weight or its complement
            plus, minus = np.where(up, first[0], first[1]), np.where(up, last[1], last[0])
        else:  # the input turns the state
            plus, minus = np.where(up, first[0], first[1]), np.where(up, first[1], first[0])
        errors: NDArray[np.float64] = (inputs > 0) @ plus.T + (inputs < 0) @ minus.T
        return errors

    def read(self) -> NDArray[np.int64]:
        """Read the stored operands, shape (N, K)."""
        return self._stored.copy()

    def multiply_accumulate(self, inputs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sums of stored times input operands, shape (B, K) to (B, N); toggles may flip cells."""
        exact = inputs @ self._stored.T
        noise = self._rng.normal(0.0, self._model.spec.read_noise, exact.shape)
        heard = exact + self._offset + noise + self._junction_errors(inputs)
        sums = np.clip(heard, -inputs.shape[1], inputs.shape[1])
        rows, cells = self._stored.shape
        minus = (inputs < 0).sum(axis=0)
        self._disturb(np.broadcast_to(minus, (rows, cells)), len(inputs))
        self.counts += OpCounts(
            products=len(inputs) * rows * cells,
            senses=len(inputs) * rows,
            toggles=2 * int(minus.sum()) * rows,
        )
        return np.rint(sums).astype(np.int64)

    def transposed_multiply_accumulate(self, errors: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sums of stored operands times errors in {-1, 0, +1}, shape (B, N) to (B, K)."""
        sums: NDArray[np.int64] = errors @ self._stored
        rows, cells = self._stored.shape
        minus = (errors < 0).sum(axis=0)
        reads = np.count_nonzero(errors, axis=0)[:, None]
        self._disturb(np.broadcast_to(minus[:, None], (rows, cells)), reads)
        self.counts += OpCounts(
            toggles=2 * int(minus.sum()) * cells,
            backward_products=int(np.count_nonzero(errors)) * cells,
            backward_senses=int(errors.any(axis=1).sum()) * cells,
        )
        return sums

    def write(self, pulses: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Send a pulse to each marked cell, shape (N, K); tell which cells switched."""
        chance = self._rng.random(pulses.shape)
        switched: NDArray[np.bool_] = pulses & ~self._stuck & (chance < self._probability)
        self._stored = np.where(switched, -self._stored, self._stored)
        self.counts += OpCounts(pulses=int(pulses.sum()), flips=int(switched.sum()))
        return switched

    def _disturb(self, toggled: NDArray[np.int64], reads: int | NDArray[np.int64]) -> None:
        """Each toggle there and back leaves a cell flipped if exactly one of the two fails."""
        error = self._model.toggle_error_rate()
        odd = 0.5 * (1.0 - (1.0 - 4.0 * error * (1.0 - error)) ** toggled)
        by_reads = 1.0 - (1.0 - self._model.read_disturb_rate()) ** reads
        chance = odd + by_reads - 2.0 * odd * by_reads
        flipped = (self._rng.random(self._stored.shape) < chance) & ~self._stuck
        self._stored = np.where(flipped, -self._stored, self._stored)
        self.counts += OpCounts(disturbed=int(flipped.sum()))
