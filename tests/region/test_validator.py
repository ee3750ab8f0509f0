"""Texts of the countries that eu-licence-validator knows, against what it says of them.

The package knows ten countries, each by one or two of its syntaxes, some of them narrower than the
law. The series in `EXCEPTIONS` are on the road today and it refuses them all: they are held against
a regular expression of their own, with its source.
"""

from __future__ import annotations

import re
from functools import cache

import pytest

from platewright.region import load_region, plain
from platewright.text import unmarked
from tests.region.text import Drawn, draw_texts

package = pytest.importorskip(
    "eu_licence_validator", reason="eu-licence-validator, an independent judge, is not installed"
)

COUNTRIES = ("AT", "BE", "CH", "DE", "ES", "FR", "IT", "NL", "PL", "PT")
TEXTS = 1000

LETTER = "[BDF-HJ-NPR-TV-Z]"  # no vowels, C, Q: of Dutch series since 1978
EXCEPTIONS = {
    # The package allows one letter at the end at most; two and three are usual outside Vienna.
    ("AT", "two or three letters"): (
        "[A-Z]{1,2}[1-9][0-9]{0,2}[A-PR-Z]{2,3}",
        "KDV 1967, section 26: letters and digits, no fewer than three after the authority",
    ),
    # Chosen marks: letters first.
    ("AT", "chosen"): ("[A-Z]{1,2}[A-PR-Z]{3,4}[1-9][0-9]?", "KFG 1967, section 48a"),
    # Red plates of dealers have no letters.
    ("DE", "dealer"): (
        "[A-ZÄÖÜ]{1,3}0[67][0-9]{3,4}",
        "FZV, sections 41 and 43 (red plates: 06 or 07)",
    ),
    # Marks of the system that ended in 2009; cars still bear them.
    **{
        ("FR", name): (
            "[1-9][0-9]{0,3}[A-HJ-NP-TV-Z]{1,3}(?:[0-9]{2}|2[AB]|97[1-4])",
            "arrêté du 5 novembre 1984 relatif à l'immatriculation; departments by number",
        )
        for name in ("old white", "old yellow", "vintage")
    },
    # The package knows the sidecodes 1, 2 and 7.
    ("NL", "sidecodes 4 to 6"): (
        f"{LETTER}{{2}}[0-9]{{2}}{LETTER}{{2}}|{LETTER}{{4}}[0-9]{{2}}|[0-9]{{2}}{LETTER}{{4}}",
        "RDW, Kentekenseries, sidecodes 4 to 6",
    ),
    ("NL", "sidecodes 8 to 14"): (
        f"[0-9]{LETTER}{{3}}[0-9]{{2}}|{LETTER}{{2}}[0-9]{{3}}{LETTER}"
        f"|{LETTER}[0-9]{{3}}{LETTER}{{2}}|{LETTER}{{3}}[0-9]{{2}}{LETTER}"
        f"|{LETTER}[0-9]{{2}}{LETTER}{{3}}|[0-9]{LETTER}{{2}}[0-9]{{3}}"
        f"|[0-9]{{3}}{LETTER}{{2}}[0-9]",
        "RDW, Kentekenseries, sidecodes 8 to 14",
    ),
    ("NL", "two lines, other sidecodes"): (
        f"{LETTER}{{2}}[0-9]{{2}}{LETTER}{{2}}|[0-9]{{2}}{LETTER}{{4}}|[0-9]{LETTER}{{3}}[0-9]{{2}}"
        f"|{LETTER}{{2}}[0-9]{{3}}{LETTER}|{LETTER}[0-9]{{3}}{LETTER}{{2}}",
        "RDW, Kentekenseries, sidecodes 4, 6, 8, 9, 10",
    ),
    ("NL", "motorcycle"): (
        f"M{LETTER}(?:[0-9]{{2}}{LETTER}{{2}}|{LETTER}{{2}}[0-9]{{2}})|[0-9]{{2}}M{LETTER}{{3}}",
        "RDW, Kentekenseries: motorcycles have M in front, sidecodes 4 to 6",
    ),
    ("NL", "vintage, sidecode 3"): (f"[0-9]{{4}}{LETTER}{{2}}", "RDW, Kentekenseries, sidecode 3"),
    ("NL", "taxi, other sidecodes"): (
        f"[0-9]{LETTER}{{3}}[0-9]{{2}}|{LETTER}{{2}}[0-9]{{3}}{LETTER}"
        f"|{LETTER}[0-9]{{3}}{LETTER}{{2}}",
        "RDW, Kentekenseries, sidecodes 8, 9, 10",
    ),
    # The package knows the series of 2020 alone; most cars bear the earlier ones.
    ("PT", "2005"): ("[0-9]{2}[A-Z]{2}[0-9]{2}", "Decreto-Lei 54/2005"),
    ("PT", "1992"): ("[0-9]{4}[A-Z]{2}", "Portaria 884/91"),
    ("PT", "1937"): ("[A-Z]{2}[0-9]{4}", "Código da Estrada 1930 as changed in 1936"),
}


def accepted(display: str, code: str) -> bool:
    """Ask for each way that people write a plate; the package wants umlauts without dots."""
    line = unmarked(display).replace("·", " ")
    forms = [line.replace("|", " "), line.replace("|", "-")]
    forms += [forms[0].replace("-", " "), plain(line)]
    return any(package.is_valid(form, code) for form in dict.fromkeys(forms))


@cache
def texts(code: str) -> tuple[Drawn, ...]:
    """Return as many texts as hold `TEXTS` of series that are no exceptions."""
    drawn = draw_texts(code, 6 * TEXTS, seed=7)
    where = [k for k, each in enumerate(drawn) if (code, each.series) not in EXCEPTIONS]
    return tuple(drawn[: where[TEXTS - 1] + 1])


def judged(code: str) -> list[str]:
    """Return `TEXTS` display strings of the series that are no exceptions."""
    return [each.display for each in texts(code) if (code, each.series) not in EXCEPTIONS]


@pytest.mark.parametrize("code", COUNTRIES)
def test_every_text_passes_the_package(code: str) -> None:
    displays = judged(code)
    assert len(displays) == TEXTS
    assert [display for display in displays if not accepted(display, code)] == []


@pytest.mark.parametrize("code", COUNTRIES)
def test_the_package_refuses_texts_of_other_countries(code: str) -> None:
    # A judge that says yes to everything would prove nothing.
    assert not any(package.is_valid(text, code) for text in ("12345678", "ABCDEFGH", "A1B2C3D4E5"))


@pytest.mark.parametrize(("code", "series"), EXCEPTIONS)
def test_an_exception_fits_its_source_and_is_needed(code: str, series: str) -> None:
    pattern, source = EXCEPTIONS[code, series]
    assert series in {each.name for each in load_region(code).series}
    assert len(source) > 5
    drawn = [each for each in texts(code) if each.series == series]
    assert len(drawn) > 5
    assert [k.text for k in drawn if not re.fullmatch(pattern, k.text)] == []
    assert [k.display for k in drawn if accepted(k.display, code)] == []


def test_the_exceptions_are_few() -> None:
    assert {code for code, _ in EXCEPTIONS} == {"AT", "DE", "FR", "NL", "PT"}
