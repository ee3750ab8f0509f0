"""Trains the other readers, with the stream, the log and the checkpoints of the default network."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.evaluation.metrics import character_accuracy
from platewright.geometry import iou
from platewright.reading.ctc import BLANK, best_path
from platewright.reader.kind import build
from platewright.reader.loss import reader_losses
from platewright.reader.recipe import Recipe
from platewright.reader.settings import ReaderSettings
from platewright.recognizer.weights import load_file
from platewright.text import fold
from platewright.training.crop import make_crops
from platewright.training.fit import Trainer, prepare
from platewright.training.settings import TrainSettings

__all__ = ["ReaderTrainer", "constant_box", "validation"]

BEST = "validation_loss"
CHECKED = 8
"""Batches that are validated on, drawn once."""


class ReaderTrainer(Trainer):
    """One run of another reader; `weights.npz` is that of the least loss on held-out drawings.

    Args:
        recipe: the network and its optimiser.
        settings: the schedule.
        folder: where checkpoint, log and weights go.
        backgrounds: folder of photos, or None.
        checks: measurements; the loss that decides is `drawn_loss`, see `validation`.
    """

    compiles = False  # recurrent loops: XLA takes longer over them than they take by themselves

    def __init__(
        self,
        recipe: Recipe,
        settings: TrainSettings,
        folder: Path,
        *,
        backgrounds: Path | None = None,
        checks: tuple[Callable[[Any], dict[str, float]], ...] = (),
    ) -> None:
        """Build and compile the network."""
        self.recipe = recipe
        self.best = math.inf
        super().__init__(recipe.settings, settings, folder, backgrounds=backgrounds, checks=checks)

    def build(self) -> Any:
        """Return the model that is taught."""
        return build(self.recipe.settings).teach

    def losses(self) -> tuple[dict[str, Any], dict[str, float]]:
        """Return losses and their weights by output."""
        return reader_losses(self.recipe)

    def make_optimizer(self) -> Any:
        """Return the recipe's optimiser."""
        import keras

        rate, clip = self.settings.rate, self.settings.clip or None
        if self.recipe.optimizer == "adamw":
            return super().make_optimizer()
        makers = {
            "adam": keras.optimizers.Adam,
            "rmsprop": keras.optimizers.RMSprop,
            "adadelta": keras.optimizers.Adadelta,
            "sgd": functools.partial(keras.optimizers.SGD, momentum=0.9, nesterov=True),
        }
        return makers[self.recipe.optimizer](rate, global_clipnorm=clip)

    def make_drawing(self) -> Callable[[], Callable[[int], Any]]:
        """Return what makes the drawing of batches."""
        settings = self.settings
        return functools.partial(
            make_crops, settings.seed, self.backgrounds, settings, self.recipe.settings
        )

    def prepare(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Turn a batch's inputs into what the model takes: tokens stay as they are."""
        return _prepared(inputs)

    def resume(self) -> None:
        """Go on from the checkpoint; the best loss so far is that of the weights beside it."""
        super().resume()
        weights = self.folder / "weights.npz"
        if weights.is_file():
            self.best = float(load_file(weights)[2].get(BEST, math.inf))

    def save_average(self, **facts: Any) -> None:
        """Write the weights unless better ones are there."""
        if facts or math.isinf(self.best):
            super().save_average(recipe=self.recipe.source, **facts)

    def check(self) -> dict[str, float]:
        """Run the checks, and keep the weights if none before were better."""
        found = super().check()
        loss = found.get("drawn_loss", math.inf)
        if loss < self.best:
            self.best = loss
            self.save_average(**{BEST: loss})
        return found


def validation(
    settings: TrainSettings, recipe: Recipe, backgrounds: Path | None, seed: int
) -> Callable[[Any], dict[str, float]]:
    """Return a measurement on drawings that training never sees.

    Args:
        settings: of the run.
        recipe: of the run.
        backgrounds: folder of photos, or None.
        seed: of these drawings.
    """
    network = recipe.settings
    # Stored pictures come round again in training: they would measure what is known by heart.
    fresh = replace(settings, samples=replace(settings.samples, stored=()))
    draw = make_crops(seed, backgrounds, fresh, network)
    held = [draw(k) for k in range(CHECKED)]

    def check(model: Any) -> dict[str, float]:
        from keras import ops

        losses, weights = reader_losses(recipe)
        costs, found = [], []
        for inputs, targets in held:
            said = model(_prepared(inputs), training=False)
            outputs = {k: np.asarray(ops.convert_to_numpy(v)) for k, v in said.items()}
            cost = [w * float(losses[k](targets[k], said[k])) for k, w in weights.items()]
            costs.append(sum(cost))
            found.append(_accuracy(network, targets, outputs))
        mean = {k: round(float(np.mean([f[k] for f in found])), 4) for k in found[0]}
        return {"drawn_loss": round(float(np.mean(costs)), 5), **mean}

    return check


def constant_box(boxes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the one box whose mean squared error to all of (n, 4) is least: their mean."""
    return np.asarray(np.asarray(boxes, np.float64).mean(axis=0), np.float64)


def _accuracy(
    network: ReaderSettings, targets: dict[str, Any], outputs: dict[str, Any]
) -> dict[str, float]:
    """Return the parts of texts and characters that are right, or how well boxes overlap."""
    if network.task == "box":
        want, got = targets["box"], outputs["box"]
        one = constant_box(want)
        return {
            "drawn_iou": float(np.mean([iou(a, b) for a, b in zip(want, got, strict=True)])),
            "drawn_constant_iou": float(np.mean([iou(a, tuple(one)) for a in want])),
        }
    alphabet, pairs = network.alphabet, []
    for row, logits in zip(targets["logits"], outputs["logits"], strict=True):
        if network.task == "ctc":
            want = [k - 1 for k in row[: row[network.slots]] if k != BLANK]
            got = [k - 1 for k in best_path(logits)[0]]
        else:  # each character given the true ones before it
            want = row[row >= 0].tolist()
            got = logits.argmax(axis=-1)[: len(want)].tolist()
        pairs.append((alphabet.decode(want), alphabet.decode(got)))
    return {
        "drawn_text": float(np.mean([fold(a) == fold(b) for a, b in pairs])),
        "drawn_character": character_accuracy(pairs),
    }


def _prepared(inputs: dict[str, Any]) -> dict[str, Any]:
    return {**inputs, **prepare({"window": inputs["window"]})}
