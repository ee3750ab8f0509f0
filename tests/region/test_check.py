"""What is wrong with a region file: each fault by its key, and nothing where there is none."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from platewright.region import REGIONS, region_codes
from platewright.region.check import LOOKALIKES, check_region

GOOD = """
code = "XX"
name = "Nowhere"
source = "Nobody's law, article 1"
[lists]
town = "AA BB"
[[series]]
name = "plain"
syntaxes = ["{town} DDD", "LL DDD"]
height_mm = 110
width_mm = 520
background = "#ffffff"
foreground = ["#000000", "dark"]
glyph_height_mm = 75
faces = ["Barlow*"]
"""


def check(folder: Path, text: str, name: str = "XX.toml") -> list[str]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    lines = check_region(path)
    assert all(line.startswith(f"{path}: ") and "\n" not in line for line in lines)
    return [line.removeprefix(f"{path}: ") for line in lines]


def has_rule(text: str) -> bool:
    """Tell whether a region file has a rule, which another process holds its texts against."""
    return any(line.startswith("rule =") for line in text.splitlines())


def bundled() -> list[Any]:
    """Return the codes of all regions, those with a rule marked."""
    process = {code for code in region_codes() if has_rule((REGIONS / f"{code}.toml").read_text())}
    return [pytest.param(c, marks=[pytest.mark.process] * (c in process)) for c in region_codes()]


@pytest.mark.parametrize("code", bundled())
def test_every_bundled_region_is_fine(code: str) -> None:
    assert check_region(REGIONS / f"{code}.toml") == []


def test_a_good_file_has_no_lines(tmp_path: Path) -> None:
    assert check(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ('code = "XX"', 'code = "YY"', "code", "YY.toml"),
        ("Nobody's law, article 1", "todo", "source", "cite it"),
        ("[lists]", "weight = 0\n[lists]", "weight", "never draws it"),
        ("[lists]", "weight = 90\n[lists]", "weight", "more than that of ANY"),
        pytest.param(
            "[lists]",
            'rule = "[A-Z]{2}[0-8]{3}"\n[lists]',
            "rule",
            "is drawn and does not fit",
            marks=pytest.mark.process,
        ),
        pytest.param(
            "[lists]",
            'rule = "[A-Z"\n[lists]',
            "rule",
            "no regular expression: unterminated",
            marks=pytest.mark.process,
        ),
        pytest.param(
            "[lists]",
            'rule = "A{99999999999}"\n[lists]',
            "rule",
            "repetition number is too large",
            marks=pytest.mark.process,
        ),
        pytest.param(
            "[lists]",
            f'rule = "{"(" * 4000}"\n[lists]',
            "rule",
            "recursion",
            marks=pytest.mark.process,
        ),
        ('town = "AA BB"', 'town = "AA BB"\ncity = "CC"', "lists.city", "no syntax uses it"),
        ('"#000000", "dark"', '"#dddddd"', "series[plain].foreground", "#dddddd is too near"),
        ('"Barlow*"', '"Barlow*", "Barloww*"', "series[plain].faces", "'Barloww*' matches no"),
        ('"LL DDD"', "\"'Ꙗ'L DDD\"", "syntaxes", "no face has ink for Ꙗ"),
        ('"LL DDD"', "\"'\u0422'L DDD\"", "syntaxes", "(U+0422) looks like 'T'"),
        (
            "width_mm = 520",
            'width_mm = 520\nmarks = [{ name = "stack", text = "AꙖ" }]',
            "series[plain].marks",
            "no face in fonts/ has Ꙗ",
        ),
        (
            "= 75",
            '= 75\nscript = { kind = "arabic", words = ["DUBAI|#Ꙗ"], place = "below" }',
            "series[plain].script",
            "no face in fonts/scripts/ has Ꙗ",
        ),
        (
            "width_mm = 520",
            'width_mm = 520\nmarks = [{ name = "stack", text = ["DV", "P"] }]',
            "series[plain].marks",
            "'P' alone is as large as the text",
        ),
        ("width_mm = 520", "width_mm = 160", "series[plain].width_mm", "squeezed"),
        ("= 75", "= 75\nborder_mm = 25", "series[plain].glyph_height_mm", "have 58 mm"),
        ("= 75", "= 75\nsmall_mm = 40\nheader = 'X'", "series[plain].glyph_height_mm", "need 75"),
        ("= 75", "= 75\nheader = '山'", "series[plain].header", "has 山"),
        ('"LL DDD"', '{ pattern = "LL DDD", weight = 0 }', "series[plain].syntaxes", "weight 0"),
        (
            "= 75",
            '= 75\nstrip = { width_mm = 500, colour = "#0000ff" }\nborder_mm = 10',
            "series[plain].width_mm",
            "leave no room",
        ),
        ("background =", "bakground =", "series[plain].bakground", "did you mean"),
        ("LL DDD", "LLLLLL DDDDDDD", "series[plain].syntaxes[2].pattern", "13 characters"),
    ],
)
def test_each_fault_is_one_line_at_its_key(
    tmp_path: Path, old: str, new: str, key: str, words: str
) -> None:
    assert old in GOOD
    lines = check(tmp_path, GOOD.replace(old, new, 1))
    assert len(lines) == 1
    assert lines[0].startswith(key)
    assert words in lines[0]


def test_a_series_never_drawn_is_told(tmp_path: Path) -> None:
    again = GOOD[GOOD.index("[[series]]") :].replace('"plain"', '"rare"\nweight = 0')
    assert check(tmp_path, GOOD + again) == [
        "series[rare].weight: 0: it is never drawn; give it some, or remove it"
    ]


def test_letters_that_nothing_draws_are_told(tmp_path: Path) -> None:
    text = GOOD.replace(', "LL DDD"', "")
    assert check(tmp_path, text) == []
    lines = check(tmp_path, text.replace("[lists]", 'letters = "A-F"\n[lists]'))
    assert lines == ["letters: no syntax has an L or A that would draw them; remove it"]


@pytest.mark.process
@pytest.mark.parametrize(
    "rule", ["(((((.{0,99}){0,99}){0,99}){0,99}){0,99}){0,99}!", "((A?){65535}){65535}.*"]
)
def test_a_rule_that_has_no_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    monkeypatch.setattr("platewright.region.check.RULE_S", 1)
    text = GOOD.replace("LL DDD", "LLLLLL DDDDDD").replace("width_mm = 520", "width_mm = 1000")
    assert check(tmp_path, text.replace("[lists]", f'rule = "{rule}"\n[lists]')) == [
        "rule: 500 texts take more than 1 s or a GiB; let it repeat no repeats"
    ]


@pytest.mark.process
def test_a_rule_is_judged_by_what_it_takes_and_not_by_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine sound rules were refused."""
    slow = tmp_path / "python"
    slow.write_text(f"#!/bin/sh\nsleep 0.5\nexec '{sys.executable}' \"$@\"\n")
    slow.chmod(0o755)
    monkeypatch.setattr("platewright.region.check.RULE_S", 0.1)
    monkeypatch.setattr(sys, "executable", str(slow))
    assert check(tmp_path, GOOD.replace("[lists]", 'rule = "[A-Z0-9]+"\n[lists]')) == []


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('"XX"', '"YY"').replace("width_mm = 520", "width_mm = 160")
    assert len(check(tmp_path, text)) == 2


