"""Measurements of the networks of a weights file, on drawings and on labelled photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platewright.geometry import quad_of_box
from platewright.image import load_image
from platewright.dataset.label import read_labels
from platewright.text import clean, fold
from platewright.network.settings import UNSEEN, BundleSettings
from platewright.reading.ctc import best_path
from platewright.reading.straighten import rectify
from platewright.training.fit import prepare

__all__ = ["check_boxes", "check_drawn"]

Check = Callable[[Any], dict[str, float]]


def check_drawn(draw: Callable[[int], Any], network: BundleSettings, *, batches: int = 6) -> Check:
    """Return a measurement on drawings that training never sees.

    Args:
        draw: draws batch k of another seed.
        network: the networks.
        batches: how many to draw, once.
    """
    held = [draw(k) for k in range(batches)]

    def check(model: Any) -> dict[str, float]:
        found: dict[str, list[float]] = {}
        for inputs, targets in held:
            said = _host(model(prepare(inputs), training=False))
            for name, value in _measured(targets, said, network).items():
                found.setdefault(name, []).append(value)
        return {name: round(float(np.nanmean(v)), 4) for name, v in found.items()}

    return check


def _host(outputs: Any) -> dict[str, NDArray[np.float32]]:
    from keras import ops

    return {k: np.asarray(ops.convert_to_numpy(v)) for k, v in outputs.items()}


def _measured(
    targets: dict[str, Any], said: dict[str, Any], network: BundleSettings
) -> dict[str, float]:
    out: dict[str, float] = {}
    if network.scan:
        target, logits = targets["scan_presence"], said["scan_presence"]
        taught, yes = target >= 0, logits > 0
        both = float((yes & (target == 1)).sum())
        total = float((yes & taught).sum() + (target == 1).sum())
        out["scan_f1"] = 2 * both / max(total, 1.0)
        at = targets["scan_corners"][..., 8] > 0
        off = np.abs(targets["scan_corners"][..., :8] - said["scan_corners"])[at]
        out["scan_off"] = float(off.mean()) if off.size else float("nan")
    if network.frame:
        there = targets["frame_presence"][:, 0] > 0
        out["frame_right"] = float(((said["frame_presence"][:, 0] > 0) == there).mean())
        off = np.abs(targets["frame_corners"][there, :8] - said["frame_corners"][there])
        out["frame_off"] = float(off.mean())
    if network.line:
        longest = network.line.longest
        texts, right = 0, 0
        for row, logits in zip(targets["steps"], said["steps"], strict=True):
            if row[longest]:
                texts += 1
                right += best_path(logits)[0] == tuple(row[: row[longest]])
        out["line_text"] = right / max(texts, 1)
        there = targets["plate_presence"][:, 0] > 0
        out["line_present"] = float(((said["plate_presence"][:, 0] > 0) == there).mean())
    if network.origin:
        taught = targets["origin"] >= 0
        got = said["origin"].argmax(axis=-1)
        out["origin_right"] = float((got == targets["origin"])[taught].mean())
    return out


def check_boxes(
    paths: Sequence[Path], network: BundleSettings, *, boxes: int = 200, prefix: str = "real"
) -> Check:
    """Return a measurement on labelled boxes of photos, which training never learns from.

    Args:
        paths: labels, images in `images/` beside each.
        network: with a line reader.
        boxes: of each file, evenly chosen.
        prefix: of the measurement's name.

    Raises:
        DatasetError: if labels can't be read.
    """
    if network.line is None:
        raise ValueError("no line reader")
    line = network.line
    chosen = []
    for path in paths:
        with_text = [label for label in read_labels(path) if label.text]
        part = with_text[:: max(len(with_text) // boxes, 1)]
        for label in part:
            image = load_image(path.parent / "images" / label.file)
            grey = image if image.ndim == 2 else np.asarray(image @ [0.299, 0.587, 0.114], np.uint8)
            box = label.box or (0.0, 0.0, float(grey.shape[1]), float(grey.shape[0]))
            window, _ = rectify(grey, quad_of_box(box), line.window, line.margin)
            chosen.append((path.parent.name, window, fold(clean(label.text))))

    def check(model: Any) -> dict[str, float]:
        windows = np.stack([w for _, w, _ in chosen])[..., None]
        steps = np.concatenate(
            [
                _host(_part(model)(prepare({"plate": windows[k : k + 64]}), training=False))["steps"]
                for k in range(0, len(windows), 64)
            ]
        )
        alphabet = line.characters + UNSEEN
        right: dict[str, list[bool]] = {}
        for (name, _, text), logits in zip(chosen, steps, strict=True):
            said = "".join(alphabet[k - 1] for k in best_path(logits)[0])
            right.setdefault(name, []).append(fold(said) == text)
        return {f"{prefix}_{k}": round(float(np.mean(v)), 4) for k, v in right.items()}

    return check


def _part(model: Any) -> Any:
    import keras

    inputs = model.input if isinstance(model.input, dict) else {x.name: x for x in model.inputs}
    return keras.Model({"plate": inputs["plate"]}, {"steps": model.output["steps"]})
