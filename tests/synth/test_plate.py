"""Glyphs lie where the record says, to a pixel; texts survive the drawing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from platewright.region import Look, draw_region, load_region, region_codes
from platewright.region.look import Strip, luma
from platewright.synth.effect import read_effects
from platewright.synth.effect.stroke import stroke_lut
from platewright.synth.face import load_faces, load_legends, match_faces, match_legends
from platewright.synth.plate import GOLD, FlatPlate, draw_plate
from platewright.synth.style import PlateStyle, draw_style


def ink_box(dark: np.ndarray, box: np.ndarray, room: float) -> np.ndarray:
    """Bounding box of the dark pixels within `room` of a box."""
    x0, y0 = np.floor(box[:2] - room).astype(int).clip(0)
    x1, y1 = np.ceil(box[2:] + room).astype(int)
    rows, cols = np.nonzero(dark[y0:y1, x0:x1])
    return np.array([cols.min() + x0, rows.min() + y0, cols.max() + 1 + x0, rows.max() + 1 + y0])


def check_boxes(plate: FlatPlate, room: float) -> None:
    image = plate.image if plate.image.ndim == 2 else plate.image[..., 1]
    for char, box in zip(plate.chars, plate.boxes, strict=True):
        assert np.abs(ink_box(image < 225, box, room) - box).max() <= 1, char


@pytest.mark.parametrize("px_per_mm", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("grey", [True, False])
@pytest.mark.parametrize(
    "face", ["Barlow-SemiBold", "PlatewrightDistinct-Regular", "Oswald-Medium"]
)
def test_every_glyph_is_where_its_box_says(
    make_look: Callable[..., Look], plain_style: PlateStyle, px_per_mm: float, grey: bool, face: str
) -> None:
    style = replace(plain_style, face=face)
    for display in ("AB12 CDE", "WQJ-0917", "HN·XZ8"):
        plate = draw_plate(make_look(display), style, px_per_mm=px_per_mm, grey=grey)
        assert plate.image.shape == (
            (round(110 * px_per_mm), round(520 * px_per_mm)) + (() if grey else (3,))
        )
        check_boxes(plate, room=3.0 * px_per_mm)


def test_two_lines_frame_and_lean_keep_the_boxes_true(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    look = make_look("AB1|2CDE", size_mm=(200.0, 280.0))
    frame = read_effects({"frame": {"mm": 15.0, "colour": (255, 255, 255)}})
    style = replace(plain_style, effects=frame)
    plate = draw_plate(look, style, px_per_mm=2.0)
    assert plate.image.shape == (460, 620)
    assert plate.quad.tolist() == [[30, 30], [590, 30], [590, 430], [30, 430]]
    assert plate.lines == (0, 0, 0, 1, 1, 1, 1)
    check_boxes(plate, room=6.0)
    check_boxes(draw_plate(look, replace(style, shear=0.1), px_per_mm=2.0), room=4.0)


@pytest.mark.parametrize("code", region_codes())
def test_texts_of_every_region_come_back_in_reading_order(code: str) -> None:
    rng = np.random.default_rng(11)
    region = load_region(code)
    for _ in range(8):
        look = region.draw(rng)
        plate = draw_plate(look, draw_style(rng, look), px_per_mm=170.0 / look.size_mm[1])
        assert look.text == "".join(c for c in look.display if c not in " -·|")
        assert "".join(plate.chars) == look.text
        assert region.match(look.text)
        middles = (plate.boxes[:, :2] + plate.boxes[:, 2:]) / 2
        places = [(line, x) for line, x in zip(plate.lines, middles[:, 0], strict=True)]
        assert places == sorted(places)
        (x0, y0), (x1, y1) = plate.quad[0], plate.quad[2]
        assert (middles >= [x0, y0]).all() and (middles <= [x1, y1]).all()


def test_the_same_style_draws_the_same_bytes(make_look: Callable[..., Look]) -> None:
    look = make_look()
    style = draw_style(np.random.default_rng(3), look)
    drawn = {
        "texture": {"grain": 5.0, "start": 9},
        "wear": {"part": 0.2, "seed": 9},
        "dirt": {"weight": 0.4, "seed": 9},
        "picture": {"weight": 0.3, "seed": 9},
    }
    style = replace(style, effects=read_effects(drawn), jitter=0.02)
    first, second = (draw_plate(look, style, px_per_mm=1.0) for _ in range(2))
    assert (first.image == second.image).all() and (first.boxes == second.boxes).all()
    other = draw_plate(look, replace(style, seed=style.seed + 1), px_per_mm=1.0)
    assert (first.image != other.image).any()
    for name, seed in (
        ("texture", "start"),
        ("wear", "seed"),
        ("dirt", "seed"),
        ("picture", "seed"),
    ):
        others = read_effects(drawn | {name: drawn[name] | {seed: 100_000}})
        other = draw_plate(look, replace(style, effects=others), px_per_mm=1.0)
        assert (first.image != other.image).any(), name


def test_bold_strokes_have_more_ink_and_thin_ones_less(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    ink = [
        (255 - draw_plate(make_look(), replace(plain_style, effects=e), px_per_mm=1.0).image).sum()
        for e in (read_effects({"stroke": {"shift": s}}) for s in (-0.25, 0.0, 0.25))
    ]
    assert ink[0] < 0.93 * ink[1] and ink[2] > 1.07 * ink[1]
    assert stroke_lut(0.0)[[0, 255]].tolist() == [0, 255]


@pytest.mark.parametrize(
    "change",
    [
        {"emboss": {"strength": 50.0}},
        {"wear": {"part": 0.3}},
        {"dirt": {"weight": 0.5}},
        {"texture": {"grain": 6.0}},
        {"picture": {"weight": 0.4}},
        {"bolts": {"places": [[0.05, 0.5]], "radius": 0.05, "level": 40}},
        {"stickers": {"places": [[0.0, 0.0, 0.08, 0.2, [90, 90, 90]]]}},
        {"gradient": {"x": -40.0, "y": 0.0}},
    ],
)
def test_each_departure_shows_and_leaves_the_boxes(
    make_look: Callable[..., Look], plain_style: PlateStyle, change: dict[str, dict[str, object]]
) -> None:
    plain_style = replace(plain_style, background=(200, 200, 200))
    plain = draw_plate(make_look(), plain_style, px_per_mm=1.0)
    style = replace(plain_style, effects=read_effects(change))
    changed = draw_plate(make_look(), style, px_per_mm=1.0)
    assert (plain.image != changed.image).mean() > 0.001
    assert (plain.boxes == changed.boxes).all()


def test_a_frame_over_the_margins_hides_them_and_leaves_the_characters(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    look = make_look(size_mm=(152.0, 305.0), glyph_height_mm=65.0, header="OHIO", header_mm=20.0)
    frame = {"mm": 5.0, "colour": [90, 90, 90], "text": "", "upper": ""}
    plain = draw_plate(look, plain_style, px_per_mm=1.0)

    def framed(**over: object) -> np.ndarray:
        style = replace(plain_style, effects=read_effects({"frame": frame | over}))
        plate = draw_plate(look, style, px_per_mm=1.0)
        assert (plate.boxes == plain.boxes + 5).all() and plate.chars == plain.chars
        return plate.image[5:-5, 5:-5]

    top, bottom = round(plain.boxes[:, 1].min()), round(plain.boxes[:, 3].max())
    whole = framed(over=[0.9, 0.9])
    assert (whole[: int(0.85 * top)] == 90).all() and (whole[-10:] == 90).all()
    assert (whole[top:bottom, 10:-10] == plain.image[top:bottom, 10:-10]).all()
    cut = framed(over=[1.25, 1.25])
    hidden = [(cut[top:bottom, 10:-10] == 90).all(axis=1)]
    assert 0 < np.sum(hidden) < 0.35 * (bottom - top)
    part = framed(over=[0.9, 0.9], panel=[0.25, 0.75])
    assert (part[10, 80:220] == 90).all() and (part[10, 10:70] == plain.image[10, 10:70]).all()


def test_a_larger_header_takes_more_room(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    looks = [make_look(header="OHIO", footer="1803", header_mm=mm) for mm in (0.0, 10.0, 30.0)]
    same, small, large = (draw_plate(look, plain_style, px_per_mm=1.0) for look in looks)
    assert (same.image == small.image).all()
    assert large.boxes[0, 1] > small.boxes[0, 1] + 5
    red = draw_plate(
        replace(looks[2], header_colour=(200, 0, 0)), plain_style, px_per_mm=1.0, grey=False
    ).image.astype(int)
    coloured = red[..., 0] > red[..., 1] + 100
    assert coloured[:25].any() and not coloured[60:].any()


def test_a_header_has_a_face_of_its_own(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    """The header alone is set in it, and hangs below its line by less than a half of its height."""
    look = make_look(header="California", header_mm=20.0, header_faces=("Brushplate*",))
    drawn = [draw_style(np.random.default_rng(k), look).header_face for k in range(20)]
    assert set(drawn) == {"Brushplate-Regular"}
    assert {p.stem for p in match_legends(("Brushplate*", "Barlow-*"))} == {
        "Brushplate-Regular",
        "Barlow-SemiBold",
    }
    sans, brush = (
        draw_plate(look, replace(plain_style, header_face=face), px_per_mm=2.0).image.astype(int)
        for face in (plain_style.header_face, "Brushplate-Regular")
    )
    differ = np.flatnonzero((sans != brush).any(axis=1))
    assert differ.size and differ[-1] < 66
    inked = [(image[:60] < 128).sum() for image in (sans, brush)]
    assert 0.4 < inked[1] / inked[0] < 2.5


@pytest.mark.parametrize("px_per_mm", [0.2, 0.3, 0.6, 3.0])
def test_stars_are_as_faint_as_they_are_small(
    make_look: Callable[..., Look], plain_style: PlateStyle, px_per_mm: float
) -> None:
    """Twelve stars of 4.5 mm cover some 70 square millimetres at any resolution."""
    blue = (0, 60, 150)
    strip = Strip(
        side="left", width_mm=42.0, colour=blue, label="", label_colour=blue, emblem="stars"
    )
    plates = [
        draw_plate(make_look("AB", strip=each), plain_style, px_per_mm=px_per_mm, grey=False)
        for each in (strip, replace(strip, emblem=""))
    ]
    starry, plain = (plate.image[..., 0].astype(float) for plate in plates)
    gold = (starry - plain) / (GOLD[0] - blue[0])
    assert gold.sum() / px_per_mm**2 == pytest.approx(70, rel=0.2)
    assert gold.max() < (0.6 if px_per_mm < 0.5 else 1.01)
    if px_per_mm == 3.0:
        count, _ = cv2.connectedComponents((gold > 0.5).astype(np.uint8))
        assert count - 1 == 12


def test_rounded_corners_are_cut_out(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    plate = draw_plate(make_look(corner_mm=10.0), plain_style, px_per_mm=1.0)
    corners = [plate.alpha[y, x] for y in (0, -1) for x in (0, -1)]
    assert corners == [0, 0, 0, 0]
    assert plate.alpha[10:-10].min() == 255 and plate.alpha[:, 10:-10].min() == 255
    square = draw_plate(make_look(), plain_style, px_per_mm=1.0)
    assert square.alpha.min() == 255


@pytest.mark.parametrize("bow", [0.1, -0.1])
def test_a_bent_plates_quad_and_boxes_come_from_its_bent_outline(
    plain_style: PlateStyle, make_look: Callable[..., Look], bow: float
) -> None:
    bent = draw_plate(
        make_look("HN XZE"),
        replace(plain_style, effects=read_effects({"bow": {"rise": bow}})),
        px_per_mm=1.0,
    )
    there = np.argwhere(bent.alpha > 127)
    (top, left), (bottom, right) = there.min(axis=0), there.max(axis=0) + 1
    assert np.abs(bent.quad[0] - (left, top)).max() <= 1
    assert np.abs(bent.quad[2] - (right, bottom)).max() <= 1
    assert bottom - top == pytest.approx(110 * (1 + abs(bow)), abs=1.5)
    ink = (bent.image < 100) & (bent.alpha > 250)
    for x0, y0, x1, y1 in bent.boxes:
        rows = np.flatnonzero(ink[:, round(x0) : round(x1)].any(axis=1))
        assert rows[0] == pytest.approx(y0, abs=2) and rows[-1] + 1 == pytest.approx(y1, abs=2)
    heights = bent.boxes[:, 3] - bent.boxes[:, 1]
    assert heights[0] > heights[2]  # where the plate slopes, a box holds the slope as well


@pytest.mark.slow
def test_all_ink_of_hundreds_of_plates_lies_on_their_sheets() -> None:
    checked = tails = 0
    for number in range(400):
        rng = np.random.default_rng([11, number])
        region = load_region(("ANY", "US", "CN", "IN")[number % 4])
        look = region.draw(rng)
        style = draw_style(rng, look)
        if number % 2:  # Q in faces with long tails, as large as the plate lets them be
            display = "|".join("Q" + line[1:] for line in look.lines)
            look = replace(look, display=display, lines=tuple(display.split("|")))
            style = replace(style, size=1.4, jitter=0.04)
        flat = draw_plate(look, style, px_per_mm=1.0)
        (x0, y0), (x1, y1) = flat.quad.min(axis=0), flat.quad.max(axis=0)
        for char, box in zip(flat.chars, flat.boxes, strict=True):
            assert x0 <= box[0] < box[2] <= x1 and y0 <= box[1] < box[3] <= y1, (number, char)
            checked += 1
            tails += char == "Q"
    assert checked > 2000 and tails > 150


def test_luma_is_opencvs() -> None:
    import cv2

    colours = np.random.default_rng(0).integers(0, 256, (50, 1, 3), np.uint8)
    grey = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)[:, 0]
    ours = [luma((int(r), int(g), int(b))) for r, g, b in colours[:, 0]]
    assert np.abs(np.subtract(ours, grey)).max() <= 0.51


def test_every_drawn_style_can_be_read_and_written_down() -> None:
    rng = np.random.default_rng(4)
    light_on_dark = 0
    for _ in range(400):
        look = draw_region(rng).draw(rng)
        style = draw_style(rng, look)
        gap = luma(style.background) - luma(style.foreground)
        assert abs(gap) >= 36  # 38 before both are rounded down
        light_on_dark += gap < 0
        assert style.face in load_faces()
        assert {style.small_face, style.header_face} <= load_legends().keys()
        assert PlateStyle.from_dict(json.loads(json.dumps(style.as_dict()))) == style
    assert light_on_dark > 8


def test_styles_repeat_and_mostly_keep_to_the_looks_faces() -> None:
    rng = np.random.default_rng(1)
    look = draw_region(rng, ("GB",)).draw(rng)
    assert draw_style(np.random.default_rng(7), look) == draw_style(np.random.default_rng(7), look)
    own = {p.stem for p in match_faces(tuple(look.faces))}
    faces = [draw_style(rng, look).face for _ in range(300)]
    assert np.mean([f in own for f in faces]) > 0.7
