"""The stages of one sample: the last of them is the sample itself."""

from __future__ import annotations

import numpy as np
import pytest

from platewright.synth.background import Backgrounds
from platewright.synth.explain import explain
from platewright.synth.scene import SceneSettings, draw_scene
from platewright.synth.window import draw_window

STOCK = {grey: Backgrounds(num_drawn=2, grey=grey) for grey in (True, False)}


@pytest.mark.parametrize("grey", [True, False])
@pytest.mark.parametrize("scenes", [True, False])
def test_stages_lead_to_the_very_sample(scenes: bool, grey: bool) -> None:
    settings = SceneSettings(size=(96, 192), plates=(0.0, 1.0), grey=grey)
    for index in range(4):
        stages: dict[str, np.ndarray] = {}
        draw = draw_scene if scenes else draw_window
        plain, record = draw(np.random.default_rng([3, index]), STOCK[grey], settings)
        again, same = draw(
            np.random.default_rng([3, index]),
            STOCK[grey],
            settings,
            keep=lambda name, picture, into=stages: into.__setitem__(name, picture.copy()),
        )
        assert (plain == again).all() and (stages["stored"] == plain).all()
        assert record.as_dict() == same.as_dict()
        wanted = ["background", "flat plate", "posed", "composed", "lit", "through the lens"]
        assert list(stages)[-3:] == ["lit", "through the lens", "stored"]
        assert not record.plates or set(wanted) <= set(stages)
        picture, explained = explain((3, index), STOCK[grey], settings, scenes=scenes)
        assert picture.ndim == 3 and picture.dtype == np.uint8
        assert explained.as_dict()["plates"] == record.as_dict()["plates"]
