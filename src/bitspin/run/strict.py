"""A run of a strict rule while it trains: epochs, evaluation, checkpoints."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass

from bitspin.array import MramModel
from bitspin.config import RunConfig
from bitspin.cost import CostTable
from bitspin.results import EpochRecord, RunFolder, RunResult, describe_environment
from bitspin.run.prepare import Prepared
from bitspin.run.price import keep_costs, run_costs
from bitspin.run.progress import Progress
from bitspin.run.trained import Run, checkpoint_of
from bitspin.train import Network, Position, Rule, Trainer

__all__ = ["StrictTraining"]

# Numbers kept beside the weight bits: epoch, step and seed, 8 bytes each.
POSITION_BYTES = 24
# Checkpoints of fast epochs are spaced out: writing must not cost more than training.
SECONDS_BETWEEN_CHECKPOINTS = 1.0


@dataclass(frozen=True, eq=False)
class StrictTraining:
    """A run while it trains; see `bitspin.run.fit` for the parameters."""

    config: RunConfig
    rule: Rule
    prepared: Prepared
    network: Network
    folder: RunFolder | None
    threads: int
    backend: str
    progress: Progress
    array: MramModel | None
    cost_table: CostTable | None = None

    def run(self, position: Position, epochs: list[EpochRecord]) -> Run:
        """Train from a position to the end."""
        trainer = Trainer(
            self.network,
            self.rule,
            self.prepared.training,
            self.config.epochs,
            self.config.seed,
            self.threads,
            self.backend,
            position,
            self.array,
        )
        with nullcontext() if self.folder is None else self.folder.claim():
            if position.epoch == 0:
                self._begin(trainer)
            self._run_epochs(trainer, epochs)
            return self._finish(trainer, epochs)

    def _run_epochs(self, trainer: Trainer, epochs: list[EpochRecord]) -> None:
        """Train to the last epoch, and save from time to time."""
        saved = time.monotonic()
        done = trainer.position.epoch
        self.progress.begin(self.config.epochs, done, len(self.prepared.training.labels))
        try:
            while trainer.position.epoch < self.config.epochs:
                epochs.append(self._run_epoch(trainer))
                self.progress.epoch(epochs[-1])
                if time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS:
                    self._save(trainer, epochs)
                    saved = time.monotonic()
        finally:
            self.progress.end()

    def _run_epoch(self, trainer: Trainer) -> EpochRecord:
        tally = trainer.run_epoch(self.progress.step)
        validation = self._validation_accuracy(trainer)
        return EpochRecord(
            epoch=trainer.position.epoch,
            train_seconds=tally.seconds,
            train_accuracy=tally.train_accuracy,
            evaluated_on="test" if validation is None else "validation",
            accuracy=self._test_accuracy(trainer) if validation is None else validation,
            pulses=tally.pulses,
            flips=tally.flips,
            active_share=tally.active_share,
            steps=tally.steps,
            events=tuple(layer.to_plain() for layer in tally.events),
        )

    def _finish(self, trainer: Trainer, epochs: list[EpochRecord]) -> Run:
        self._save(trainer, epochs)
        cells = sum(self.network.weight_counts)
        result = RunResult(
            test_accuracy=self._test_accuracy(trainer),
            validation_accuracy=self._validation_accuracy(trainer),
            epochs=self.config.epochs,
            train_seconds=sum(record.train_seconds for record in epochs),
            state_bytes=self.network.state_bytes + POSITION_BYTES,
            scratch_bytes=trainer.scratch_bytes,
            weight_count=cells,
            pulses_per_cell=sum(sum(record.pulses) for record in epochs) / cells,
            flips_per_cell=sum(sum(record.flips) for record in epochs) / cells,
            ideal_accuracy=None if trainer.cells is None else self._ideal_accuracy(),
            most_pulses=most_pulses(trainer),
            backend=self.backend,
            threads=self.threads,
            seed=self.config.seed,
        )
        if self.folder is not None:
            if self.array is not None:
                widths = self.network.widths
                costs = run_costs(self.config, self.array, widths, epochs, self.cost_table)
                keep_costs(self.folder, costs)
            self.folder.finish(epochs, result)
        return Run(
            config=self.config,
            encoder=self.prepared.encoder,
            sample_shape=self.prepared.dataset.sample_shape,
            sample_dtype=self.prepared.dataset.x_train.dtype.name,
            model=self.network,
            epochs=tuple(epochs),
            result=result,
            folder=self.folder,
            array=self.array,
        )

    def _ideal_accuracy(self) -> float:
        """Test accuracy of the same training in an ideal array."""
        widths, seed = self.network.widths, self.config.seed
        twin = Trainer(
            Network.random(widths, self.prepared.code, seed),
            self.rule,
            self.prepared.training,
            self.config.epochs,
            seed,
            self.threads,
            self.backend,
        )
        while twin.position.epoch < self.config.epochs:
            twin.run_epoch()
        return self._test_accuracy(twin)

    def _validation_accuracy(self, trainer: Trainer) -> float | None:
        labels = self.prepared.dataset.y_validation
        if self.prepared.validation is None or labels is None:
            return None
        return trainer.accuracy(self.prepared.validation, labels)

    def _test_accuracy(self, trainer: Trainer) -> float:
        return trainer.accuracy(self.prepared.test, self.prepared.dataset.y_test)

    def _begin(self, trainer: Trainer) -> None:
        if self.folder is None:
            return
        environment = describe_environment(
            self.backend, self.threads, self.prepared.dataset.fingerprint
        )
        self.folder.begin(self.config.to_plain(), environment)
        self._save(trainer, [])

    def _save(self, trainer: Trainer, epochs: list[EpochRecord]) -> None:
        if self.folder is None:
            return
        position = {"epoch": trainer.position.epoch, "step": trainer.position.step}
        checkpoint = checkpoint_of(
            self.network,
            self.prepared.encoder,
            self.prepared.dataset,
            self.config,
            position,
            self.array,
        )
        self.folder.save(checkpoint, epochs)


def most_pulses(trainer: Trainer) -> int | None:
    """Write pulses of the most written cell, where they were counted from the start."""
    if trainer.cells is None:
        return None
    layers = [trainer.cells.pulses(index) for index in range(trainer.network.layer_count)]
    return max(int(layer.max()) for layer in layers) if layers[0].size else None
