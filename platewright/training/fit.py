"""The training loop: live drawings in, checkpoints, log and weights out."""

import contextlib
import functools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.errors import WeightsError
from platewright.file import make_folder
from platewright.network.kind import Schedule, build, joined
from platewright.network.weights import load_file, model_arrays, save_weights, set_arrays
from platewright.training.checkpoint import Log, State, load_checkpoint, save_checkpoint
from platewright.training.pace import Figures, Pace
from platewright.training.sample import SampleSettings
from platewright.training.stream import Batch, BatchStream, make_drawing, prepare
from platewright.training.task import Task, WeightedLosses


@dataclass(frozen=True, kw_only=True)
class TrainSettings(Schedule):
    """One run: how weights are learnt, how long, and how often it looks up."""

    steps: int = 20_000  #: gradient steps at most
    hours: float = math.inf  #: time at most; the schedule ends at whichever of the two comes first
    seed: int = 0  #: of weights and drawings
    workers: int = 1  #: drawing processes
    report_every: int = 25  #: steps between lines of the log
    check_every: int = 1000  #: steps between measurements on drawn and real pictures
    checkpoint_s: float = 240.0  #: seconds between checkpoints
    samples: SampleSettings = field(default_factory=SampleSettings)  #: how samples are drawn


def learning_rate(settings: TrainSettings, step: int, progress: float) -> float:
    """Return the rate of a step: linear warm-up, then half a cosine.

    Args:
        step: from 0, counted over resumed runs.
        progress: part of the run that is done, 0-1.

    >>> round(learning_rate(TrainSettings(rate=1.0, warmup=10), 4, 0.0), 3)
    0.5
    >>> learning_rate(TrainSettings(rate=1.0, last_rate=0.01), 10**6, 1.0)
    0.01
    """
    rise = min((step + 1) / max(settings.warmup, 1), 1.0)
    fall = 0.5 * (1 + math.cos(math.pi * min(max(progress, 0.0), 1.0)))
    return settings.rate * rise * (settings.last_rate + (1 - settings.last_rate) * fall)


Arrays = dict[str, NDArray[np.float32]]
WORTH_TRACING = 8  #: Steps from which a graph pays: tracing it takes as long as so many without
WORTH_COMPILING = 1000  #: Steps from which XLA's half minute of compiling pays
BEST = "validation_loss"
Check = Callable[[Any], dict[str, float]]


def losses_of(tasks: Sequence[Task]) -> WeightedLosses:
    """Return the loss of every output and its weight."""
    return {name: loss for task in tasks for name, loss in task.losses().items()}


