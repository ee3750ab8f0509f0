from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from platewright.geometry import clip_box
from platewright.record import SceneRecord
from platewright.synth.background import Backgrounds
from platewright.synth.scene import SceneSettings
from platewright.synth.settings import DEFAULT
from platewright.synth.window import EXTENT, KINDS, WINDOW, draw_window

SETTINGS = SceneSettings(size=WINDOW, plates=(1.0,), width_px=(16.0, 51.2), focus=0.0)
STOCK = Backgrounds(num_drawn=3)


@pytest.fixture(scope="module")
def windows() -> list[tuple[np.ndarray, SceneRecord]]:
    return [
        draw_window(np.random.default_rng([2, k]), STOCK, SETTINGS, seed=(2, k)) for k in range(500)
    ]


def kind_of(record: SceneRecord) -> str:
    return str(record.drawn.get("kind", "empty"))


@pytest.mark.slow
def test_kinds_come_in_their_shares(windows: list[tuple[np.ndarray, SceneRecord]]) -> None:
    counts = Counter(kind_of(record) for _, record in windows)
    assert set(counts) == set(KINDS)
    weights = {kind: getattr(DEFAULT.windows, kind) for kind in KINDS}
    for kind, weight in weights.items():
        share = weight / sum(weights.values())
        deviation = (share * (1 - share) / len(windows)) ** 0.5
        assert counts[kind] / len(windows) == pytest.approx(share, abs=4 * deviation)


def test_presence_is_a_whole_plate_at_the_right_scale_and_nothing_else(
    windows: list[tuple[np.ndarray, SceneRecord]],
) -> None:
    height, width = WINDOW
    for image, record in windows:
        assert image.shape == WINDOW and record.size == WINDOW
        whole_and_fitting = False
        for plate in record.plates:
            x0, y0, x1, y1 = plate.box
            extent = max((x1 - x0) / width, (y1 - y0) / height)
            inside = np.abs(np.subtract(clip_box(plate.box, WINDOW), plate.box)).max() < 1e-6
            fits = EXTENT[0] - 1e-9 <= extent <= EXTENT[1] + 1e-9
            whole_and_fitting |= bool(inside and fits)
        assert record.presence is whole_and_fitting, record.drawn


def test_what_is_absent_is_absent_for_the_reason_given(
    windows: list[tuple[np.ndarray, SceneRecord]],
) -> None:
    height, width = WINDOW
    for _, record in windows:
        kind = kind_of(record)
        if kind == "empty":
            assert record.plates == ()
            continue
        (plate,) = record.plates
        x0, y0, x1, y1 = plate.box
        extent = max((x1 - x0) / width, (y1 - y0) / height)
        a, b, c, d = clip_box(plate.box, WINDOW)
        seen = (c - a) * (d - b) / ((x1 - x0) * (y1 - y0))
        if kind == "cut":
            assert 0.2 - 1e-6 <= seen <= 0.8 + 1e-6
        elif kind == "small":
            assert extent < 0.43 and seen == pytest.approx(1)
        elif kind == "large":
            assert extent > 1.29


def test_the_same_seed_gives_the_same_window(
    windows: list[tuple[np.ndarray, SceneRecord]],
) -> None:
    for k in (0, 17, 333):
        image, record = draw_window(np.random.default_rng([2, k]), STOCK, SETTINGS, seed=(2, k))
        assert (image == windows[k][0]).all()
        assert record.as_dict() == windows[k][1].as_dict()
        assert record.seed == (2, k)


def test_colour_windows_have_three_channels() -> None:
    settings = SceneSettings(size=(64, 128), grey=False)
    image, _ = draw_window(np.random.default_rng(0), Backgrounds(num_drawn=2, grey=False), settings)
    assert image.shape == (64, 128, 3)
