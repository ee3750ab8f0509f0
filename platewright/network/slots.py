"""The slot reader: a residual trunk with attention, pooled into one character for each place."""

import keras
from keras import layers

from platewright.network.kind import Networks, part_recipe
from platewright.network.layers import SlotPool, presence_and_corners, trunk
from platewright.network.part import SlotSettings

BATCH = 48
RECIPES = {
    "full": part_recipe(SlotSettings(), "that of the first edition", BATCH),
    "small": part_recipe(
        SlotSettings(window=(48, 144), channels=(16, 24, 48, 64)),
        "the same with fewer channels on a smaller window",
        BATCH,
    ),
}


def build(settings: SlotSettings) -> Networks:
    """Build it: grey levels `window` (B, *window, 1) in 0-1.

    Its outputs are `slot_characters` and `slot_map`, logits of a map's cells (B, rows, columns,
    characters + 1) and (B, rows, columns, slots + 1), the last class none; `slots` (B, slots,
    characters + 1) probabilities; `presence` (B, 1) logits and `corners` (B, 8), parts of the
    window.
    """
    window = keras.Input((*settings.window, 1), name="window")
    x, wide = trunk(window, settings.channels, "slots")
    characters = layers.Conv2D(settings.alphabet.num_classes, 1, name="slots_characters")(x)
    slot_map = layers.Conv2D(settings.slots + 1, 1, name="slots_slots")(x)
    presence, corners = presence_and_corners(wide, "slots")
    outputs = {
        "slot_characters": characters,
        "slot_map": slot_map,
        "slots": SlotPool(name="slots_pool")((characters, slot_map)),
        "presence": presence,
        "corners": corners,
    }
    model = keras.Model({"window": window}, outputs, name=settings.name)
    return Networks(model, model)
