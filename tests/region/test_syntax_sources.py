"""Texts of countries that no package here knows, against regular expressions with their source.

The expressions are written from the sources, not from the region files: lengths, places of letters
and digits, letters that are never used.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

from platewright.region import load_region, region_codes

VALIDATED = {"AT", "BE", "CH", "DE", "ES", "FR", "IT", "NL", "PL", "PT"}  # test_validator.py

RULES = {
    "AE": (
        "[A-Z]{1,2}[1-9]\\d{2,4}|\\d{1,2}[1-9]\\d{3,4}",
        "Dubai RTA and Abu Dhabi DMT, plate codes",
    ),
    "AR": (
        "[A-Z]{2}\\d{3}[A-Z]{2}|[A-Z]\\d{3}[A-Z]{3}|[A-Z]{3}\\d{3}|\\d{3}[A-Z]{3}",
        "MERCOSUR/GMC/RES. 33/14; Decreto 1381/94 (series of 1995)",
    ),
    "AU": (
        "[A-Z0-9]{2,7}",
        "each state's own: NSW Road Transport (Vehicle Registration) Reg. 2017",
    ),
    "BG": (
        "(?:[ABCEHKMOPTXY]{1,2}|EA)\\d{4}[ABCEHKMOPTXY]{2}",
        "Naredba I-45 of 24 March 2000, article 5: letters that Cyrillic and Latin share",
    ),
    "BR": ("[A-Z]{3}\\d[A-Z]\\d{2}|[A-Z]{3}\\d{4}", "CONTRAN Resolução 969/2022; 231/2007"),
    "CN": (
        "[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新][A-HJ-NP-Z]"
        "(?:[A-HJ-NP-Z0-9]{5,6}|\\d{4}[警学])",
        "GA 36-2018, 5.9: no I, no O; table 3: 31 provinces",
    ),
    "CZ": (
        "[1-9][ABCEHJKLMPSTUZ][0-9A-Z]\\d{4}|\\d[ABCEHJKLMPSTUZ][0-9A-FHJ-NPR-VX-Z]\\d{4}"
        "|EL\\d{3}[0-9A-FHJ-NPR-VX-Z]{2}",
        "Vyhláška 343/2014 Sb., annex: no G, O, Q, W",
    ),
    "DK": (
        "[A-HJ-NPR-VX-Z]{2}[1-9]\\d{4}|[A-HJ-NPR-VX-Z]\\d{5}",
        "Bekendtgørelse om registrering af køretøjer",
    ),
    "EE": ("\\d{2,3}[A-PR-Z]{3}", "regulation on the registration of vehicles"),
    "FI": (
        "[A-ZÅÄÖ]{2,3}[1-9]\\d{0,2}",
        "Traficom's regulation on plates: 2-3 letters, 1-3 digits",
    ),
    "GB": (
        "[A-HJ-PR-Y]{2}\\d{2}[A-HJ-PR-Z]{3}|[A-HJ-NPR-TV-Y]\\d{1,3}[A-Z]{3}"
        "|[A-Z]{3}\\d{1,3}[A-HJ-NPR-TV-Y]|[A-Z]{1,3}\\d{1,4}|\\d{1,4}[A-Z]{1,3}|Q\\d{3}[A-Z]{3}",
        "DVLA INF104: current, prefix, suffix, dateless, Q",
    ),
    "GR": ("[ABEZHIKMNOPTYX]{3}[1-9]\\d{1,3}", "fourteen letters that Greek and Latin share"),
    "HR": (
        "[A-ZČŠŽ]{2}\\d{3,4}[A-PR-VZ]{1,2}",
        "Pravilnik o registraciji i označavanju vozila, NN 151/2008: no Q, W, X, Y",
    ),
    "HU": (
        "(?:[AEIOU]{2}|(?!CS|GY|LY|NY|SZ|TY|ZS)[B-DF-HJ-NP-TV-Z]{2})[A-Z]{2}(?!000)\\d{3}"
        "|[A-Z]{3}(?!000)\\d{3}",
        "326/2011. (XII. 28.) Korm. rendelet, as of 303/2021.: vowels or consonants, from 001",
    ),
    "ID": ("[A-Z]{1,2}[1-9]\\d{0,3}[A-Z]{1,3}", "Peraturan Kepolisian Negara 7/2021"),
    "IE": (
        "(?:8[7-9]|9\\d|0\\d|1[0-2]|(?:1[3-9]|2[0-6])[12])[A-Z]{1,2}[1-9]\\d{0,5}",
        "S.I. 318/1992; S.I. 542/2012 (half-years since 2013)",
    ),
    "IL": ("\\d{7,8}", "Traffic Regulations 1961: seven digits, eight since 2017"),
    "IN": (
        "[A-Z]{2}\\d{1,2}[A-Z]{0,3}\\d{1,4}|\\d{2}BH\\d{4}[A-Z]{1,2}|[A-Z]{3}\\d{3,4}"
        "|DL[1-9][A-Z][A-Z]{1,2}\\d{4}",
        "Central Motor Vehicles Rules 1989, rule 50; G.S.R. 594(E) of 2021 (BH)",
    ),
    "KR": (
        "\\d{2,3}[가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주허하호바사아자배]\\d{4}",
        "notice on registration plates, table of syllables",
    ),
    "KZ": (
        "\\d{3}[A-Z]{2,3}(?:0[1-9]|1\\d|20)|\\d{3}(?:0[1-9]|1\\d|20)[A-Z]{3}|[A-Z]\\d{3}[A-Z]{2,3}",
        "ST RK 986-2012; ST RK 986-2003",
    ),
    "LT": ("[A-PR-VYZ]{3}\\d{3}|E[VB]\\d{4}|T[A-Z]\\d{4}|T\\d{5}", "LST 1447: no Q, W, X"),
    "LU": ("[A-HJ-NP-Z]{2}\\d{4}|[1-9]\\d{3,4}", "Règlement grand-ducal du 17 juin 2003: no I, O"),
    "LV": ("[A-PR-VZ]{2}[1-9]\\d{0,3}", "LVS 20"),
    "MX": (
        "[A-HJ-NPR-Z]{3}\\d{3}[A-HJ-NPR-Z]|[A-HJ-NPR-Z]{3}\\d{4}|[A-HJ-NPR-Z]\\d{2}[A-HJ-NPR-Z]{3}"
        "|\\d{3}[A-HJ-NPR-Z]{3}|[A-HJ-NPR-Z]{2}\\d{4}[A-HJ-NPR-Z]|[A-HJ-NPR-Z]{2}\\d{5}"
        "|\\d{3}[A-HJ-NPR-Z]{2}\\d|[A-HJ-NPR-Z]\\d{2}[A-HJ-NPR-Z]{2}|\\d[A-HJ-NPR-Z]{3}\\d",
        "NOM-001-SCT-2-2016, tables of series: no I, O, Q",
    ),
    "NO": ("[A-FHJ-NPR-Z]{2}[1-9]\\d{3,4}", "Forskrift om bruk av kjøretøy: no G, I, O, Q"),
    "NZ": (
        "[A-Z]{3}\\d{3}|[A-Z]{2}[1-9]\\d{0,3}|[A-Z0-9]{3,6}",
        "Land Transport (Motor Vehicle Registration and Licensing) Regulations 2011: six at most",
    ),
    "PK": ("[A-Z]{2,3}\\d{1,4}", "Provincial Motor Vehicles Ordinance 1965, Sixth Schedule"),
    "RO": (
        "(?:[A-Z]{2}\\d{2}|B\\d{2,3})(?![IO])[A-PR-Z]{3}|(?:[A-Z]{2}|B)0\\d{5}",
        "Ordinul MAI 1501/2006: no Q, the first letter neither I nor O",
    ),
    "RS": (
        "[A-ZĆČĐŠŽ]{2}\\d{3,4}[A-PR-VX-ZĆČĐŠŽ]{2}",
        "Pravilnik o registraciji motornih i priključnih vozila: no Q, no W since 2017",
    ),
    "RU": (
        "[ABEKMHOPCTYX]\\d{3}[ABEKMHOPCTYX]{2}\\d{2,3}|[ABEKMHOPCTYX]{2}\\d{3,4}\\d{2,3}"
        "|\\d{4}[ABEKMHOPCTYX]{2}\\d{2,3}",
        "GOST R 50577-2018, types 1, 1A, 1B, 2, 4: twelve letters",
    ),
    "SE": ("[A-HJ-PR-UW-Z]{3}\\d{2}[0-9A-HJ-NPR-UW-Z]", "TSFS on plates: no I, Q, V; O not last"),
    "SG": (
        "[SGF][A-HJ-NP-Z]{2}[1-9]\\d{0,3}[ABCDEGHJKLMPRSTUXYZ]",
        "LTA vehicle number plate specifications: no I, O; check letter none of F I N O Q V W",
    ),
    "SI": (
        "(?:CE|GO|KK|KP|KR|LJ|MB|MS|NM|PO|SG)[A-NP-Z0-9]{5,6}",
        "Pravilnik o registraciji motornih in priklopnih vozil: no O in the second part",
    ),
    "SK": ("[A-Z]{2}\\d{3}[A-NPR-Z]{2}", "Zákon 106/2018 Z. z., section 123"),
    "TR": (
        "(?:0[1-9]|[1-7]\\d|8[01])(?:[A-Z]\\d{4}|[A-Z]{2}\\d{3,4}|[A-Z]{3}\\d{2,3})",
        "Turkish Road Traffic Regulation, annex: provinces 01 to 81",
    ),
    "UA": (
        "[ABCEHIKMOPTX]{2}\\d{4}[ABCEHIKMOPTX]{2}|\\d{5}[ABCEHIKMOPTX]{2}",
        "DSTU 4278:2019: twelve letters; DSTU 3650-97 (five digits)",
    ),
    "ZA": (
        "[A-Z]{2}\\d{2}[A-Z]{2}(?:GP|EC|FS|L|MP|NC|NW|ZN)|[A-Z]{3}\\d{3}(?:GP|EC|FS|L|MP|NC|NW|ZN)"
        "|C[A-Z]\\d{4,6}|N[A-Z]\\d{4,6}",
        "National Road Traffic Regulations 2000, regulation 27",
    ),
}

SERIALS = {
    # Every text may be a chosen one (two to eight letters and digits); most are of the series.
    "CA": (
        "[A-Z]{3,4}\\d{3,4}|\\d{3}[A-Z]{3}|[A-Z]\\d{2}[A-Z]{3}|[A-Z]{2,3}\\d{1,3}[A-Z]?\\d?[A-Z]?",
        "provinces' regulations",
    ),
    "US-AZ": (
        "[A-Z]{3}\\d{4}|\\d{3}[A-Z]{3}|[A-Z]{3}[A-Z0-9][A-Z][A-Z0-9]\\d",
        "Arizona, 2008 and 2020",
    ),
    "US-CA": (
        "\\d[A-Z]{3}\\d{3}|\\d[A-Z]\\d{5}|\\d{5}[A-Z]\\d|\\d{2}[A-Z]\\d{3}[A-Z]",
        "California, 1980",
    ),
    "US-CO": ("[A-Z]{4}\\d{2}|[A-Z]{3}\\d{3}|\\d{3}[A-Z]{3}", "Colorado, 2000 and 2018"),
    "US-FL": (
        "[A-Z]{3,4}\\d{2,3}|\\d{3}[A-Z]{3}|[A-Z]\\d{3}[A-Z]{2}|\\d{2}[A-Z]{4}",
        "Florida, 2003 to 2021",
    ),
    "US-GA": ("[A-Z]{3}\\d{4}", "Georgia, 2004"),
    "US-IL": ("[A-Z]{2}\\d{5}|[A-Z]\\d{6}|\\d{7}", "Illinois, 2001 and 2017"),
    "US-MD": ("\\d[A-Z]{2}\\d{4}|[A-Z]{3}\\d{3}", "Maryland, 2010 and 1986"),
    "US-MI": ("[A-Z]{3}\\d{4}|\\d[A-Z]{3}\\d{2}", "Michigan, 2007"),
    "US-MN": ("[A-Z]{3}\\d{3}|\\d{3}[A-Z]{3}", "Minnesota, 1987 and 2008"),
    "US-NC": ("[A-Z]{3}\\d{4}", "North Carolina, 1982"),
    "US-NJ": ("[A-Z]\\d{2}[A-Z]{3}|[A-Z]{3}\\d{2}[A-Z]", "New Jersey, 2010 and 1999"),
    "US-NY": ("[A-Z]{3}\\d{4}|\\d{5}[A-Z]{2}|T\\d{6}C", "New York, 2001; taxis"),
    "US-OH": ("[A-Z]{3}\\d{4}|[A-Z]{2}\\d{2}[A-Z]{2}", "Ohio, 2004 and 1996"),
    "US-PA": ("[A-Z]{3}\\d{4}", "Pennsylvania, 1999"),
    "US-TX": ("[A-Z]{3}\\d{4}|[A-Z]{2}\\d[A-Z]\\d{3}|\\d{2}[A-Z]{2}\\d{2}", "Texas, 2009 and 2012"),
    "US-VA": ("[A-Z]{3}\\d{4}", "Virginia, 1993"),
    "US-WA": ("[A-Z]{3}\\d{4}|\\d{3}[A-Z]{3}|[A-Z]\\d{5}[A-Z]", "Washington, 2010 and 1987"),
    "US": ("(?=.*\\d)[A-Z0-9]{3,8}", "AAMVA License Plate Standard, edition 2: eight at most"),
}


def texts(code: str) -> list[str]:
    region, rng = load_region(code), np.random.default_rng(9)
    return [region.draw(rng).text for _ in range(1000)]


def test_every_country_is_tested_somewhere() -> None:
    # A region that this project gains later stands here too.
    assert set(region_codes()) - {"ANY"} == VALIDATED | set(RULES) | set(SERIALS)


@pytest.mark.parametrize("code", RULES)
def test_every_text_fits_its_source(code: str) -> None:
    pattern, _ = RULES[code]
    assert [text for text in texts(code) if not re.fullmatch(pattern, text)] == []


@pytest.mark.parametrize("code", SERIALS)
def test_most_texts_are_of_the_series_and_all_may_be_chosen(code: str) -> None:
    pattern, _ = SERIALS[code]
    found = texts(code)
    assert [text for text in found if not re.fullmatch("[A-Z0-9]{2,8}", text)] == []
    assert sum(re.fullmatch(pattern, text) is not None for text in found) > 0.7 * len(found)
