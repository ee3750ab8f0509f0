"""The line reader's task: to spell a plate along its lines, and to say where they are."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import Box, FloatArray, box_of_quad, project
from platewright.network.part import UNSEEN, LineSettings
from platewright.reading.ctc import best_path
from platewright.record import PlateRecord
from platewright.training.sample import SampleSettings, Stock
from platewright.training.task import IGNORE, Sample, Task, WeightedLosses, around, claimed, spared
from platewright.training.view import draw_view

HIDDEN = 0.3  #: A character of which more is hidden counts as unseen
WIDE = 0.05  #: Part of the frames that are as large as the scan's worst
CLEAR = 0.5
"""Part of the plates that are large and hardly blurred: they show what tells letters apart."""


class LineTask(Task):
    """See the module."""

    settings: LineSettings
    reads = "plate"
    compiles = False  # CTC's loops: XLA takes longer over them than they take by themselves

    def draw(self, rng: np.random.Generator, stock: Stock, samples: SampleSettings) -> Sample:
        """Draw a plate, or what is none."""
        own = self.settings
        view = draw_view(
            rng, stock, samples, own.window, own.margin,
            absent=samples.absent, hidden=samples.hidden, wide=WIDE, clear=CLEAR,
        )  # fmt: skip
        if view.plate is None or not view.clear:
            steps, cells, where = _nothing(own)
        else:
            steps, cells, where = line_target(view.plate, view.hidden, view.matrix, own)
        return {"plate": view.window[..., None]}, {
            "steps": steps,
            "characters": cells,
            "lines": where,
            "plate_presence": view.presence,
            "plate_corners": view.corners,
        }

    def losses(self) -> WeightedLosses:
        """Return those of texts, cells, lines, presence and corners."""
        from platewright.training import loss

        text = loss.ctc_text(
            self.settings.longest, self.recipe.where, by_length=self.recipe.by_length
        )
        return {
            "steps": (text, 1.0),
            "characters": (loss.masked_cells, 0.5),
            "lines": (loss.weight_there(2), 0.3),
            "plate_presence": (loss.window_presence, 0.4),
            "plate_corners": (loss.window_corners, 1.5),
        }

    def measure(self, targets: dict[str, Any], said: dict[str, Any]) -> dict[str, float]:
        """Return the parts of texts and of presences that are right."""
        longest = self.settings.longest
        rows = zip(targets["steps"], said["steps"], strict=True)
        right = [
            best_path(logits)[0] == tuple(row[: row[longest]])
            for row, logits in rows
            if row[longest]
        ]
        there = targets["plate_presence"] > 0
        return {
            "text": float(np.mean(right)) if right else float("nan"),
            "presence": float(((said["plate_presence"] > 0) == there).mean()),
        }

    def spell(self, said: dict[str, Any]) -> list[str]:
        """Return the texts of the most probable steps."""
        known = self.settings.characters + UNSEEN
        return ["".join(known[k - 1] for k in best_path(logits)[0]) for logits in said["steps"]]


TASK = LineTask


def line_target(
    plate: PlateRecord, hidden: FloatArray, matrix: FloatArray, settings: LineSettings
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]:
    """Return what the line reader should say of a plate's window.

    Args:
        plate: with its characters in reading order; where they are not known, as of most real
            plates, its text alone is taught.
        hidden: (characters,) part of each that is not seen.
        matrix: homography from picture to window points.

    Returns:
        For `steps` one row: the text's classes, its length, and each step's class or -1; for
        `characters` (rows, columns) classes; for `lines` (lines, rows, columns) 1 where a line's
        characters are.
    """
    alphabet, unseen = settings.alphabet, settings.num_classes - 1
    nothing = _nothing(settings)
    if not plate.characters:
        found = [alphabet.index(char) for char in plate.text]
        if 0 < len(found) <= settings.longest and min(found) >= 0:
            nothing[0][: len(found)] = np.array(found) + 1
            nothing[0][settings.longest] = len(found)
        return nothing
    classes: list[int] = []
    known: list[tuple[Box, int, int, bool]] = []
    line_before = -1
    count = max(char.line for char in plate.characters) + 1
    for char, part in zip(plate.characters, hidden, strict=True):
        kind = alphabet.index(char.char)
        if kind < 0:  # of another alphabet: to this one a mark
            continue
        gone, line = bool(part > HIDDEN), line_place(char.line, count, settings.lines)
        if not gone:
            classes.append(kind + 1)
        elif not classes or classes[-1] != unseen or line != line_before:
            classes.append(unseen)
        line_before = line
        known.append((box_of_quad(project(matrix, char.quad)), kind, line, gone))
    if not 0 < len(classes) <= settings.longest or all(k == unseen for k in classes):
        return nothing
    row = np.zeros(settings.longest + 1, np.int32)
    row[: len(classes)], row[-1] = classes, len(classes)
    steps, cells, where = _placed(known, settings)
    return np.concatenate([row, steps.reshape(-1)]), cells, where


def line_place(line: int, count: int, lines: int) -> int:
    """Return which of the reader's lines says a plate's: the first and the last have their own.

    So the last of two is where the last of three is, and what lies between has a place to itself.

    Args:
        line: from 0, of the plate's.
        count: of the plate's lines.
        lines: of the reader.

    >>> [line_place(k, 3, 3) for k in range(3)], [line_place(k, 2, 3) for k in range(2)]
    ([0, 1, 2], [0, 2])
    """
    last = line == count - 1
    return lines - 1 if last and count > 1 else min(line, max(lines - 2, 0))


def _nothing(
    settings: LineSettings,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]:
    """Return targets that teach nothing."""
    steps = np.full(settings.longest + 1 + settings.lines * settings.cells[1], -1, np.int32)
    steps[: settings.longest + 1] = 0
    cells = np.full(settings.cells, IGNORE, np.int32)
    return steps, cells, np.zeros((settings.lines, *settings.cells), np.uint8)


def _placed(
    known: Sequence[tuple[Box, int, int, bool]], settings: LineSettings
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]:
    """Return where characters are: on the lines' steps, on the map, on each line's map.

    Args:
        known: box in the window, class, line and whether it is unseen, of each character.
    """
    rows, columns = count = settings.cells
    cell = (settings.window[0] / rows, settings.window[1] / columns)
    steps = np.zeros((settings.lines, columns), np.int32)
    cells = np.full(count, settings.alphabet.pad, np.int32)
    where = np.zeros((settings.lines, *count), np.uint8)
    for box, _, line, gone in known:
        down, right = around(spared(box, cell), cell, count)
        cells[down, right] = IGNORE
        # How much of an unseen one is seen is unknown: its neighbourhood teaches nothing.
        wider = slice(max(right.start - gone, 0), right.stop + gone)
        steps[line, wider] = -1
    before = (-1, -9, -1)
    for box, kind, line, gone in known:
        if gone:
            before = (-1, -9, -1)
            continue
        down, right = claimed(spared(box, cell), cell, count)
        cells[down, right] = kind
        where[line, down, right] = 1
        step = int(np.clip((box[0] + box[2]) / 2 / cell[1], 0, columns - 1))
        # Two alike need a blank between: where there is no room, the second finds its own step.
        if (kind, line) != (before[0], before[2]) or step - before[1] > 1:
            steps[line, step] = kind + 1
        before = (kind, step, line)
    return steps, cells, where
