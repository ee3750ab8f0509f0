"""How far a reader is off, by its task; every loss takes what `platewright.training.crop` draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from platewright.reading.ctc import BLANK
from platewright.reader.recipe import Recipe

__all__ = [
    "attention_text", "attention_weights", "box_corners", "box_overlap", "box_where", "ctc_text",
    "reader_losses",
]  # fmt: skip

Tensor = Any
Loss = Callable[[Tensor, Tensor], Tensor]


def ctc_text(slots: int, where: float, *, by_length: bool = True) -> Loss:
    """Return CTC's loss, with what stands at certain steps beside it.

    Args:
        slots: most characters of a text.
        where: weight of the steps' own cross entropy; 0: texts alone count.
        by_length: whether each text's loss is divided by its length, so that all weigh the same.

    Returns:
        A loss of targets (B, slots + 1 + steps) and logits (B, steps, classes). A target holds the
        text's classes, its true length, and for each step a class or -1 where that is not known.
    """

    def loss(target: Tensor, logits: Tensor) -> Tensor:
        target = ops.cast(target, "int32")
        text, length, steps = target[:, :slots], target[:, slots], target[:, slots + 1 :]
        whole = ops.ones_like(length) * logits.shape[1]
        cost = ops.ctc_loss(text, logits, length, whole, mask_index=BLANK)
        if by_length:
            cost = cost / ops.cast(ops.maximum(length, 1), cost.dtype)
        mean = ops.mean(cost)
        if not where:
            return mean
        taught = ops.cast(ops.greater_equal(steps, 0), "float32")
        one_hot = ops.one_hot(ops.maximum(steps, 0), logits.shape[-1])
        cross = ops.logsumexp(logits, axis=-1) - ops.sum(logits * one_hot, axis=-1)
        return mean + where * ops.sum(taught * cross) / (ops.sum(taught) + 1.0)

    return loss


def attention_text(target: Tensor, logits: Tensor) -> Tensor:
    """Cross entropy of the characters and of the end; -1 behind it.

    Args:
        target: (B, slots + 1) classes.
        logits: (B, slots + 1, classes).
    """
    target = ops.cast(target, "int32")
    taught = ops.cast(ops.greater_equal(target, 0), "float32")
    one_hot = ops.one_hot(ops.maximum(target, 0), logits.shape[-1])
    cross = ops.logsumexp(logits, axis=-1) - ops.sum(logits * one_hot, axis=-1)
    return ops.sum(taught * cross) / (ops.sum(taught) + 1.0)


def attention_weights(target: Tensor, weights: Tensor) -> Tensor:
    """Negative logarithm of the attention that lies on each character.

    Args:
        target: (B, slots + 1, cells) 1 where the character is; all 0 where that is not known.
        weights: (B, slots + 1, cells), each step adds up to 1.
    """
    target = ops.cast(target, "float32")
    taught = ops.max(target, axis=-1)
    there = ops.sum(target * weights, axis=-1)
    return -ops.sum(taught * ops.log(there + 1e-5)) / (ops.sum(taught) + 1.0)


def box_corners(target: Tensor, box: Tensor) -> Tensor:
    """Mean squared error of boxes (B, 4)."""
    return ops.mean(ops.square(ops.cast(target, box.dtype) - box))


def box_overlap(target: Tensor, box: Tensor) -> Tensor:
    """Distance of the corners and of the generalised overlap (Rezatofighi et al. 2019), DETR's mix.

    Mean squared error hardly sees that a small plate was missed by its own size.

    Args:
        target: (B, 4) boxes in order, 0-1.
        box: the same.
    """
    target = ops.cast(target, box.dtype)

    def area(low: Tensor, high: Tensor) -> Tensor:
        sides = ops.maximum(high - low, 0.0)
        return sides[:, 0] * sides[:, 1]

    both = area(ops.maximum(target[:, :2], box[:, :2]), ops.minimum(target[:, 2:], box[:, 2:]))
    hull = area(ops.minimum(target[:, :2], box[:, :2]), ops.maximum(target[:, 2:], box[:, 2:]))
    union = area(target[:, :2], target[:, 2:]) + area(box[:, :2], box[:, 2:]) - both
    overlap = both / (union + 1e-7) - (hull - union) / (hull + 1e-7)
    return 5.0 * ops.mean(ops.abs(target - box)) + 2.0 * ops.mean(1.0 - overlap)


def box_where(target: Tensor, where: Tensor) -> Tensor:
    """Negative logarithm of the weight that lies on the plate.

    Args:
        target: (B, 4) boxes, 0-1.
        where: (B, rows, columns) weights of a map's cells, of sum 1; a cell counts as on the plate
            if any part of it is.
    """
    _, rows, columns = where.shape
    x = np.arange(columns, dtype=np.float32)[None, None]
    y = np.arange(rows, dtype=np.float32)[None, :, None]
    target = ops.cast(target, where.dtype)[:, :, None, None]
    x0, y0, x1, y1 = (target[:, k] * n for k, n in enumerate((columns, rows, columns, rows)))
    on = (ops.greater(x + 1, x0), ops.less(x, x1), ops.greater(y + 1, y0), ops.less(y, y1))
    mask = ops.cast(on[0] & on[1] & on[2] & on[3], where.dtype)
    return -ops.mean(ops.log(ops.sum(mask * where, axis=(1, 2)) + 1e-5))


def reader_losses(recipe: Recipe) -> tuple[dict[str, Loss], dict[str, float]]:
    """Return the loss of every output and its weight, as `keras.Model.compile` takes them.

    Args:
        recipe: the network, and what it is taught.
    """
    settings, where = recipe.settings, recipe.where
    if settings.task == "ctc":
        loss = ctc_text(settings.slots, where, by_length=recipe.by_length)
        return {"logits": loss}, {"logits": 1.0}
    if settings.task == "attention":
        return (
            {"logits": attention_text, "weights": attention_weights},
            {"logits": 1.0, "weights": where},
        )
    if settings.units:
        return {"box": box_corners}, {"box": 1.0}
    return {"box": box_overlap, "where": box_where}, {"box": 1.0, "where": where}
