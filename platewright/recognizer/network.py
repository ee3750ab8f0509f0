"""The default network: a scan that slides, and a reader for what it finds.

Look one, `scan`: residual convolutions with VALID padding, so that a cell of the output sees
exactly its window and the slid output equals the cropped window's. Look two, `read`: residual
stages over a rectified window; per cell a character map and a slot map, pooled into one
distribution per slot.
Written with `keras.ops` alone: runs on the TensorFlow, JAX and PyTorch backends.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from platewright.recognizer.settings import NetworkSettings

__all__ = ["AddPosition", "Attention", "SlotPool", "Standardize", "build_network"]

Tensor = Any
EPSILON = 1e-6


class Standardize(layers.Layer):  # type: ignore[misc]
    """Takes each window's mean off and divides by its contrast: (B, H, W, 1) -> the same."""

    def call(self, x: Tensor) -> Tensor:
        """Standardise; flat windows stay near zero."""
        mean = ops.mean(x, axis=(1, 2, 3), keepdims=True)
        centred = x - mean
        spread = ops.sqrt(ops.mean(ops.square(centred), axis=(1, 2, 3), keepdims=True))
        return centred / (spread + 0.02)


class AddPosition(layers.Layer):  # type: ignore[misc]
    """Adds a learned vector per cell to a map (B, H, W, C)."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the vectors."""
        self.table = self.add_weight(
            name="table",
            shape=tuple(shape[1:]),
            initializer=keras.initializers.RandomNormal(stddev=0.02),
        )

    def call(self, x: Tensor) -> Tensor:
        """Add them."""
        return x + self.table


class Attention(layers.Layer):  # type: ignore[misc]
    """Self-attention over all cells of a map, with a residual path: (B, H, W, C) -> the same.

    Source: Vaswani et al., Attention Is All You Need, 2017; layer norm first.
    """

    def __init__(self, heads: int = 4, **kwargs: Any) -> None:
        """Keep the number of heads."""
        super().__init__(**kwargs)
        self.heads = heads

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the projections."""
        self.rows, self.cols, self.width = (int(v or 0) for v in shape[1:])
        width = self.width
        self.norm = layers.LayerNormalization(epsilon=1e-5, name="norm")
        self.query_key_value = layers.Dense(3 * width, use_bias=False, name="query_key_value")
        self.out = layers.Dense(width, name="out")
        self.norm2 = layers.LayerNormalization(epsilon=1e-5, name="norm2")
        self.grow = layers.Dense(2 * width, activation=_gelu, name="grow")
        self.shrink = layers.Dense(width, name="shrink")
        flat = (None, self.rows * self.cols, width)
        for part in (self.norm, self.query_key_value, self.out, self.norm2, self.grow):
            part.build(flat)
        self.shrink.build((*flat[:2], 2 * width))

    def call(self, x: Tensor) -> Tensor:
        """Attend."""
        cells, width = self.rows * self.cols, self.width
        flat = ops.reshape(x, (-1, cells, width))
        packed = self.query_key_value(self.norm(flat))
        packed = ops.reshape(packed, (-1, cells, 3 * self.heads, width // self.heads))
        packed = ops.transpose(packed, (0, 2, 1, 3))
        query, key, value = (packed[:, k * self.heads : (k + 1) * self.heads] for k in range(3))
        scale = (width // self.heads) ** -0.5
        weight = ops.softmax(ops.matmul(query * scale, ops.transpose(key, (0, 1, 3, 2))), axis=-1)
        mixed = ops.transpose(ops.matmul(weight, value), (0, 2, 1, 3))
        flat = flat + self.out(ops.reshape(mixed, (-1, cells, width)))
        flat = flat + self.shrink(self.grow(self.norm2(flat)))
        return ops.reshape(flat, (-1, self.rows, self.cols, width))


class SlotPool(layers.Layer):  # type: ignore[misc]
    """Pools a character map and a slot map into one distribution per slot.

    Inputs are logits (B, H, W, characters + none) and (B, H, W, slots + none). A slot's characters
    are the cells' distributions averaged with the squared probability that the cell is the slot's;
    the slot is there as surely as those cells say. Output: (B, slots, characters + 1)
    probabilities, the last of them `pad`.
    """

    def call(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        """Pool."""
        character_logits, slot_logits = inputs
        _, rows, cols, classes = character_logits.shape
        slots = slot_logits.shape[-1] - 1
        character = ops.softmax(ops.reshape(character_logits, (-1, rows * cols, classes)), axis=-1)
        slot = ops.softmax(ops.reshape(slot_logits, (-1, rows * cols, slots + 1)), axis=-1)
        slot = ops.transpose(slot[..., :slots], (0, 2, 1))
        weight = ops.square(slot)
        total = ops.sum(weight, axis=-1, keepdims=True) + EPSILON
        there = ops.sum(weight * slot, axis=-1, keepdims=True) / total
        mixed = ops.matmul(weight / total, character[..., : classes - 1])
        mixed = (mixed + EPSILON) / (
            ops.sum(mixed, axis=-1, keepdims=True) + EPSILON * (classes - 1)
        )
        return ops.concatenate([there * mixed, 1.0 - there], axis=-1)


def _gelu(x: Tensor) -> Tensor:
    """The tanh form: the exact one's error function has no counterpart in the export."""
    return ops.gelu(x, approximate=True)


