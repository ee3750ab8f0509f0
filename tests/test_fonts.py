"""The bundled faces have the characters of plates and a licence each; our own are rebuilt alike."""

from __future__ import annotations

import importlib.util
import re
import string
import sys
from pathlib import Path
from types import ModuleType

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

FONTS = Path(__file__).resolve().parents[1] / "fonts"
FACES = sorted(path for path in FONTS.iterdir() if path.suffix in (".ttf", ".otf"))
LICENCE_LINK = re.compile(r"\[text\]\((licences/[^)]+)\)")
RESERVED = re.compile(r"with\s+reserved\s+font\s+names?\s+['\"“]?([\w-]+)", re.IGNORECASE)
DIES = ("Round", "Slashed", "Square", "Serif", "Beaked", "Narrow", "Bold", "Thin", "Tall")
OWN = {
    "PlatewrightMonoline-Regular.ttf",
    "PlatewrightDistinct-Regular.ttf",
    *(f"PlatewrightDie{die}-Regular.ttf" for die in DIES),
}


def readme_rows() -> dict[str, str]:
    """Return the README's table: the row of each file."""
    rows = {}
    for line in (FONTS / "README.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 7 and cells[2].endswith((".ttf", ".otf")):
            rows[cells[2]] = line
    return rows


SCRIPT_FACES = sorted(p for p in (FONTS / "scripts").iterdir() if p.suffix in (".ttf", ".otf"))
LEGEND_FACES = sorted((FONTS / "legends").glob("*.ttf"))


def build_module() -> ModuleType:
    pytest.importorskip("pathops", reason="skia-pathops, a build dependency, is not installed")
    spec = importlib.util.spec_from_file_location("fonts_build", FONTS / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


def ink(font: TTFont, character: str) -> tuple[float, float, float, float]:
    pen = BoundsPen(font.getGlyphSet())
    font.getGlyphSet()[font.getBestCmap()[ord(character)]].draw(pen)
    left, bottom, right, top = pen.bounds
    return left, bottom, right, top


def test_the_readme_lists_exactly_the_faces_that_are_there() -> None:
    assert set(readme_rows()) == {
        face.relative_to(FONTS).as_posix() for face in (*FACES, *LEGEND_FACES, *SCRIPT_FACES)
    }
    assert len(FACES) >= 24
    assert {face.name for face in FACES} >= OWN


@pytest.mark.parametrize("face", [*FACES, *LEGEND_FACES], ids=lambda face: face.stem)
def test_face_draws_every_letter_and_digit(face: Path) -> None:
    font = TTFont(face)
    for character in string.ascii_uppercase + string.digits:
        assert ord(character) in font.getBestCmap(), character
        left, bottom, right, top = ink(font, character)
        assert right > left and top > bottom, character


def test_scripts_faces_are_small_in_all() -> None:
    assert sum(face.stat().st_size for face in SCRIPT_FACES) < 2_500_000


@pytest.mark.parametrize("face", [*FACES, *LEGEND_FACES, *SCRIPT_FACES], ids=lambda face: face.stem)
def test_face_is_small_and_has_its_licence(face: Path) -> None:
    assert face.stat().st_size < (250_000 if face in SCRIPT_FACES else 60_000)
    link = LICENCE_LINK.search(readme_rows()[face.relative_to(FONTS).as_posix()])
    assert link is not None
    licence = (FONTS / link[1]).read_text("utf-8")
    # Each licence's own words: the OFL's permission or MIT's.
    assert "Permission is hereby granted" in " ".join(licence.split())
    assert "opyright" in licence


@pytest.mark.parametrize("face", [*FACES, *LEGEND_FACES, *SCRIPT_FACES], ids=lambda face: face.stem)
def test_face_does_not_use_a_reserved_font_name(face: Path) -> None:
    names = TTFont(face)["name"]
    link = LICENCE_LINK.search(readme_rows()[face.relative_to(FONTS).as_posix()])
    assert link is not None
    said = (FONTS / link[1]).read_text("utf-8") + (names.getDebugName(0) or "")
    used = " ".join(names.getDebugName(record) or "" for record in (1, 4, 6, 16)) + face.name
    for reserved in RESERVED.findall(said):
        assert reserved.lower() not in used.lower()


def test_every_licence_belongs_to_a_face() -> None:
    linked = {link[1] for row in readme_rows().values() if (link := LICENCE_LINK.search(row))}
    there = {f"licences/{path.name}" for path in (FONTS / "licences").iterdir()}
    assert there == linked


@pytest.mark.parametrize(
    ("face", "width_mm", "height_mm"),
    [("Monoline", 50, 79), ("Distinct", 47.5, 75)],
)
def test_own_face_has_the_measures_of_its_rule(
    face: str, width_mm: float, height_mm: float
) -> None:
    font = TTFont(FONTS / f"Platewright{face}-Regular.ttf")
    left, bottom, right, top = ink(font, "H")
    assert (right - left, top - bottom) == (10 * width_mm, 10 * height_mm)
    for character in string.ascii_uppercase + string.digits:
        left, bottom, right, top = ink(font, character)
        assert bottom == 0, character
        assert top == pytest.approx(10 * height_mm, abs=1), character
        assert right - left <= 10 * width_mm + 1, character


@pytest.mark.parametrize("die", DIES)
def test_dies_fill_their_height_and_no_glyph_leaves_its_advance(die: str) -> None:
    font = TTFont(FONTS / f"PlatewrightDie{die}-Regular.ttf")
    for character in string.ascii_uppercase + string.digits:
        left, bottom, right, top = ink(font, character)
        assert (bottom, top) == pytest.approx((0, 700), abs=2), character
        advance, _ = font["hmtx"][font.getBestCmap()[ord(character)]]
        assert left >= 0 and right <= advance, character


def holes(path: Path, character: str) -> int:
    """Count a glyph's contours beyond the first: its holes, and islands in them."""
    font = TTFont(path)
    return int(font["glyf"][font.getBestCmap()[ord(character)]].numberOfContours) - 1


def test_dies_have_slashed_dotted_and_plain_zeros() -> None:
    zeros = {die: holes(FONTS / f"PlatewrightDie{die}-Regular.ttf", "0") for die in DIES}
    assert zeros == {
        "Round": 1, "Slashed": 2, "Square": 2, "Serif": 1, "Beaked": 1, "Narrow": 2,
        "Bold": 2, "Thin": 1, "Tall": 1,
    }  # fmt: skip
    for die in DIES:
        path = FONTS / f"PlatewrightDie{die}-Regular.ttf"
        assert [holes(path, character) for character in "BDOPQR8"] == [2, 1, 1, 1, 1, 1, 2], die
        assert not any(holes(path, character) for character in "CEFGHIJKLMNSTUVWXYZ12357"), die


def test_british_one_is_as_wide_as_its_stroke() -> None:
    left, _, right, _ = ink(TTFont(FONTS / "PlatewrightMonoline-Regular.ttf"), "1")
    assert right - left == 140


def test_rebuilt_faces_equal_the_committed_bytes(tmp_path: Path) -> None:
    built = build_module().build_all(tmp_path)
    assert {path.name for path in built} == OWN
    for path in built:
        assert path.read_bytes() == (FONTS / path.name).read_bytes(), path.name


def test_overlapping_roundings_are_refused() -> None:
    module = build_module()
    corners, closed = module.parse_strokes("0,0 10,0/6 10,10/6 0,10")[0]
    with pytest.raises(ValueError, match="roundings overlap"):
        module.centre_line(corners, closed)
