from __future__ import annotations

import numpy as np
import pytest

from platewright.synth.background import Backgrounds, draw_background


@pytest.mark.parametrize(("grey", "tail"), [(True, ()), (False, (3,))])
def test_drawn_backgrounds_repeat_and_vary(grey: bool, tail: tuple[int, ...]) -> None:
    first, second = (
        draw_background(np.random.default_rng(1), (120, 160), grey=grey) for _ in range(2)
    )
    assert first.shape == (120, 160, *tail) and first.dtype == np.uint8
    assert (first == second).all()
    assert first.std() > 5
    assert (draw_background(np.random.default_rng(2), (120, 160), grey=grey) != first).any()


@pytest.mark.parametrize("size", [(64, 128), (300, 100), (700, 900), (8, 8)])
def test_crops_have_the_asked_size_and_leave_the_photo_alone(size: tuple[int, int]) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (200, 300), np.uint8)
    before = photo.copy()
    stock = Backgrounds([photo])
    assert not stock.drawn
    for k in range(10):
        crop = stock.crop(np.random.default_rng(k), size)
        assert crop.shape == size and crop.flags.writeable
        crop[:] = 0
    assert (photo == before).all()


def test_colour_photos_give_colour_crops() -> None:
    photo = np.full((50, 50, 3), (10, 100, 200), np.uint8)
    crop = Backgrounds([photo], grey=False).crop(np.random.default_rng(0), (30, 40))
    assert crop.shape == (30, 40, 3)
    assert (crop == crop[0, 0]).all() and crop[0, 0, 0] < crop[0, 0, 1] < crop[0, 0, 2]


def test_without_photos_as_many_are_drawn_as_asked_for() -> None:
    stock = Backgrounds(num_drawn=4, seed=9)
    assert stock.drawn and len(stock.photos) == 4
    other = Backgrounds(num_drawn=4, seed=9)
    assert all((a == b).all() for a, b in zip(stock.photos, other.photos, strict=True))


def test_the_same_state_of_rng_gives_the_same_crop() -> None:
    stock = Backgrounds(num_drawn=3)
    a, b = (stock.crop(np.random.default_rng([1, 2]), (64, 128)) for _ in range(2))
    assert (a == b).all()
