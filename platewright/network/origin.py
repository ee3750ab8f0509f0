"""The origin: tells a plate's region by its colours, marks and letters."""

import math
from dataclasses import replace

import keras
from keras import layers, ops

from platewright.network.kind import Networks, part_recipe
from platewright.network.layers import conv_relu, residual
from platewright.network.part import OriginSettings
from platewright.region import jurisdictions

BATCH = 32
KNOWN = OriginSettings(regions=jurisdictions())
RECIPES = {
    "full": part_recipe(KNOWN, "ours: three residual pairs on the colours", BATCH),
    "small": part_recipe(
        replace(KNOWN, channels=(12, 24, 36, 64)), "the same with fewer channels", BATCH
    ),
}


def build(settings: OriginSettings) -> Networks:
    """Build it: `colours` (B, *window, 3), RGB in 0-1, to `origin` (B, regions + 1) logits."""
    colours = keras.Input((*settings.window, 3), name="colours")
    c0, c1, c2, c3 = settings.channels
    x = conv_relu(colours - 0.5, c0, "origin_stem", stride=2)
    x = conv_relu(x, c1, "origin_down1", stride=2)
    x = residual(x, c1, "origin_res1")
    x = conv_relu(x, c2, "origin_down2", stride=2)
    x = residual(x, c2, "origin_res2")
    x = conv_relu(x, c3, "origin_down3", stride=(1, 2))
    x = residual(x, c3, "origin_res3")
    x = layers.Conv2D(24, 1, activation="relu", name="origin_squeeze")(x)
    x = ops.reshape(x, (-1, math.prod(x.shape[1:])))
    x = layers.Dense(96, activation="relu", name="origin_pooled")(x)
    regions = layers.Dense(len(settings.regions) + 1, name="origin_regions")(x)
    model = keras.Model({"colours": colours}, {"origin": regions}, name=settings.name)
    return Networks(model, model)
