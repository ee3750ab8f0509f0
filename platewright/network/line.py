"""The line reader: a residual trunk with attention, spelt along the lines of the plate by CTC."""

import keras
from keras import layers, ops

from platewright.network.kind import Networks, part_recipe
from platewright.network.layers import (
    AddPosition,
    LinePool,
    conv,
    conv_relu,
    presence_and_corners,
    residual,
    trunk,
)
from platewright.network.part import LineSettings

BATCH = 48
RECIPES = {
    "full": part_recipe(
        LineSettings(), "ours: the slot reader's trunk, its map gathered line by line, CTC", BATCH
    ),
    "large": part_recipe(
        LineSettings(refined=1, reach=1),
        "the same; its map is looked at once more, and lines with what is above and below",
        BATCH,
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
    x, wide = trunk(plate, settings.channels, "line")
    for k in range(settings.refined):
        x = residual(x, settings.channels[2], f"line_refine{k + 1}", grown=True)
    characters = layers.Conv2D(len(settings.characters) + 1, 1, name="line_characters")(x)
    steps, where = LinePool(settings.lines, settings.reach, name="line_pool")(x)
    steps = conv_relu(steps, settings.width, "line_grow", kernel=(1, 3))
    steps = AddPosition(name="line_step_position")(steps)
    more = conv_relu(steps, settings.width, "line_near", kernel=(1, 3))
    steps = ops.relu(steps + conv(more, settings.width, "line_far", kernel=(1, 5)))
    steps = layers.Conv2D(settings.num_classes, 1, name="line_steps")(steps)
    columns = settings.cells[1]
    steps = ops.reshape(steps, (-1, settings.lines * columns, settings.num_classes))
    presence, corners = presence_and_corners(wide, "line")
    outputs = {
        "steps": steps,
        "characters": characters,
        "lines": where,
        "plate_presence": presence,
        "plate_corners": corners,
    }
    model = keras.Model({"plate": plate}, outputs, name=settings.name)
    return Networks(model, model)
