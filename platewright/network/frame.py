"""The frame: a light look at a find, says whether it is a plate and where its corners are."""

import math

import keras
from keras import layers, ops

from platewright.network.kind import Networks, part_recipe
from platewright.network.layers import Standardize, conv_relu, residual
from platewright.network.part import FrameSettings

BATCH = 48
RECIPES = {
    "full": part_recipe(FrameSettings(), "ours: two residual pairs on a small window", BATCH),
    "small": part_recipe(
        FrameSettings(channels=(12, 24, 48)), "the same with fewer channels", BATCH
    ),
}


def build(settings: FrameSettings) -> Networks:
    """Build it: grey levels `find` (B, *window, 1) in 0-1.

    Its outputs are `frame_presence` (B, 1) logits and `frame_corners` (B, 8), parts of the window.
    """
    find = keras.Input((*settings.window, 1), name="find")
    c0, c1, c2 = settings.channels
    x = Standardize(name="frame_standardize")(find)
    x = conv_relu(x, c0, "frame_stem", stride=2)
    x = conv_relu(x, c1, "frame_down1", stride=2)
    x = residual(x, c1, "frame_res1")
    x = conv_relu(x, c2, "frame_down2", stride=2)
    x = residual(x, c2, "frame_res2")
    x = layers.Conv2D(24, 1, activation="relu", name="frame_squeeze")(x)
    x = ops.reshape(x, (-1, math.prod(x.shape[1:])))
    x = layers.Dense(96, activation="relu", name="frame_pooled")(x)
    outputs = {
        "frame_presence": layers.Dense(1, name="frame_presence")(x),
        "frame_corners": layers.Dense(8, name="frame_corners")(x),
    }
    model = keras.Model({"find": find}, outputs, name=settings.name)
    return Networks(model, model)
