"""Sheets of plates and marks, and how one picture comes about."""

from __future__ import annotations

import numpy as np
import pytest

from platewright.errors import RegionError
from platewright.generation.sheet import PLATE_ROOM, PLATE_TILE, draw_showcase, explain
from platewright.synth.background import Backgrounds
from platewright.synth.face import load_face, load_faces
from platewright.synth.scene import SceneSettings, draw_scene
from platewright.synth.window import draw_window


def test_a_sheet_has_a_plate_in_every_place() -> None:
    sheet = draw_showcase(count=12, seed=1)
    assert sheet.shape == (2 * PLATE_TILE[0], 8 * PLATE_TILE[1], 3)
    for k in range(16):
        y, x = (k // 8) * PLATE_TILE[0], (k % 8) * PLATE_TILE[1]
        place = sheet[y : y + PLATE_ROOM[0], x : x + PLATE_TILE[1]]
        assert (place.std() > 15) == (k < 12)


def test_one_region_shows_its_series_in_turn() -> None:
    one = draw_showcase(["GB"], count=8)
    assert (one == draw_showcase(["GB"], count=8)).all()
    yellow = [
        one[20:100, k * PLATE_TILE[1] + 20 : (k + 1) * PLATE_TILE[1] - 20]
        .reshape(-1, 3)
        .astype(int)
        for k in range(8)
    ]
    assert sum(bool(np.median(t[:, 0] - t[:, 2]) > 60) for t in yellow) >= 2  # rears
    with pytest.raises(RegionError):
        draw_showcase(["XX"])


def test_a_face_knows_what_it_lacks() -> None:
    for path in load_faces().values():
        face = load_face(path)
        known = face.characters()
        for char in "AZ09az-·.,@Ä京":
            assert face.has(char) == (char in known), (face.name, char)


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
