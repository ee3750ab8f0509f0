"""What is accepted is the whole text of a plate; masks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import ConfigError
from platewright.geometry import quad_of_box
from platewright.image import save_image
from platewright.reading.settings import (
    DetectorSettings,
    Shown,
    is_accepted,
    is_complete,
    read_mask,
)
from platewright.record import Reading

SIZE = (480, 640)
WHOLE = Reading(
    text="AB12CDE",
    confidence=0.99,
    presence=0.99,
    quad=quad_of_box((100, 100, 200, 130)),
    region="GB",
)


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
        ({"text": "GARAGE1", "region": ""}, False),
        ({"text": "GARAGE1"}, True),
        ({"text": "SPEED63"}, False),  # which no British syntax draws
        ({"text": "SPEED63", "regions": ("GB",)}, True),  # that were asked, and have told the text
        ({"text": "PARK12345XY", "room": 0.1, "region": ""}, False),
        ({"text": "QUEBEC", "captions": {"QUEBEC"}}, False),  # above the text of a plate
        ({"text": "QUEBEC1", "captions": {"QUEBEC"}}, True),
        ({"text": "QUEBEC", "captions": {"QUEBEC"}, "regions": ("CA",)}, False),
        ({"region": ""}, False),
        ({"region": "", "regions": ("GB",)}, False),
        ({"text": "A1", "regions": ("GB",)}, True),
        ({"written": True}, False),
        ({"text": "458279883", "groups": ("458279883",), "region": "LY"}, False),
        ({"text": "458279883", "groups": ("45", "8279883"), "region": "LY"}, True),
        ({"text": "1234511616", "groups": ("1234511616",), "regions": ("DZ",)}, True),
        ({"text": "45827988", "groups": ("45827988",), "region": "IL"}, True),
        ({"text": "AB4582799", "groups": ("AB4582799",)}, True),
    ],
)
def test_when_a_text_is_accepted(change: dict, accepted: bool) -> None:
    change = dict(change)
    settings = DetectorSettings(regions=change.pop("regions", ()))
    known = Known(change.pop("captions", ()))
    assert is_accepted(replace(WHOLE, **change), settings, known) == accepted
    if accepted:
        assert is_accepted(replace(WHOLE, **change), settings)


@dataclass(frozen=True)
class Known:
    """Plates that bear any text but `SPEED63`."""

    captions: Collection[str]

    def fits(self, text: str, code: str) -> bool:
        return bool(code) and text != "SPEED63"


NUMBER = {"text": "07012717003", "groups": ("07012717003",)}
WORD = {"text": "MARUTI", "region": "", "presence": 0.85}


@pytest.mark.parametrize(
    ("change", "asked", "shown"),
    [
        ({"presence": 0.81, "confidence": 0.16}, {}, True),
        ({"presence": 0.79}, {}, False),
        ({"confidence": 0.14}, {}, False),
        ({"text": "", "confidence": 0.0}, {}, True),
        ({**NUMBER, "accepted": False}, {}, False),
        ({**NUMBER, "accepted": True}, {}, True),  # of a region that was asked for
        ({**NUMBER, "accepted": False}, {"everything": True}, True),
        (WORD, {}, False),
        ({**WORD, "region": "US"}, {}, True),
        ({**WORD, "presence": 0.91}, {}, True),
        ({**WORD, "text": "M4RUTI"}, {}, True),
        (WORD, {"presence": 0.5}, True),
        ({"presence": 0.1, "confidence": 0.01}, {"everything": True}, True),
    ],
)
def test_which_readings_are_shown(change: dict, asked: dict, shown: bool) -> None:
    assert Shown.of(**asked)(replace(WHOLE, **change)) == shown


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
