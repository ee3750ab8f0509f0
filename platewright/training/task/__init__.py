"""What networks are taught, one file a task: drawing of samples, losses, measurements."""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import Box
from platewright.network.kind import Recipe
from platewright.training.sample import SampleSettings, Stock

Sample = tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]
"""Inputs, pictures as uint8, and targets, each by name."""
WeightedLosses = dict[str, tuple[Callable[[Any, Any], Any], float]]


class Task(ABC):
    """What one network is taught.

    Args:
        batches: samples in a step by what they are, see `sample`; what is missing or 0 is the
            recipe's.

    Attributes:
        name: of its file.
        sample: what its samples are, scenes or windows.
        compiles: whether XLA can compile its losses and its network, and that pays.
        stored: whether it learns from stored pictures as well.
        reads: name of the input that takes straightened plates whose text it says; empty: none.
        views: samples that one drawing makes.
    """

    sample = "windows"
    compiles = True
    stored = True
    reads = ""
    views = 1

    def __init__(self, recipe: Recipe, batches: dict[str, int] | None = None) -> None:
        self.recipe = recipe
        self.batch = (batches or {}).get(self.sample) or recipe.batch
        self.settings: Any = recipe.settings
        self.name: str = recipe.settings.task

    @abstractmethod
    def draw(self, rng: np.random.Generator, stock: Stock, samples: SampleSettings) -> Sample:
        """Draw one sample."""

    def draws(
        self, rng: np.random.Generator, stock: Stock, samples: SampleSettings
    ) -> list[Sample]:
        """Draw `views` samples."""
        return [self.draw(rng, stock, samples) for _ in range(self.views)]

    @abstractmethod
    def losses(self) -> WeightedLosses:
        """Return the loss of every output and its weight."""

    @abstractmethod
    def measure(self, targets: dict[str, Any], said: dict[str, Any]) -> dict[str, float]:
        """Return figures by name.

        Args:
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


IGNORE = -1  #: Class of a cell that teaches nothing
MIN_WIDTH = 1.6  #: Narrow characters claim at least so many cells
INNER = 0.78  #: Part of a character's box, each way, whose cells are surely its own
Cells = tuple[slice, slice]


def spared(box: Box, cell: tuple[float, float]) -> Box:
    """Return a character's box, widened to the least that it claims.

    Args:
        box: window pixels.
        cell: (height, width) of a cell, window pixels.
    """
    x0, y0, x1, y1 = box
    spare = max(MIN_WIDTH * cell[1] - (x1 - x0), 0.0) / 2
    return x0 - spare, y0, x1 + spare, y1


def claimed(box: Box, cell: tuple[float, float], count: tuple[int, int]) -> Cells:
    """Return the (rows, columns) that are surely a character's own, at least one each way.

    Args:
        box: as `spared` gives it.
        cell: (height, width) of a cell, window pixels.
        count: (rows, columns) of the map.
    """
    return _cells(box, cell, count, INNER)


def around(box: Box, cell: tuple[float, float], count: tuple[int, int]) -> Cells:
    """Return the (rows, columns) that a character may reach into: they teach no `none`.

    Args:
        box: as `spared` gives it.
        cell: (height, width) of a cell, window pixels.
        count: (rows, columns) of the map.
    """
    x0, y0, x1, y1 = box
    half_y, half_x = cell[0] / 2, cell[1] / 2
    return _cells((x0 - half_x, y0 - half_y, x1 + half_x, y1 + half_y), cell, count, 1.0)


def _cells(box: Box, cell: tuple[float, float], count: tuple[int, int], inner: float) -> Cells:
    """Return the (rows, columns) whose centres lie in the inner part of a box."""
    x0, y0, x1, y1 = box
    return (
        _span(y0, y1, cell[0], count[0], inner),
        _span(x0, x1, cell[1], count[1], inner),
    )


def _span(low: float, high: float, cell: float, count: int, inner: float) -> slice:
    """Return the cells whose centres lie in the inner part of [low, high], at least one."""
    middle, half = (low + high) / 2, (high - low) / 2 * inner
    first = int(np.ceil((middle - half) / cell - 0.5))
    last = int(np.floor((middle + half) / cell - 0.5))
    if last < first:
        first = last = int(np.floor(middle / cell))
    return slice(max(first, 0), min(last + 1, count))
