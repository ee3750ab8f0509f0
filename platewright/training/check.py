"""Measurements during training, on drawings it never learns from and on labelled photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.dataset.label import Label, read_labels
from platewright.errors import ConfigError, WeightsError
from platewright.geometry import iou, quad_of_box
from platewright.image import load_image
from platewright.network.kind import joined
from platewright.reading.choice import detector_of
from platewright.reading.runtime import KerasNetwork
from platewright.reading.straighten import rectify
from platewright.text import clean, fold
from platewright.training.batch import make_drawing, prepare
from platewright.training.fit import Check, losses_of
from platewright.training.sample import SampleSettings
from platewright.training.task import Task

__all__ = ["check_boxes", "check_drawn", "check_found"]

HELD_OUT = 1_000_003
"""Added to the seed for drawings that training never sees."""
AT_ONCE = 64
"""Straightened plates that a network reads in one go."""
Pictures = NDArray[np.uint8]


def check_drawn(
    tasks: Sequence[Task],
    samples: SampleSettings,
    backgrounds: Path | None,
    seed: int = 0,
    *,
    batches: int = 6,
) -> Check:
    """Return a measurement on freshly drawn samples: `drawn_loss`, and each task's own figures.

    Args:
        tasks: of the run.
        samples: of the run; stored pictures come round again in training, so they are left out.
        backgrounds: folder of photos, or None.
        seed: of the run.
        batches: how many to draw, once.
    """
    draw = make_drawing(seed + HELD_OUT, backgrounds, replace(samples, stored=()), tasks)
    held = [draw(k) for k in range(batches)]
    several = len(tasks) > 1

    def check(model: Any) -> dict[str, float]:
        losses = losses_of(tasks)
        found: dict[str, list[float]] = {}
        for inputs, targets in held:
            said = model(prepare(inputs), training=False)
            costs = [w * float(loss(targets[k], said[k])) for k, (loss, w) in losses.items()]
            found.setdefault("drawn_loss", []).append(sum(costs))
            outputs = _host(said)
            for task in tasks:
                prefix = f"drawn_{task.name}_" if several else "drawn_"
                for name, value in task.measure(targets, outputs).items():
                    found.setdefault(prefix + name, []).append(value)
        return {name: _mean(values) for name, values in found.items()}

    return check


def check_boxes(path: Path, task: Task, *, boxes: int = 200) -> Check:
    """Return a measurement on labelled boxes of photos, which training never learns from.

    Args:
        path: labels, images in `images/` beside it.
        task: that reads straightened plates.
        boxes: how many to read, evenly chosen.

    Raises:
        DatasetError: if the labels can't be read.
        ConfigError: if the task reads none.
    """
    if not task.reads:
        raise ConfigError(f"--watch: {task.settings.name} reads no plates, so photos tell nothing")
    chosen = _spread([label for label in read_labels(path) if label.text], boxes)
    windows = [_window(path, label, task) for label in chosen]
    texts = [fold(clean(label.text)) for label in chosen]

    def check(model: Any) -> dict[str, float]:
        import keras

        inputs = {x.name: x for x in model.inputs if x.name == task.reads}
        part = keras.Model(inputs, {name: model.output[name] for name in task.losses()})
        said: list[str] = []
        for at in range(0, len(windows), AT_ONCE):
            pictures = np.stack(windows[at : at + AT_ONCE])[..., None]
            outputs = part(prepare({task.reads: pictures}), training=False)
            said += task.spell(_host(outputs))
        right = [fold(text) == want for text, want in zip(said, texts, strict=True)]
        return {f"real_{path.parent.name}": _mean(right)} if right else {}

    return check


def check_found(path: Path, tasks: Sequence[Task], *, photos: int = 60) -> Check:
    """Return a measurement of plates found in labelled photos.

    Args:
        path: labels, images in `images/` beside it.
        tasks: of the run; where they make no detector, nothing is measured.
        photos: to search for plates, evenly chosen.

    Raises:
        DatasetError: if the labels can't be read.
    """
    settings = joined([task.settings for task in tasks])
    labels = read_labels(path)
    searched = _spread(sorted({label.file for label in labels}), photos)

    def check(model: Any) -> dict[str, float]:
        try:
            detector = detector_of(KerasNetwork(model, settings))
        except WeightsError:
            return {}
        found = [
            any(iou(reading.box, label.box) > 0 for reading in readings)
            for file in searched
            for readings in [detector.read(load_image(path.parent / "images" / file))]
            for label in labels
            if label.file == file and label.box is not None
        ]
        return {f"real_{path.parent.name}_found": _mean(found)} if found else {}

    return check


def _spread(items: list[Any], count: int) -> list[Any]:
    return items[:: max(len(items) // count, 1)]


def _window(path: Path, label: Label, task: Task) -> Pictures:
    """Return a labelled box as the task's network takes it."""
    image = load_image(path.parent / "images" / label.file)
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    box = label.box or (0.0, 0.0, float(grey.shape[1]), float(grey.shape[0]))
    return rectify(grey, quad_of_box(box), task.settings.window, task.settings.margin)[0]


def _host(outputs: Any) -> dict[str, NDArray[np.float32]]:
    from keras import ops

    return {k: np.asarray(ops.convert_to_numpy(v)) for k, v in outputs.items()}


def _mean(values: Sequence[float]) -> float:
    known = [v for v in values if not np.isnan(v)]
    return round(float(np.mean(known)), 5) if known else float("nan")
