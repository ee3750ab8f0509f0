"""How far the network is off, one function per output; cells and samples can be masked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from platewright.recognizer.target import IGNORE

__all__ = [
    "masked_cells",
    "network_losses",
    "reader_presence",
    "scan_corners",
    "scan_presence",
    "slot_text",
]

Tensor = Any
FOCUS = 2.0


def scan_presence(target: Tensor, logits: Tensor) -> Tensor:
    """Focal loss over the scan's cells, per positive cell (Lin et al. 2017).

    Args:
        target: (B, h, w, 1) 1, 0 or `IGNORE`.
        logits: (B, h, w, 1).
    """
    taught = ops.cast(ops.not_equal(target, IGNORE), "float32")
    positive = ops.cast(ops.equal(target, 1.0), "float32")
    cross = ops.relu(logits) - logits * positive + ops.log1p(ops.exp(-ops.abs(logits)))
    probability = ops.sigmoid(logits)
    missed = positive * (1 - probability) + (1 - positive) * probability
    weight = taught * missed**FOCUS * (0.75 * positive + 0.25 * (1 - positive))
    return ops.sum(weight * cross) / (ops.sum(positive) + 4.0)


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


def masked_cells(target: Tensor, logits: Tensor) -> Tensor:
    """Cross entropy per cell of a map; the weights of filled and empty cells are balanced.

    Args:
        target: (B, rows, cols) classes or `IGNORE`; the last class is `none`.
        logits: (B, rows, cols, classes).
    """
    classes = logits.shape[-1]
    taught = ops.cast(ops.not_equal(target, IGNORE), "float32")
    none = ops.cast(ops.equal(target, classes - 1), "float32")
    one_hot = ops.one_hot(ops.cast(ops.maximum(target, 0), "int32"), classes)
    cross = ops.logsumexp(logits, axis=-1) - ops.sum(logits * one_hot, axis=-1)
    filled = taught * (1 - none)
    empty = taught * none
    return ops.sum(filled * cross) / (ops.sum(filled) + 1.0) + 0.7 * ops.sum(empty * cross) / (
        ops.sum(empty) + 1.0
    )


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


def reader_presence(target: Tensor, logits: Tensor) -> Tensor:
    """Binary cross entropy of the reader's presence; target (B, 1)."""
    taught = ops.cast(ops.not_equal(target, IGNORE), "float32")
    positive = ops.cast(ops.equal(target, 1.0), "float32")
    cross = ops.relu(logits) - logits * positive + ops.log1p(ops.exp(-ops.abs(logits)))
    return ops.sum(taught * cross) / (ops.sum(taught) + 1.0)


def reader_corners(target: Tensor, corners: Tensor) -> Tensor:
    """Huber loss of the reader's corners; target (B, 9): eight values and 1 where present."""
    there = target[:, 8:]
    return ops.sum(there * _huber(target[:, :8] - corners, 0.03)) / (8 * ops.sum(there) + 8.0)


def _huber(off: Tensor, knee: float) -> Tensor:
    far = ops.abs(off)
    return ops.where(far < knee, 0.5 * ops.square(off) / knee, far - 0.5 * knee)


def network_losses() -> tuple[dict[str, Callable[[Tensor, Tensor], Tensor]], dict[str, float]]:
    """Return the loss of every output and its weight, as `keras.Model.compile` takes them."""
    losses = {
        "scan_presence": scan_presence,
        "scan_corners": scan_corners,
        "characters": masked_cells,
        "slot_map": masked_cells,
        "slots": slot_text,
        "presence": reader_presence,
        "corners": reader_corners,
    }
    weights = {
        "scan_presence": 4.0,
        "scan_corners": 2.0,
        "characters": 1.0,
        "slot_map": 0.7,
        "slots": 0.7,
        "presence": 0.6,
        "corners": 2.0,
    }
    return dict(losses), weights
