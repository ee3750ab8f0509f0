"""Layers that several networks share; written with `keras.ops`, for every back end."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from platewright.recognizer.network import AddPosition, Attention, Standardize

__all__ = ["AddPosition", "Attention", "LinePool", "Standardize", "conv", "residual"]

Tensor = Any


def conv(
    x: Tensor,
    channels: int,
    name: str,
    *,
    kernel: int | tuple[int, int] = 3,
    stride: int | tuple[int, int] = 1,
    padding: str = "same",
) -> Tensor:
    """Add a convolution and its normalisation; `NAME_conv` and `NAME_norm`."""
    x = layers.Conv2D(
        channels, kernel, stride, padding=padding, use_bias=False, name=f"{name}_conv"
    )(x)
    return layers.BatchNormalization(momentum=0.97, epsilon=1e-3, name=f"{name}_norm")(x)


def residual(x: Tensor, channels: int, name: str) -> Tensor:
    """Add a residual pair of convolutions; source: He et al. 2016."""
    y = ops.relu(conv(x, channels, f"{name}a"))
    return ops.relu(x + conv(y, channels, f"{name}b"))


class LinePool(layers.Layer):  # type: ignore[misc]
    """Gathers the lines of a plate from a map.

    For every line and column the rows of the map are weighed, and averaged by these weights.
    (B, H, W, C) -> steps (B, lines, W, C) and the weights (B, lines, H, W), each column of which
    adds up to 1.
    """

    def __init__(self, lines: int, **kwargs: Any) -> None:
        """Keep the number of lines."""
        super().__init__(**kwargs)
        self.lines = lines
        self.where = layers.Conv2D(lines, 1, name="where")

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the weighing."""
        self.where.build(shape)

    def call(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Gather."""
        weights = ops.softmax(self.where(x), axis=1)
        weights = ops.transpose(weights, (0, 3, 2, 1))  # (B, lines, W, H)
        columns = ops.expand_dims(ops.transpose(x, (0, 2, 1, 3)), 1)  # (B, 1, W, H, C)
        steps = ops.squeeze(ops.matmul(ops.expand_dims(weights, 3), columns), axis=3)
        return steps, ops.transpose(weights, (0, 1, 3, 2))
