"""Measurements during training, on drawings it never learns from and on labelled photos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from platewright.dataset.label import Label, read_labels
from platewright.geometry import iou, quad_of_box
from platewright.image import load_image
from platewright.reading.detector import Detector
from platewright.recognizer.runtime import KerasRuntime
from platewright.recognizer.settings import NetworkSettings
from platewright.text import clean, fold
from platewright.training.fit import make_drawing, prepare, text_accuracy
from platewright.training.settings import TrainSettings

__all__ = ["check_drawn", "check_photos"]

Check = Callable[[Any], dict[str, float]]
HELD_OUT = 1_000_003
"""Added to the seed for drawings that training never sees."""


def check_drawn(
    settings: TrainSettings, network: NetworkSettings, backgrounds: Path | None, *, batches: int = 6
) -> Check:
    """Return a measurement on freshly drawn windows.

    Args:
        settings: of the run.
        network: of the run.
        backgrounds: folder of photos, or None.
        batches: how many to draw, once.
    """
    live = replace(settings, samples=replace(settings.samples, stored=()))
    draw = make_drawing(settings.seed + HELD_OUT, backgrounds, live, network)
    held = [draw(k) for k in range(batches)]

    def check(model: Any) -> dict[str, float]:
        runtime = KerasRuntime(model, network)
        found: dict[str, list[float]] = {}
        for inputs, targets in held:
            slots, presence, _ = runtime.read(inputs["window"][..., 0])
            outputs = {"slots": slots, "presence": presence[:, None]}
            for name, value in text_accuracy(targets, outputs).items():
                found.setdefault(f"drawn_{name}", []).append(value)
            logits = model(prepare(inputs), training=False)["scan_presence"]
            value = _cells_right(np.asarray(targets["scan_presence"]), _host(logits))
            found.setdefault("drawn_scan", []).append(value)
        return {name: round(float(np.mean(values)), 4) for name, values in found.items()}

    return check


def check_photos(
    path: Path, network: NetworkSettings, *, photos: int = 60, boxes: int = 200
) -> Check:
    """Return a measurement on labelled photos, which training never learns from.

    Args:
        path: labels, images in `images/` beside it.
        network: of the run.
        photos: photos to search for plates, evenly chosen.
        boxes: labelled boxes to read, evenly chosen.

    Raises:
        DatasetError: if the labels can't be read.
    """
    labels = read_labels(path)
    with_text = [label for label in labels if label.text]
    chosen = with_text[:: max(len(with_text) // boxes, 1)]
    files = sorted({label.file for label in labels})
    searched = set(files[:: max(len(files) // photos, 1)])

    def check(model: Any) -> dict[str, float]:
        detector = Detector(KerasRuntime(model, network))
        right = [_reads_box(detector, path, label) for label in chosen]
        found = [
            any(iou(reading.box, label.box) > 0 for reading in readings)
            for file in searched
            for readings in [detector.read(load_image(path.parent / "images" / file))]
            for label in labels
            if label.file == file and label.box is not None
        ]
        out = {"real_boxes_folded": round(float(np.mean(right)), 4)} if right else {}
        return out | ({"real_found": round(float(np.mean(found)), 4)} if found else {})

    return check


def _reads_box(detector: Detector, path: Path, label: Label) -> bool:
    image = load_image(path.parent / "images" / label.file)
    box = label.box or (0.0, 0.0, float(image.shape[1]), float(image.shape[0]))
    reading = detector.read_quads(image, [quad_of_box(box)])[0]
    return fold(reading.text) == fold(clean(label.text))


def _cells_right(target: Any, logits: Any) -> float:
    """Return the harmonic mean of the scan's precision and recall over the taught cells."""
    taught = target >= 0
    said, true = (logits > 0) & taught, (target == 1) & taught
    both = float((said & true).sum())
    return 2 * both / max(float(said.sum() + true.sum()), 1.0)


def _host(tensor: Any) -> Any:
    from keras import ops

    return np.asarray(ops.convert_to_numpy(tensor))