def _norm(name: str) -> layers.Layer:
    return layers.BatchNormalization(momentum=0.97, epsilon=1e-3, name=name)


def _scan(image: Tensor, settings: NetworkSettings) -> tuple[Tensor, Tensor]:
    """Build look one; returns presence logits (B, h, w, 1) and corners (B, h, w, 8)."""

    def conv(x: Tensor, step: int) -> Tensor:
        kernel, stride, channels = settings.scan_chain[step]
        name = f"scan_conv{step}"
        x = layers.Conv2D(channels, kernel, stride, padding="valid", use_bias=False, name=name)(x)
        return _norm(f"scan_norm{step}")(x)

    def residual(x: Tensor, first: int) -> Tensor:
        y = conv(ops.relu(conv(x, first)), first + 1)
        kernels = [settings.scan_chain[k][0] for k in (first, first + 1)]
        down, right = (sum(k[axis] // 2 for k in kernels) for axis in (0, 1))
        short = layers.Cropping2D((down, right), name=f"scan_crop{first}")(x)
        return ops.relu(short + y)

    x = ops.relu(conv(image, 0))
    x = ops.relu(conv(x, 1))
    x = residual(x, 2)
    x = ops.relu(conv(x, 4))
    x = residual(x, 5)
    x = residual(x, 7)
    x = layers.Conv2D(settings.scan_channels[2], 1, activation="relu", name="scan_mix")(x)
    rare = keras.initializers.Constant(-4.0)
    presence = layers.Conv2D(1, 1, bias_initializer=rare, name="scan_presence")(x)
    corners = layers.Conv2D(8, 1, name="scan_corners")(x)
    return presence, corners


def _read(window: Tensor, settings: NetworkSettings) -> dict[str, Tensor]:
    """Build look two over rectified windows."""
    c0, c1, c2, c3 = settings.read_channels

    def conv(
        x: Tensor, channels: int, stride: tuple[int, int], name: str, kernel: int = 3
    ) -> Tensor:
        x = layers.Conv2D(
            channels, kernel, stride, padding="same", use_bias=False, name=f"read_{name}_conv"
        )(x)
        return _norm(f"read_{name}_norm")(x)

    def residual(x: Tensor, channels: int, name: str) -> Tensor:
        y = ops.relu(conv(x, channels, (1, 1), f"{name}a"))
        return ops.relu(x + conv(y, channels, (1, 1), f"{name}b"))

    x = Standardize(name="read_standardize")(window)
    x = ops.relu(conv(x, c0, (2, 2), "stem"))
    x = ops.relu(conv(x, c1, (2, 2), "down1"))
    x = residual(x, c1, "res1")
    x = ops.relu(conv(x, c2, (2, 1), "down2"))
    x = residual(x, c2, "res2")
    wide = ops.relu(conv(x, c3, (2, 2), "down3"))
    wide = AddPosition(name="read_position")(wide)
    wide = residual(wide, c3, "res3")
    wide = Attention(name="read_attend1")(wide)
    wide = Attention(name="read_attend2")(wide)
    up = layers.UpSampling2D(2, name="read_up")(conv(wide, c2, (1, 1), "narrow", kernel=1))
    x = ops.relu(conv(ops.relu(x + up), c2, (1, 1), "fuse"))
    characters = layers.Conv2D(settings.alphabet.num_classes, 1, name="read_characters")(x)
    slot_map = layers.Conv2D(settings.slots + 1, 1, name="read_slots")(x)
    pooled = layers.Conv2D(12, 1, activation="relu", name="read_squeeze")(wide)
    pooled = layers.Flatten(name="read_flatten")(pooled)
    pooled = layers.Dense(96, activation="relu", name="read_pooled")(pooled)
    return {
        "characters": characters,
        "slot_map": slot_map,
        "slots": SlotPool(name="read_pool")((characters, slot_map)),
        "presence": layers.Dense(1, name="read_presence")(pooled),
        "corners": layers.Dense(8, name="read_corners")(pooled),
    }


def build_network(
    settings: NetworkSettings, *, image_size: tuple[int | None, int | None] = (None, None)
) -> keras.Model:
    """Build the network with fresh weights.

    Args:
        settings: its shapes.
        image_size: (height, width) that the scan is fixed to; None: any.

    Returns:
        A model with two inputs, grey levels in 0-1:
        `image` (B, H, W, 1) of any size not under the scan's window, and
        `window` (B, *read_window, 1);
        and the outputs `scan_presence` (B, h, w, 1) logits, `scan_corners` (B, h, w, 8) offsets
        from the cell's window centre in half windows (x, y of four corners), `characters`,
        `slot_map` (maps of logits), `slots` (B, slots, characters + 1) probabilities, `presence`
        (B, 1) logits and `corners` (B, 8), parts of the window.
    """
    image = keras.Input((*image_size, 1), name="image")
    window = keras.Input((*settings.read_window, 1), name="window")
    presence, corners = _scan(image, settings)
    outputs = {"scan_presence": presence, "scan_corners": corners, **_read(window, settings)}
    return keras.Model({"image": image, "window": window}, outputs, name=settings.name)
