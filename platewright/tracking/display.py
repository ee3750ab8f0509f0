"""A window that shows what is watched, where there is a screen."""

from __future__ import annotations

import os
import sys

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.errors import ConfigError

__all__ = ["Display"]

Picture = NDArray[np.uint8]
CLOSING_KEYS = {ord("q"), ord("Q"), 27}  # 27: Esc


class Display:
    """A window of OpenCV's.

    Args:
        title: of the window.

    Raises:
        ConfigError: if there is no screen, or this OpenCV can't open windows.
    """

    def __init__(self, title: str) -> None:
        """Open it."""
        self.title = title
        if sys.platform == "linux" and not (
            os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        ):
            # Asked for first: without a screen Qt ends the whole process.
            raise ConfigError("--show needs a screen, and there is none here; --out writes a video")
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL)
        except cv2.error:
            raise ConfigError(
                "--show needs an OpenCV with windows: "
                "pip uninstall opencv-python-headless, then pip install opencv-python"
            ) from None

    def show(self, picture: Picture) -> bool:
        """Show an RGB picture; returns False once the window is closed, or by q or Esc."""
        cv2.imshow(self.title, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        key = cv2.waitKey(1) & 0xFF
        there = cv2.getWindowProperty(self.title, cv2.WND_PROP_VISIBLE) >= 1
        return there and key not in CLOSING_KEYS
