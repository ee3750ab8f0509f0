"""Convolutions, a dense layer per column, two bidirectional GRUs, CTC."""

import string
from dataclasses import replace

import keras
from keras import layers, ops

from platewright.network.kind import Networks, Recipe, text_recipe
from platewright.network.layers import Standardize, bidirectional, conv_relu, in_rows, with_tail
from platewright.network.part import TextSettings

ORIGINAL = TextSettings(
    name="crnn-gru",
    task="ctc",
    window=(64, 128),
    channels=(16, 16),
    width=32,
    units=(512, 512),
    norm=False,
    characters=string.digits + string.ascii_uppercase + string.ascii_lowercase + " ",
)
SMALL = replace(
    ORIGINAL,
    window=(48, 128),
    channels=(24, 48, 64, 64),
    width=96,
    units=(96, 96),
    rows=2,
    norm=True,
    characters=string.digits + string.ascii_uppercase,
)
RECIPES = {
    "small": text_recipe(SMALL, "ours: normalised convolutions, two rows, positions taught, AdamW"),
    "original": Recipe(
        settings=ORIGINAL,
        source="the example image_ocr of Keras 2, SGD with Nesterov's momentum, clipped at 5; not "
        "taken over: its rate's decay of 1e-6, the first two steps left out, 5 epochs at 512 wide",
        optimizer="sgd",
        rate=0.02,
        clip=5.0,
        batch=32,
        epochs=20,
        epoch=12_800,
    ),
}


def build(settings: TextSettings) -> Networks:
    """Build it: grey levels `window` (B, h, w, 1) in 0-1 to `logits` (B, rows * w / 4, classes)."""
    window = keras.Input((*settings.window, 1), name="window")
    x = Standardize(name="standardize")(window)
    for k, channels in enumerate(settings.channels):
        x = conv_relu(x, channels, f"conv{k}", norm=settings.norm)
        if k < 2:
            x = layers.MaxPooling2D(2, name=f"pool{k}")(x)
    if len(settings.channels) > 2:  # deeper than the original: lower, as wide
        x = layers.MaxPooling2D((2, 1), name="pool2")(x)
    _, height, width, channels = x.shape
    x = ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (-1, width, height * channels))
    x = layers.Dense(settings.rows * settings.width, activation="relu", name="columns")(x)
    x = in_rows(x, settings.rows)
    tail = [
        bidirectional(layers.GRU, units, merge, f"gru{k}", dropout=settings.dropout)
        for k, (units, merge) in enumerate(zip(settings.units, ("sum", "concat"), strict=True))
    ]
    tail.append(layers.Dense(settings.alphabet.num_classes, name="logits"))
    return with_tail(window, x, tuple(tail), settings.name)
