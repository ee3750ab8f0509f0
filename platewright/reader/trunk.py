"""Parts that the networks of several readers have in common."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from platewright.reader.kind import Networks

__all__ = ["bidirectional", "conv", "in_rows", "with_tail"]

Tensor = Any


def conv(
    x: Tensor,
    channels: int,
    name: str,
    *,
    kernel: tuple[int, int] = (3, 3),
    strides: int = 1,
    norm: bool = True,
    padding: str = "same",
) -> Tensor:
    """Add a convolution, its normalisation and ReLU."""
    x = layers.Conv2D(
        channels, kernel, strides, padding=padding, use_bias=not norm, name=f"{name}_conv"
    )(x)
    if norm:
        x = layers.BatchNormalization(momentum=0.97, epsilon=1e-3, name=f"{name}_norm")(x)
    return ops.relu(x)


def in_rows(x: Tensor, rows: int) -> Tensor:
    """Turn columns (B, W, rows * C) into steps (B, rows * W, C), one row after the other.

    Every step sees the plate's whole height: what belongs to the upper and what to the lower line
    is learnt, and of a plate with one line all but one row are blank.
    """
    _, columns, channels = x.shape
    if rows == 1:
        return x
    x = ops.reshape(x, (-1, columns, rows, channels // rows))
    return ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (-1, rows * columns, channels // rows))


def bidirectional(
    layer: type, units: int, merge: str, name: str, *, dropout: float = 0.0
) -> layers.Layer:
    """Return a recurrent layer that runs both ways; the backward pass is turned round again.

    Args:
        layer: `LSTM` or `GRU` of Keras.
        units: of each direction.
        merge: `sum` or `concat`.
        name: of the layer.
        dropout: part of its inputs left out in training.
    """
    inner = layer(units, return_sequences=True, dropout=dropout, name=f"{name}_one")
    return layers.Bidirectional(inner, merge_mode=merge, name=name)


def with_tail(window: Tensor, steps: Tensor, tail: tuple[layers.Layer, ...], name: str) -> Networks:
    """Return the networks of a chain of layers after the convolutions' `steps` (B, T, C)."""
    x = steps
    for layer in tail:
        x = layer(x)
    model = keras.Model({"window": window}, {"logits": x}, name=name)
    head = keras.Model({"window": window}, {"steps": steps})
    return Networks(model, model, head, tail)
