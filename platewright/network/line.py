"""The line reader: a residual trunk with attention, spelt along the lines of the plate by CTC."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from platewright.network.layers import (
    AddPosition, Attention, LinePool, Standardize, conv, residual,
)  # fmt: skip
from platewright.network.settings import LineSettings

__all__ = ["build_line"]


def build_line(settings: LineSettings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Build it with fresh weights.

    Returns:
        Inputs `plate` (B, *window, 1), grey levels in 0-1; and outputs `steps`
        (B, lines * columns, classes) logits, blank first, the characters, then unseen;
        `characters` (B, rows, columns, characters + 1) logits of the map's cells, the last class
        none; `lines` (B, lines, rows, columns), where each line runs; `plate_presence` (B, 1)
        logits and `plate_corners` (B, 8), parts of the window.
    """
    plate = keras.Input((*settings.window, 1), name="plate")
    c0, c1, c2, c3 = settings.channels
    x = Standardize(name="line_standardize")(plate)
    x = ops.relu(conv(x, c0, "line_stem", stride=2))
    x = ops.relu(conv(x, c1, "line_down1", stride=2))
    x = residual(x, c1, "line_res1")
    x = ops.relu(conv(x, c2, "line_down2", stride=(2, 1)))
    x = residual(x, c2, "line_res2")
    wide = ops.relu(conv(x, c3, "line_down3", stride=2))
    wide = AddPosition(name="line_position")(wide)
    wide = residual(wide, c3, "line_res3")
    wide = Attention(name="line_attend1")(wide)
    wide = Attention(name="line_attend2")(wide)
    up = layers.UpSampling2D(2, name="line_up")(conv(wide, c2, "line_narrow", kernel=1))
    x = ops.relu(conv(ops.relu(x + up), c2, "line_fuse"))
    characters = layers.Conv2D(len(settings.characters) + 1, 1, name="line_characters")(x)
    steps, where = LinePool(settings.lines, name="line_pool")(x)
    steps = ops.relu(conv(steps, settings.width, "line_grow", kernel=(1, 3)))
    steps = AddPosition(name="line_step_position")(steps)
    more = ops.relu(conv(steps, settings.width, "line_near", kernel=(1, 3)))
    steps = ops.relu(steps + conv(more, settings.width, "line_far", kernel=(1, 5)))
    steps = layers.Conv2D(settings.num_classes, 1, name="line_steps")(steps)
    columns = settings.cells[1]
    steps = ops.reshape(steps, (-1, settings.lines * columns, settings.num_classes))
    pooled = layers.Conv2D(12, 1, activation="relu", name="line_squeeze")(wide)
    pooled = layers.Flatten(name="line_flatten")(pooled)
    pooled = layers.Dense(96, activation="relu", name="line_pooled")(pooled)
    return {"plate": plate}, {
        "steps": steps,
        "characters": characters,
        "lines": where,
        "plate_presence": layers.Dense(1, name="line_presence")(pooled),
        "plate_corners": layers.Dense(8, name="line_corners")(pooled),
    }
