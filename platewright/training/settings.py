"""How a network is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from platewright.training.sample import SampleSettings

__all__ = ["TrainSettings", "learning_rate"]


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """The schedule of one run.

    Attributes:
        steps: gradient steps at most.
        hours: time at most; the schedule ends at whichever of the two comes first.
        rate: highest learning rate.
        last_rate: rate at the end, part of the highest.
        warmup: steps of rising rate.
        optimizer: as `Recipe` has it.
        decay: AdamW's weight decay.
        clip: largest norm of the gradient; 0: any.
        ema: weight of the past in the moving average of the weights, per step; 0: no average.
        best: whether the weights of the least loss on held-out drawings are kept, or the last.
        seed: of weights and drawings.
        workers: drawing processes.
        report_every: steps between lines of the log.
        check_every: steps between measurements on drawn and real pictures.
        checkpoint_s: seconds between checkpoints.
        samples: how samples are drawn.
    """

    steps: int = 20_000
    hours: float = math.inf
    rate: float = 2e-3
    last_rate: float = 0.01
    warmup: int = 300
    optimizer: str = "adamw"
    decay: float = 1e-2
    clip: float = 5.0
    ema: float = 0.998
    best: bool = False
    seed: int = 0
    workers: int = 1
    report_every: int = 25
    check_every: int = 1000
    checkpoint_s: float = 240.0
    samples: SampleSettings = field(default_factory=SampleSettings)


def learning_rate(settings: TrainSettings, step: int, progress: float) -> float:
    """Return the rate of a step: linear warm-up, then half a cosine.

    Args:
        settings: of the run.
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
