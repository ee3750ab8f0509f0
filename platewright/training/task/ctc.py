"""The task of readers that say a text step by step: what it is, and where its characters stand."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.evaluation.metrics import character_accuracy
from platewright.network.part import TextSettings
from platewright.reading.ctc import best_path, labels
from platewright.record import PlateRecord
from platewright.text import fold
from platewright.training.sample import SampleSettings, Stock
from platewright.training.task import Sample, Task, WeightedLosses
from platewright.training.view import character_cells, draw_crop


class CtcTask(Task):
    """See the module."""

    settings: TextSettings
    reads = "window"
    compiles = False  # recurrent loops: XLA takes longer over them than they take by themselves

    def draw(self, rng: np.random.Generator, stock: Stock, samples: SampleSettings) -> Sample:
        """Draw a plate."""
        window, plate, matrix = draw_crop(rng, stock, samples, self.settings)
        return {"window": window[..., None]}, {"logits": ctc_target(plate, matrix, self.settings)}

    def losses(self) -> WeightedLosses:
        """Return CTC's loss, with the positions as the recipe has it."""
        from platewright.training import loss

        own = self.recipe
        return {
            "logits": (loss.ctc_text(self.settings.slots, own.where, by_length=own.by_length), 1.0)
        }

    def measure(self, targets: dict[str, Any], said: dict[str, Any]) -> dict[str, float]:
        """Return the parts of texts and characters that are right."""
        slots, alphabet = self.settings.slots, self.settings.alphabet
        want = [alphabet.decode([k - 1 for k in row[: row[slots]]]) for row in targets["logits"]]
        return spelt_right(want, self.spell(said))

    def spell(self, said: dict[str, Any]) -> list[str]:
        """Return the texts of the most probable steps."""
        alphabet = self.settings.alphabet
        return [alphabet.decode([k - 1 for k in best_path(logits)[0]]) for logits in said["logits"]]


TASK = CtcTask


def spelt_right(want: list[str], got: list[str]) -> dict[str, float]:
    """Return the parts of texts, folded, and of characters that are right."""
    pairs = list(zip(want, got, strict=True))
    return {
        "text": float(np.mean([fold(a) == fold(b) for a, b in pairs])),
        "character": character_accuracy(pairs),
    }


def ctc_target(
    plate: PlateRecord, matrix: NDArray[np.float64], settings: TextSettings
) -> NDArray[np.int32]:
    """Return what the reader should say of a plate's window.

    Args:
        plate: with its characters in reading order, or without them, as of most real plates.
        matrix: (3, 3) homography from picture points to window points.

    Returns:
        (slots + 1 + steps,): the text's classes, its true length, and the class of each step or -1.
    """
    slots = settings.slots
    rows, columns = settings.cells
    cells = character_cells(plate, matrix, settings)
    row = np.full(slots + 1 + rows * columns, -1, np.int32)
    row[:slots] = 0
    classes = labels(plate.text, settings.alphabet)
    row[: len(classes)] = classes
    row[slots] = len(classes)
    before, behind = -1, -2
    for kind, (first, last) in zip(classes, cells, strict=False):
        step = int(first + last) // 2
        # Two alike need a blank between: where there is no room, the second finds its own step.
        if kind != before or step - behind > 1:
            row[slots + 1 + step] = kind
        before, behind = kind, step
    return row
