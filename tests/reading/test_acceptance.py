"""What is accepted is the whole text of a plate, and no writing that was put into a picture."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest

from platewright.geometry import quad_of_box
from platewright.reading.acceptance import Shown, is_accepted, is_complete, is_written
from platewright.reading.settings import DetectorSettings
from platewright.record import Reading

QUAD = quad_of_box((20, 20, 190, 56))


def picture(*, sheet: int | None = 245, ink: int = 10) -> np.ndarray:
    """A noisy grey photo with a text in it, on a sheet or on the photo itself."""
    image = np.random.default_rng(1).normal(110, 8, (480, 640)).clip(0, 255).astype(np.uint8)
    if sheet is not None:
        cv2.rectangle(image, (20, 20), (190, 56), sheet, -1)
    cv2.putText(image, "MSKU1234", (26, 48), cv2.FONT_HERSHEY_DUPLEX, 0.95, ink, 2)
    return image


def turned(image: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    matrix = cv2.getRotationMatrix2D((105, 38), degrees, 1)
    quad = QUAD @ matrix[:, :2].T + matrix[:, 2]
    return cv2.warpAffine(image, matrix, (640, 480), borderMode=cv2.BORDER_REFLECT), quad


@pytest.mark.parametrize("colours", [1, 3])
@pytest.mark.parametrize(("sheet", "ink"), [(245, 10), (0, 255), (None, 255)])
def test_what_is_written_into_a_picture(sheet: int | None, ink: int, colours: int) -> None:
    image = picture(sheet=sheet, ink=ink)
    assert is_written(image if colours == 1 else np.repeat(image[..., None], 3, axis=2), QUAD)


def test_what_a_camera_has_seen() -> None:
    image = picture()
    assert not is_written(*turned(image, 12))
    assert not is_written(cv2.GaussianBlur(image, (0, 0), 1.5), QUAD)
    light = np.linspace(0.5, 1.0, 640) * np.random.default_rng(2).normal(1, 0.08, image.shape)
    assert not is_written((cv2.GaussianBlur(image, (0, 0), 0.7) * light).astype(np.uint8), QUAD)


def test_what_is_no_place() -> None:
    image = picture()
    assert not is_written(image, quad_of_box((700, 20, 800, 40)))
    assert not is_written(image, np.full((4, 2), 30.0))
    assert not is_written(np.full((480, 640), 99, np.uint8), QUAD)


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
