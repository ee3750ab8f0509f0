"""Every mark draws itself, the same each time, in tones that can be painted."""

from __future__ import annotations

import re

import numpy as np
import pytest

from platewright.mark import VARIANTS, draw_sketch, find_marks, mark_families, mark_names
from platewright.mark.pen import UNIT

TONE = re.compile(r"main|second|third|paper|#[0-9a-f]{6}")


def test_there_are_many_and_each_family_has_its_members() -> None:
    assert len(mark_names()) >= 100
    assert sorted(n for names in mark_families().values() for n in names) == list(mark_names())
    for family in ("shield", "crest", "seal", "flag", "outline", "scene", "star", "cross"):
        assert len(mark_families()[family]) >= 3, family


@pytest.mark.parametrize("name", mark_names())
def test_a_mark_has_ink_in_tones_that_fill_no_pixel_twice(name: str) -> None:
    shapes = set()
    for variant in range(VARIANTS):
        sketch = draw_sketch(name, variant)
        assert sketch.coverage.shape[0] == UNIT
        assert sketch.coverage.shape[2] == len(sketch.tones) >= 1
        assert all(TONE.fullmatch(tone) for tone in sketch.tones), sketch.tones
        total = sketch.coverage.sum(axis=2, dtype=int)
        assert (total > 127).mean() > 0.01
        assert total.max() <= 255 + len(sketch.tones)  # each is rounded by itself
        edges = (total[0], total[-1], total[:, 0], total[:, -1])
        assert all(edge.max() > 0 for edge in edges)  # cropped to its ink
        assert 0.05 < sketch.aspect < 25
        shapes.add(sketch.coverage.tobytes())
    assert shapes


def test_the_same_variant_is_the_same_drawing() -> None:
    for name in mark_names()[::7]:
        first = draw_sketch(name, 3)
        draw_sketch.__globals__["_kept"].cache_clear()
        again = draw_sketch(name, 3)
        assert first.tones == again.tones
        assert np.array_equal(first.coverage, again.coverage)


@pytest.mark.slow
def test_most_marks_have_different_drawings() -> None:
    varied = [
        name
        for name in mark_names()
        if len({draw_sketch(name, v).coverage.tobytes() for v in range(VARIANTS)}) > 2
    ]
    assert len(varied) > 0.7 * len(mark_names())


def test_a_text_is_set_where_a_mark_bears_one() -> None:
    for name in ("stack", "sideways", "pair", "sticker", "oval", "words", "plaque", "logo"):
        assert not np.array_equal(
            draw_sketch(name, 1, "DV").coverage, draw_sketch(name, 1, "MW").coverage
        ), name


def test_marks_are_found_by_name_family_and_glob() -> None:
    assert find_marks("bird") == ("bird",)
    assert find_marks("seal") == mark_families()["seal"]
    assert set(find_marks("flag-*")) == set(mark_families()["flag"])
    assert not any(name.startswith("scene-") for name in find_marks("any"))
    assert len(find_marks("any")) + len(mark_families()["scene"]) == len(mark_names())


@pytest.mark.parametrize(
    ("wrong", "near"), [("sheild", "shield"), ("flag-dkk", "flag-dk"), ("palms", "palm")]
)
def test_an_unknown_mark_names_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(ValueError, match=f"no mark '{wrong}'; did you mean .*'{near}'") as caught:
        find_marks(wrong)
    told = str(caught.value).partition("mean ")[2].rstrip("?").split(" or ")
    assert len({*told}) == len(told)
    with pytest.raises(ValueError, match=r"see gen\.py --marks"):
        find_marks("zzzzzz*")
