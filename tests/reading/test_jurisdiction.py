"""Regions weighed, and texts read under their syntaxes, against sums over all texts by hand."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import RegionError
from platewright.reading.jurisdiction import ELSEWHERE, FLOOR, LEAST, Jurisdiction
from platewright.reading.prior import FREE, OTHER, Clues
from platewright.reading.spelling import decode_slots
from platewright.reading.word import Words
from platewright.region import Region, load_region
from platewright.region.template import region_templates
from platewright.text import Alphabet
from tests.work import count_calls

FULL = Alphabet()
SMALL = Alphabet("AB12")


def sure(text: str, *, doubt: dict[int, dict[str, float]] | None = None) -> np.ndarray:
    """Slots that say a text, but for the places named in `doubt`."""
    slots = np.full((12, 37), 1e-4)
    for place in range(12):
        kind = FULL.index(text[place]) if place < len(text) else FULL.pad
        slots[place, kind] = 1
        if doubt and place in doubt:
            slots[place] = 1e-4
            for char, probability in doubt[place].items():
                slots[place, FULL.index(char) if char else FULL.pad] = probability
    return slots / slots.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def all_regions() -> Jurisdiction:
    return Jurisdiction.load([], FULL, 12)


@pytest.fixture(scope="module")
def britain() -> Jurisdiction:
    return Jurisdiction.load(["GB"], FULL, 12)


def region(folder: Path, code: str, *patterns: str, weight: float = 1.0) -> Region:
    path = folder / f"{code}.toml"
    path.write_text(
        f'code = "{code}"\nname = "x"\nsource = "none"\nweight = {weight}\n'
        '[lists]\npair = "A1 B2"\n[[series]]\nname = "s"\nheight_mm = 100\nwidth_mm = 400\n'
        'background = "light"\nforeground = "dark"\nglyph_height_mm = 70\n'
        f"syntaxes = {list(patterns)}\n"
    )
    return load_region(path)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("AB12CDE", "GB"),
        ("MH12AB1234", "IN"),
        ("22BH1234AA", "IN"),
        ("A12D45", "CN"),  # whose first sign, of the province, is none of the network's
        ("XQ7", "US"),  # as personal plates there may be
        ("1A2B3C4D5E6F", ""),
        ("", ""),
    ],
)
def test_a_text_tells_its_region(all_regions: Jurisdiction, text: str, code: str) -> None:
    assert all_regions.region(sure(text))[0] == code


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        (("TF", "S651"), "DE"),  # the second gap is narrow, and often not seen
        (("KEO", "5350"), "GR"),
        (("3600", "HN", "92"), "FR"),
    ],
)
def test_what_stands_together_tells_the_region(
    all_regions: Jurisdiction, groups: tuple[str, ...], code: str
) -> None:
    text = "".join(groups)
    few = Jurisdiction.load(("DE", "GR", "FR", "CI"), all_regions.alphabet, all_regions.slots)
    told, alone = few.region(sure(text), Clues(groups=groups)), few.region(sure(text))
    assert told[0] == code
    if code == alone[0]:
        assert told[1] > alone[1] or told[1] > 0.99
    assert few.region(sure(text), Clues()) == alone


@pytest.mark.parametrize(
    ("text", "shape", "code"),
    [
        ("AEP3869", (2.1, 1), "US"),  # 12 x 6 inches
        ("AEP3869", (4.5, 1), "GR"),  # 520 x 112 mm
        ("AB123CD", (4.6, 1), "FR"),
        ("LZH2662", (2.0, 1), "US"),
        ("LZH2662", (2.0, 2), "PK"),
    ],
)
def test_the_sheet_tells_the_region(text: str, shape: tuple[float, int], code: str) -> None:
    few = Jurisdiction.load(("US-TX", "US-VA", "GR", "FR", "PK"), FULL, 12)
    told, probability = few.region(sure(text), Clues(shape=shape))
    assert told.split("-")[0] == code
    assert few.region(sure(text))[0] != told or few.region(sure(text))[1] < probability
    assert few.disambiguate(text, sure(text), Clues(shape=shape))[0] == text


@pytest.mark.parametrize("shape", [(1e-6, 1), (1e6, 5), (2.0, 0)])
def test_odd_sheets_are_no_fault(all_regions: Jurisdiction, shape: tuple[float, int]) -> None:
    assert all_regions.region(sure("MH12AB1234"), Clues(shape=shape))[0] == "IN"


def test_a_text_of_no_syntax_is_told_by_its_look_alone(all_regions: Jurisdiction) -> None:
    alike = dict.fromkeys((*all_regions.codes, ""), -4.0)
    for text in ("X1Q2X3Q4", "1A2B3C4D5E6F"):
        assert all_regions.region(sure(text)) == ("", 0.0)
        seen = all_regions.region(sure(text), Clues(looks=alike | {"US-NV": 0.0}, shape=(2.1, 1)))
        assert seen[0].startswith("US") and seen[1] > 0.3
        latvian = alike | {"LV": 2.0, "": -6.0}
        assert all_regions.region(sure(text), Clues(looks=latvian, shape=(4.7, 1)))[0] == "LV"
        assert all_regions.region(sure(text), Clues(looks=alike | {"": 0.0})) == ("", 0.0)


def test_gaps_beyond_the_slots_are_no_fault(all_regions: Jurisdiction) -> None:
    slots = all_regions.slots
    text = "AB12CDE"
    assert all_regions.region(sure(text), Clues(groups=("A",) * (slots + 3)))[1] >= 0
    assert all_regions.region(sure(text), Clues(groups=(text,)))[0] == "GB"


def test_the_generic_region_is_nobody(all_regions: Jurisdiction) -> None:
    assert "ANY" not in all_regions.codes
    assert len(all_regions.codes) > 30


def test_one_doubtful_character_does_not_hide_the_region(all_regions: Jurisdiction) -> None:
    doubtful = sure("MHI2AB1234", doubt={2: {"I": 0.6, "1": 0.4}})
    assert decode_slots(doubtful, FULL)[0] == "MHI2AB1234"
    assert all_regions.region(doubtful)[0] == "IN"


@pytest.mark.slow
def test_weighing_equals_the_sum_over_all_texts(tmp_path: Path) -> None:
    regions = [
        region(tmp_path, "AA", "{pair}[12]{0-1}", weight=2),
        region(tmp_path, "BB", "[AB]D", "[12]{2}", weight=1),
    ]
    found = set()
    rng = np.random.default_rng(3)
    jurisdiction = Jurisdiction(regions, SMALL, 3)
    for _ in range(60):
        slots = rng.dirichlet(np.full(5, 0.5), 3)
        p = np.maximum(slots, FLOOR)
        chances = {"AA": 0.0, "BB": 0.0, "": 0.0}
        for length in range(1, 4):
            for kinds in product(range(4), repeat=length):
                text = SMALL.decode(kinds)
                said = np.prod([p[k, kind] for k, kind in enumerate(kinds)])
                said *= p[length, 4] if length < 3 else 1.0
                word = np.exp(Words(SMALL).of_texts(np.array([kinds]))[0])
                chances[""] += OTHER / 3 * said * (1 - ELSEWHERE + ELSEWHERE * word)
                for each, prior in zip(regions, (2 / 3, 1 / 3), strict=True):
                    drawn = sum(t.weight * t.probability(text) for t in region_templates(each))
                    own = (1 - OTHER) * (1 - FREE) * prior
                    chances[each.code] += own * drawn * said * 4**length
        best = max(chances, key=lambda code: chances[code])
        assert jurisdiction.region(slots)[0] == best
        found.add(best)
    assert found >= {"AA", "BB"}


def test_conditioning_equals_the_sum_over_the_texts_that_fit(tmp_path: Path) -> None:
    fitting = ["A1", "B2", "A11", "A12", "B21", "B22"]
    one = region(tmp_path, "AA", "{pair}[12]{0-1}")
    rng = np.random.default_rng(4)
    jurisdiction = Jurisdiction([one], SMALL, 3)
    read = set()
    for _ in range(40):
        slots = rng.dirichlet(np.full(5, 0.7), 3)
        said = {}
        for text in fitting:
            kinds = SMALL.encode(text, 3)
            said[text] = float(np.prod([slots[k, kinds[k]] for k in range(min(len(text) + 1, 3))]))
        free = decode_slots(slots, SMALL)[1]
        best = max(said, key=lambda text: said[text])
        given = jurisdiction.condition(slots)
        if not free or said[best] < LEAST * free:
            assert given is None
            continue
        assert given is not None and given.text == best and given.region == "AA"
        read.add(best)
        whole = sum(said.values())
        for place, kind in product(range(2), range(5)):
            share = sum(v for t, v in said.items() if SMALL.encode(t, 3)[place] == kind) / whole
            assert given.slots[place, kind] == pytest.approx(share, abs=2e-4)
        assert given.slots.sum(axis=1) == pytest.approx([1, 1, 1])
    assert len(read) > 3


def test_a_letter_that_looks_like_a_digit_is_put_right(britain: Jurisdiction) -> None:
    doubtful = sure("RXIIONM", doubt={2: {"I": 0.7, "1": 0.3}, 3: {"I": 0.6, "1": 0.4}})
    given = britain.condition(doubtful)
    assert given is not None
    assert (given.text, given.region) == ("RX11ONM", "GB")
    assert given.slots[2, FULL.index("1")] > 0.99
    assert given.slots[2, FULL.index("I")] < 1e-3


def test_what_surely_does_not_fit_is_left_as_it_is(britain: Jurisdiction) -> None:
    assert britain.condition(sure("MH12AB1234")) is None
    assert britain.condition(sure("")) is None


def test_of_several_regions_the_one_that_draws_it_is_named() -> None:
    several = Jurisdiction.load(["IN", "GB", "GB"], FULL, 12)
    assert several.codes == ("IN", "GB")
    for text, code in (("AB12CDE", "GB"), ("MH12AB1234", "IN")):
        given = several.condition(sure(text))
        assert given is not None and (given.text, given.region) == (text, code)
        assert several.owner(text) == code
    assert several.owner("A1A1A1") == ""


def test_a_network_without_the_characters_reads_no_region() -> None:
    greek = Jurisdiction.load(["GB"], Alphabet("αβγ"), 4)
    slots = np.full((4, 4), 0.25)
    assert greek.region(slots) == ("", 0.0)
    assert greek.condition(slots) is None


def test_weights_of_nothing_count_alike(tmp_path: Path) -> None:
    nothing = [region(tmp_path, "AA", "[AB]D", weight=0), region(tmp_path, "BB", "D", weight=0)]
    slots = np.full((3, 5), 0.02)
    slots[[0, 1, 2], [0, 2, 4]] = 0.92  # A1
    assert Jurisdiction(nothing, SMALL, 3).region(slots)[0] == "AA"


def test_an_unknown_region_is_told() -> None:
    with pytest.raises(RegionError, match="QQ: no such region"):
        Jurisdiction.load(["QQ"], FULL, 12)


def test_weighing_all_regions_is_little_work(all_regions: Jurisdiction) -> None:
    """Some milliseconds: no call for every region, let alone every syntax."""
    slots = sure("AB12CDE")
    all_regions.region(slots)
    assert count_calls(lambda: all_regions.region(slots)) < 300


@pytest.mark.parametrize(
    ("read", "doubt", "told"),
    [
        ("MH15TC554O", {9: {"O": 0.6, "0": 0.4}}, "MH15TC5540"),  # India ends in digits
        ("AB1OCDE", {3: {"O": 0.7, "0": 0.3}}, "AB10CDE"),  # Britain
        ("AB10CDE", {3: {"O": 0.001, "0": 0.999}}, "AB10CDE"),  # no question
    ],
)
def test_what_the_slots_leave_open_is_told_by_the_regions(
    read: str, doubt: dict[int, dict[str, float]], told: str, all_regions: Jurisdiction
) -> None:
    slots = sure(read, doubt=doubt)
    text, after = all_regions.disambiguate(read, slots)
    assert text == told
    assert after.sum(axis=1) == pytest.approx(1)
    place = next(iter(doubt))
    others = np.delete(np.arange(12), place)
    assert (after[others] == slots[others]).all()


@pytest.mark.parametrize(
    ("read", "doubt", "told"),
    [
        ("BQNANA", {1: {"Q": 0.8, "A": 0.2}}, "BANANA"),
        ("GREENIE", {6: {"E": 0.6, "B": 0.4}}, "GREENIE"),
        ("ONEFISH2", {7: {"2": 0.95, "Z": 0.05}}, "ONEFISH2"),  # a digit may follow a word
        ("SYNTZDB", {1: {"Y": 0.95, "A": 0.05}}, "SYNTZDB"),  # what is read for certain stays
        ("ABC1Q34", {4: {"Q": 0.8, "A": 0.2}}, "ABC1Q34"),  # no word
    ],
)
def test_personal_plates_are_words_mostly(
    read: str, doubt: dict[int, dict[str, float]], told: str, all_regions: Jurisdiction
) -> None:
    seen = dict.fromkeys((*all_regions.codes, ""), -8.0) | {"US": 0.0, "US-VA": 0.0}
    assert all_regions.disambiguate(read, sure(read, doubt=doubt), Clues(looks=seen))[0] == told


def test_a_word_is_a_personal_plate_where_it_looks_like_one(all_regions: Jurisdiction) -> None:
    alike = dict.fromkeys((*all_regions.codes, ""), -8.0)
    assert all_regions.region(sure("BANANA"), Clues(looks=alike | {"US-VA": 0.0}))[0] == "US-VA"
    assert all_regions.region(sure("BANANA"), Clues(looks=alike | {"": 0.0})) == ("", 0.0)
    assert all_regions.region(sure("BANANA"), Clues(looks=alike | {"DE": 0.0}))[0] in ("DE", "")


@pytest.mark.parametrize(
    ("text", "code", "fits"),
    [
        ("AB12CDE", "GB", True),
        ("SPEED63", "GB", False),
        ("SPEED63", "US-VA", True),  # a personal one
        ("7ABC123", "US-TX", True),  # California's: it is the country that is told for certain
        ("TYDU7251689", "CN", False),
        ("MH12AB1234", "IN", True),
        ("MH12AB1234", "", False),
    ],
)
def test_what_a_country_draws(text: str, code: str, fits: bool, all_regions: Jurisdiction) -> None:
    assert all_regions.fits(text, code) == fits


def test_texts_weighed_together_weigh_as_each_alone(all_regions: Jurisdiction) -> None:
    """Templates that are left out as too improbable would hardly change anything."""
    texts = ["MH15TC5540", "MH15TC554O", "MN15TC5540", "NH16TC55A0", "0123456789"]
    classes = np.array([[all_regions.alphabet.index(char) for char in text] for text in texts])
    before = all_regions._priors.of(Clues(groups=("MH15", "TC5540"), shape=(4.5, 1)))
    together = all_regions._rated(classes, before)
    alone = np.concatenate([all_regions._rated(each[None], before) for each in classes])
    shares, own = (np.exp(logs - np.logaddexp.reduce(logs)) for logs in (together, alone))
    assert shares == pytest.approx(own, abs=1e-3)
    assert shares.argmax() == 0 and shares[2] > 1e-3


def test_a_text_that_no_region_draws_stays_as_it_was_read(all_regions: Jurisdiction) -> None:
    slots = sure("O0O0O0O0O0O", doubt={4: {"O": 0.6, "0": 0.4}})
    assert all_regions.disambiguate("O0O0O0O0O0O", slots)[0] == "O0O0O0O0O0O"


def test_what_was_seen_of_the_plate_counts(tmp_path: Path) -> None:
    both = [region(tmp_path, "XA", "DDL"), region(tmp_path, "XB", "DDD")]
    choice = Jurisdiction(both, Alphabet("0O12"), 3)
    slots = np.array([[0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [0.5, 0.5, 0, 0, 0.0]]) * 0.999 + 2e-4
    for code, told in (("XA", "11O"), ("XB", "110")):
        seen = {"XA": -9.0, "XB": -9.0, "": -9.0} | {code: 0.0}
        assert choice.disambiguate("110", slots, Clues(looks=seen))[0] == told
