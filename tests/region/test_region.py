"""Every shipped region: what it draws is what it recognises, and each drawing is of one piece."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from platewright.region import (
    MAX_CHARACTERS,
    Region,
    draw_region,
    load_region,
    plain,
    region_codes,
)
from platewright.region.look import luma
from platewright.region.template import Piece, region_templates
from platewright.text import unmarked
from tests.region.text import draw_texts

CODES = region_codes()
FIRST = {"ANY", "DE", "FR", "GB", "IN", "NL", "PK", "US"}

# fmt: off
WANTED = {
    "GB", "IE", "DE", "FR", "ES", "PT", "IT", "NL", "BE", "LU", "AT", "CH", "PL", "CZ", "SK",
    "HU", "RO", "HR", "SI", "SE", "NO", "FI", "DK", "EE", "LV", "LT", "UA", "TR", "US", "CA",
    "MX", "BR", "AR", "IN", "AU", "ZA",
}

# fmt: on


def looks(code, count, seed=0):
    region, rng = load_region(code), np.random.default_rng(seed)
    return [region.draw(rng) for _ in range(count)]


@cache
def drawn(code):
    """Return what several tests look at."""
    return tuple(looks(code, 200))


def test_the_first_regions_are_there_and_sorted():
    assert set(CODES) >= FIRST | WANTED
    assert len(CODES) >= 48
    assert sum(code.startswith("US-") for code in CODES) >= 12
    assert list(CODES) == sorted(CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_drawn_text_matches(code):
    region = load_region(code)
    texts = [each.text for each in (*drawn(code), *draw_texts(code, 300, seed=1))]
    assert [text for text in texts if not region.match(text)] == []
    assert set("".join(texts)) <= set(region.alphabet)
    for seed in range(5):  # what is true of the texts alone is true of plates'
        look = region.draw(np.random.default_rng(seed))
        assert draw_texts(code, 1, seed=seed) == [(look.series, look.display)]


@pytest.mark.parametrize("code", CODES)
def test_display_text_and_lines_agree(code):
    for look in drawn(code):
        assert look.text == plain(look.display)
        assert "|".join(look.lines) == look.display
        assert len(look.lines) in (1, 2, 3)
        assert all(plain(line) and line == line.strip(" -·") for line in look.lines)
        assert 2 <= len(look.text) <= MAX_CHARACTERS


@pytest.mark.parametrize("code", CODES)
def test_every_look_can_be_painted(code):
    for look in drawn(code):
        height, width = look.size_mm
        lines = 1 if look.raised else len(look.lines)
        assert 0 < look.glyph_height_mm * lines < height
        assert abs(luma(look.background) - luma(look.foreground)) > 40
        assert 0 <= look.embossed <= 1
        assert (look.border_colour is None) == (look.border_mm == 0)
        bands = [band for band in (look.strip, look.second_strip) if band]
        assert sum(band.width_mm for band in bands if band.side != "top") < 0.5 * width
        assert look.faces
        assert look.region == code


@pytest.mark.parametrize("code", CODES)
def test_the_same_state_gives_the_same_looks(code):
    assert looks(code, 20, seed=5) == looks(code, 20, seed=5)
    assert looks(code, 20, seed=5) != looks(code, 20, seed=6)


@pytest.mark.parametrize("code", CODES)
def test_a_look_survives_json(code):
    for look in drawn(code)[:20]:
        form = look.as_dict()
        assert json.loads(json.dumps(form)) == form
        assert form["text"] == look.text
        assert form["size_mm"] == [round(side, 2) for side in look.size_mm]


@pytest.mark.parametrize("code", CODES)
def test_file_name_is_the_code_and_the_source_is_cited(code):
    region = load_region(code)
    assert region.code == code
    assert len(region.source) > 10


def test_british_memory_tags_have_no_i_and_no_q():
    # Northern Ireland's marks have I, vehicles of unknown age have Q: both are named apart.
    for look in looks("GB", 3000, seed=1):
        text = look.text
        if len(text) == 7 and text[:2].isalpha() and text[2:4].isdigit():
            assert not set(text[:2]) & set("IQZ"), text
            assert not set(text[4:]) & set("IQ"), text
    region = load_region("GB")
    assert region.match("AB12CDZ")
    assert [t for t in ("AI12CDE", "AB12CIE", "QB12CDE", "AB12QDE", "AB01CDE", "ABC12IE")
            if region.match(t)] == []  # fmt: skip


@pytest.mark.parametrize(
    ("code", "good", "bad"),
    [
        ("GB", ["A123BCD", "ABC123D", "LUI1234", "Q123ABC", "1234AB"], ["A023BCD", "I123BCD"]),
        ("DE", ["BMW123", "WOBNP300", "TÖLAB12", "TOLAB12", "HHE123E"], ["QQ123", "BABCD123"]),
        ("FR", ["AB123CD", "1234AB56", "12ABC2A"], ["AI123CD", "AB12CD", "1234AB00"]),
        ("NL", ["62TFP4", "16XKHR", "MB12XX"], ["62TFPA", "6TFP4", "AB12CD"]),
        ("IN", ["MH12AB1234", "DL3CAB1234", "KA05C1234", "22BH1234AA"], ["XX12AB1234", "MH12AB"]),
        ("PK", ["LEA1234", "ABC123", "LEC17"], ["LEA12345", "1234"]),
        ("US-CA", ["7ABC123", "8A12345"], ["7ABC12345", "TOOLONG1"]),
        ("ES", ["1234BCD", "M1234AB"], ["1234ABC", "1234QBC"]),
        ("IT", ["AB123CD"], ["AI123CD", "AB12CD"]),
        ("BR", ["ABC1D23", "ABC1234"], ["AB1234", "ABC12D3"]),
        ("IE", ["131D1234", "95KK123"], ["133D1234", "131XX12"]),
        ("CN", ["京A12345", "粤BD12345", "沪A1234警"], ["A12345", "京I12345", "口A12345"]),
        ("KR", ["12가3456", "123허4567"], ["12A3456", "12각3456"]),
        ("HR", ["ČK123AB", "CK123AB", "ZG1234AB"], ["ĆK123AB", "ZG12AB"]),
        ("FI", ["ÅLA123", "ALA123", "ABC123"], ["ABC0123", "A123"]),
        ("HU", ["AABB123", "ABC123"], ["CSBB123", "ABBB123"]),
        ("RU", ["A123BC77"], ["D123BC77", "A123BC20"]),
    ],
)
def test_known_texts(code, good, bad):
    region = load_region(code)
    assert [text for text in good if not region.match(text)] == []
    assert [text for text in bad if region.match(text)] == []


def test_any_is_wide_and_a_third_or_more_of_the_mix():
    drawn = looks("ANY", 4000)
    two = sum(len(look.lines) == 2 for look in drawn) / len(drawn)
    assert 0.28 < two < 0.40
    aspects = [look.size_mm[1] / look.size_mm[0] for look in drawn]
    assert 0.9 <= min(aspects) < 1.15  # three lines
    assert 4.9 < max(aspects) <= 5.2
    assert {len(look.text) for look in drawn} == set(range(3, 12))
    reversed_share = sum(luma(k.background) < luma(k.foreground) for k in drawn) / len(drawn)
    assert 0.15 < reversed_share < 0.40
    weights = {code: load_region(code).weight for code in CODES}
    assert 1 / 3 < weights["ANY"] / sum(weights.values()) < 0.44


def test_regions_are_drawn_by_weight():
    rng = np.random.default_rng(0)
    weights = {code: load_region(code).weight for code in ("GB", "IN")}
    drawn = [draw_region(rng, ["GB", "IN"]).code for _ in range(4000)]
    expected = weights["GB"] / sum(weights.values())
    assert abs(drawn.count("GB") / len(drawn) - expected) < 0.03


def test_draw_region_repeats_itself_and_takes_one_alone():
    first = [draw_region(np.random.default_rng(i)).code for i in range(50)]
    assert first == [draw_region(np.random.default_rng(i)).code for i in range(50)]
    assert draw_region(np.random.default_rng(0), ["DE"]).code == "DE"


HEAD = 'code = "XX"\nname = "x"\nsource = "none"\n'
SERIES = (
    'height_mm = 100\nwidth_mm = 400\nbackground = "light"\nforeground = "dark"\n'
    "glyph_height_mm = 40\n"
)


def write(path: Path, *series: str, lists: str = "") -> Region:
    text = HEAD + (f"[lists]\n{lists}\n" if lists else "")
    for number, each in enumerate(series):
        text += f'[[series]]\nname = "{number}"\n{SERIES}{each}\n'
    path.write_text(text)
    return load_region(path)


def chance(region: Region, text: str) -> float:
    return sum(t.weight * t.probability(text) for t in region_templates(region))


@pytest.mark.parametrize("code", region_codes())
def test_every_drawn_text_has_a_probability_and_the_weights_are_one(code: str) -> None:
    region = load_region(code)
    templates = region_templates(region)
    assert sum(t.weight for t in templates) == pytest.approx(1)
    for template in templates:
        for piece in template.pieces:
            assert sum(piece.shares) == pytest.approx(1)
            assert {len(entry) for entry in piece.entries} == {piece.length}
    texts = {unmarked(each.text) for each in draw_texts(code, 60, seed=4)}
    assert [t for t in texts if not any(each.probability(t) for each in templates)] == []


def test_probabilities_are_the_frequencies_of_drawing(tmp_path: Path) -> None:
    region = write(
        tmp_path / "x.toml",
        'weight = 3\nsyntaxes = [{ pattern = "{town}D{0-1}", weight = 1 }, '
        "{ pattern = \"'A'[1-3]\", weight = 3 }]",
        "weight = 1\nsyntaxes = [\"'A'[12]\"]",
        lists='town = "A BB Ä"',
    )
    # Ä counts as A, so that A comes twice as often as BB.
    assert chance(region, "A") == pytest.approx(0.75 * 0.25 * 2 / 3 / 2)
    assert chance(region, "BB7") == pytest.approx(0.75 * 0.25 / 3 / 2 / 10)
    towns = 0.75 * 0.25 * 2 / 3 / 2 / 10
    assert chance(region, "A1") == pytest.approx(towns + 0.75 * 0.75 / 3 + 0.25 / 2)
    assert chance(region, "A0") == pytest.approx(towns)
    assert chance(region, "C") == chance(region, "A11") == chance(region, "") == 0
    rng = np.random.default_rng(5)

    drawn = Counter(unmarked(region.draw(rng).text) for _ in range(4000))
    for text in ("A", "A1", "A3", "BB"):
        assert drawn[text] / 4000 == pytest.approx(chance(region, text), abs=0.025)
    assert sum(chance(region, text) for text in drawn) == pytest.approx(1, abs=0.01)


def test_syntaxes_of_several_series_are_one_template(tmp_path: Path) -> None:
    region = write(tmp_path / "x.toml", 'syntaxes = ["LDD"]', 'syntaxes = ["L-DD", "L|DD"]')
    templates = region_templates(region)
    assert len(templates) == 1
    assert templates[0].length == 3
    assert templates[0].pieces[1] == templates[0].pieces[2]
    assert isinstance(templates[0].pieces[0], Piece)
