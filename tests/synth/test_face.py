from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import GlyphCoordinates
from fontTools.ttLib.tables.DefaultTable import DefaultTable

from platewright.errors import FontError
from platewright.region import load_region
from platewright.synth.face import (
    CAP_PX,
    NEEDED,
    Face,
    add_fonts,
    load_face,
    load_faces,
    match_faces,
    require_ink,
    stand_ins,
)

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


def reduced(path: Path, *, without: str = "", empty: str = "") -> Path:
    """Save a face that lacks some characters, and has others without ink."""
    with TTFont(BARLOW) as font:
        for table in font["cmap"].tables:
            for char in without:
                table.cmap.pop(ord(char), None)
            for char in empty:
                table.cmap[ord(char)] = table.cmap[ord(" ")]
        font.save(path)
    return path


def test_what_a_face_lacks_or_has_empty_comes_from_another(tmp_path: Path) -> None:
    face = Face(reduced(tmp_path / "Half.ttf", without="Q7", empty="B"))
    assert not any(face.has(char) for char in "Q7B") and face.has("A")
    for char in "Q7B":
        assert face.glyph(char).mask.max() > 200
    assert (face.glyph("A").mask == load_face(BARLOW).glyph("A").mask).all()


def test_a_face_of_digits_alone_serves_its_digits(tmp_path: Path) -> None:
    face = Face(reduced(tmp_path / "Digits.ttf", without=NEEDED[:26]))
    assert face.has("7") and not face.has("H")
    assert abs(face.glyph("0").height - CAP_PX) <= 2 and face.ink_width > 0.2
    assert face.glyph("H").mask.max() > 200


def test_a_face_without_any_of_a_to_z_and_digits_is_named(tmp_path: Path) -> None:
    path = reduced(tmp_path / "None.ttf", without=NEEDED)
    with pytest.raises(FontError, match=r"None\.ttf: has none of A-Z and 0-9; take another"):
        Face(path)


def test_a_character_that_no_face_has_is_an_error_and_not_a_blank() -> None:
    with pytest.raises(FontError, match=r"'ก' \(U\+0E01\): no face has ink"):
        load_face(BARLOW).glyph("ก")


def test_a_region_that_no_face_can_draw_is_refused_with_its_characters(tmp_path: Path) -> None:
    require_ink([load_region("GB"), load_region("CN"), load_region("RU")])
    path = tmp_path / "TH.toml"
    path.write_text(
        (BARLOW.parents[1] / "regions" / "SE.toml")
        .read_text("utf-8")
        .replace('syntaxes = ["', 'syntaxes = ["[กข]', 1),
        "utf-8",
    )
    with pytest.raises(FontError, match=r"no face has ink for ก ข; add one that has"):
        require_ink([load_region(path)])


def test_a_folder_of_faces_is_added_and_bad_ones_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLATEWRIGHT_FONTS", "")
    caches = (load_faces, match_faces, stand_ins)
    try:
        reduced(tmp_path / "Mine.ttf", without="Q7")
        assert add_fonts(tmp_path) == ["Mine"]
        assert load_faces()["Mine"] in match_faces(("*",)) and "Barlow-SemiBold" in load_faces()
        (tmp_path / "Broken.ttf").write_bytes(b"none")
        load_faces.cache_clear()
        with pytest.raises(FontError, match=r"Broken\.ttf: not a font"):
            add_fonts(tmp_path)
    finally:
        monkeypatch.undo()
        for kept in caches:
            kept.cache_clear()
    assert "Mine" not in load_faces()


@pytest.mark.parametrize("data", [b"", b"no font at all", BARLOW.read_bytes()[:900]])
def test_what_is_no_font_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "Broken.ttf"
    path.write_bytes(data)
    with pytest.raises(FontError, match=r"Broken\.ttf: not a font") as caught:
        Face(path)
    assert "\n" not in str(caught.value)


RANGES = struct.pack(">HHIIIIII", 12, 0, 28, 0, 1, 0, 0xFFFFFFFE, 1)
SEGMENTS = struct.pack(">7H", 4, 0, 0, 16000, 0, 0, 0) + 8000 * b"\xff\xfe" + bytes(48_002)


@pytest.mark.parametrize(
    ("table", "data", "message"),
    [
        ("cmap", struct.pack(">HHHHI", 0, 1, 3, 10, 12) + RANGES, "maps more characters than"),
        ("cmap", struct.pack(">HHHHI", 0, 1, 3, 1, 12) + SEGMENTS, "maps more characters than"),
        ("cmap", b"\0\0\0\1", "not a font that can be read"),
        ("head", 16384, "its H is hardly there"),
        ("head", 16, "has none of A-Z and 0-9"),  # of which each is larger than a page
        ("maxp", b"", "not a font that can be read"),
    ],
)
def test_what_would_take_all_memory_is_named(
    tmp_path: Path, table: str, data: bytes | int, message: str
) -> None:
    path = tmp_path / "Odd.ttf"
    with TTFont(BARLOW) as font:
        if isinstance(data, int):
            font[table].unitsPerEm = data
        else:
            font[table] = DefaultTable(table)
            font[table].data = data
        font.save(path)
    with pytest.raises(FontError, match=rf"Odd\.ttf: {message}"):
        Face(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "Pipe.ttf")
    with pytest.raises(FontError, match=r"Pipe\.ttf: not a font .* \(a pipe or a device"):
        add_fonts(tmp_path)


def test_a_glyph_that_can_not_be_drawn_comes_from_another(tmp_path: Path) -> None:
    """One of thousands that nobody may want made the whole face a bad one."""
    path = tmp_path / "Odd.ttf"
    with TTFont(BARLOW) as font:
        name = font.getBestCmap()[ord("Q")]
        glyph = font["glyf"][name]
        glyph.expand(font["glyf"])
        glyph.coordinates = GlyphCoordinates([(x * 30, y * 30) for x, y in glyph.coordinates])
        font.save(path)
    face = Face(path)
    assert not face.has("Q") and face.has("O")
    assert face.glyph("Q").mask.max() > 200


def test_faces_are_matched_by_name(tmp_path: Path) -> None:
    assert BARLOW in match_faces(("Barlow-*",))
    assert all(p.stem.startswith("Barlow") for p in match_faces(("Barlow*",)))
    assert match_faces(("Barlow-*", "Barlow-*", "Antonio*")).count(BARLOW) == 2
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
    for char in ("京", "가", "Ž"):
        assert char not in face.characters()
        masks = [other.glyph(char).mask for other in stand_ins(char)]
        assert any(mask.shape == face.glyph(char).mask.shape for mask in masks)
    assert len(stand_ins("京")) > 1 and not stand_ins("ก")
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
