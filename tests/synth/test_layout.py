from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from platewright.region import Look
from platewright.synth.face import CAP_PX, load_face, load_faces
from platewright.synth.layout import arrange, lay_out_line
from platewright.synth.style import PlateStyle

FACE = load_face(load_faces()["Barlow-SemiBold"])
RNG = np.random.default_rng(0)


def test_a_line_is_set_by_inks_spacing_and_gap() -> None:
    row = lay_out_line(FACE, "HN Z", height=10.0, spacing=2.0, gap=5.0)
    assert [r[0] for r in row] == ["H", "N", "Z"]
    assert row[0][1] == 0.0
    assert row[1][1] - row[0][3] == pytest.approx(2.0)
    assert row[2][1] - row[1][3] == pytest.approx(7.0)  # spacing and gap
    for char, x0, y0, x1, y1 in row:
        assert x1 - x0 == pytest.approx(FACE.glyph(char).width * 10 / CAP_PX)
        assert y1 - y0 == pytest.approx(10, rel=0.03)
        assert y0 == pytest.approx(0, abs=0.2)


def test_stretch_widens_the_inks_alone() -> None:
    narrow = lay_out_line(FACE, "HN", height=10.0, spacing=2.0)
    wide = lay_out_line(FACE, "HN", height=10.0, spacing=2.0, stretch=1.5)
    assert wide[0][3] == pytest.approx(1.5 * narrow[0][3])
    assert wide[1][1] - wide[0][3] == pytest.approx(2.0)
    assert wide[0][4] == narrow[0][4]


def test_mono_cells_are_all_alike() -> None:
    row = lay_out_line(FACE, "I1W", height=10.0, spacing=1.0, cell=8.0)
    centres = [(r[1] + r[3]) / 2 for r in row]
    assert np.diff(centres) == pytest.approx([9.0, 9.0])
    assert max(r[3] - r[1] for r in row) <= 8.0


def test_leading_spaces_take_no_room() -> None:
    assert lay_out_line(FACE, " H", height=10.0)[0][1] == 0.0
    assert lay_out_line(FACE, "  ", height=10.0) == []


def test_one_line_is_centred_on_its_plate(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    placed = arrange(make_look("HNXZE"), plain_style, FACE, RNG)[0]
    left, right = placed[0].box[0], placed[-1].box[2]
    assert left == pytest.approx(520 - right)
    assert placed[0].box[1] == pytest.approx(110 - placed[0].box[3], abs=75 / CAP_PX)
    assert placed[0].box[3] - placed[0].box[1] == pytest.approx(75, rel=0.02)


def test_two_lines_stand_one_below_the_other(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    placed = arrange(make_look("HNX|ZE", size_mm=(200.0, 300.0)), plain_style, FACE, RNG)[0]
    assert [(g.char, g.line) for g in placed] == [("H", 0), ("N", 0), ("X", 0), ("Z", 1), ("E", 1)]
    assert max(g.box[3] for g in placed[:3]) < min(g.box[1] for g in placed[3:])
    for row in (placed[:3], placed[3:]):
        assert row[0].box[0] == pytest.approx(300 - row[-1].box[2])


def test_three_lines_stand_below_one_another_and_a_first_line_may_be_smaller(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    look = replace(make_look("HN|ZX|EM", size_mm=(200.0, 190.0)), first_line=0.5)
    placed = arrange(look, plain_style, FACE, RNG)[0]
    assert [g.line for g in placed] == [0, 0, 1, 1, 2, 2]
    rows = [placed[k : k + 2] for k in (0, 2, 4)]
    for upper, lower in pairwise(rows):
        assert max(g.box[3] for g in upper) < min(g.box[1] for g in lower)
    tall = [row[0].box[3] - row[0].box[1] for row in rows]
    assert tall[0] == pytest.approx(0.5 * tall[1], rel=0.03)
    assert tall[1] == pytest.approx(tall[2], rel=0.03)


def test_a_raised_group_stands_beside_two_lines_as_high_as_both(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    look = replace(make_look("HN|Z-X EMEH"), raised=True)
    placed = arrange(look, plain_style, FACE, RNG)[0]
    assert "".join(g.char for g in placed) == "HNZ-XEMEH"
    assert [g.line for g in placed] == [0, 0] + [1] * 7
    small, large = placed[:5], placed[5:]
    assert max(g.box[2] for g in small) < min(g.box[0] for g in large)
    high = large[0].box[3] - large[0].box[1]
    assert high == pytest.approx(75, rel=0.03)
    assert all(g.box[3] - g.box[1] < 0.5 * high for g in small)
    assert max(g.box[3] for g in small[:2]) < min(g.box[1] for g in small[2:])
    assert len({g.group for g in large} & {g.group for g in small}) == 0


def test_dashes_are_drawn_but_do_not_count(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    placed = arrange(make_look("HN-X·Z"), plain_style, FACE, RNG)[0]
    assert [(g.char, g.counts) for g in placed] == [
        ("H", True), ("N", True), ("-", False), ("X", True), ("·", False), ("Z", True),
    ]  # fmt: skip


@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_long_texts_are_squeezed_onto_the_plate(
    make_look: Callable[..., Look], plain_style: PlateStyle, fill: float
) -> None:
    style = replace(plain_style, fill=fill)
    for display in ("WWWWWWWWWWWW", "W"):
        placed = arrange(make_look(display), style, FACE, RNG)[0]
        assert placed[0].box[0] >= 0.0 and placed[-1].box[2] <= 520.0
        gaps = [b.box[0] - a.box[2] for a, b in pairwise(placed)]
        assert all(g > 0 for g in gaps)


def test_jitter_moves_every_character_and_none_far(
    make_look: Callable[..., Look], plain_style: PlateStyle
) -> None:
    uneven = replace(plain_style, jitter=0.03)
    still, moved = (
        arrange(make_look(), style, FACE, np.random.default_rng(1))[0]
        for style in (plain_style, uneven)
    )
    off = np.array([np.subtract(a.box, b.box) for a, b in zip(still, moved, strict=True)])
    assert (np.abs(off).max(axis=1) > 0).all()
    assert np.abs(off).max() < 4 * 0.03 * 75
