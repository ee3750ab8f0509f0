"""Draws plate-like lines with SynthTIGER (PyPI `synthtiger`) and prints how fast, as JSON.

Runs in an environment of its own, made of synthtiger-requirements.txt;
`benchmarks/drawing.py --peer synthtiger=synthtiger/bin/python` calls it.

The settings are those that SynthTIGER's authors publish for lines of text, as far as its package
knows them: elastic distortion of each letter, border or shadow, perspective or a lean, a photo
behind, noise and blur; then scaled to 128x64 grey. Their example also looks, pixel by pixel,
whether the text is visible on its ground, and draws more text behind it: both are left out here, in
the peer's favour.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from lines import draw_text, main, version
from synthtiger import components, layers, utils

MOVES = (
    (components.Perspective, {"percents": [[0.5, 1], [1, 1]], "aligns": [[0, 0], [0, 0]]}),
    (components.Perspective, {"percents": [[1, 1], [0.5, 1]], "aligns": [[0, 0], [0, 0]]}),
    (components.Trapezoidate, {"weights": [1, 0, 1, 0], "percent": [0.75, 1], "align": [-1, 1]}),
    (components.Skew, {"weights": [1, 0], "angle": [0, 30], "ccw": 0.5}),
    (components.Rotate, {"angle": [0, 10], "ccw": 0.5}),
)
STYLES = (
    (components.TextBorder, {"size": [1, 6], "alpha": [1, 1], "grayscale": 0}),
    (components.TextShadow, {"distance": [1, 6], "angle": [0, 360], "alpha": [0.3, 0.7]}),
)


def choice(kinds: tuple[Any, ...]) -> Any:
    """Return the component that applies one of several, drawn anew each time."""
    return components.Selector([make() for make, _ in kinds], args=[args for _, args in kinds])


def draw(backgrounds: Path, faces: Path) -> Iterator[Any]:
    """Yield (64, 128) grey pictures without end."""
    font = components.BaseFont(paths=[str(faces)], weights=[1], size=(40, 80), bold=0.5)
    shape = components.ElasticDistortion(alpha=(0, 2), sigma=(0, 0.6))
    layout = components.FlowLayout(space=(-2, 5), line_align=("middle",))
    colour = components.Gray(gray=(0, 255), alpha=(1, 1), colorize=1)
    photo = components.BaseTexture(paths=[str(backgrounds)], weights=[1], alpha=(1, 1), crop=1)
    style = components.Switch(choice(STYLES), prob=0.25)
    move, fit = choice(MOVES), components.Fit()
    pad = components.Pad(pxs=[[0, 10]] * 4)
    noise = components.AdditiveGaussianNoise(scale=(4, 8), per_channel=0)
    blur = components.Switch(components.GaussianBlur(sigma=(0, 2)), prob=0.9)
    while True:
        face = font.sample()
        letters = [layers.TextLayer(char, **face) for char in draw_text()]
        shape.apply(letters)
        layout.apply(letters)
        text = layers.Group(letters).merge()
        colour.apply([text])
        for step in (style, move):
            chosen = step.sample()
            step.apply([text], chosen)
            step.apply(letters, chosen)  # where each letter is, is its label
        fit.apply([text])
        fit.apply(letters)
        pad.apply([text])
        front = text.output()
        ground = layers.RectLayer(front.shape[1::-1])
        colour.apply([ground])
        photo.apply([ground])
        picture = layers.Layer(utils.blend_image(front, ground.output()))
        noise.apply([picture])
        blur.apply([picture])
        grey = cv2.cvtColor(picture.output()[..., :3].astype(np.uint8), cv2.COLOR_RGB2GRAY)
        yield cv2.resize(grey, (128, 64), interpolation=cv2.INTER_AREA)


if __name__ == "__main__":
    cv2.setNumThreads(1)
    np.random.seed(0)  # noqa: NPY002 - the peer draws from this one
    main(
        __doc__,
        draw,
        {name: version(name) for name in ("synthtiger", "numpy", "opencv-python", "pillow")},
    )
