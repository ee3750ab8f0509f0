"""Scenes and the decoys in them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from platewright.geometry import box_of_quad
from platewright.region import REGIONS, load_region
from platewright.synth.background import Backgrounds
from platewright.synth.decoy import KINDS, draw_caption, draw_decoy, draw_words
from platewright.synth.scene import SceneSettings, draw_closeup, draw_look, draw_scene

STOCK = Backgrounds(num_drawn=3)
COLOUR = Backgrounds(num_drawn=3, grey=False)


def scene(index: int, settings: SceneSettings, stock: Backgrounds = STOCK):
    rng = np.random.default_rng([5, index])
    return draw_scene(rng, stock, settings, seed=(5, index))


def test_the_same_seed_gives_the_same_scene() -> None:
    for index in range(4):
        (a, first), (b, second) = scene(index, SceneSettings()), scene(index, SceneSettings())
        assert (a == b).all() and first.as_dict() == second.as_dict()
        assert first.seed == (5, index)
        assert json.loads(json.dumps(first.as_dict(), default=lambda v: v.item()))
    assert (scene(0, SceneSettings())[0] != scene(1, SceneSettings())[0]).any()


@pytest.mark.parametrize(("grey", "shape"), [(True, (100, 220)), (False, (100, 220, 3))])
def test_scenes_have_the_asked_size_and_channels(grey: bool, shape: tuple[int, ...]) -> None:
    settings = SceneSettings(size=(100, 220), grey=grey)
    image, record = scene(1, settings, STOCK if grey else COLOUR)
    assert image.shape == shape and image.dtype == np.uint8
    assert record.size == (100, 220) and record.presence is None


def test_plates_are_as_many_and_as_wide_as_asked_for() -> None:
    settings = SceneSettings(
        plates=(0.0, 0.0, 1.0), decoys=(1.0,), width_px=(50.0, 60.0), focus=0.0, size=(300, 500)
    )
    counts = []
    for index in range(25):
        _, record = scene(index, settings)
        counts.append(len(record.plates))
        for plate in record.plates:
            x0, y0, x1, y1 = plate.box
            assert 50 - 1e-6 <= max(x1 - x0, 2 * (y1 - y0)) <= 60 + 1e-6
            assert plate.text == "".join(c.char for c in plate.characters)
        assert not record.decoys
    assert max(counts) == 2 and np.mean(counts) > 1.7  # one too many gives way where they touch


def test_plates_and_decoys_never_touch() -> None:
    settings = SceneSettings(plates=(0, 0, 0, 1.0), decoys=(0, 0, 0, 1.0))
    seen = 0
    for index in range(25):
        _, record = scene(index, settings)
        boxes = [p.box for p in record.plates] + list(record.decoys)
        seen += len(boxes)
        for i, a in enumerate(boxes):
            for b in boxes[i + 1 :]:
                assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    assert seen > 60


def test_only_the_asked_regions_are_drawn() -> None:
    rng = np.random.default_rng(0)
    assert {draw_look(rng, ("GB", "IN")).region for _ in range(60)} == {"GB", "IN"}
    assert len({draw_look(rng).region for _ in range(200)}) > 10


def test_a_look_with_another_regions_text() -> None:
    rng = np.random.default_rng(4)
    region = load_region("GB")
    looks = [draw_look(rng, ("GB",), foreign=0.8) for _ in range(200)]
    assert {look.region for look in looks} == {"GB"}
    own = sum(region.match(look.text) for look in looks)
    assert 20 < own < 120  # a fifth, and what other regions happen to share
    assert all(look.lines == tuple(look.display.split("|")) for look in looks)
    assert all(region.match(draw_look(rng, ("GB",)).text) for _ in range(50))
    assert REGIONS.is_dir()
    _, record = scene(3, SceneSettings(regions=("GB",), plates=(0, 1.0)))
    assert [p.region for p in record.plates] == ["GB"]
    assert load_region("GB").match(record.plates[0].text)


def test_without_plates_and_decoys_a_scene_is_a_background() -> None:
    settings = SceneSettings(plates=(1.0,), decoys=(1.0,), camera=0.0)
    image, record = scene(2, settings)
    want = STOCK.crop(np.random.default_rng([5, 2]), settings.size)
    assert (image == want).all()
    assert record.plates == () and record.decoys == ()


def test_the_camera_switched_off_leaves_sharp_plates() -> None:
    """Only where the plate and its panel are does the picture differ from its background."""
    settings = SceneSettings(
        plates=(0, 1.0), decoys=(1.0,), camera=0.0, panel=0.0, pose=0.0, size=(200, 400)
    )
    for index in range(6):
        image, record = scene(index, settings)
        want = STOCK.crop(np.random.default_rng([5, index]), settings.size)
        (plate,) = record.plates
        x0, y0, x1, y1 = plate.box
        room = 0.3 * (y1 - y0) + 3  # a holder's frame
        rows, cols = np.nonzero(image != want)
        assert rows.size
        assert cols.min() >= x0 - room and cols.max() <= x1 + room
        assert rows.min() >= y0 - room and rows.max() <= y1 + room


def test_a_closeup_holds_its_whole_plate_and_little_more() -> None:
    settings = SceneSettings(width_px=(80.0, 200.0), focus=0.0)
    for index in range(20):
        rng = np.random.default_rng([6, index])
        image, record = draw_closeup(rng, STOCK, settings, seed=(6, index))
        (plate,) = record.plates
        assert image.shape == record.size
        x0, y0, x1, y1 = plate.box
        tall = y1 - y0
        room = [x0, y0, record.size[1] - x1, record.size[0] - y1]
        assert min(room) >= 0.25 * tall - 1 and max(room) <= 0.6 * tall + 1
        assert record.seed == (6, index)


def test_a_closeup_straight_on_is_as_wide_as_asked_for() -> None:
    settings = SceneSettings(width_px=(99.0, 101.0), focus=0.0, pose=0.0)
    _, record = draw_closeup(np.random.default_rng(0), STOCK, settings)
    x0, _, x1, _ = box_of_quad(record.plates[0].quad)
    assert 99 <= x1 - x0 <= 101
    wide = replace(settings, width_px=(9.0, 10.0), focus=1.0, focus_px=(150.0, 151.0))
    _, record = draw_closeup(np.random.default_rng(0), STOCK, wide)
    x0, _, x1, _ = record.plates[0].box
    assert 150 <= x1 - x0 <= 151


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_seen_and_repeats(kind: str) -> None:
    for seed in range(5):
        picture, alpha = draw_decoy(np.random.default_rng(seed), kind)
        again, _ = draw_decoy(np.random.default_rng(seed), kind)
        assert (picture == again).all()
        assert picture.shape == alpha.shape and picture.ndim == 2
        assert picture.dtype == alpha.dtype == np.uint8
        assert alpha.max() == 255 or kind == "caption"
        assert np.ptp(picture) >= 20


def test_only_bare_words_let_the_background_through() -> None:
    for kind in set(KINDS) - {"sticker", "script", "caption"}:  # of which some do
        _, alpha = draw_decoy(np.random.default_rng(3), kind)
        assert (alpha.min() == 255) == (kind != "words")


def test_words_are_drawn_in_their_two_levels() -> None:
    picture, ink = draw_words(np.random.default_rng(1), 30, 2, back=200, fore=40)
    assert picture.shape == ink.shape
    assert (picture[ink == 0] == 200).all() and (picture[ink == 255] == 40).all()
    assert 0.03 < (ink > 127).mean() < 0.6


def test_captions_stand_on_a_band_or_on_the_photo_and_may_let_it_through() -> None:
    bands, strengths = set(), set()
    for seed in range(60):
        picture, alpha = draw_caption(np.random.default_rng(seed), back=200, fore=40)
        assert picture.shape == alpha.shape and picture.shape[1] > 1.5 * picture.shape[0]
        assert (picture == 40).any() and alpha[picture == 40].min() >= 100
        bands.add(int(alpha.min()))
        strengths.add(int(alpha[picture == 40].max()))
    assert 0 in bands and any(90 <= band < 255 for band in bands)
    assert min(strengths) < 200
