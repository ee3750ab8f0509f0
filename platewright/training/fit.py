"""The training loop: live drawings in, checkpoints, log and weights out."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.recognizer.settings import NetworkSettings
from platewright.recognizer.weights import model_arrays, save_weights, set_arrays
from platewright.synth.background import Backgrounds
from platewright.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from platewright.training.log import Log, say
from platewright.training.sample import Batch, draw_batch, open_stock
from platewright.training.settings import TrainSettings, learning_rate
from platewright.training.source import StoredSource
from platewright.training.stream import BatchStream

__all__ = ["Trainer", "make_drawing", "prepare", "text_accuracy"]

Arrays = dict[str, NDArray[np.float32]]
STARVING = 0.05
"""Part of the time spent waiting for drawings above which the log says so."""
Check = Callable[[Any], dict[str, float]]


def make_drawing(
    seed: int, folder: Path | None, settings: TrainSettings, network: NetworkSettings
) -> Callable[[int], Batch]:
    """Return what draws batch k, with its backgrounds loaded once.

    Args:
        seed: of the drawings.
        folder: of background photos; None or empty: backgrounds are drawn.
        settings: of the run.
        network: whose targets are drawn.
    """
    backgrounds, stored = open_stock(seed, folder, settings.samples)
    return functools.partial(
        _draw,
        seed=seed,
        backgrounds=backgrounds,
        settings=settings,
        network=network,
        stored=stored,
    )


def _draw(
    index: int,
    *,
    seed: int,
    backgrounds: Backgrounds,
    settings: TrainSettings,
    network: NetworkSettings,
    stored: StoredSource | None,
) -> Batch:
    return draw_batch(seed, index, backgrounds, settings.samples, network, stored)


def prepare(inputs: dict[str, NDArray[np.uint8]]) -> dict[str, NDArray[np.float32]]:
    """Turn uint8 pictures into the network's grey levels, 0-1."""
    return {k: v.astype(np.float32) * np.float32(1 / 255) for k, v in inputs.items()}


def text_accuracy(targets: dict[str, Any], outputs: dict[str, Any]) -> dict[str, float]:
    """Return the parts of texts, of characters and of presences that are right, 0-1."""
    want = np.asarray(targets["slots"])
    got = np.asarray(outputs["slots"]).argmax(axis=-1)
    there = want[:, 0] >= 0
    pad = np.asarray(outputs["slots"]).shape[-1] - 1
    right = want == got
    filled = (want != pad) & there[:, None]
    presence = (np.asarray(outputs["presence"])[:, 0] > 0) == there
    return {
        "text": float(right.all(axis=1)[there].mean()) if there.any() else 0.0,
        "character": float(right[filled].mean()) if filled.any() else 0.0,
        "presence": float(presence.mean()),
    }


