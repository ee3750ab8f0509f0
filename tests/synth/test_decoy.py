from __future__ import annotations

import numpy as np
import pytest

from platewright.synth.decoy import KINDS, draw_decoy
from platewright.synth.lettering import draw_caption, draw_words


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
