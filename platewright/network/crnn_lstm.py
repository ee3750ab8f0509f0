"""Six convolutions that squeeze the height, two bidirectional LSTMs, CTC."""

import string
from dataclasses import replace

import keras
from keras import layers, ops

from platewright.network.kind import Networks, Recipe, text_recipe
from platewright.network.layers import Standardize, bidirectional, conv_relu, in_rows, with_tail
from platewright.network.part import TextSettings

ORIGINAL = TextSettings(
    name="crnn-lstm",
    task="ctc",
    window=(32, 128),
    channels=(64, 128, 256, 256, 256, 256),
    units=(128, 64),
    dropout=0.2,
    norm=False,
    characters=string.digits + string.ascii_uppercase + string.ascii_lowercase,
)
SMALL = replace(
    ORIGINAL,
    channels=(24, 48, 64, 64, 96, 96),
    units=(96, 64),
    rows=2,
    dropout=0.0,
    norm=True,
    characters=string.digits + string.ascii_uppercase,
)
RECIPES = {
    "small": text_recipe(SMALL, "ours: fewer channels, two rows, positions taught, AdamW"),
    "original": Recipe(
        settings=ORIGINAL,
        source="Shi, Bai and Yao 2015 in its small Keras form; the channels are our choice",
        optimizer="rmsprop",
        rate=1e-3,
        batch=16,
        epochs=100,
    ),
}


def build(settings: TextSettings) -> Networks:
    """Build it: grey levels `window` (B, h, w, 1) in 0-1 to `logits` (B, rows * w / 4, classes)."""
    window = keras.Input((*settings.window, 1), name="window")
    x = Standardize(name="standardize")(window)
    c0, c1, c2, c3, c4, c5 = settings.channels
    every = settings.norm  # three of the convolutions always are
    x = layers.MaxPooling2D(2, name="pool0")(conv_relu(x, c0, "conv0", norm=every))
    x = layers.MaxPooling2D(2, name="pool1")(conv_relu(x, c1, "conv1", norm=every))
    x = conv_relu(x, c2, "conv2")
    x = layers.MaxPooling2D((2, 1), name="pool2")(conv_relu(x, c3, "conv3"))
    x = conv_relu(x, c4, "conv4")
    x = layers.ZeroPadding2D((0, 1), name="edges")(x)
    kernel = (int(x.shape[1]), 3)  # all of the height
    x = conv_relu(x, settings.rows * c5, "squeeze", kernel=kernel, norm=every, padding="valid")
    x = in_rows(ops.squeeze(x, axis=1), settings.rows)
    tail = [
        bidirectional(layers.LSTM, units, "concat", f"lstm{k}", dropout=settings.dropout)
        for k, units in enumerate(settings.units)
    ]
    tail.append(layers.Dense(settings.alphabet.num_classes, name="logits"))
    return with_tail(window, x, tuple(tail), settings.name)
