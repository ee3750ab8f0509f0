"""The slot reader: a residual trunk with attention, pooled into one character for each place."""

from __future__ import annotations

import keras
from keras import layers, ops

from platewright.network.kind import Networks, part_recipe
from platewright.network.layers import (
    AddPosition,
    Attention,
    SlotPool,
    Standardize,
    conv,
    conv_relu,
    residual,
)  # fmt: skip
from platewright.network.weights import SlotSettings

__all__ = ["RECIPES", "build"]

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
    c0, c1, c2, c3 = settings.channels
    x = Standardize(name="slots_standardize")(window)
    x = conv_relu(x, c0, "slots_stem", stride=2)
    x = conv_relu(x, c1, "slots_down1", stride=2)
    x = residual(x, c1, "slots_res1")
    x = conv_relu(x, c2, "slots_down2", stride=(2, 1))
    x = residual(x, c2, "slots_res2")
    wide = conv_relu(x, c3, "slots_down3", stride=2)
    wide = AddPosition(name="slots_position")(wide)
    wide = residual(wide, c3, "slots_res3")
    wide = Attention(name="slots_attend1")(wide)
    wide = Attention(name="slots_attend2")(wide)
    up = layers.UpSampling2D(2, name="slots_up")(conv(wide, c2, "slots_narrow", kernel=1))
    x = conv_relu(ops.relu(x + up), c2, "slots_fuse")
    characters = layers.Conv2D(settings.alphabet.num_classes, 1, name="slots_characters")(x)
    slot_map = layers.Conv2D(settings.slots + 1, 1, name="slots_slots")(x)
    pooled = layers.Conv2D(12, 1, activation="relu", name="slots_squeeze")(wide)
    pooled = layers.Flatten(name="slots_flatten")(pooled)
    pooled = layers.Dense(96, activation="relu", name="slots_pooled")(pooled)
    outputs = {
        "slot_characters": characters,
        "slot_map": slot_map,
        "slots": SlotPool(name="slots_pool")((characters, slot_map)),
        "presence": layers.Dense(1, name="slots_presence")(pooled),
        "corners": layers.Dense(8, name="slots_corners")(pooled),
    }
    model = keras.Model({"window": window}, outputs, name=settings.name)
    return Networks(model, model)
