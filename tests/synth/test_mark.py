"""Marks stand beside the characters, and take none of them away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from platewright.region import Look, load_region
from platewright.region.look import Mark
from platewright.synth.effect import read_effects
from platewright.synth.face import load_face, load_faces
from platewright.synth.layout import arrange
from platewright.synth.mark import find_slots, stand_in
from platewright.synth.plate import draw_plate
from platewright.synth.style import MarkStyle, PlateStyle, draw_marks, draw_style

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def make_mark(name: str, place: str, **changes: object) -> MarkStyle:
    mark = MarkStyle(
        name=name, place=place, variant=0, text="", height=0.8, x=0.5, y=0.0, space=0.1,
        main=(200, 20, 30), second=WHITE, third=BLACK, mono=False, strength=1.0,
    )  # fmt: skip
    return mark._replace(**changes)  # type: ignore[arg-type]


def shared(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Return what part of box `b` box `a` covers."""
    wide = max(min(a[2], b[2]) - max(a[0], b[0]), 0.0)
    tall = max(min(a[3], b[3]) - max(a[1], b[1]), 0.0)
    return wide * tall / ((b[2] - b[0]) * (b[3] - b[1]))


@pytest.mark.parametrize("code", ["ANY", "US", "SK", "AU"])
def test_marks_cover_no_character(code: str) -> None:
    region, faces, seen = load_region(code), load_faces(), 0
    for k in range(150):
        rng = np.random.default_rng([5, k])
        look = region.draw(rng)
        style = replace(draw_style(rng, look), jitter=0.0)
        glyphs, marks = arrange(look, style, load_face(faces[style.face]), rng)
        assert "".join(g.char for g in glyphs if g.counts) == look.text
        for placed in marks:
            if placed.mark.place in ("behind", "above", "below"):
                continue
            seen += 1
            for glyph in glyphs:
                assert shared(placed.box, glyph.box) < 0.06, (look.display, placed.mark)
            assert placed.box[0] > -0.02 * look.size_mm[1]
            assert placed.box[2] < 1.02 * look.size_mm[1]
    assert seen > 15


@pytest.mark.parametrize(
    ("display", "place", "x", "slots"),
    [
        ("AB 12 CD", "left", 0.5, [[0]]),
        ("AB 12 CD", "right", 0.5, [[6]]),
        ("AB 12 CD", "gap", 0.5, [[2]]),
        ("AB 12 CD", "gap2", 0.5, [[4]]),
        ("AB12", "gap", 0.5, [[]]),
        ("ABCD", "between", 0.3, [[2]]),
        ("AB|12 C", "gap", 0.1, [[], [2]]),
        ("AB|12 C", "right", 0.9, [[], [3]]),
        ("AB-12 C", "separator", 0.5, [[2]]),
        ("AB 12·C", "separator", 0.5, [[4]]),
        ("AB|1-2", "separator", 0.1, [[], [1]]),
        ("AB 12", "separator", 0.5, [[2]]),
        ("AB12", "separator", 0.5, [[]]),
    ],
)
def test_places_are_counted_in_inks(
    display: str, place: str, x: float, slots: list[list[int]]
) -> None:
    found = find_slots(tuple(display.split("|")), (make_mark("bird", place, x=x),))
    assert [[slot for slot, _ in line] for line in found] == slots


@pytest.mark.parametrize("place", ["left", "gap", "right", "between"])
def test_a_mark_keeps_its_distance_and_shows(
    make_look: Callable[..., Look], plain_style: PlateStyle, place: str
) -> None:
    look = make_look("HN XZE", size_mm=(110.0, 620.0))
    style = replace(plain_style, marks=(make_mark("bird", place),))
    face = load_face(load_faces()["Barlow-SemiBold"])
    glyphs, marks = arrange(look, style, face, np.random.default_rng(0))
    box = marks[0].box
    assert box[3] - box[1] == pytest.approx(0.8 * 75)
    away = [max(g.box[0] - box[2], box[0] - g.box[2]) for g in glyphs]
    assert min(away) >= 0.1 * 75 - 1e-6
    with_mark = draw_plate(look, style, px_per_mm=1.0, grey=False)
    assert with_mark.chars == tuple("HNXZE")
    assert with_mark.marks == ("bird",)
    x0, y0, x1, y1 = (round(v) for v in box)
    part = with_mark.image[y0:y1, x0:x1].reshape(-1, 3).astype(int)
    assert (np.abs(part - (200, 20, 30)).max(axis=1) < 30).mean() > 0.1


