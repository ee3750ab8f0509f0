"""PNG files: every decoder reads what was given, however it was packed."""

from __future__ import annotations

import io
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from platewright.dataset import picture_file


@pytest.fixture(params=["isal", "zlib"])
def packed_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "zlib":
        monkeypatch.setitem(sys.modules, "isal", None)
    else:
        pytest.importorskip("isal")
    picture_file._packing.cache_clear()
    request.addfinalizer(picture_file._packing.cache_clear)
    return str(request.param)


@pytest.mark.parametrize("shape", [(64, 128), (64, 128, 3), (1, 1), (1, 7, 3), (300, 5)])
def test_what_is_packed_comes_back(packed_by: str, shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(len(shape)).integers(0, 256, shape).astype(np.uint8)
    data = picture_file.encode_png(image)
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.mode == ("L" if len(shape) == 2 else "RGB")
        assert np.array_equal(np.asarray(opened), image)
    seen = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.array_equal(seen, image if len(shape) == 3 else image[..., None].repeat(3, 2))


def test_parts_of_a_picture_are_packed_too(packed_by: str) -> None:
    picture = np.arange(80 * 90 * 3, dtype=np.uint8).reshape(80, 90, 3)
    with Image.open(io.BytesIO(picture_file.encode_png(picture[3:70:2, 5:80]))) as opened:
        assert np.array_equal(np.asarray(opened), picture[3:70:2, 5:80])
