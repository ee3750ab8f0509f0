from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from platewright.network.part import UNSEEN
from platewright.text import DEFAULT_CHARACTERS, Alphabet
from platewright.web.registry.likelihood import LookupSettings, Matcher
from tests.web.reading import slots_of, sure
from tests.work import count_calls

HIDING = Alphabet(DEFAULT_CHARACTERS + UNSEEN)
PLATES = ["AB12CDE", "XY99ZZZ", "K0NS7", "BO8CAT", "AB12CDEF"]


def taken(matcher: Matcher, *choices: dict[str, float], text: str = "") -> str:
    found = matcher.match(slots_of(*choices), text)
    return PLATES[found.index] if found.index >= 0 else ""


@pytest.fixture
def matcher() -> Matcher:
    return Matcher(PLATES)


def test_the_text_itself_is_the_best_match(matcher: Matcher) -> None:
    found = matcher.match(slots_of(*sure("AB12CDE")), "AB12CDE")
    assert (found.index, found.exact) == (0, True)
    assert found.ratio > 5


def test_where_the_network_was_torn_another_character_costs_little(matcher: Matcher) -> None:
    torn = [{"A": 0.99}, {"8": 0.55, "B": 0.44}, *sure("12CDE")]
    found = matcher.match(slots_of(*torn), "A812CDE")
    assert (found.index, found.exact) == (0, False)
    assert found.probability > 0.99


def test_where_it_was_sure_it_costs_more(matcher: Matcher) -> None:
    torn = [{"A": 0.99}, {"8": 0.55, "B": 0.44}, *sure("12CDE")]
    certain = [{"A": 0.99}, {"8": 0.9999}, *sure("12CDE")]
    ratios = [matcher.match(slots_of(*choices)).ratio for choices in (torn, certain)]
    assert ratios[0] > ratios[1] + 2


def test_a_stranger_is_nobody(matcher: Matcher) -> None:
    assert taken(matcher, *sure("QQ77WWW"), text="QQ77WWW") == ""
    # Three of five characters alike are chance.
    assert taken(matcher, *sure("K0N22"), text="K0N22") == ""


@pytest.mark.parametrize("read", ["IAB12CDE", "AB12CDE1", "XAB12CDE"])
def test_a_character_too_many_beside_the_text(read: str) -> None:
    assert taken(Matcher(PLATES[:4]), *sure(read), text=read) == "AB12CDE"


@pytest.mark.parametrize("read", ["B12CDE", "AB12DE", "AB12CD"])
def test_a_character_too_few(read: str) -> None:
    assert taken(Matcher(PLATES[:4]), *sure(read), text=read) == "AB12CDE"


def test_probabilities_of_all_plates_and_a_stranger_make_one() -> None:
    # Two plates that differ where the network can't decide: half each, so neither is taken.
    matcher = Matcher(["AB12CDE", "AB12CDF"])
    found = matcher.match(slots_of(*sure("AB12CD"), {"E": 0.49, "F": 0.49}), "AB12CDQ")
    assert found.index == -1
    assert found.probability == pytest.approx(0.5, abs=0.01)


def test_without_takes_a_plate_out(matcher: Matcher) -> None:
    slots = slots_of(*sure("XY99ZZZ"))
    assert matcher.match(slots, "XY99ZZZ", without=1).index == -1


def test_an_empty_registry_knows_nobody() -> None:
    found = Matcher([]).match(slots_of(*sure("AB12CDE")), "AB12CDE")
    assert (found.index, found.best, found.probability) == (-1, -1, 0.0)


def test_plates_that_the_network_can_not_read_are_never_matched() -> None:
    matcher = Matcher(["ABCDEFGHIJKLMN", "ЖЖ12", ""])
    assert matcher.match(slots_of(*sure("ABCDEFGHIJKL")), "ABCDEFGHIJKL").index == -1