def test_marks_shrink_and_go_before_characters_do(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    look = make_look("WWWWWWWWWW")
    face = load_face(load_faces()["Barlow-SemiBold"])
    marks = (make_mark("flag-gb", "left"), make_mark("words", "right", height=1.0))
    rng = np.random.default_rng(0)
    glyphs, placed = arrange(look, replace(plain_style, marks=marks), face, rng)
    assert len(glyphs) == 10 and len(placed) < 2
    assert glyphs[0].box[0] >= 0 and glyphs[-1].box[2] <= 520


def test_names_above_and_below_stay_clear_of_the_line(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    marks = (make_mark("words", "above", height=0.2), make_mark("words", "below", height=0.25))
    style = replace(plain_style, marks=marks)
    look, face = make_look("HNXZE"), load_face(load_faces()["Barlow-SemiBold"])
    glyphs, placed = arrange(look, style, face, np.random.default_rng(0))
    above, below = placed
    assert above.box[1] >= 0 and below.box[3] <= 110
    assert above.box[3] < min(g.box[1] for g in glyphs)
    assert below.box[1] > max(g.box[3] for g in glyphs)
    image = draw_plate(look, style, px_per_mm=1.0).image
    for mark in placed:
        x0, y0, x1, y1 = (round(v) for v in mark.box)
        assert (image[y0:y1, x0:x1] < 128).mean() > 0.1


@pytest.mark.parametrize("lines", [1, 2])
def test_marks_above_and_below_leave_the_text_a_third_of_the_sheet(
    make_look: Callable[..., Look], plain_style: PlateStyle, lines: int
) -> None:
    places = ("above", "below", "below", "above")
    style = replace(
        plain_style,
        marks=tuple(make_mark("words", place, height=0.34) for place in places),
        size=1.4,
        jitter=0.03,  # whose deviation was below 0, so that drawing ended, where no room was left
    )
    look = make_look("|".join(["HNXZE", "MT42"][:lines]))
    glyphs, placed = arrange(
        look, style, load_face(load_faces()["Barlow-SemiBold"]), np.random.default_rng(0)
    )
    tops = {line: min(g.box[1] for g in glyphs if g.line == line) for line in range(lines)}
    bottoms = {line: max(g.box[3] for g in glyphs if g.line == line) for line in range(lines)}
    assert sum(bottoms.values()) - sum(tops.values()) > 0.25 * look.size_mm[0]
    assert all(tops[k] > bottoms[k - 1] - 1 for k in range(1, lines))
    edge = 0.05 * look.size_mm[0]
    assert max(m.box[3] for m in placed if m.mark.place == "above") < tops[0] + edge
    assert min(m.box[1] for m in placed if m.mark.place == "below") > bottoms[lines - 1] - edge


@pytest.mark.parametrize("ink", [BLACK, WHITE])
def test_what_lies_behind_leaves_the_text_legible(
    make_look: Callable[..., Look], plain_style: PlateStyle, ink: tuple[int, int, int]
) -> None:
    paper = (255 - ink[0],) * 3
    for name in ("scene-mountains", "scene-banner", "scene-stripes", "flag-gb"):
        mark = make_mark(name, "behind", height=1.0, strength=0.9)
        style = replace(plain_style, background=paper, foreground=ink, marks=(mark,))
        look = make_look("HNXZE")
        plate = draw_plate(look, style, px_per_mm=1.0)
        bare = draw_plate(look, replace(style, marks=()), px_per_mm=1.0)
        assert (plate.boxes == bare.boxes).all()
        sheet = bare.image == paper[0]
        assert np.abs(plate.image[sheet].astype(int) - ink[0]).min() >= 45
        assert (plate.image[sheet] != bare.image[sheet]).any()


def test_a_frame_hides_tops_and_feet_and_no_label(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    plate, whole = (
        draw_plate(
            make_look("HNXZE"),
            replace(
                plain_style,
                effects=read_effects({"frame": {"mm": 10.0, "colour": (90, 90, 90), "cut": cut}}),
            ),
            px_per_mm=1.0,
        )
        for cut in ((0.2, 0.1), (0.0, 0.0))
    )
    assert plate.chars == whole.chars and (plate.boxes == whole.boxes).all()
    x0, y0, x1, y1 = plate.boxes[0].astype(int)
    assert (plate.image[y0 : y0 + 12, x0:x1] == 90).all()
    assert (plate.image[y1 - 5 : y1, x0:x1] == 90).all()
    assert (plate.image[y0 + 20 : y1 - 12, x0:x1] < 40).any()


def test_emblems_and_asked_marks_are_drawn_and_others_seldom(
    make_look: Callable[..., Look],
) -> None:
    asked = Mark(name="cactus", place="left", height=0.7, ink=True)
    look = make_look(emblem="seal", marks=(asked,))
    rng = np.random.default_rng(1)
    for _ in range(20):
        marks = draw_marks(rng, look, WHITE, BLACK, 0.0)
        assert [m.name for m in marks] == ["cactus", "seal-stack"]
        assert marks[0].mono and marks[0].main == BLACK
    bare = make_look()
    count = sum(bool(draw_marks(rng, bare, WHITE, BLACK, 0.2)) for _ in range(500))
    assert 60 < count < 140


def test_a_mark_stands_in_place_of_a_hyphen(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    look = make_look("HNX-ZE8", size_mm=(110.0, 620.0))
    style = replace(plain_style, marks=(make_mark("star-five", "separator"),))
    plate, plain = (draw_plate(look, s, px_per_mm=1.0, grey=False) for s in (style, plain_style))
    assert plate.chars == plain.chars == tuple("HNXZE8") and plate.marks == ("star-five",)
    x0, x1 = int(plate.boxes[2][2]), int(plate.boxes[3][0])
    between = plate.image[:, x0:x1].reshape(-1, 3).astype(int)
    assert (np.abs(between - (200, 20, 30)).max(axis=1) < 30).mean() > 0.05
    assert (between.max(axis=1) > 100).all()  # the black hyphen is gone
    two = (make_mark("star-five", "separator"), make_mark("bird", "separator"))
    assert stand_in(("A-B·C", "D-E"), two) == ("A B C", "D-E")


@pytest.mark.parametrize("raised", [True, False])
def test_marks_are_raised_and_worn_as_the_characters_are(
    make_look: Callable[..., Look], plain_style: PlateStyle, raised: bool
) -> None:
    look = make_look("HNXZE", size_mm=(110.0, 620.0))
    style = replace(
        plain_style,
        background=(200, 200, 200),
        marks=(make_mark("star-five", "right", main=BLACK, raised=raised),),
    )
    _, marks = arrange(
        look, style, load_face(load_faces()["Barlow-SemiBold"]), np.random.default_rng(0)
    )
    x0, y0, x1, y1 = (round(v) for v in marks[0].box)
    for effect in ({"emboss": {"strength": 60.0}}, {"wear": {"part": 0.35}}):
        plain, changed = (
            draw_plate(look, replace(style, effects=read_effects(e)), px_per_mm=1.0).image
            for e in ({}, effect)
        )
        apart = np.abs(changed.astype(int) - plain)[y0 - 3 : y1 + 3, x0 - 3 : x1 + 3]
        assert bool(apart.max() > 10) is raised, effect
