"""Bounding-box regression: a photo with one car in, one box out."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from platewright.network.kind import Networks, Recipe, recipe_of_ours
from platewright.network.layers import Standardize, conv_relu
from platewright.network.part import TextSettings

Tensor = Any
SMALLEST = 1 / 224  #: Least width and height of a box, parts of the photo

ORIGINAL = TextSettings(
    name="box",
    task="box",
    window=(224, 224),
    channels=(16, 16, 32, 32, 64, 64, 128, 128),
    units=(128, 64),
    norm=False,
)
SMALL = replace(ORIGINAL, channels=(16, 16, 32, 32, 64, 64, 96, 96), units=(), norm=True)
RECIPES = {
    "small": recipe_of_ours(
        SMALL,
        "ours: every cell says a box, and how much it counts; AdamW with a falling rate",
        batch=32,
        epochs=60,
        epoch=16_000,
        where=0.5,
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


class Votes(layers.Layer):  # type: ignore[misc]
    """The mean of the boxes that all cells say, each weighed by how much its cell counts.

    The expectation over a map is how coordinates are regressed without a dense layer (Nibali, He,
    Morgan and Prendergast, Numerical Coordinate Regression with CNNs, 2018): a plate looks the
    same wherever it is.
    """

    def call(self, scores: Tensor, shifts: Tensor) -> tuple[Tensor, Tensor]:
        """Weigh the cells.

        Args:
            scores: (B, rows, columns, 1) logits.
            shifts: (B, rows, columns, 4) from the cell to the box's middle, in quarters of the
                photo, and logits of its width and height.

        Returns:
            Boxes (B, 4) in order, which may reach out of 0-1; the cells' weights (B, rows,
            columns), of sum 1.
        """
        rows, columns = scores.shape[1:3]
        weights = ops.softmax(ops.reshape(scores, (-1, rows * columns)), axis=-1)
        shifts = ops.reshape(shifts, (-1, rows * columns, 4))
        x, y = np.meshgrid((np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows)
        cells = np.stack([x.ravel(), y.ravel()], axis=-1).astype(np.float32)
        middles = cells + 0.25 * shifts[..., :2]
        sizes = ops.sigmoid(shifts[..., 2:] - 2.0)
        said = ops.sum(
            ops.expand_dims(weights, -1) * ops.concatenate([middles, sizes], axis=-1), axis=1
        )
        low, high = said[:, :2] - said[:, 2:] / 2, said[:, :2] + said[:, 2:] / 2
        box = ops.concatenate([low, high], axis=-1)
        return box, ops.reshape(weights, (-1, rows, columns))


class Inside(layers.Layer):  # type: ignore[misc]
    """Cuts boxes at the photo's edges; not for training, where what is cut off teaches nothing."""

    def call(self, box: Tensor) -> Tensor:
        """Cut boxes (B, 4) off at 0 and 1."""
        low = ops.clip(box[:, :2], 0.0, 1.0 - SMALLEST)
        high = ops.clip(box[:, 2:], 0.0, 1.0)
        return ops.concatenate([low, ops.maximum(high, low + SMALLEST)], axis=-1)


def build(settings: TextSettings) -> Networks:
    """Build it: grey levels `window` (B, h, w, 1) in 0-1 to `box` (B, 4) in parts of the photo.

    With dense `units`, these say the box, as in the original. Without, the cells of a map do, an
    eighth of the window's size; `where` (B, rows, columns), which training takes as well, is how
    much each of them counts.
    """
    window = keras.Input((*settings.window, 1), name="window")
    x = Standardize(name="standardize")(window)
    return _dense(settings, window, x) if settings.units else _map(settings, window, x)


def _dense(settings: TextSettings, window: Tensor, x: Tensor) -> Networks:
    """Add pairs of convolutions, each halved, and dense layers."""
    for k, channels in enumerate(settings.channels):
        x = conv_relu(x, channels, f"conv{k}", norm=settings.norm)
        if k % 2:
            x = layers.MaxPooling2D(2, name=f"pool{k // 2}")(x)
    x = layers.Flatten(name="flatten")(x)
    for k, units in enumerate(settings.units):
        x = layers.Dense(units, activation="relu", name=f"dense{k}")(x)
    parts = layers.Dense(4, activation="sigmoid", name="parts")(x)
    model = keras.Model({"window": window}, {"box": Ordered(name="box")(parts)}, name="box")
    return Networks(model, model)


def _map(settings: TextSettings, window: Tensor, x: Tensor) -> Networks:
    """Add convolutions down to a thirty-second of the size, and go back up to an eighth of it."""
    channels, norm, maps = settings.channels, settings.norm, []
    x = conv_relu(x, channels[0], "conv0", kernel=(5, 5), stride=2, norm=norm)
    for k, wide in enumerate(channels[1:], 1):
        x = conv_relu(x, wide, f"conv{k}", norm=norm)
        if k % 2:
            maps.append(x)
            x = layers.MaxPooling2D(2, name=f"pool{k // 2}")(x)
    x = conv_relu(x, channels[-1], "wide", norm=norm)
    for k, finer in enumerate(reversed(maps[2:])):
        up = layers.UpSampling2D(2, name=f"up{k}")(
            conv_relu(x, finer.shape[-1], f"narrow{k}", norm=norm)
        )
        x = conv_relu(finer + up, finer.shape[-1], f"joined{k}", norm=norm)
    scores = layers.Conv2D(1, 1, name="scores")(x)
    shifts = layers.Conv2D(4, 1, name="shifts")(x)
    box, where = Votes(name="votes")(scores, shifts)
    teach = keras.Model({"window": window}, {"box": box, "where": where}, name="box")
    run = keras.Model({"window": window}, {"box": Inside(name="box")(box)}, name="box")
    return Networks(teach, run)
