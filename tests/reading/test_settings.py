"""Masks: where nothing is looked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from platewright.errors import ConfigError
from platewright.image import save_image
from platewright.reading.settings import read_mask

SIZE = (480, 640)


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
