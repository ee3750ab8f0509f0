"""The sheet of flat plates."""

from __future__ import annotations

import numpy as np
import pytest

from platewright.errors import RegionError
from platewright.synth.face import load_face, load_faces
from platewright.synth.showcase import ROOM, TILE, draw_showcase


def test_a_sheet_has_a_plate_in_every_place() -> None:
    sheet = draw_showcase(count=12, seed=1)
    assert sheet.shape == (2 * TILE[0], 8 * TILE[1], 3)
    for k in range(16):
        y, x = (k // 8) * TILE[0], (k % 8) * TILE[1]
        place = sheet[y : y + ROOM[0], x : x + TILE[1]]
        assert (place.std() > 15) == (k < 12)


def test_one_region_shows_its_series_in_turn() -> None:
    one = draw_showcase(["GB"], count=8)
    assert (one == draw_showcase(["GB"], count=8)).all()
    yellow = [
        one[20:100, k * TILE[1] + 20 : (k + 1) * TILE[1] - 20].reshape(-1, 3).astype(int)
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
