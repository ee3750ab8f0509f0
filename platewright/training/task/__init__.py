"""What networks are taught, one file a task: drawing of samples, losses, measurements."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.network.kind import Recipe
from platewright.training.sample import SampleSettings, Stock

Sample = tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]
"""Inputs, pictures as uint8, and targets, each by name."""
WeightedLosses = dict[str, tuple[Callable[[Any, Any], Any], float]]


class Task(ABC):
    """What one network is taught.

    Args:
        recipe: the network, and how it is trained.
        batches: samples in a step by what they are, see `sample`; what is missing or 0 is the
            recipe's.

    Attributes:
        name: of its file.
        sample: what its samples are, scenes or windows.
        compiles: whether XLA can compile its losses and its network, and that pays.
        stored: whether it learns from stored pictures as well.
        reads: name of the input that takes straightened plates whose text it says; empty: none.
    """

    sample = "windows"
    compiles = True
    stored = True
    reads = ""

    def __init__(self, recipe: Recipe, batches: dict[str, int] | None = None) -> None:
        self.recipe = recipe
        self.batch = (batches or {}).get(self.sample) or recipe.batch
        self.settings: Any = recipe.settings
        self.name: str = recipe.settings.task

    @abstractmethod
    def draw(self, rng: np.random.Generator, stock: Stock, samples: SampleSettings) -> Sample:
        """Draw one sample.

        Args:
            rng: random numbers.
            stock: what is drawn upon.
            samples: how.
        """

    @abstractmethod
    def losses(self) -> WeightedLosses:
        """Return the loss of every output and its weight."""

    @abstractmethod
    def measure(self, targets: dict[str, Any], said: dict[str, Any]) -> dict[str, float]:
        """Return figures by name.

        Args:
            targets: of a batch.
            said: the network's outputs, on the host.
        """

    def spell(self, said: dict[str, Any]) -> list[str]:
        """Return the texts that the network says of straightened plates.

        Raises:
            ValueError: if it says none, see `reads`.
        """
        raise ValueError(f"{self.name} says no text")


def load_task(recipe: Recipe, batches: dict[str, int] | None = None) -> Task:
    """Return the task of a recipe's network, with samples in a step as `Task` has them."""
    module = importlib.import_module(f"{__name__}.{recipe.settings.task}")
    made: Task = module.TASK(recipe, batches)
    return made


def mean_off(target: Any, corners: Any) -> float:
    """Return how far eight numbers are off on average, where the ninth of the target is 1.

    Args:
        target: (..., 9).
        corners: (..., 8).
    """
    off = np.abs(target[..., :8] - corners)[target[..., 8] > 0]
    return float(off.mean()) if off.size else float("nan")
