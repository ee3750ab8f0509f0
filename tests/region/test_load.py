"""Region files that can't be used: one line that names file, key and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import RegionError
from platewright.region import REGIONS, draw_region, load_region

ROOT = Path(__file__).resolve().parents[2]

GOOD = """
code = "XX"
name = "Nowhere"
source = "Nobody's law, article 1"
[lists]
town = "AA BB"
[[series]]
name = "plain"
syntaxes = ["{town} DDD"]
height_mm = 110
width_mm = [400, 520]
background = "#ffffff"
foreground = ["#000000", "dark"]
glyph_height_mm = 75
"""


@pytest.fixture
def write(tmp_path):
    def put(text):
        path = tmp_path / "XX.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return put


def test_the_smallest_file_works(write):
    region = load_region(write(GOOD))
    look = region.draw(np.random.default_rng(0))
    assert (look.region, look.background, look.size_mm[0]) == ("XX", (255, 255, 255), 110.0)
    assert 400 <= look.size_mm[1] <= 520
    assert region.match("AA123")
    assert region.alphabet == "0123456789AB"


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("background =", "bakground =", "series[plain].bakground", "did you mean 'background'"),
        ('code = "XX"', 'code = "XX"\nzzz = 1', "zzz", "unknown key"),
        ('code = "XX"', "code = 3", "code", "no text"),
        ('code = "XX"', 'code = "\\u001b[2J"', "code", "write a few letters"),
        ('code = "XX"', 'code = "../XX"', "code", "write a few letters"),
        ('["{town} DDD"]', str(["DD"] * 1001), "series[plain].syntaxes", "more than 1000"),
        ('name = "Nowhere"', "", "name", "missing"),
        ('"#ffffff"', '"white"', "series[plain].background", "no colour"),
        ('"#ffffff"', '"#ffff"', "series[plain].background", "no colour"),
        ('["#000000", "dark"]', "[]", "series[plain].foreground", "no colour"),
        ("height_mm = 110", 'height_mm = "tall"', "series[plain].height_mm", "no number"),
        ("height_mm = 110", "height_mm = true", "series[plain].height_mm", "no number"),
        ("height_mm = 110", "height_mm = -5", "series[plain].height_mm", "out of bounds"),
        ("height_mm = 110", "height_mm = nan", "series[plain].height_mm", "out of bounds"),
        ("[400, 520]", "[520, 400]", "series[plain].width_mm", "backwards"),
        ("[400, 520]", "[400]", "series[plain].width_mm", "no range"),
        ("[400, 520]", "400\naspect = 4", "series[plain].width_mm", "either"),
        ("width_mm = [400, 520]", "", "series[plain].width_mm", "either"),
        ("glyph_height_mm = 75", "glyph_height_mm = 120", "series[plain].glyph_height_mm", "fit"),
        ("{town}", "{city}", "series[plain].syntaxes[1].pattern", "no list 'city'"),
        ('["{town} DDD"]', '"{town}"', "series[plain].syntaxes", "no list"),
        ('"{town} DDD"', "{ weight = 1 }", "series[plain].syntaxes[1].pattern", "missing"),
        ('"AA BB"', '"aa"', "lists.town", "can't stand"),
        ('"AA BB"', "[]", "lists.town", "empty"),
        ('"AA BB"', "7", "lists.town", "list of texts"),
        ("75", '75\nemblem = "moon"', "series[plain].emblem", "choose from"),
        ("75", "75\nmarks = 3", "series[plain].marks", "no list of tables"),
        ("75", '75\nmarks = [{ place = "left" }]', "marks[1].name", "missing"),
        ("75", '75\nmarks = [{ name = "sheild" }]', "marks[1].name", "did you mean 'shield'"),
        ("75", '75\nmarks = [{ name = "bird", place = "top" }]', "marks[1].place", "choose from"),
        ("75", '75\nmarks = [{ name = "bird", colour = "inc" }]', "marks[1].colour", "no colour"),
        ("75", '75\nmarks = [{ name = "bird", hight = 1 }]', "marks[1].hight", "mean 'height'"),
        ("75", '75\nmarks = [{ name = "bird", probability = 2 }]', "probability", "out of bounds"),
        ("75", "75\nstrip = { side = 3 }", "series[plain].strip.side", "no text"),
        ("75", '75\nstrip = { width_mm = 40, colour = "x" }', "strip.colour", "no colour"),
        ("75", "75\nweight = 0", "series", "every weight is 0"),
        ("75", "75\n[[series]]", "series[2].width_mm", "either"),
        ('code = "XX"', 'code = "XX"\nletters = "Z-A"', "letters", "no range"),
    ],
)
def test_a_bad_key_is_named_with_its_file(write, old, new, key, words):
    assert old in GOOD
    path = write(GOOD.replace(old, new, 1))
    with pytest.raises(RegionError) as caught:
        load_region(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert key in message
    assert words in message
    assert "\n" not in message


def test_a_region_of_very_many_syntaxes_is_none(write):
    one = "[[series]]" + GOOD.partition("[[series]]")[2]
    series = one.replace('["{town} DDD"]', str(["DD"] * 900))
    many = [series.replace("plain", f"plain {k}") for k in range(3)]
    with pytest.raises(RegionError, match="series: more than 1000 syntaxes in all"):
        load_region(write(GOOD + "".join(many)))


def test_defaults_fill_every_series_and_are_overridden(write):
    text = GOOD.replace("[[series]]", "[defaults]\ncorner_mm = 3\naspect = 4\n[[series]]")
    text += '[[series]]\nname = "b"\nheight_mm = 100\nbackground = "#ffff00"\n'
    text += 'foreground = "#000000"\nglyph_share = 0.5\nsyntaxes = ["D"]\n'
    first, second = load_region(write(text)).series
    assert first.corner_mm == second.corner_mm == (3.0, 3.0)
    assert (first.width_mm, first.aspect) == ((400.0, 520.0), None)
    assert (second.width_mm, second.aspect) == (None, (4.0, 4.0))


def test_lines_may_be_uneven_and_the_last_group_raised(write):
    def looks(*lines):
        text = GOOD.replace('"{town} DDD"', '"{town}|D DDD"') + "\n".join(lines)
        series = load_region(write(text)).series[0]
        return [series.draw(np.random.default_rng(k).random, "XX") for k in range(60)]

    with pytest.raises(RegionError, match="2 x 75 mm don't fit a plate of 110 mm"):
        looks("raised = 0.5")
    assert all(look.raised for look in looks("raised = 1"))
    sizes = [look.first_line for look in looks("raised = 1", "uneven = 0.5")]
    assert 15 < sum(size < 1 for size in sizes) < 45 and min(sizes) >= 0.4


def test_files_that_are_not_toml_or_not_there(write, tmp_path):
    with pytest.raises(RegionError, match="no valid TOML"):
        load_region(write("code = = 3"))
    (tmp_path / "latin.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(RegionError, match="no valid TOML"):
        load_region(tmp_path / "latin.toml")
    with pytest.raises(RegionError, match=r"none\.toml"):
        load_region(tmp_path / "none.toml")
    with pytest.raises(RegionError, match="ZZ: no such region; known: AD, AE"):
        load_region("ZZ")
    with pytest.raises(RegionError, match=r"^USCA: no such region; did you mean US-CA.*\?$"):
        load_region("USCA")
    with pytest.raises(RegionError, match=r"^Korea: no such region; did you mean KR\?$"):
        load_region("Korea")
    with pytest.raises(RegionError, match="no such region"):
        load_region("../regions/GB")


def test_a_path_stands_wherever_a_code_may(write):
    path = write(GOOD)
    for name in (str(path), path):
        assert load_region(name).code == "XX"
        assert draw_region(np.random.default_rng(0), (name,)).code == "XX"
    drawn = {draw_region(np.random.default_rng(i), (str(path), "GB")).code for i in range(60)}
    assert drawn == {"XX", "GB"}
    assert draw_region(np.random.default_rng(0), (str(REGIONS / "DE.toml"),)).code == "DE"


def test_a_file_that_changed_is_read_again(write):
    path = str(write(GOOD))
    first = draw_region(np.random.default_rng(0), (path,))
    write(GOOD.replace("Nowhere", "Elsewhere"))
    assert first.name == "Nowhere"
    assert load_region(path).name == "Elsewhere"


def test_draw_region_names_an_unknown_code():
    with pytest.raises(RegionError, match="ZZ"):
        draw_region(np.random.default_rng(0), ["GB", "ZZ"])
    with pytest.raises(RegionError, match="no region"):
        draw_region(np.random.default_rng(0), [])


def test_marks_are_drawn_by_their_probability(write):
    marks = """marks = [
      { name = ["shield", "flag-d*"], place = ["left", "gap"], probability = 0.5, colour = "ink" },
      { name = "stack", place = "right", height = 0.8, text = "DV", colour = "#102030" },
    ]"""
    region = load_region(write(GOOD + marks))
    rng = np.random.default_rng(0)
    looks = [region.draw(rng) for _ in range(200)]
    first = [look.marks[0] for look in looks if len(look.marks) == 2]
    assert 70 < len(first) < 130
    assert {mark.place for mark in first} == {"left", "gap"}
    assert all(m.ink and m.colour is None and 0.5 <= m.height <= 0.9 for m in first)
    names = {mark.name for mark in first}
    assert names >= {"flag-de", "flag-dk"}
    assert len({name for name in names if name.startswith("shield-")}) > 10
    for look in looks:
        mark = look.marks[-1]
        assert (mark.name, mark.text, mark.height) == ("stack", "DV", 0.8)
        assert (mark.colour, mark.ink) == ((16, 32, 48), False)
        assert look.as_dict()["marks"][-1]["name"] == "stack"


def test_the_generic_region_has_marks_on_every_other_plate():
    region, rng = load_region("ANY"), np.random.default_rng(0)
    counts = np.array([len(region.draw(rng).marks) for _ in range(800)])
    assert 0.38 < (counts > 0).mean() < 0.6
    assert 0.08 < (counts > 1).mean() < 0.25


ODD = (
    "1979-05-27", "nan", "-1", "9" * 4000, "[[[1]]]", "{a = 1}", '""', '["L", 1]',
    f'"\\u202e{"A" * 20_000}"',
)  # fmt: skip


def keys() -> list[tuple[str, str, int]]:
    """Every key that a bundled region has, of each table once: its file and line."""
    seen: dict[tuple[str, str], tuple[str, str, int]] = {}
    for file in sorted((ROOT / "regions").glob("*.toml"), key=lambda f: f.stat().st_size):
        table = ""
        for number, line in enumerate(file.read_text("utf-8").splitlines()):
            table = header[1] if (header := re.match(r"\[+([\w.]+)\]", line)) else table
            found = re.match(r"(\w+) = (.*)", line)
            if found and found[2].count("[") == found[2].count("]"):
                seen.setdefault((table, found[1]), (file.name, found[1], number))
    return list(seen.values())


@pytest.mark.slow
def test_no_value_of_any_key_is_more_than_a_line(tmp_path):
    given = keys()
    assert len(given) > 100
    for name, key, number in given:
        lines = (ROOT / "regions" / name).read_text("utf-8").splitlines()
        for odd in ODD:
            path = tmp_path / name
            path.write_text("\n".join([*lines[:number], f"{key} = {odd}", *lines[number + 1 :]]))
            try:
                load_region(path)
            except RegionError as error:
                told = str(error)
                assert told.isprintable() and len(told) < 2000, (name, key, odd)
