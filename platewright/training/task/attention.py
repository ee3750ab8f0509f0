"""The task of readers that look at one place per character: what stands there, and where it is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.network.part import TextSettings
from platewright.record import PlateRecord
from platewright.training.sample import SampleSettings, Stock
from platewright.training.task import Sample, Task, WeightedLosses
from platewright.training.task.ctc import spelt_right
from platewright.training.view import character_cells, draw_crop


class AttentionTask(Task):
    """See the module."""

    settings: TextSettings
    compiles = False  # recurrent loops: XLA takes longer over them than they take by themselves

    def draw(self, rng: np.random.Generator, stock: Stock, samples: SampleSettings) -> Sample:
        """Draw a plate; the true characters are an input, too."""
        window, plate, matrix = draw_crop(rng, stock, samples, self.settings)
        targets = attention_target(plate, matrix, self.settings)
        return {"window": window[..., None], "previous": targets.pop("previous")}, targets

    def losses(self) -> WeightedLosses:
        """Return cross entropy, with the positions as the recipe has it."""
        from platewright.training import loss

        return {
            "logits": (loss.known_classes(), 1.0),
            "weights": (loss.weight_there(-1), self.recipe.where),
        }

    def measure(self, targets: dict[str, Any], said: dict[str, Any]) -> dict[str, float]:
        """Return the parts of texts and characters that are right, given the true ones before."""
        alphabet, pairs = self.settings.alphabet, []
        for row, logits in zip(targets["logits"], said["logits"], strict=True):
            want = row[row >= 0].tolist()
            got = logits.argmax(axis=-1)[: len(want)].tolist()
            pairs.append((alphabet.decode(want), alphabet.decode(got)))
        return spelt_right(*map(list, zip(*pairs, strict=True)))


TASK = AttentionTask


def attention_target(
    plate: PlateRecord, matrix: NDArray[np.float64], settings: TextSettings
) -> dict[str, NDArray[Any]]:
    """Return what the reader should say of a plate's window, by the names of its outputs.

    Args:
        plate: with its characters in reading order, or without them, as of most real plates.
        matrix: homography from picture points to window points.

    Returns:
        `logits` (slots + 1,) classes with the end behind them, then -1; `weights` (slots + 1,
        cells) 1 where each character is; and `previous` (slots + 1,), which is an input.
    """
    alphabet, slots = settings.alphabet, settings.slots
    rows, columns = settings.cells
    text = np.full(slots + 1, -1, np.int32)
    previous = np.full(slots + 1, alphabet.pad, np.int32)
    coded = alphabet.encode(plate.text, len(plate.text))
    text[: len(coded)], text[len(coded)] = coded, alphabet.pad
    previous[0] = alphabet.pad + 1  # the start
    previous[1 : len(coded) + 1] = coded
    weights = np.zeros((slots + 1, rows * columns), np.uint8)
    for k, (first, last) in enumerate(character_cells(plate, matrix, settings)):
        weights[k, first : last + 1] = 1
    return {"logits": text, "weights": weights, "previous": previous}
