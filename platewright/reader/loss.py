"""How far a reader is off, by its task; every loss takes what `platewright.training.crop` draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from platewright.reader.ctc import BLANK
from platewright.reader.settings import ReaderSettings

__all__ = ["attention_text", "attention_weights", "box_corners", "ctc_text", "reader_losses"]

Tensor = Any
Loss = Callable[[Tensor, Tensor], Tensor]


def ctc_text(slots: int, where: float) -> Loss:
    """Return CTC's loss, with what stands at certain steps beside it.

    Args:
        slots: most characters of a text.
        where: weight of the steps' own cross entropy; 0: texts alone count.

    Returns:
        A loss of targets (B, slots + 1 + steps) and logits (B, steps, classes). A target holds the
        text's classes, its true length, and for each step a class or -1 where that is not known.
    """

    def loss(target: Tensor, logits: Tensor) -> Tensor:
        target = ops.cast(target, "int32")
        text, length, steps = target[:, :slots], target[:, slots], target[:, slots + 1 :]
        whole = ops.ones_like(length) * logits.shape[1]
        cost = ops.ctc_loss(text, logits, length, whole, mask_index=BLANK)
        # By characters, so that long texts weigh no more than short ones.
        mean = ops.mean(cost / ops.cast(ops.maximum(length, 1), cost.dtype))
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


def reader_losses(
    settings: ReaderSettings, where: float
) -> tuple[dict[str, Loss], dict[str, float]]:
    """Return the loss of every output and its weight, as `keras.Model.compile` takes them.

    Args:
        settings: of the network.
        where: weight of the characters' places.
    """
    if settings.task == "ctc":
        return {"logits": ctc_text(settings.slots, where)}, {"logits": 1.0}
    if settings.task == "attention":
        return (
            {"logits": attention_text, "weights": attention_weights},
            {"logits": 1.0, "weights": where},
        )
    return {"box": box_corners}, {"box": 1.0}
