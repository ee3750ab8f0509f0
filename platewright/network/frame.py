"""The frame: a light look at a find, says whether it is a plate and where its corners are."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from platewright.network.layers import Standardize, conv, residual
from platewright.network.settings import FrameSettings

__all__ = ["build_frame"]


def build_frame(settings: FrameSettings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Build it with fresh weights.

    Returns:
        Inputs `find` (B, *window, 1), grey levels in 0-1; and outputs `frame_presence` (B, 1)
        logits and `frame_corners` (B, 8), parts of the window.
    """
    find = keras.Input((*settings.window, 1), name="find")
    c0, c1, c2 = settings.channels
    x = Standardize(name="frame_standardize")(find)
    x = ops.relu(conv(x, c0, "frame_stem", stride=2))
    x = ops.relu(conv(x, c1, "frame_down1", stride=2))
    x = residual(x, c1, "frame_res1")
    x = ops.relu(conv(x, c2, "frame_down2", stride=2))
    x = residual(x, c2, "frame_res2")
    x = layers.Conv2D(24, 1, activation="relu", name="frame_squeeze")(x)
    x = layers.Flatten(name="frame_flatten")(x)
    x = layers.Dense(96, activation="relu", name="frame_pooled")(x)
    return {"find": find}, {
        "frame_presence": layers.Dense(1, name="frame_presence")(x),
        "frame_corners": layers.Dense(8, name="frame_corners")(x),
    }
