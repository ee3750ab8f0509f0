"""Bounding-box regression: a photo with one car in, one box out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
from keras import layers, ops

from platewright.reader.kind import Networks
from platewright.reader.recipe import Recipe
from platewright.reader.settings import ReaderSettings
from platewright.reader.trunk import conv
from platewright.recognizer.network import Standardize

__all__ = ["RECIPES", "SMALLEST", "build"]

Tensor = Any
SMALLEST = 1 / 224
"""Least width and height of a box, parts of the photo."""

ORIGINAL = ReaderSettings(
    name="box",
    task="box",
    window=(224, 224),
    channels=(16, 16, 32, 32, 64, 64, 128, 128),
    units=(128, 64),
    norm=False,
)
RECIPES = {
    "small": Recipe(
        settings=replace(
            ORIGINAL, channels=(8, 8, 16, 16, 32, 32, 64, 64), units=(96, 64), norm=True
        ),
        source="ours: half the channels, normalised, AdamW with a falling rate",
        rate=1e-3,
        last_rate=0.01,
        warmup=300,
        decay=1e-2,
        clip=5.0,
        ema=0.998,
        batch=32,
        epochs=60,
        epoch=16_000,
    ),
    "original": Recipe(
        settings=ORIGINAL,
        source="regression with a small VGG: mean squared error, Adam; the channels are our choice",
        optimizer="adam",
        rate=1e-3,
        batch=32,
        epochs=100,
    ),
}


def ordered(parts: Tensor) -> Tensor:
    """Return boxes (B, 4) of x0, y0, x1, y1 in 0-1 from four numbers in 0-1.

    The second corner takes its part of what the first one leaves: x0 < x1 and y0 < y1 whatever the
    numbers are.
    """
    low = parts[:, :2] * (1 - SMALLEST)
    high = low + SMALLEST + (1 - low - SMALLEST) * parts[:, 2:]
    return ops.concatenate([low, high], axis=-1)


class Ordered(layers.Layer):  # type: ignore[misc]
    """`ordered` as a layer, whose output has a name."""

    def call(self, parts: Tensor) -> Tensor:
        """Order them."""
        return ordered(parts)


def build(settings: ReaderSettings) -> Networks:
    """Build it: grey levels `window` (B, h, w, 1) in 0-1 to `box` (B, 4) in parts of the photo."""
    window = keras.Input((*settings.window, 1), name="window")
    x = Standardize(name="standardize")(window)
    for k, channels in enumerate(settings.channels):
        x = conv(x, channels, f"conv{k}", norm=settings.norm)
        if k % 2:
            x = layers.MaxPooling2D(2, name=f"pool{k // 2}")(x)
    x = layers.Flatten(name="flatten")(x)
    for k, units in enumerate(settings.units):
        x = layers.Dense(units, activation="relu", name=f"dense{k}")(x)
    parts = layers.Dense(4, activation="sigmoid", name="parts")(x)
    model = keras.Model({"window": window}, {"box": Ordered(name="box")(parts)}, name="box")
    return Networks(model, model)
