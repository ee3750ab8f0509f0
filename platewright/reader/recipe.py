"""How a reader is trained: the network's shapes and its schedule, with their source."""

from __future__ import annotations

from dataclasses import dataclass

from platewright.reader.settings import ReaderSettings

__all__ = ["Recipe", "small_text_recipe"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One way of training a network.

    Attributes:
        settings: shapes of the network.
        source: where all this is from.
        optimizer: adam, adamw, rmsprop, adadelta, or sgd (Nesterov, momentum 0.9).
        rate: learning rate, the highest one where it changes.
        last_rate: rate at the end, part of the highest; 1: it never falls.
        warmup: steps of rising rate.
        decay: weight decay of adamw.
        clip: largest norm of the gradient; 0: any.
        ema: weight of the past in the moving average of the weights, per step; 0: no average.
        batch: pictures in a step.
        epochs: times that `epoch` pictures are seen.
        epoch: pictures between two validations.
        where: weight of the loss that tells where each character is, which drawings know; 0: texts
            alone are taught.
        by_length: whether CTC's loss of a text is divided by its length.
    """

    settings: ReaderSettings
    source: str
    optimizer: str = "adamw"
    rate: float = 1e-3
    last_rate: float = 1.0
    warmup: int = 0
    decay: float = 0.0
    clip: float = 0.0
    ema: float = 0.0
    batch: int = 16
    epochs: int = 100
    epoch: int = 10_000
    where: float = 0.0
    by_length: bool = False


def small_text_recipe(settings: ReaderSettings, source: str) -> Recipe:
    """Return how a small network that reads texts is trained; all of ours are trained alike."""
    return Recipe(
        settings=settings,
        source=source,
        rate=2e-3,
        last_rate=0.01,
        warmup=300,
        decay=1e-2,
        clip=5.0,
        ema=0.998,
        batch=64,
        epochs=60,
        epoch=32_000,
        where=0.5,
        by_length=True,
    )
