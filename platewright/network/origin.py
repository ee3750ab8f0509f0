"""The origin: tells a plate's region by its colours, marks and letters."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from platewright.network.layers import conv, residual
from platewright.network.settings import OriginSettings

__all__ = ["build_origin"]


def build_origin(settings: OriginSettings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Build it with fresh weights.

    Returns:
        Inputs `colours` (B, *window, 3), RGB in 0-1; and outputs `origin` (B, regions + 1) logits.
    """
    colours = keras.Input((*settings.window, 3), name="colours")
    c0, c1, c2, c3 = settings.channels
    x = ops.relu(conv(colours - 0.5, c0, "origin_stem", stride=2))
    x = ops.relu(conv(x, c1, "origin_down1", stride=2))
    x = residual(x, c1, "origin_res1")
    x = ops.relu(conv(x, c2, "origin_down2", stride=2))
    x = residual(x, c2, "origin_res2")
    x = ops.relu(conv(x, c3, "origin_down3", stride=(1, 2)))
    x = residual(x, c3, "origin_res3")
    x = layers.Conv2D(24, 1, activation="relu", name="origin_squeeze")(x)
    x = layers.Flatten(name="origin_flatten")(x)
    x = layers.Dense(96, activation="relu", name="origin_pooled")(x)
    return {"colours": colours}, {
        "origin": layers.Dense(len(settings.regions) + 1, name="origin_regions")(x)
    }
