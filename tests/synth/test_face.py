from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from platewright.errors import FontError
from platewright.synth.face import CAP_PX, NEEDED, Face, load_face, load_faces, match_faces

BARLOW = load_faces()["Barlow-SemiBold"]


def test_at_least_twenty_faces_and_each_draws_every_character() -> None:
    faces = load_faces()
    assert len(faces) >= 20
    for path in faces.values():
        face = load_face(path)
        assert all(face.has(c) for c in NEEDED), path.name


@pytest.mark.parametrize(
    "name", ["Barlow-SemiBold", "PlatewrightMonoline-Regular", "OSP-DIN-Regular"]
)
def test_a_capital_is_as_high_as_promised_and_starts_at_the_cap_line(name: str) -> None:
    glyph = load_face(load_faces()[name]).glyph("H")
    assert abs(glyph.height - CAP_PX) <= 1
    assert abs(glyph.top) <= 1


def test_masks_are_cropped_to_their_ink() -> None:
    face = Face(BARLOW)
    for char in "A1IQ8-":
        mask = face.glyph(char).mask
        for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1]):
            assert edge.max() > 40


def test_glyphs_are_drawn_once() -> None:
    face = Face(BARLOW)
    assert face.glyph("B") is face.glyph("B")


@pytest.mark.parametrize("size", [(5, 9), (30, 64), (150, 200)])
def test_a_resized_glyph_fills_what_was_asked_for(size: tuple[int, int]) -> None:
    mask = Face(BARLOW).resized("H", *size)
    assert mask.shape == (size[1], size[0])
    assert mask[0].max() > 100 and mask[-1].max() > 100
    assert mask[:, 0].max() > 100 and mask[:, -1].max() > 100


def test_a_face_without_the_needed_glyphs_is_named_with_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "Half.ttf"
    with TTFont(BARLOW) as font:
        for table in font["cmap"].tables:
            for char in "Q7":
                table.cmap.pop(ord(char), None)
        font.save(path)
    with pytest.raises(FontError, match=r"Half\.ttf: lacks the glyphs 7 Q; take another face"):
        Face(path)


@pytest.mark.parametrize("data", [b"", b"no font at all", BARLOW.read_bytes()[:900]])
def test_what_is_no_font_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "Broken.ttf"
    path.write_bytes(data)
    with pytest.raises(FontError, match=r"Broken\.ttf: not a font") as caught:
        Face(path)
    assert "\n" not in str(caught.value)


def test_faces_are_matched_by_name(tmp_path: Path) -> None:
    assert BARLOW in match_faces(("Barlow-*",))
    assert all(p.stem.startswith("Barlow") for p in match_faces(("Barlow*",)))
    with pytest.raises(FontError, match="no face matches NoSuchFace, Nor This"):
        match_faces(("NoSuchFace", "Nor This"))
    with pytest.raises(FontError, match=r"no \.ttf or \.otf face here"):
        load_faces(tmp_path)


def test_a_character_without_ink_has_an_empty_mask() -> None:
    glyph = Face(BARLOW).glyph(" ")
    assert not glyph.mask.any() and glyph.advance > 0
    assert np.isfinite(Face(BARLOW).ink_width)


def test_what_a_face_lacks_comes_from_one_that_has_it() -> None:
    face = load_face(BARLOW)
    signs = load_face(load_faces()["Platesign-Bold"])
    for char in ("京", "가", "Ž"):
        assert char not in face.characters()
        assert (face.glyph(char).mask == signs.glyph(char).mask).all()
    assert not (
        face.glyph("京").mask.shape == face.glyph("沪").mask.shape
        and (face.glyph("京").mask == face.glyph("沪").mask).all()
    )  # no box for both
    assert all(load_face(path).glyph("·").height < CAP_PX / 2 for path in load_faces().values())


@pytest.mark.parametrize("char", ["Ä", "Å", "Ž", "京", "가"])
def test_marked_letters_and_signs_are_as_high_as_an_h(char: str) -> None:
    for path in load_faces().values():
        glyph = load_face(path).glyph(char)
        assert glyph.height <= CAP_PX + 1
        assert glyph.top >= -1
        assert glyph.width > 10
