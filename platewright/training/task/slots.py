"""The slot reader's task: to say which character stands at each place of a text, and where."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from platewright.geometry import box_of_quad, project
from platewright.network.part import SlotSettings
from platewright.reading.spelling import decode_slots
from platewright.record import PlateRecord
from platewright.training.sample import SampleSettings, Stock
from platewright.training.task import IGNORE, Sample, Task, WeightedLosses, around, claimed, spared
from platewright.training.view import draw_view

IntArray = NDArray[np.int32]
WIDE = 0.12
"""Part of the frames that are as large as the scan's worst: up to 2.2 times the plate's width."""


class SlotTask(Task):
    """See the module."""

    settings: SlotSettings
    reads = "window"

    def draw(self, rng: np.random.Generator, stock: Stock, samples: SampleSettings) -> Sample:
        """Draw a plate, or what is none."""
        own = self.settings
        view = draw_view(
            rng, stock, samples, own.window, own.margin,
            absent=samples.absent, wide=WIDE,
        )  # fmt: skip
        if view.plate is None or not view.clear:
            cells = np.full(own.cells, IGNORE, np.int32)
            characters, slots, text = cells, cells, np.full(own.slots, IGNORE, np.int32)
        else:
            characters, slots, text = slot_target(view.plate, view.matrix, own)
        return {"window": view.window[..., None]}, {
            "slot_characters": characters,
            "slot_map": slots,
            "slots": text,
            "presence": view.presence,
            "corners": view.corners,
        }

    def losses(self) -> WeightedLosses:
        """Return those of both maps, texts, presence and corners."""
        from platewright.training import loss

        return {
            "slot_characters": (loss.masked_cells, 1.0),
            "slot_map": (loss.masked_cells, 0.7),
            "slots": (loss.slot_text, 0.7),
            "presence": (loss.window_presence, 0.6),
            "corners": (loss.window_corners, 2.0),
        }

    def measure(self, targets: dict[str, Any], said: dict[str, Any]) -> dict[str, float]:
        """Return the parts of texts, of characters and of presences that are right."""
        return text_accuracy(targets, said)

    def spell(self, said: dict[str, Any]) -> list[str]:
        """Return the texts of the most probable characters."""
        return [decode_slots(slots, self.settings.alphabet)[0] for slots in said["slots"]]


TASK = SlotTask


def text_accuracy(targets: dict[str, Any], outputs: dict[str, Any]) -> dict[str, float]:
    """Return the parts of texts, of characters and of presences that are right, 0-1."""
    want = np.asarray(targets["slots"])
    got = np.asarray(outputs["slots"]).argmax(axis=-1)
    there = want[:, 0] >= 0
    pad = np.asarray(outputs["slots"]).shape[-1] - 1
    right = want == got
    filled = (want != pad) & there[:, None]
    presence = np.asarray(outputs["presence"])[:, 0] > 0
    plates = np.asarray(targets["presence"])[:, 0] > 0 if "presence" in targets else there
    return {
        "text": float(right.all(axis=1)[there].mean()) if there.any() else 0.0,
        "character": float(right[filled].mean()) if filled.any() else 0.0,
        "presence": float((presence == plates).mean()),
    }


def slot_target(
    plate: PlateRecord, matrix: ArrayLike, settings: SlotSettings
) -> tuple[IntArray, IntArray, IntArray]:
    """Return what the slot reader should say of a plate's window.

    Args:
        plate: with its characters in reading order; where they are not known, as of most real
            plates, the two maps teach nothing.
        matrix: homography from photo points to window points.

    Returns:
        character classes (rows, cols), none = `pad`; slot classes (rows, cols), none = `slots`;
        text classes (slots,).
    """
    alphabet, count = settings.alphabet, settings.cells
    cell = (settings.window[0] / count[0], settings.window[1] / count[1])
    known = bool(plate.characters) or not plate.text
    characters = np.full(count, alphabet.pad if known else IGNORE, np.int32)
    slots = np.full(count, settings.slots if known else IGNORE, np.int32)
    boxes = [spared(box_of_quad(project(matrix, c.quad)), cell) for c in plate.characters]
    for box in boxes:
        place = around(box, cell, count)
        characters[place], slots[place] = IGNORE, IGNORE
    for position, (char, box) in enumerate(zip(plate.characters, boxes, strict=True)):
        place = claimed(box, cell, count)
        kind = alphabet.index(char.char)
        characters[place] = kind if kind >= 0 else IGNORE
        slots[place] = min(position, settings.slots - 1)
    text = np.full(settings.slots, alphabet.pad, np.int32)
    for position, one in enumerate(plate.text[: settings.slots]):
        text[position] = alphabet.index(one)  # foreign: IGNORE
    return characters, slots, text
