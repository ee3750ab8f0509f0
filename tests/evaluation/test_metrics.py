"""Figures against tables worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from platewright.evaluation.metrics import (
    CAUSES,
    THRESHOLDS,
    Outcome,
    Verdict,
    acceptance,
    character_accuracy,
    confusions,
    count_extra,
    expected_calibration_error,
    judge,
    match,
    milliseconds,
    reliability,
    summarize,
)
from platewright.geometry import Box, quad_of_box
from platewright.record import Reading


def reading(box: Box, text: str = "AB12", confidence: float = 0.9) -> Reading:
    return Reading(text=text, confidence=confidence, presence=0.9, quad=quad_of_box(box))


def test_character_accuracy_counts_missed_plates_in_full() -> None:
    # 7 + 5 characters; one wrong, five missed.
    assert character_accuracy([("AB12CDE", "AB12CDF"), ("X1Y2Z", "")]) == pytest.approx(1 - 6 / 12)
    assert character_accuracy([("A", "BCD")]) == -2
    assert character_accuracy([]) == 0


def test_match_takes_the_reading_that_overlaps_most() -> None:
    labels = [(0.0, 0.0, 10.0, 10.0), (100.0, 0.0, 110.0, 10.0), (50.0, 50.0, 60.0, 60.0)]
    readings = [
        reading((5, 0, 15, 10)),  # a third of the first label's union
        reading((0, 0, 10, 8)),  # 0.8
        reading((110, 0, 120, 10)),  # touches the second label, no area in common
        reading((200, 200, 210, 210)),
    ]
    matches = match(labels, readings)
    assert [index for index, _ in matches] == [1, -1, -1]
    with_room = 84 / (100 + 10.8 * 8.8 - 84)
    assert [overlap for _, overlap in matches] == pytest.approx([with_room, 0, 0])
    assert count_extra(labels, readings) == 2
    assert match(labels, []) == [(-1, 0.0)] * 3
    assert match([], readings) == []
    assert count_extra([], readings) == 4


def outcome(text: str, read: str | None, iou: float, country: str = "GB") -> Outcome:
    box = (0.0, 0.0, 10.0, 10.0)
    got = None if read is None else reading(box, read)
    return Outcome(file="a.jpg", box=box, text=text, country=country, reading=got, iou=iou)


def test_summary_of_five_plates() -> None:
    outcomes = [
        outcome("AB12", "AB12", 0.9),  # exact
        outcome("AO12", "A012", 0.6),  # folded alone
        outcome("CD34", "CX34", 0.3),  # badly framed, one edit
        outcome("EF56", None, 0.0),  # missed, four edits
        outcome("", "QQ", 0.7),  # without a text: for the overlaps alone
    ]
    assert [o.kind for o in outcomes] == ["read", "read", "badly framed", "not found", "found"]
    assert summarize(outcomes) == {
        "plates": 5,
        "texts": 4,
        "overlap_any": 0.8,
        "overlap_half": 0.6,
        "exact": 0.25,
        "folded": 0.5,
        "character_accuracy": round(1 - (0 + 1 + 1 + 4) / 16, 4),
        "region": 0.0,
        "causes": {"not found": 1, "O/0 or I/1": 1, "other character": 1, "wrong region": 1},
    }
    assert outcome("AB12", "AB13", 0.5).kind == "misread"
    empty = summarize([])
    assert empty["plates"] == 0
    assert empty["exact"] is None


def test_reliability_and_its_error() -> None:
    # Bins of 0.1: 0.05 alone; 0.81 and 0.89 together; 1.0 with 0.95.
    table = reliability([0.05, 0.81, 0.89, 1.0, 0.95], [False, True, False, True, True], 10)
    assert [(row["from"], row["count"]) for row in table] == [(0.0, 1), (0.8, 2), (0.9, 2)]
    assert [row["confidence"] for row in table] == pytest.approx([0.05, 0.85, 0.975])
    assert [row["accuracy"] for row in table] == pytest.approx([0, 0.5, 1])
    expected = (1 * 0.05 + 2 * 0.35 + 2 * 0.025) / 5
    assert expected_calibration_error(table) == pytest.approx(expected)
    fifteenths = reliability([0.0, 0.07, 1.0], [True, True, True])
    assert [row["from"] for row in fifteenths] == pytest.approx([0, 1 / 15, 14 / 15])
    assert reliability([], []) == []
    assert expected_calibration_error([]) == 0


def test_confusions() -> None:
    matrix = confusions([("AB8", "ABB"), ("A8", "A8"), ("XY", "X"), ("M", "MI")])
    assert matrix == {
        "-": {"I": 1},
        "8": {"8": 1, "B": 1},
        "A": {"A": 2},
        "B": {"B": 1},
        "M": {"M": 1},
        "X": {"X": 1},
        "Y": {"-": 1},
    }


def test_milliseconds() -> None:
    assert milliseconds(range(1, 102)) == {"median": 51.0, "p95": 96.0}
    assert milliseconds([]) == {"median": None, "p95": None}


@pytest.mark.parametrize(
    ("text", "read", "cause"),
    [
        ("AB12CDE", "AB12CDE", ""),
        ("AB12CDE", None, "not found"),
        ("AB12CDE", "QAB12CDE", "extra at an end"),
        ("AB12CDE", "AB12CDEII", "extra at an end"),
        ("AB12CDE", "AB12QCDE", "extra between"),
        ("AB12CDE", "AB1CDE", "lost character"),
        ("AB12CDE", "AB1", "lost line"),
        ("AB10CDE", "ABIOCDE", "O/0 or I/1"),
        ("AB12CDE", "A812CDE", "other character"),
        ("AB12CDE", "QA812CDE", "several"),
        ("AB12CDE", "VIRGINIA", "another text"),
    ],
)
def test_causes_of_misreadings(text: str, read: str | None, cause: str) -> None:
    found = None if read is None else replace(reading((0, 0, 200, 100), read), region="GB")
    outcome = Outcome(file="a", box=(0, 0, 200, 100), text=text, country="GB", reading=found)
    assert outcome.cause == cause
    assert cause in CAUSES or not cause


def test_a_region_is_right_by_its_country_where_the_text_is() -> None:
    def outcome(text: str, country: str, region: str) -> Outcome:
        found = replace(reading((0, 0, 9, 3)), region=region)
        return Outcome(file="a", box=(0, 0, 9, 3), text=text, country=country, reading=found)

    several = [
        outcome("AB12", "US", "US-VA"), outcome("AB12", "US", "GB"), outcome("AB13", "US", "GB"),
        outcome("AB12", "", "GB"),
    ]  # fmt: skip
    assert [o.region for o in several] == [True, False, None, None]
    assert summarize(several)["region"] == 0.5
    assert summarize(several)["causes"] == {"other character": 1, "wrong region": 1}


def reading_acceptance(box: Box, text: str, confidence: float, region: str = "") -> Reading:
    return Reading(
        text=text, confidence=confidence, presence=0.9, quad=quad_of_box(box), region=region
    )


def test_each_reading_is_judged_by_the_label_it_overlaps_most() -> None:
    boxes = [(0.0, 0.0, 100.0, 20.0), (90.0, 0.0, 200.0, 20.0), (0.0, 50.0, 100.0, 70.0)]
    readings = [
        reading_acceptance((5, 0, 98, 20), "ABO1", 0.9, "GB"),  # touches the second one, too
        reading_acceptance((95, 0, 190, 20), "XY2", 0.8),
        reading_acceptance((0, 50, 100, 70), "ANY", 0.7),
        reading_acceptance((300, 300, 400, 320), "SIGN", 0.6),
    ]
    assert judge(boxes, ["AB01", "XY-1", ""], readings) == [
        Verdict(0.9, "right", "GB"),
        Verdict(0.8, "wrong"),
        Verdict(0.7, "unknown"),
        Verdict(0.6, "extra"),
    ]
    assert judge([], [], readings[:1]) == [Verdict(0.9, "extra", "GB")]
    doubtful = replace(readings[0], accepted=False)
    assert judge([], [], [doubtful]) == [Verdict(0.9, "extra", "GB", accepted=False)]
    assert judge(boxes, ["A", "B", ""], []) == []


def test_figures_at_a_threshold() -> None:
    verdicts = [
        Verdict(0.95, "right"),
        Verdict(0.9, "right"),
        Verdict(0.8, "extra"),
        Verdict(0.7, "wrong"),
        Verdict(0.6, "unknown"),
        Verdict(0.5, "right"),
    ]
    assert acceptance(verdicts, 5, 0.7) == {
        "min_confidence": 0.7,
        "precision": 0.6667,
        "precision_all": 0.5,
        "recall": 0.4,
        "right": 2,
        "wrong": 1,
        "unknown": 0,
        "extra": 1,
    }
    assert acceptance(verdicts, 5, 0.0)["recall"] == 0.6
    nothing = acceptance(verdicts, 5, 0.99)
    assert nothing["precision"] is None and nothing["precision_all"] is None
    assert nothing["recall"] == 0.0
    assert acceptance([], 0, 0.0)["recall"] is None


def test_more_confidence_never_accepts_more() -> None:
    verdicts = [Verdict(k / 37, "right" if k % 3 else "extra") for k in range(38)]
    accepted = [
        sum(acceptance(verdicts, 30, at)[k] for k in ("right", "extra")) for at in THRESHOLDS
    ]
    assert accepted == sorted(accepted, reverse=True)
    assert accepted[0] == 38
