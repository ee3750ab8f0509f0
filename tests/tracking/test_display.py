from __future__ import annotations

import cv2
import numpy as np
import pytest

from platewright.errors import ConfigError
from platewright.tracking.display import Display


def test_without_a_screen_there_is_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platewright.tracking.display.sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(ConfigError, match="--show needs a screen"):
        Display("x")


def test_an_opencv_without_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(title: str, kind: int) -> None:
        raise cv2.error("not implemented")

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(cv2, "namedWindow", none)
    with pytest.raises(ConfigError, match="pip install opencv-python"):
        Display("x")


@pytest.mark.parametrize(
    ("key", "visible", "goes_on"),
    [
        (-1, 1.0, True),
        (ord("x"), 1.0, True),
        (ord("q"), 1.0, False),
        (27, 1.0, False),
        (-1, 0.0, False),
    ],
)
def test_it_is_closed_by_its_button_q_or_esc(
    monkeypatch: pytest.MonkeyPatch, key: int, visible: float, goes_on: bool
) -> None:
    shown: list[np.ndarray] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(cv2, "namedWindow", lambda title, kind: None)
    monkeypatch.setattr(cv2, "imshow", lambda title, picture: shown.append(picture))
    monkeypatch.setattr(cv2, "waitKey", lambda ms: key)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda title, what: visible)
    picture = np.zeros((2, 2, 3), np.uint8)
    picture[..., 0] = 255
    assert Display("x").show(picture) is goes_on
    assert shown[0][0, 0].tolist() == [0, 0, 255]  # red, in OpenCV's order
