"""How far networks are off, one function per output; cells and samples can be masked."""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from platewright.training.task import IGNORE

Tensor = Any
Loss = Callable[[Tensor, Tensor], Tensor]
FOCUS = 2.0
BLANK = 0


def scan_presence(target: Tensor, logits: Tensor) -> Tensor:
    """Focal loss over the scan's cells, per positive cell (Lin et al. 2017).

    Args:
        target: (B, h, w, 1) 1, 0 or `IGNORE`.
        logits: (B, h, w, 1).
    """
    taught = ops.cast(ops.not_equal(target, IGNORE), "float32")
    positive = ops.cast(ops.equal(target, 1.0), "float32")
    probability = ops.sigmoid(logits)
    missed = positive * (1 - probability) + (1 - positive) * probability
    weight = taught * missed**FOCUS * (0.75 * positive + 0.25 * (1 - positive))
    return ops.sum(weight * _binary(positive, logits)) / (ops.sum(positive) + 4.0)


def scan_corners(target: Tensor, corners: Tensor) -> Tensor:
    """Huber loss of the corners where they are taught.

    Args:
        target: (B, h, w, 9) eight offsets and 1 where the cell is taught.
        corners: (B, h, w, 8).
    """
    positive = target[..., 8:]
    return ops.sum(positive * _huber(target[..., :8] - corners, 0.08)) / (
        8 * ops.sum(positive) + 8.0
    )


def window_presence(target: Tensor, logits: Tensor) -> Tensor:
    """Binary cross entropy of a window's presence; target (B, 1) 1, 0 or `IGNORE`."""
    taught = ops.cast(ops.not_equal(target, IGNORE), "float32")
    positive = ops.cast(ops.equal(target, 1.0), "float32")
    return ops.sum(taught * _binary(positive, logits)) / (ops.sum(taught) + 1.0)


def window_corners(target: Tensor, corners: Tensor) -> Tensor:
    """Huber loss of a window's corners; target (B, 9): eight values and 1 where present."""
    there = target[:, 8:]
    return ops.sum(there * _huber(target[:, :8] - corners, 0.03)) / (8 * ops.sum(there) + 8.0)


def masked_cells(target: Tensor, logits: Tensor) -> Tensor:
    """Cross entropy per cell of a map; the weights of filled and empty cells are balanced.

    Args:
        target: (B, rows, cols) classes or `IGNORE`; the last class is `none`.
        logits: (B, rows, cols, classes).
    """
    taught = ops.cast(ops.not_equal(target, IGNORE), "float32")
    none = ops.cast(ops.equal(target, logits.shape[-1] - 1), "float32")
    return _balanced(taught * (1 - none), taught * none, _cross(target, logits), 0.7)


def slot_text(target: Tensor, probabilities: Tensor) -> Tensor:
    """Negative log likelihood of the text's slots.

    Args:
        target: (B, slots) classes; `IGNORE` in every slot of an absent plate.
        probabilities: (B, slots, classes).
    """
    taught = ops.cast(ops.not_equal(target, IGNORE), "float32")
    one_hot = ops.one_hot(ops.cast(ops.maximum(target, 0), "int32"), probabilities.shape[-1])
    chosen = ops.sum(probabilities * one_hot, axis=-1)
    return -ops.sum(taught * ops.log(chosen + 1e-5)) / (ops.sum(taught) + 1.0)


def ctc_text(longest: int, where: float, *, by_length: bool = True) -> Loss:
    """Return CTC's loss of texts, with what stands at certain steps beside it.

    Args:
        longest: most characters of a text.
        where: weight of the steps' own cross entropy, filled and blank ones balanced; 0: texts
            alone count.
        by_length: whether each text's loss is divided by its length, so that all weigh the same.

    Returns:
        A loss of targets (B, longest + 1 + steps) and logits (B, steps, classes). A target holds
        the text's classes, its length (0: it teaches no text), and for each step its class, or -1
        where that is not known.
    """

    def loss(target: Tensor, logits: Tensor) -> Tensor:
        target = ops.cast(target, "int32")
        text, length, steps = target[:, :longest], target[:, longest], target[:, longest + 1 :]
        has_text = ops.cast(ops.greater(length, 0), "float32")
        text = ops.where(ops.expand_dims(length, 1) > 0, text, ops.ones_like(text))
        some = ops.maximum(length, 1)
        whole = ops.ones_like(length) * logits.shape[1]
        cost = has_text * ops.ctc_loss(text, logits, some, whole, mask_index=BLANK)
        if by_length:
            cost = cost / ops.cast(some, cost.dtype)
        mean = ops.sum(cost) / ops.maximum(ops.sum(has_text), 1.0)
        if not where:
            return mean
        taught = ops.cast(ops.greater_equal(steps, 0), "float32")
        filled = taught * ops.cast(ops.greater(steps, 0), "float32")
        return mean + where * _balanced(filled, taught - filled, _cross(steps, logits), 1.0)

    return loss


def known_classes(smooth: float = 0.0) -> Loss:
    """Return the cross entropy of classes where they are known.

    Args:
        smooth: part of the truth that is spread over all classes.

    Returns:
        A loss of targets (B, ...) classes, -1 where that is not known, and of logits (B, ...,
        classes).
    """

    def loss(target: Tensor, logits: Tensor) -> Tensor:
        taught = ops.cast(ops.greater_equal(target, 0), "float32")
        cross = _cross(target, logits)
        if smooth:
            flat = ops.logsumexp(logits, axis=-1) - ops.mean(logits, axis=-1)
            cross = (1 - smooth) * cross + smooth * flat
        return ops.sum(taught * cross) / (ops.sum(taught) + 1.0)

    return loss


def weight_there(axis: int) -> Loss:
    """Return the negative logarithm of the weight that lies where it should.

    Args:
        axis: along which weights add up to 1.

    Returns:
        A loss of targets, 1 where something is (all 0 along the axis where that is not known), and
        weights of the same shape.
    """

    def loss(target: Tensor, weights: Tensor) -> Tensor:
        target = ops.cast(target, "float32")
        taught = ops.max(target, axis=axis)
        there = ops.sum(target * weights, axis=axis)
        return -ops.sum(taught * ops.log(there + 1e-5)) / (ops.sum(taught) + 1.0)

    return loss


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


def _binary(positive: Tensor, logits: Tensor) -> Tensor:
    return ops.relu(logits) - logits * positive + ops.log1p(ops.exp(-ops.abs(logits)))


def _huber(off: Tensor, knee: float) -> Tensor:
    far = ops.abs(off)
    return ops.where(far < knee, 0.5 * ops.square(off) / knee, far - 0.5 * knee)


def _cross(target: Tensor, logits: Tensor) -> Tensor:
    """Return the cross entropy of classes; those below 0 count as class 0."""
    one_hot = ops.one_hot(ops.maximum(ops.cast(target, "int32"), 0), logits.shape[-1])
    return ops.logsumexp(logits, axis=-1) - ops.sum(logits * one_hot, axis=-1)


def _balanced(filled: Tensor, empty: Tensor, cross: Tensor, weight: float) -> Tensor:
    """Return the mean over the filled cells, and that over the empty ones times a weight."""
    return ops.sum(filled * cross) / (ops.sum(filled) + 1.0) + weight * ops.sum(empty * cross) / (
        ops.sum(empty) + 1.0
    )
