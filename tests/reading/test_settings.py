"""What is accepted is the whole text of a plate; masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from platewright.errors import ConfigError
from platewright.geometry import quad_of_box
from platewright.image import save_image
from platewright.reading.settings import DetectorSettings, is_accepted, is_complete, read_mask

SIZE = (480, 640)
WHOLE = {"confidence": 0.99, "presence": 0.99, "complete": True, "room": 1.0, "region": "GB"}


@pytest.mark.parametrize(
    ("change", "accepted"),
    [
        ({}, True),
        ({"confidence": 0.69}, False),
        ({"presence": 0.89}, False),
        ({"complete": False}, False),
        ({"text": "AB1?CDE"}, False),
        ({"text": "B12C"}, False),  # what a bar leaves
        ({"text": "CAM03"}, False),
        ({"text": "CH02"}, False),
        ({"text": "20260514"}, False),
        ({"text": "GARAGE", "room": 0.1}, False),
        ({"text": "GARAGE"}, True),  # in the middle of a picture it may be somebody's
        ({"text": "GARAGE", "region": ""}, False),  # no region's plate looks like it: a name
        ({"text": "GARAGE1", "region": ""}, True),
        ({"text": "PARK12345XY", "room": 0.1, "region": ""}, False),
        ({"text": "QUEBEC", "captions": {"QUEBEC"}}, False),  # above the text of a plate
        ({"text": "QUEBEC1", "captions": {"QUEBEC"}}, True),
        ({"text": "QUEBEC", "captions": {"QUEBEC"}, "regions": ("CA",)}, False),
        ({"region": ""}, True),
        ({"region": "", "regions": ("GB",)}, False),
        ({"text": "A1", "regions": ("GB",)}, True),
    ],
)
def test_when_a_text_is_accepted(change: dict, accepted: bool) -> None:
    values = {**WHOLE, "text": "AB12CDE", "regions": (), **change}
    settings = DetectorSettings(regions=values.pop("regions"))
    assert is_accepted(values.pop("text"), settings=settings, **values) == accepted


@pytest.mark.parametrize(
    ("box", "complete"),
    [
        ((100, 100, 200, 130), True),
        ((530, 100, 634, 130), True),
        ((540, 100, 638, 130), False),
        ((540, 100, 660, 130), False),
        ((-5, 100, 95, 130), False),
        ((100, 455, 200, 485), False),
    ],
)
def test_a_plate_at_the_edge_may_be_cut(box: tuple, complete: bool) -> None:
    assert is_complete(quad_of_box(box), SIZE, "AB12CDE") == complete
    assert not is_complete(quad_of_box(box), SIZE, "AB12C??")


def test_masks(tmp_path: Path) -> None:
    black = np.full((48, 64, 3), 255, np.uint8)
    black[:8, 32:] = 0
    save_image(tmp_path / "mask.png", black)
    mask = read_mask([str(tmp_path / "mask.png"), "0,400,100,480", "90%,90%,100%,100%"])
    inside = [(400, 10, 500, 40), (20, 430, 80, 460), (600, 450, 640, 470)]
    outside = [(100, 10, 200, 40), (20, 300, 80, 330), (400, 90, 500, 120)]
    assert [mask.covers(box, SIZE) for box in inside + outside] == [True] * 3 + [False] * 3
    assert read_mask([]) is None
    for bad in ("5,5,1,1", "0,0,50%,7", str(tmp_path / "none.png"), "1,2,3"):
        with pytest.raises(ConfigError, match="--mask"):
            read_mask([bad])