def test_a_wholly_cyrillic_alphabet_is_fine(tmp_path: Path) -> None:
    text = GOOD.replace('"LL DDD"', '"DDD"').replace("AA BB", "\u0410\u0412 \u0412\u0410")
    assert check(tmp_path, text) == []
    assert set("\u0410\u0412") <= LOOKALIKES.keys()


def test_a_file_that_is_not_there_or_no_toml(tmp_path: Path) -> None:
    assert check_region(tmp_path / "none.toml") == [
        f"{tmp_path / 'none.toml'}: No such file or directory; give a region file"
    ]
    assert len(check(tmp_path, "code = = 3")) == 1


def test_a_file_without_the_ending_is_told(tmp_path: Path) -> None:
    path = tmp_path / "XX.txt"
    path.write_text(GOOD, encoding="utf-8")
    assert check_region(path) == [f"{path}: no region file; its name must end in .toml"]


@pytest.mark.parametrize("page", ["train-your-own.md"])
def test_the_region_files_of_the_documentation_are_fine(page: str, tmp_path: Path) -> None:
    text = (REGIONS.parent / "docs" / page).read_text()
    blocks = re.findall(r"^```toml\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    assert blocks
    for block in blocks:
        code = re.search(r'^code = "(\w+)"', block, flags=re.MULTILINE)
        assert code and check(tmp_path, block, f"{code[1]}.toml") == []