class Trainer:
    """One run.

    Args:
        tasks: of the networks that are trained together, in one weights file.
        folder: where checkpoint, log and weights go.
        backgrounds: folder of photos, or None.
        checks: named measurements on the averaged weights, called with the model; the one called
            `drawn_loss` decides which weights are best.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        settings: TrainSettings,
        folder: Path,
        *,
        backgrounds: Path | None = None,
        checks: tuple[Check, ...] = (),
    ) -> None:
        import keras

        self.tasks, self.settings, self.folder = tuple(tasks), settings, folder
        self.backgrounds, self.checks = backgrounds, checks
        self.network = joined([task.settings for task in tasks])
        keras.utils.set_random_seed(settings.seed)
        self.model = build(self.network).teach
        losses = losses_of(tasks)
        self.optimizer = _optimizer(settings)
        compiles = settings.steps >= WORTH_COMPILING and all(task.compiles for task in tasks)
        self.model.compile(
            optimizer=self.optimizer,
            loss={name: loss for name, (loss, _) in losses.items()},
            loss_weights={name: weight for name, (_, weight) in losses.items()},
            run_eagerly=settings.steps < WORTH_TRACING,
            jit_compile=compiles and keras.backend.backend() in ("tensorflow", "jax"),
        )
        self.optimizer.build(self.model.trainable_variables)
        self.average = model_arrays(self.model)
        self.step = 0
        self.elapsed_s = 0.0
        self.best = math.inf
        self.found: dict[str, float] = {}
        self._checked = 0
        self._counts = False

    def make_drawing(self) -> Callable[[], Callable[[int], Any]]:
        """Return what makes the drawing of batches, to be called in each drawing process."""
        own = self.settings
        return functools.partial(make_drawing, own.seed, self.backgrounds, own.samples, self.tasks)

    @property
    def checkpoint(self) -> Path:
        """The run's checkpoint."""
        return self.folder / "checkpoint.npz"

    def resume(self) -> None:
        """Go on from the checkpoint; the best loss so far is that of the weights beside it.

        Raises:
            WeightsError: if there is none, or it is of another network or optimiser.
        """
        weights, average, optimizer, progress = load_checkpoint(self.checkpoint)
        set_arrays(self.model, weights, str(self.checkpoint))
        own = self.optimizer.variables
        if [v.shape for v in own] != [value.shape for value in optimizer]:
            raise WeightsError(f"{self.checkpoint}: was not trained with {self.settings.optimizer}")
        for variable, value in zip(own, optimizer, strict=True):
            variable.assign(value)
        self.average = average
        self.step, self.elapsed_s = progress.step, progress.elapsed_s
        kept = self.folder / "weights.npz"
        if self.settings.best and kept.is_file():
            self.best = float(load_file(kept)[2].get(BEST, math.inf))

    def start_from(self, arrays: Arrays, source: str) -> None:
        """Begin with the weights of another run.

        Raises:
            WeightsError: if they are of another network.
        """
        set_arrays(self.model, arrays, source)
        self.average = {k: np.array(v) for k, v in arrays.items()}

    def save(self) -> None:
        """Write checkpoint and weights, but for those of which better ones are there."""
        from keras import ops

        self._settle()
        optimizer = [np.asarray(ops.convert_to_numpy(v.value)) for v in self.optimizer.variables]
        progress = State(self.step, self.elapsed_s, self.network.to_json())
        save_checkpoint(
            self.checkpoint, model_arrays(self.model), self.average, optimizer, progress
        )
        if math.isinf(self.best):
            self.save_average()

    def save_average(self, **facts: Any) -> None:
        """Write the averaged weights, with how they came about and further facts."""
        note = {
            "steps": self.step,
            "hours": round(self.elapsed_s / 3600, 3),
            "seed": self.settings.seed,
            "recipe": {task.settings.name: task.recipe.source for task in self.tasks},
        }
        save_weights(self.folder / "weights.npz", self.average, self.network, note | facts)

    def fit(self) -> None:
        """Train until the schedule ends or Ctrl-C; weights are written either way."""
        settings = self.settings
        make_folder(self.folder)
        began = last_saved = time.monotonic()
        before_s = self.elapsed_s
        size = sum(task.batch for task in self.tasks)
        pace, figures, rate = Pace(settings, size, self.step, before_s), Figures(size), 0.0
        stream = BatchStream(self.make_drawing(), workers=settings.workers, start=self.step)

        def row() -> dict[str, Any]:
            return figures.row(self.step, self.elapsed_s, rate, stream.waited_s)

        def end() -> None:
            if figures.steps:
                log.write(row())

        with contextlib.ExitStack() as open_:  # however it ends, from the last of them on
            open_.callback(self._save_begun)
            open_.enter_context(stream)
            log = open_.enter_context(Log(self.folder / "log.csv", self.step))
            open_.callback(end)
            while (progress := self._progress()) < 1.0:
                rate = learning_rate(settings, self.step, progress)
                figures.add(self._learn(next(stream), rate))
                now = time.monotonic()
                self.elapsed_s = before_s + now - began
                pace.add(self.step, now)
                if self.step % settings.report_every == 0:
                    told = row()
                    if self.step % settings.check_every == 0:
                        told |= self.check()
                    pace.warn(told["waiting"], figures.steps)
                    log.write(told)
                    pace.say(told, self._progress(), self.elapsed_s)
                    figures.begin(stream.waited_s)
                elif pace.due(now):
                    pace.say(row(), self._progress(), self.elapsed_s)
                if time.monotonic() - last_saved > settings.checkpoint_s:
                    self.save()
                    last_saved = time.monotonic()

    def _save_begun(self) -> None:
        """Save a run that has taken a step."""
        if self.step:
            self.save()

    def _learn(self, batch: Batch, rate: float) -> dict[str, Any]:
        """Take one step; returns its losses."""
        inputs, targets = prepare(batch[0]), batch[1]
        if not self._counts:
            self._make_counts(inputs, targets)
        self.optimizer.learning_rate.assign(rate)
        self.model.reset_metrics()
        losses: dict[str, Any] = self.model.train_on_batch(inputs, targets, return_dict=True)
        self.step += 1
        self._follow()
        return losses

    def _make_counts(self, inputs: dict[str, Any], targets: dict[str, Any]) -> None:
        """Make what Keras counts losses with; made by the first step, that is traced twice."""
        first, wanted = ({k: v[:1] for k, v in each.items()} for each in (inputs, targets))
        self.model.compute_loss(first, wanted, self.model(first, training=False), training=False)
        self._counts = True

    def conclude(self) -> dict[str, float]:
        """Measure the last weights, where that was not done yet, and write it into the log."""
        if self._checked == self.step or not (self.step and self.checks):
            return self.found
        checks = self.checks if self.settings.best else self.checks[:1]
        found = self.check(checks)
        with Log(self.folder / "log.csv", self.step) as log:
            log.write({"step": self.step, **found})
        return found

    def check(self, checks: Sequence[Check] | None = None) -> dict[str, float]:
        """Run the checks on the averaged weights, and keep them if none before were better.

        Args:
            checks: some of the run's; None: all of them.
        """
        self._settle()
        kept = model_arrays(self.model)
        set_arrays(self.model, self.average, "average")
        try:
            found: dict[str, float] = {}
            for check in self.checks if checks is None else checks:
                found |= check(self.model)
        finally:
            set_arrays(self.model, kept, "weights")
        self.found, self._checked = found, self.step
        loss = found.get("drawn_loss", math.inf)
        if self.settings.best and loss < self.best:
            self.best = loss
            self.save_average(**{BEST: loss})
        return found

    def _progress(self) -> float:
        return max(self.step / self.settings.steps, self.elapsed_s / 3600 / self.settings.hours)

    def _follow(self) -> None:
        """Move the average towards the weights; after the first steps every tenth is enough."""
        every = 10 if self.step >= 10 else 1
        if self.step % every or not self.settings.ema:
            return
        keep = min(self.settings.ema**every, self.step / (self.step + 50))
        for name, value in model_arrays(self.model).items():
            self.average[name] = keep * self.average[name] + (1 - keep) * value

    def _settle(self) -> None:
        """Where no average is kept take the weights as they are now."""
        if not self.settings.ema:
            self.average = model_arrays(self.model)


def _optimizer(settings: TrainSettings) -> Any:
    """Return the Keras optimiser."""
    import keras

    if settings.optimizer == "adamw":
        made = keras.optimizers.AdamW(
            settings.rate, weight_decay=settings.decay, global_clipnorm=settings.clip or None
        )
        made.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "table"])
        return made
    makers = {
        "adam": keras.optimizers.Adam,
        "rmsprop": keras.optimizers.RMSprop,
        "adadelta": keras.optimizers.Adadelta,
        "sgd": functools.partial(keras.optimizers.SGD, momentum=0.9, nesterov=True),
    }
    return makers[settings.optimizer](settings.rate, global_clipnorm=settings.clip or None)