def test_more_plates_make_a_likeness_less_telling() -> None:
    rng = np.random.default_rng(5)
    many = ["".join(rng.choice(list("ABCDEFGHKLMN"), 5)) for _ in range(5000)]
    slots = slots_of({"A": 0.9}, {"B": 0.5}, {"C": 0.5}, *sure("DE", 0.9))
    few = Matcher(["ABCDE"]).match(slots)
    lots = Matcher(list(dict.fromkeys(["ABCDE", *many]))).match(slots)
    assert lots.probability < few.probability


def test_a_long_registry_is_quick() -> None:
    rng = np.random.default_rng(3)
    kinds = np.array(list("ABCDEFGHJKLMNPRSTUVWXYZ0123456789"))
    plates = list(dict.fromkeys("".join(row) for row in rng.choice(kinds, (20_000, 7))))
    matcher = Matcher(plates)
    slots = slots_of(*sure(plates[1234], 0.9))
    found = []
    calls = count_calls(lambda: found.append(matcher.match(slots, "")))
    assert found[0].index == 1234
    assert calls < 2000  # none for every plate


def test_settings_can_be_stricter() -> None:
    slots = slots_of({"A": 0.5, "R": 0.4}, *sure("B12CDE", 0.6))
    loose, strict = (
        Matcher(PLATES, settings=LookupSettings(least=least)).match(slots) for least in (0.5, 1.0)
    )
    assert loose.best == strict.best == 0
    assert (loose.index, strict.index) == (0, -1)


def test_a_network_that_tells_hidden_characters_finds_the_same(matcher: Matcher) -> None:
    torn = [{"A": 0.99}, {"8": 0.55, "B": 0.44}, *sure("12CDE")]
    found = matcher.match(slots_of(*torn, alphabet=HIDING), "A812CDE")
    plain = matcher.match(slots_of(*torn), "A812CDE")
    assert (found.index, found.exact) == (plain.index, plain.exact) == (0, False)
    assert found.ratio == pytest.approx(plain.ratio, abs=0.1)


def test_a_hidden_character_is_likely_of_every_plate_and_taken_for_none() -> None:
    slots = slots_of(*sure("AB1"), {UNSEEN: 1.0}, *sure("CDE"), alphabet=HIDING)
    same = Matcher(["AB12CDE", "AB17CDE", "XY99ZZZ"]).match(slots, "AB1?CDE")
    assert same.index == -1 and same.probability == pytest.approx(0.5, abs=0.01)
    alone = Matcher(PLATES).match(slots, "AB1?CDE")
    assert (alone.index, alone.best, alone.exact) == (-1, 0, False)
    assert alone.ratio > 2


def test_slots_of_another_alphabet_are_refused(matcher: Matcher) -> None:
    with pytest.raises(ValueError, match=r"5 classes; the registry knows 37"):
        matcher.match(slots_of({"A": 0.9}, alphabet=Alphabet("ABCD")), "A")


ROOT = Path(__file__).resolve().parents[2]


def test_the_figures_of_the_look_up_are_those_of_the_results() -> None:
    results = json.loads((ROOT / "results/lookup.json").read_text())
    page = (ROOT / "docs/web.md").read_text()
    told = re.search(r"<!-- lookup -->(.*)<!-- /lookup -->", page, re.S)
    assert told
    way, one, two = (results[name] for name in ("likelihood", "edits_1", "edits_2"))
    assert way["misread"].get("wrong", 0) == 0  # "all of them rightly"
    wanted = [
        *(way["misread"]["readings"], way["strangers"]["readings"]),
        *(results["registered"]["drawn"], way["misread"]["right"]),
        *(one["misread"]["right"], one["misread"].get("wrong", 0)),
        *(two["misread"]["right"], two["misread"].get("wrong", 0)),
        *(way["strangers"]["readings"], way["strangers"]["taken_for_registered"]),
        *(row["strangers"]["taken_for_registered"] for row in (one, two)),
    ]
    text = told[1].split("(`python")[0].replace("10,000", "10000")
    assert [int(number) for number in re.findall(r"\d+", text)] == wanted
