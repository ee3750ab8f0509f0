"""Backgrounds on disk."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray


def load_backgrounds(
    folder: Path, *, limit: int | None = None, grey: bool = True
) -> list[NDArray[np.uint8]]:
    """Return the pictures of a folder."""
    files = sorted(folder.glob("*.jpg"))[:limit]
    how = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR_RGB
    return [
        np.asarray(p, np.uint8) for p in (cv2.imread(str(f), how) for f in files) if p is not None
    ]
