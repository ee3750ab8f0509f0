"""The line reader: a residual trunk with attention, spelt along the lines of the plate by CTC."""

from __future__ import annotations

import keras
from keras import layers, ops

from platewright.network.kind import Networks, part_recipe
from platewright.network.layers import (
    AddPosition,
    Attention,
    LinePool,
    Standardize,
    conv,
    conv_relu,
    residual,
)  # fmt: skip
from platewright.network.weights import LineSettings

__all__ = ["RECIPES", "build"]

BATCH = 48
RECIPES = {
    "full": part_recipe(
        LineSettings(), "ours: the slot reader's trunk, its map gathered line by line, CTC", BATCH
    ),
    "small": part_recipe(
        LineSettings(window=(48, 144), channels=(16, 24, 48, 64), width=64),
        "the same with fewer channels on a smaller window",
        BATCH,
    ),
}


def build(settings: LineSettings) -> Networks:
    """Build it: grey levels `plate` (B, *window, 1) in 0-1.

    Its outputs are `steps` (B, lines * columns, classes) logits, blank first, the characters, then
    unseen; `characters` (B, rows, columns, characters + 1) logits of the map's cells, the last
    class none; `lines` (B, lines, rows, columns), where each line runs; `plate_presence` (B, 1)
    logits and `plate_corners` (B, 8), parts of the window.
    """
    plate = keras.Input((*settings.window, 1), name="plate")
    c0, c1, c2, c3 = settings.channels
    x = Standardize(name="line_standardize")(plate)
    x = conv_relu(x, c0, "line_stem", stride=2)
    x = conv_relu(x, c1, "line_down1", stride=2)
    x = residual(x, c1, "line_res1")
    x = conv_relu(x, c2, "line_down2", stride=(2, 1))
    x = residual(x, c2, "line_res2")
    wide = conv_relu(x, c3, "line_down3", stride=2)
    wide = AddPosition(name="line_position")(wide)
    wide = residual(wide, c3, "line_res3")
    wide = Attention(name="line_attend1")(wide)
    wide = Attention(name="line_attend2")(wide)
    up = layers.UpSampling2D(2, name="line_up")(conv(wide, c2, "line_narrow", kernel=1))
    x = conv_relu(ops.relu(x + up), c2, "line_fuse")
    characters = layers.Conv2D(len(settings.characters) + 1, 1, name="line_characters")(x)
    steps, where = LinePool(settings.lines, name="line_pool")(x)
    steps = conv_relu(steps, settings.width, "line_grow", kernel=(1, 3))
    steps = AddPosition(name="line_step_position")(steps)
    more = conv_relu(steps, settings.width, "line_near", kernel=(1, 3))
    steps = ops.relu(steps + conv(more, settings.width, "line_far", kernel=(1, 5)))
    steps = layers.Conv2D(settings.num_classes, 1, name="line_steps")(steps)
    columns = settings.cells[1]
    steps = ops.reshape(steps, (-1, settings.lines * columns, settings.num_classes))
    pooled = layers.Conv2D(12, 1, activation="relu", name="line_squeeze")(wide)
    pooled = layers.Flatten(name="line_flatten")(pooled)
    pooled = layers.Dense(96, activation="relu", name="line_pooled")(pooled)
    outputs = {
        "steps": steps,
        "characters": characters,
        "lines": where,
        "plate_presence": layers.Dense(1, name="line_presence")(pooled),
        "plate_corners": layers.Dense(8, name="line_corners")(pooled),
    }
    model = keras.Model({"plate": plate}, outputs, name=settings.name)
    return Networks(model, model)
