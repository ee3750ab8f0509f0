"""The pyramid, and which finds stay."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platewright.geometry import iou_matrix
from platewright.reading.finder import (
    PER_SIZE,
    RATIO,
    SAME_FIND,
    VOTE,
    WIDER,
    Level,
    ScanFinder,
    pyramid,
    scales,
    sigmoid,
)
from platewright.reading.settings import DetectorSettings
from tests.reading.fake import THICK

WINDOW, EXTENT = THICK.grid.window, THICK.extent
SIDES = st.integers(40, 1600)


@settings(max_examples=200, deadline=None)
@given(SIDES, SIDES, st.floats(24, 120), st.floats(0, 1))
def test_every_plate_from_the_smallest_to_the_photos_width_meets_its_scale(
    height: int, width: int, smallest: float, part: float
) -> None:
    """Enlargement ends at 2, so only plates that this brings to the low end can be asked for."""
    smallest = max(smallest, EXTENT[0] * WINDOW[1] / 2.0)
    if smallest > width:
        return
    plate = smallest * (width / smallest) ** part
    factors = scales((height, width), WINDOW, EXTENT, smallest)
    fills = [f * plate / WINDOW[1] for f in factors]
    assert any(EXTENT[0] - 1e-9 <= e <= EXTENT[1] + 1e-9 for e in fills)


@settings(max_examples=100, deadline=None)
@given(SIDES, SIDES, st.floats(0, 1))
def test_tall_plates_up_to_the_photos_height_meet_their_scale(
    height: int, width: int, part: float
) -> None:
    smallest = EXTENT[0] * WINDOW[0]
    if smallest > height:
        return
    plate = smallest * (height / smallest) ** part
    factors = scales((height, width), WINDOW, EXTENT, EXTENT[0] * WINDOW[1] / 1.0)
    fills = [f * plate / WINDOW[0] for f in factors]
    assert any(EXTENT[0] - 1e-9 <= e <= EXTENT[1] + 1e-9 for e in fills)


def test_levels_fall_by_the_root_of_a_half_and_enlarge_at_most_twice() -> None:
    factors = scales((720, 1280), WINDOW, EXTENT, 48.0)
    assert factors[0] == pytest.approx(0.45 * 95 / 48)
    assert np.array(factors[1:]) / factors[:-1] == pytest.approx(RATIO)
    assert scales((720, 1280), WINDOW, EXTENT, 5.0)[0] == 2.0


@pytest.mark.parametrize("size", [(240, 320), (97, 331), (30, 500), (800, 60)])
def test_points_of_every_level_lie_where_scale_and_pad_say(size: tuple[int, int]) -> None:
    """A white square's centre of mass, found in each level, taken back to the photo."""
    photo = np.zeros(size, np.uint8)
    side = max(min(size) // 3, 8)
    top, left = size[0] // 3, size[1] // 2
    photo[top : top + side, left : left + side] = 255
    y, x = np.mean(np.nonzero(photo), axis=1) + 0.5
    seen = 0
    for level in pyramid(photo, scales(size, WINDOW, EXTENT, 24.0), WINDOW, EXTENT):
        rows, cols = THICK.grid.shape(*level.image.shape)
        assert rows >= 1 and cols >= 1
        inner = level.image.astype(float)
        inner[: level.pad[1]] = inner[:, : level.pad[0]] = 0
        tall, wide = round(size[0] / level.scale[1]), round(size[1] / level.scale[0])
        inner[level.pad[1] + tall :] = inner[:, level.pad[0] + wide :] = 0
        if inner.sum() == 0 or min(tall, wide) < 8:
            continue
        grid_y, grid_x = np.indices(inner.shape) + 0.5
        found = np.array([(grid_x * inner).sum(), (grid_y * inner).sum()]) / inner.sum()
        back = (found - level.pad) * level.scale
        assert np.abs(back - [x, y]).max() <= 0.5
        seen += 1
    assert seen >= 2


def test_windows_reach_over_every_edge_far_enough_for_a_plate_in_the_corner() -> None:
    """A positive plate touching the edge: the window centred on it lies inside the level."""
    photo = np.zeros((100, 200), np.uint8)
    for level in pyramid(photo, scales(photo.shape, WINDOW, EXTENT, 30.0), WINDOW, EXTENT):
        least = np.array(WINDOW[::-1]) * EXTENT[0] / 2  # from the edge to its centre
        centre = np.array(level.pad) + least
        assert (centre >= np.array(WINDOW[::-1]) / 2 - 1e-9).all()
        far = np.array(level.image.shape[::-1]) - level.pad - least
        assert (far + np.array(WINDOW[::-1]) / 2 <= np.array(level.image.shape[::-1]) + 1e-9).all()


def test_outside_the_photo_its_edge_goes_on() -> None:
    photo = np.zeros((100, 200), np.uint8)
    photo[:, :100] = 90
    level = next(pyramid(photo, [1.0], WINDOW, EXTENT))
    assert level.pad == (27, 13)
    assert (level.image[:, :127] == 90).all() and (level.image[:, 127:] == 0).all()
    assert level.image.shape == (126, 254)


def test_a_find_without_an_area_has_a_place() -> None:
    """As weights tell it that say nothing; a warning is an error here."""
    finder = ScanFinder(SimpleNamespace(settings=SimpleNamespace(scan=THICK)))
    level = Level(np.zeros((8, 8), np.uint8), (1.0, 1.0), (0, 0))
    look = (level, (0, 0), np.zeros((2, 2), np.float32), np.zeros((2, 2, 8), np.float32))
    finds = finder.gathered([look], 1, DetectorSettings())
    assert len(finds) == 4 and all(np.isfinite(find.quad).all() for find in finds)


def test_of_as_sure_finds_the_one_seen_at_two_sizes_comes_first() -> None:
    grid = THICK.grid
    finder = ScanFinder(SimpleNamespace(settings=SimpleNamespace(scan=THICK)))
    corners = np.tile(np.array([-1, -1, 1, -1, 1, 1, -1, 1], np.float32) / 4, (6, 40, 1))
    looks = []
    for scale, cells in ((1.0, ((0, 0), (0, 39))), (1.01, ((0, 39),))):
        presence = np.full((6, 40), -9.0, np.float32)
        for row, column in cells:
            presence[row, column] = 2.0 if column else 2.2  # the lonely one is a little surer
        level = Level(np.zeros((8, 8), np.uint8), (scale, scale), (0, 0))
        looks.append((level, (0, 0), presence, corners))
    (first,) = finder.gathered(looks, 1, DetectorSettings(max_candidates=1))
    assert first.quad[:, 0].mean() > 30 * grid.stride[1]
    both = finder.gathered(looks, 1, DetectorSettings(max_candidates=2))
    assert len(both) == 2
    (alone,) = finder.gathered(looks[:1], 1, DetectorSettings(max_candidates=1))
    assert alone.quad[:, 0].mean() < 30 * grid.stride[1]


@pytest.mark.parametrize("most", [3, 30])
def test_finds_are_those_of_all_pairs_of_windows(most: int) -> None:
    """Suppressed and voted on among all windows, though each is compared with those near it."""
    rng = np.random.default_rng(most)
    finder = ScanFinder(SimpleNamespace(settings=SimpleNamespace(scan=THICK)))  # type: ignore[arg-type]
    limits = DetectorSettings(max_candidates=most)
    looks, quads, logits, sizes = [], [], [], []
    (down, across), half = THICK.grid.stride, np.array(THICK.grid.window[::-1]) / 2
    for k, (rows, columns) in enumerate([(12, 20), (9, 14), (6, 10)]):
        level = Level(np.zeros((1, 1), np.uint8), (RATIO**-k, RATIO**-k), (5 + k, 3))
        presence = rng.normal(-3, 3, (rows, columns)).round().astype(np.float32)
        corners = np.float32([-1, -1, 1, -1, 1, 1, -1, 1]) * rng.uniform(0.5, 1, 8)
        corners = (corners + rng.normal(0, 0.1, (rows, columns, 8))).astype(np.float32)
        looks.append((level, (2, 1), presence, corners))
        for row, column in np.argwhere(sigmoid(presence) > limits.scan_presence):
            middle = np.array([(column + 1) * across, (row + 2) * down]) + half
            quad = middle + corners[row, column].reshape(4, 2) * half
            quads.append((quad - level.pad) * level.scale)
            logits.append(float(presence[row, column]))
            sizes.append(k)
    boxes = [(*quad.min(axis=0), *quad.max(axis=0)) for quad in quads]
    overlaps = iou_matrix(boxes, boxes)
    kept: list[int] = []
    for k in np.argsort(-np.array(logits), kind="stable"):
        if len(kept) < round(WIDER * most) and not (overlaps[k, kept] > SAME_FIND).any():
            kept.append(int(k))
    agree = overlaps > VOTE
    seen = [len({sizes[j] for j in np.flatnonzero(agree[k])}) for k in kept]
    worth = [logits[k] + PER_SIZE * n for k, n in zip(kept, seen, strict=True)]
    best = [kept[k] for k in np.argsort(-np.array(worth), kind="stable")[:most]]
    found = finder.gathered(looks, 1, limits)
    assert [find.presence for find in found] == pytest.approx(sigmoid([logits[k] for k in best]))
    for find, k in zip(found, best, strict=True):
        weights = sigmoid(logits) * agree[k]
        voted = np.tensordot(weights / weights.sum(), np.array(quads), axes=1)
        assert find.quad == pytest.approx(voted)
    assert finder.gathered([], 1, limits) == []
