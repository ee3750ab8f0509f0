from __future__ import annotations

import numpy as np
import pytest

from platewright.geometry import quad_of_box
from platewright.synth.effect import Surroundings, panel
from platewright.synth.pose import draw_pose, pose_quad


def add_panel(rng: np.random.Generator, canvas: np.ndarray, quad: np.ndarray) -> None:
    drawn = panel.draw(rng, panel.Settings(share=1.0), Surroundings())
    assert drawn is not None
    assert panel.apply(canvas, drawn, quad) is canvas


@pytest.mark.parametrize("shape", [(120, 200), (120, 200, 3)])
def test_a_panel_covers_the_plates_place(shape: tuple[int, ...]) -> None:
    quad = quad_of_box((70, 45, 130, 65))
    for seed in range(20):
        dark, light = np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)
        for canvas in (dark, light):
            add_panel(np.random.default_rng(seed), canvas, quad)
        covered = (dark == light).reshape(120, 200, -1).all(axis=-1)
        assert covered[45:65, 70:130].all()
        assert not covered[: 45 - 34].any() and not covered[65 + 34 :].any()  # 1.6 of its height


def test_no_pose_breaks_it() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        canvas = np.zeros((60, 90), np.uint8)
        quad = pose_quad(draw_pose(rng), (110, 520), 300.0) + rng.uniform(-200, 200, 2)
        add_panel(rng, canvas, quad)
    line = np.array([[0, 0], [10, 10], [20, 20], [30, 30]], float)
    canvas = np.zeros((60, 90), np.uint8)
    add_panel(rng, canvas, line)
    assert not canvas.any()
