"""How far the networks are off, one function per output; cells and samples can be masked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from platewright.network.settings import BundleSettings
from platewright.recognizer.loss import (
    masked_cells,
    reader_corners,
    reader_presence,
    scan_corners,
    scan_presence,
)  # fmt: skip

__all__ = ["bundle_losses", "line_steps", "line_where", "region_class"]

Tensor = Any
Loss = Callable[[Tensor, Tensor], Tensor]


def line_steps(longest: int, aligned: float) -> Loss:
    """Return CTC's loss of texts, and beside it the cross entropy of steps that are known.

    Args:
        longest: most characters of a text.
        aligned: weight of the steps' cross entropy.

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
        cost = ops.ctc_loss(text, logits, some, whole, mask_index=0)
        cost = has_text * cost / ops.cast(some, cost.dtype)
        mean = ops.sum(cost) / (ops.sum(has_text) + 1.0)
        taught = ops.cast(ops.greater_equal(steps, 0), "float32")
        filled = taught * ops.cast(ops.greater(steps, 0), "float32")
        one_hot = ops.one_hot(ops.maximum(steps, 0), logits.shape[-1])
        cross = ops.logsumexp(logits, axis=-1) - ops.sum(logits * one_hot, axis=-1)
        empty = taught - filled
        known = ops.sum(filled * cross) / (ops.sum(filled) + 1.0)
        known = known + ops.sum(empty * cross) / (ops.sum(empty) + 1.0)
        return mean + aligned * known

    return loss


def line_where(target: Tensor, where: Tensor) -> Tensor:
    """Negative logarithm of the weight that lies on a line's characters.

    Args:
        target: (B, lines, rows, columns) 1 in the cells of a character of the line.
        where: the same shape, weights of sum 1 over the rows.
    """
    target = ops.cast(target, "float32")
    taught = ops.max(target, axis=2)
    there = ops.sum(target * where, axis=2)
    return -ops.sum(taught * ops.log(there + 1e-5)) / (ops.sum(taught) + 1.0)


def region_class(target: Tensor, logits: Tensor) -> Tensor:
    """Cross entropy of the region, a little smoothed; target (B,) classes, -1: not known."""
    target = ops.cast(target, "int32")
    taught = ops.cast(ops.greater_equal(target, 0), "float32")
    one_hot = ops.one_hot(ops.maximum(target, 0), logits.shape[-1])
    smooth = 0.97 * one_hot + 0.03 / logits.shape[-1]
    cross = ops.logsumexp(logits, axis=-1) - ops.sum(logits * smooth, axis=-1)
    return ops.sum(taught * cross) / (ops.sum(taught) + 1.0)


def bundle_losses(settings: BundleSettings) -> tuple[dict[str, Loss], dict[str, float]]:
    """Return the loss of every output and its weight, as `keras.Model.compile` takes them."""
    losses: dict[str, tuple[Loss, float]] = {}
    if settings.scan:
        losses |= {"scan_presence": (scan_presence, 4.0), "scan_corners": (scan_corners, 2.0)}
    if settings.frame:
        losses |= {"frame_presence": (reader_presence, 1.0), "frame_corners": (reader_corners, 4.0)}
    if settings.line:
        losses |= {
            "steps": (line_steps(settings.line.longest, 0.5), 1.0),
            "characters": (masked_cells, 0.5),
            "lines": (line_where, 0.3),
            "plate_presence": (reader_presence, 0.4),
            "plate_corners": (reader_corners, 1.5),
        }
    if settings.origin:
        losses |= {"origin": (region_class, 1.0)}
    return {k: v[0] for k, v in losses.items()}, {k: v[1] for k, v in losses.items()}
