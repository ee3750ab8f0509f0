"""Layers that several networks share; written with `keras.ops`, for every back end."""

import math
from typing import Any

import keras
from keras import layers, ops

from platewright.network.kind import Networks

Tensor = Any
EPSILON = 1e-6


def conv(
    x: Tensor,
    channels: int,
    name: str,
    *,
    kernel: int | tuple[int, int] = 3,
    stride: int | tuple[int, int] = 1,
    norm: bool = True,
    padding: str = "same",
    scale: str = "ones",
) -> Tensor:
    """Add a convolution, `NAME_conv`, and its normalisation, `NAME_norm`."""
    x = layers.Conv2D(
        channels, kernel, stride, padding=padding, use_bias=not norm, name=f"{name}_conv"
    )(x)
    return normalized(x, f"{name}_norm", scale=scale) if norm else x


def conv_relu(x: Tensor, channels: int, name: str, **more: Any) -> Tensor:
    """Add a convolution as `conv` does, and ReLU."""
    return ops.relu(conv(x, channels, name, **more))


def normalized(x: Tensor, name: str, *, scale: str = "ones") -> Tensor:
    """Add a normalisation over the batch, and what it multiplies by at first."""
    return layers.BatchNormalization(
        momentum=0.97, epsilon=1e-3, gamma_initializer=scale, name=name
    )(x)


def residual(x: Tensor, channels: int, name: str, *, grown: bool = False) -> Tensor:
    """Add a residual pair of convolutions; source: He et al. 2016.

    Args:
        x: a map (B, H, W, channels).
        channels: of the map.
        grown: whether it changes nothing until it learns, as what is added to a network that has
            learnt already must (Chen et al. 2016, Net2Net).
    """
    y = conv_relu(x, channels, f"{name}a")
    return ops.relu(x + conv(y, channels, f"{name}b", scale="zeros" if grown else "ones"))


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

    heads = 4

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
        for part in (self.norm, self.query_key_value, self.out, self.norm2, self.grow):
            part.build((None, width))
        self.shrink.build((None, 2 * width))

    def call(self, x: Tensor) -> Tensor:
        """Attend."""
        cells, width = self.rows * self.cols, self.width
        flat = ops.reshape(x, (-1, width))  # of whole batches: exported, it asks for no sizes
        packed = self.query_key_value(self.norm(flat))
        packed = ops.reshape(packed, (-1, cells, 3 * self.heads, width // self.heads))
        packed = ops.transpose(packed, (0, 2, 1, 3))
        query, key, value = (packed[:, k * self.heads : (k + 1) * self.heads] for k in range(3))
        scale = (width // self.heads) ** -0.5
        weight = ops.softmax(ops.matmul(query * scale, ops.transpose(key, (0, 1, 3, 2))), axis=-1)
        mixed = ops.transpose(ops.matmul(weight, value), (0, 2, 1, 3))
        flat = flat + self.out(ops.reshape(mixed, (-1, width)))
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


class LinePool(layers.Layer):  # type: ignore[misc]
    """Gathers the lines of a plate from a map.

    For every line and column the rows of the map are weighed, and averaged by these weights; with
    `reach` also the rows so far below and above those, whose averages follow.
    (B, H, W, C) -> steps (B, lines, W, (1 + 2 * reach) * C) and the weights (B, lines, H, W), each
    column of which adds up to 1.
    """

    def __init__(self, lines: int, reach: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lines, self.reach = lines, reach
        self.where = layers.Conv2D(lines, 1, name="where")

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the weighing."""
        self.where.build(shape)

    def call(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Gather."""
        weights = ops.softmax(self.where(x), axis=1)  # (B, H, W, lines)
        columns = ops.transpose(x, (0, 2, 1, 3))  # (B, W, H, C)
        rows, room = x.shape[1], self.reach
        near = [weights]
        if room:
            wider = ops.pad(weights, ((0, 0), (room, room), (0, 0), (0, 0)))
            near += [wider[:, k : k + rows] for k in range(2 * room + 1) if k != room]
        every = ops.transpose(ops.concatenate(near, axis=-1), (0, 2, 3, 1))  # (B, W, n * lines, H)
        steps = ops.matmul(every, columns)  # (B, W, n * lines, C)
        if room:
            steps = ops.concatenate(ops.split(steps, len(near), axis=2), axis=-1)
        return ops.transpose(steps, (0, 2, 1, 3)), ops.transpose(weights, (0, 3, 1, 2))


def trunk(plate: Tensor, channels: tuple[int, int, int, int], stem: str) -> tuple[Tensor, Tensor]:
    """Add a residual trunk whose coarsest map attends to all of itself; layers begin with `stem_`.

    Returns:
        The map (B, H / 8, W / 4, channels[2]), and the coarse one (B, H / 16, W / 8, channels[3]).
    """
    c0, c1, c2, c3 = channels
    x = Standardize(name=f"{stem}_standardize")(plate)
    x = conv_relu(x, c0, f"{stem}_stem", stride=2)
    x = conv_relu(x, c1, f"{stem}_down1", stride=2)
    x = residual(x, c1, f"{stem}_res1")
    x = conv_relu(x, c2, f"{stem}_down2", stride=(2, 1))
    x = residual(x, c2, f"{stem}_res2")
    wide = conv_relu(x, c3, f"{stem}_down3", stride=2)
    wide = AddPosition(name=f"{stem}_position")(wide)
    wide = residual(wide, c3, f"{stem}_res3")
    wide = Attention(name=f"{stem}_attend1")(wide)
    wide = Attention(name=f"{stem}_attend2")(wide)
    narrow = conv(wide, c2, f"{stem}_narrow", kernel=1)
    up = layers.UpSampling2D(2, name=f"{stem}_up")(narrow)
    return conv_relu(ops.relu(x + up), c2, f"{stem}_fuse"), wide


def presence_and_corners(wide: Tensor, stem: str) -> tuple[Tensor, Tensor]:
    """Add what tells of the trunk's coarse map whether it is a plate (B, 1), and where (B, 8)."""
    x = layers.Conv2D(12, 1, activation="relu", name=f"{stem}_squeeze")(wide)
    x = ops.reshape(x, (-1, math.prod(x.shape[1:])))
    x = layers.Dense(96, activation="relu", name=f"{stem}_pooled")(x)
    presence = layers.Dense(1, name=f"{stem}_presence")(x)
    return presence, layers.Dense(8, name=f"{stem}_corners")(x)


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
