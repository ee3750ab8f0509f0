"""Writing that was put into a picture is no plate; a plate that a camera saw is one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from platewright.geometry import quad_of_box
from platewright.reading.settings import is_written

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
