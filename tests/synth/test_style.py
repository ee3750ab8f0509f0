from __future__ import annotations

import json

import numpy as np

from platewright.region import draw_region
from platewright.region.colour import luma
from platewright.synth.face import load_faces, match_faces
from platewright.synth.style import PlateStyle, draw_style


def test_luma_is_opencvs() -> None:
    import cv2

    colours = np.random.default_rng(0).integers(0, 256, (50, 1, 3), np.uint8)
    grey = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)[:, 0]
    ours = [luma((int(r), int(g), int(b))) for r, g, b in colours[:, 0]]
    assert np.abs(np.subtract(ours, grey)).max() <= 0.51


def test_every_drawn_style_can_be_read_and_written_down() -> None:
    rng = np.random.default_rng(4)
    light_on_dark = 0
    for _ in range(400):
        look = draw_region(rng).draw(rng)
        style = draw_style(rng, look)
        gap = luma(style.background) - luma(style.foreground)
        assert abs(gap) >= 36  # 38 before both are rounded down
        light_on_dark += gap < 0
        assert style.face in load_faces() and style.small_face in load_faces()
        assert PlateStyle.from_dict(json.loads(json.dumps(style.as_dict()))) == style
    assert light_on_dark > 8


def test_styles_repeat_and_mostly_keep_to_the_looks_faces() -> None:
    rng = np.random.default_rng(1)
    look = draw_region(rng, ("GB",)).draw(rng)
    assert draw_style(np.random.default_rng(7), look) == draw_style(np.random.default_rng(7), look)
    own = {p.stem for p in match_faces(tuple(look.faces))}
    faces = [draw_style(rng, look).face for _ in range(300)]
    assert np.mean([f in own for f in faces]) > 0.7
