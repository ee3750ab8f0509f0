"""Convolutions, a recurrent encoder, and a decoder that attends to one place per character."""

import string
from dataclasses import replace
from typing import Any

import keras
from keras import layers, ops

from platewright.network.kind import Networks, Recipe, text_recipe
from platewright.network.layers import Standardize, bidirectional, conv_relu, in_rows
from platewright.network.part import TextSettings

Tensor = Any
EMBEDDING = 10  #: Numbers that stand for the character before

ORIGINAL = TextSettings(
    name="attention",
    task="attention",
    window=(32, 128),
    channels=(64, 128, 256, 256, 256),
    units=(128, 128, 128),
    characters=string.digits + string.ascii_uppercase,
)
SMALL = replace(ORIGINAL, channels=(24, 48, 64, 64, 96), units=(96, 128, 128), rows=2)
RECIPES = {
    "small": text_recipe(SMALL, "ours: fewer channels, two rows, attention taught, AdamW"),
    "original": Recipe(
        settings=ORIGINAL,
        source="after Guo and Deng, Attention-OCR, 2016, and its package aocr, whose batch it is; "
        "theirs has two more convolutions, an LSTM encoder, and 1,000 epochs",
        optimizer="adadelta",
        rate=1.0,
        clip=5.0,
        batch=65,
        epochs=100,
    ),
}


class Decoder(layers.Layer):  # type: ignore[misc]
    """Spells a text from a memory (B, cells, C), one character after the other.

    Two GRU cells; where to look is asked of their state before each step (Bahdanau, Cho and Bengio
    2015). The last class is the end, and the token after it the start.
    """

    def __init__(self, classes: int, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.embed = layers.Embedding(classes + 1, EMBEDDING, name="embed")
        self.key = layers.Dense(units, use_bias=False, name="key")
        self.query = layers.Dense(units, name="query")
        self.score = layers.Dense(1, use_bias=False, name="score")
        self.first = layers.GRUCell(units, name="first")
        self.second = layers.GRUCell(units, name="second")
        self.out = layers.Dense(classes, name="out")

    def build(self, memory_shape: tuple[int | None, ...], *_: Any) -> None:
        """Make the weights."""
        width, units = int(memory_shape[-1] or 0), self.units
        self.embed.build((None,))
        self.key.build((None, None, width))
        self.query.build((None, 2 * units))
        self.score.build((None, None, units))
        self.first.build((None, EMBEDDING + width))
        self.second.build((None, units))
        self.out.build((None, units + width))

    def step(
        self, memory: Tensor, keys: Tensor, token: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Take one step.

        Args:
            memory: (B, cells, C).
            keys: (B, cells, units) of it.
            token: (B,) the character before.
            state: (B, 2 * units).

        Returns:
            logits (B, classes), the next state, weights (B, cells).
        """
        energy = ops.tanh(keys + ops.expand_dims(self.query(state), 1))
        weights = ops.softmax(ops.squeeze(self.score(energy), axis=-1), axis=-1)
        seen = ops.squeeze(ops.matmul(ops.expand_dims(weights, 1), memory), axis=1)
        x = ops.concatenate([self.embed(token), seen], axis=-1)
        x, _ = self.first(x, state[:, : self.units])
        y, _ = self.second(x, state[:, self.units :])
        logits = self.out(ops.concatenate([y, seen], axis=-1))
        return logits, ops.concatenate([x, y], axis=-1), weights

    def call(self, memory: Tensor, previous: Tensor) -> tuple[Tensor, Tensor]:
        """Spell with the true characters given: logits (B, T, classes), weights (B, T, cells)."""
        keys = self.key(memory)
        state = ops.zeros_like(keys[:, 0])
        state = ops.concatenate([state, state], axis=-1)
        logits, weights = [], []
        for k in range(previous.shape[1]):
            one, state, where = self.step(memory, keys, previous[:, k], state)
            logits.append(one)
            weights.append(where)
        return ops.stack(logits, axis=1), ops.stack(weights, axis=1)


class Step(layers.Layer):  # type: ignore[misc]
    """One step of a decoder, as reading needs it."""

    def __init__(self, decoder: Decoder, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decoder = decoder

    def build(self, *_: Any) -> None:
        """Nothing to make: the weights are the decoder's."""

    def call(self, memory: Tensor, token: Tensor, state: Tensor) -> tuple[Tensor, ...]:
        """See `Decoder.step`; token is (B, 1)."""
        return self.decoder.step(memory, self.decoder.key(memory), token[:, 0], state)


def build(settings: TextSettings) -> Networks:
    """Build it.

    Taught are `window` (B, h, w, 1) in 0-1 and `previous` (B, slots + 1), the start and the true
    characters, to `logits` (B, slots + 1, classes) and `weights` (B, slots + 1, cells). Reading
    takes `window` to `memory` once, then `cells`, `token` (B, 1) and `state` (B, 2 * units), to
    `logits` (B, classes), `next_state` and `weights` (B, cells).
    """
    window = keras.Input((*settings.window, 1), name="window")
    x = Standardize(name="standardize")(window)
    c0, c1, c2, c3, c4 = settings.channels
    x = layers.MaxPooling2D(2, name="pool0")(conv_relu(x, c0, "conv0", norm=settings.norm))
    x = layers.MaxPooling2D(2, name="pool1")(conv_relu(x, c1, "conv1", norm=settings.norm))
    x = conv_relu(x, c2, "conv2", norm=settings.norm)
    x = layers.MaxPooling2D((2, 1), name="pool2")(conv_relu(x, c3, "conv3", norm=settings.norm))
    x = layers.ZeroPadding2D((0, 1), name="edges")(x)
    kernel = (int(x.shape[1]), 3)  # all of the height
    x = conv_relu(
        x, settings.rows * c4, "squeeze", kernel=kernel, norm=settings.norm, padding="valid"
    )
    steps = in_rows(ops.squeeze(x, axis=1), settings.rows)
    encoder, first, second = settings.units
    if first != second:
        raise ValueError("both layers of the decoder are of the same size")
    encode = bidirectional(layers.GRU, encoder, "concat", "encoder", dropout=settings.dropout)
    memory = encode(steps)
    previous = keras.Input((settings.slots + 1,), dtype="int32", name="previous")
    decoder = Decoder(settings.alphabet.num_classes, first, name="decoder")
    logits, weights = decoder(memory, previous)
    teach = keras.Model(
        {"window": window, "previous": previous},
        {"logits": logits, "weights": weights},
        name=settings.name,
    )
    cells = keras.Input(memory.shape[1:], name="cells")
    token = keras.Input((1,), dtype="int32", name="token")
    state = keras.Input((2 * first,), name="state")
    said, after, where = Step(decoder, name="step")(cells, token, state)
    inputs = {"window": window, "cells": cells, "token": token, "state": state}
    outputs = {"logits": said, "next_state": after, "weights": where}
    run = keras.Model(inputs, {"memory": memory, **outputs})
    head = keras.Model(inputs, {"steps": steps, **outputs})
    return Networks(teach, run, head, (encode,), "memory")