class Trainer:
    """One run.

    Args:
        network: its settings, `NetworkSettings`; other networks have a trainer of their own.
        settings: the schedule.
        folder: where checkpoint, log and weights go.
        backgrounds: folder of photos, or None.
        checks: named measurements on the averaged weights, called with the model.
    """

    def __init__(
        self,
        network: Any,
        settings: TrainSettings,
        folder: Path,
        *,
        backgrounds: Path | None = None,
        checks: tuple[Check, ...] = (),
    ) -> None:
        """Build and compile the network."""
        import keras

        self.network, self.settings, self.folder = network, settings, folder
        self.backgrounds, self.checks = backgrounds, checks
        keras.utils.set_random_seed(settings.seed)
        self.model = self.build()
        losses, weights = self.losses()
        self.optimizer = self.make_optimizer()
        self.model.compile(
            optimizer=self.optimizer,
            loss=losses,
            loss_weights=weights,
            jit_compile=self.compiles and _compiles(settings.steps),
        )
        self.optimizer.build(self.model.trainable_variables)
        self.average = model_arrays(self.model)
        self.step = 0
        self.elapsed_s = 0.0

    compiles = True
    """Whether XLA can compile the step."""

    def build(self) -> Any:
        """Return the Keras model with fresh weights."""
        from platewright.recognizer.network import build_network

        return build_network(self.network)

    def losses(self) -> tuple[dict[str, Any], dict[str, float]]:
        """Return losses and their weights by output."""
        from platewright.recognizer.loss import network_losses

        return network_losses()

    def make_optimizer(self) -> Any:
        """Return the Keras optimiser."""
        import keras

        optimizer = keras.optimizers.AdamW(
            self.settings.rate,
            weight_decay=self.settings.decay,
            global_clipnorm=self.settings.clip,
        )
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "table"])
        return optimizer

    def make_drawing(self) -> Callable[[], Callable[[int], Any]]:
        """Return what makes the drawing of batches, to be called in each drawing process."""
        settings = self.settings
        return functools.partial(
            make_drawing, settings.seed, self.backgrounds, settings, self.network
        )

    def prepare(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Turn a batch's inputs into what the model takes."""
        return prepare(inputs)

    @property
    def checkpoint(self) -> Path:
        """The run's checkpoint."""
        return self.folder / "checkpoint.npz"

    def resume(self) -> None:
        """Go on from the checkpoint.

        Raises:
            WeightsError: if there is none, or it is of another network.
        """
        weights, average, optimizer, progress = load_checkpoint(self.checkpoint)
        set_arrays(self.model, weights, str(self.checkpoint))
        for variable, value in zip(self.optimizer.variables, optimizer, strict=True):
            variable.assign(value)
        self.average = average
        self.step, self.elapsed_s = progress.step, progress.elapsed_s

    def start_from(self, arrays: Arrays, source: str) -> None:
        """Begin with the weights of another run.

        Raises:
            WeightsError: if they are of another network.
        """
        set_arrays(self.model, arrays, source)
        self.average = {k: np.array(v) for k, v in arrays.items()}

    def save(self) -> None:
        """Write checkpoint and weights."""
        from keras import ops

        self._settle()
        optimizer = [np.asarray(ops.convert_to_numpy(v.value)) for v in self.optimizer.variables]
        progress = Progress(self.step, self.elapsed_s, self.network.to_json())
        save_checkpoint(
            self.checkpoint, model_arrays(self.model), self.average, optimizer, progress
        )
        self.save_average()

    def save_average(self, **facts: Any) -> None:
        """Write the averaged weights, with how they came about and further facts."""
        note = {
            "steps": self.step,
            "hours": round(self.elapsed_s / 3600, 3),
            "seed": self.settings.seed,
        }
        save_weights(self.folder / "weights.npz", self.average, self.network, note | facts)

    def fit(self) -> None:
        """Train until the schedule ends or Ctrl-C; weights are written either way."""
        settings = self.settings
        self.folder.mkdir(parents=True, exist_ok=True)
        stream = BatchStream(self.make_drawing(), workers=settings.workers, start=self.step)
        began = last_saved = time.monotonic()
        before_s = self.elapsed_s
        try:
            with stream, Log(self.folder / "log.csv", self.step) as log:
                window_began, window_step, waited = time.monotonic(), self.step, stream.waited_s
                logs: dict[str, list[float]] = {}
                while True:
                    progress = self._progress()
                    if progress >= 1.0:
                        break
                    rate = learning_rate(settings, self.step, progress)
                    self.optimizer.learning_rate.assign(rate)
                    inputs, targets = next(stream)
                    self.model.reset_metrics()
                    result = self.model.train_on_batch(
                        self.prepare(inputs), targets, return_dict=True
                    )
                    self.step += 1
                    self.elapsed_s = before_s + time.monotonic() - began
                    for name, value in result.items():
                        logs.setdefault(name, []).append(float(value))
                    self._follow()
                    if self.step % settings.report_every == 0:
                        took = time.monotonic() - window_began
                        done = self.step - window_step
                        row = {"step": self.step, "elapsed_s": round(self.elapsed_s), "rate": rate}
                        row |= {k: round(float(np.mean(v)), 4) for k, v in logs.items()}
                        row["windows_per_s"] = round(settings.samples.windows * done / took, 1)
                        row["scenes_per_s"] = round(settings.samples.scenes * done / took, 1)
                        row["waiting"] = round((stream.waited_s - waited) / took, 3)
                        if self.step % settings.check_every == 0:
                            row |= self.check()
                        if row["waiting"] > STARVING:
                            print("drawing is at its limit: raise --workers", file=sys.stderr)
                        log.write(row)
                        say(row, progress, self.elapsed_s)
                        logs, window_began = {}, time.monotonic()
                        window_step, waited = self.step, stream.waited_s
                    if time.monotonic() - last_saved > settings.checkpoint_s:
                        self.save()
                        last_saved = time.monotonic()
        finally:
            if self.step:
                self.save()

    def check(self) -> dict[str, float]:
        """Run the checks on the averaged weights."""
        self._settle()
        kept = model_arrays(self.model)
        set_arrays(self.model, self.average, "average")
        try:
            found: dict[str, float] = {}
            for check in self.checks:
                found |= check(self.model)
        finally:
            set_arrays(self.model, kept, "weights")
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


def _compiles(steps: int) -> bool:
    """Whether XLA's half minute of compiling pays: PyTorch can't, and short runs gain nothing."""
    import keras

    return steps >= 1000 and keras.backend.backend() in ("tensorflow", "jax")
