"""The pattern language: exact cases, round trips, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from platewright.region import Syntax, plain
from platewright.text import unmarked

LISTS = {"town": ("B", "HH", "TÖL"), "year": ("02", "51")}

MATCHES = [
    # pattern, texts that fit, texts that don't
    ("LLDD LLL", ["AB12CDE"], ["AB12CD", "AB12CDEF", "A012CDE", "AB1ZCDE", "ab12cde", "AB12 CDE"]),
    ("D", ["0", "9"], ["A", "", "10"]),
    ("AA", ["A1", "1A", "99", "ZZ"], ["A", "Ö1"]),
    ("[ABX-Z]D", ["A1", "B1", "X1", "Y1", "Z1"], ["C1", "W1", "1"]),
    ("'GOV' D", ["GOV1"], ["GO1", "GOV", "1"]),
    ("{town}-D{1-2}", ["B1", "HH12", "TÖL1", "TOL1"], ["H1", "HH123", "TL1"]),
    ("{year}L", ["02A", "51Z"], ["03A"]),
    ("L{2-4}", ["AB", "ABC", "ABCD"], ["A", "ABCDE"]),
    ("L{3}", ["ABC"], ["AB", "ABCD"]),
    ("L{0-1}D", ["A1", "1"], ["AA1", "A"]),
    ("{year}{2}", ["0251", "5151"], ["02", "025102"]),
    ("[1-9]D{0-2}|L·L", ["1AB", "100AB"], ["0AB", "1000AB"]),
]


@pytest.mark.parametrize(("pattern", "good", "bad"), MATCHES)
def test_match_is_exact(pattern, good, bad):
    syntax = Syntax.parse(pattern, lists=LISTS)
    assert [text for text in good if not syntax.match(text)] == []
    assert [text for text in bad if syntax.match(text)] == []


@pytest.mark.parametrize("pattern", [pattern for pattern, _, _ in MATCHES])
def test_what_is_drawn_matches_and_keeps_to_the_alphabet(pattern):
    syntax = Syntax.parse(pattern, lists=LISTS)
    rng = np.random.default_rng(1)
    for _ in range(200):
        text = plain(syntax.generate(rng))
        assert syntax.match(text)
        assert set(text) <= syntax.alphabet


def test_every_choice_and_length_occurs():
    syntax = Syntax.parse("[AB]{1-2}-D")
    rng = np.random.default_rng(2)
    heads = {syntax.generate(rng).split("-")[0] for _ in range(300)}
    assert heads == {"A", "B", "AA", "AB", "BA", "BB"}


def test_separators_are_drawn_where_they_stand():
    assert Syntax.parse("'A' 'B'-'C'·'D'|'E'").generate(np.random.default_rng(0)) == "A B-C·D|E"


def test_an_element_left_out_takes_its_separator_along():
    syntax = Syntax.parse("'A' L{0-1} 'B'|D{0-1}-'C'")
    rng = np.random.default_rng(3)
    for _ in range(200):
        for line in syntax.generate(rng).split("|"):
            assert line == line.strip(" -")
            assert "  " not in line


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("[\u0410-\u0412]D", "\u04111"),
        ("'京'LDD", "京A12"),
        ("[가나]D", "나7"),
        ("[ÆØ]D", "Æ3"),
        ("'ŽU'D", "ŽU5"),
    ],
)
def test_letters_of_any_script_can_stand(pattern, text):
    syntax = Syntax.parse(pattern)
    assert syntax.match(text)
    assert set(plain(syntax.generate(np.random.default_rng(0)))) <= syntax.alphabet


def test_marks_may_be_left_out_but_scripts_stay_apart():
    assert [unmarked(text) for text in ("ČK", "ÅÄÖ", "Æ", "京", "Й", "Ё")] == [
        "CK", "AAO", "Æ", "京", "Й", "Ё",
    ]  # fmt: skip
    syntax = Syntax.parse("'ŽU'D")
    assert syntax.match("ZU1") and syntax.match("ŽU1") and not syntax.match("ŻU1")
    assert not Syntax.parse("'\u0410'D").match("A1")  # Cyrillic and Latin


def test_what_stands_apart_is_known_by_element():
    assert Syntax.parse("L{2}-D{0-2} 'X'|A").apart == (False, True, True, True)
    assert Syntax.parse("LLDD").apart == (False, False, False, False)


def test_letters_are_the_regions():
    syntax = Syntax.parse("L", letters="XY")
    assert syntax.match("X")
    assert not syntax.match("A")
    assert syntax.alphabet == frozenset("XY")


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("", "at least one"),
        ("|L", "at least one"),
        ("L{0-2}|D", "at least one"),
        ("L|L|L|L", "three lines"),
        ("Q", "means nothing"),
        ("LL?", "means nothing"),
        ("[A", "never closed"),
        ("'A", "never closed"),
        ("[]", "empty"),
        ("[Z-A]", "no range"),
        ("[A-9]", "no range"),
        ("[A-]", "no range"),
        ("[A-Я]", "no range"),
        ("[Z-À]", "no range"),
        ("'ß'", "can't stand"),
        ("[é]", "can't stand"),
        ("''", "empty"),
        ("'a'", "can't stand"),
        ("{county}L", "no list 'county'"),
        ("{2}L", "repeats nothing"),
        ("L{2}{3}", "repeats nothing"),
        ("L -D", "side by side"),
        (" L", "at an end"),
        ("L-", "at an end"),
        ("L{4-2}", "no count"),
        ("L{0}D", "no count"),
        ("L{13}", "13 characters"),
    ],
)
def test_impossible_patterns_are_refused(pattern, words):
    with pytest.raises(ValueError, match=words):
        Syntax.parse(pattern, lists=LISTS)


def test_texts_of_several_lines_are_known():
    assert Syntax.parse("LL|DD").broken and not Syntax.parse("LL-DD").broken
