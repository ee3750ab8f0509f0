"""Readings judged by labels, and the figures above a threshold, counted by hand."""

from __future__ import annotations

from platewright.evaluation.metrics import THRESHOLDS, Verdict, acceptance, judge
from platewright.geometry import Box, quad_of_box
from platewright.record import Reading


def reading(box: Box, text: str, confidence: float, region: str = "") -> Reading:
    return Reading(
        text=text, confidence=confidence, presence=0.9, quad=quad_of_box(box), region=region
    )


def test_each_reading_is_judged_by_the_label_it_overlaps_most() -> None:
    boxes = [(0.0, 0.0, 100.0, 20.0), (90.0, 0.0, 200.0, 20.0), (0.0, 50.0, 100.0, 70.0)]
    readings = [
        reading((5, 0, 98, 20), "ABO1", 0.9, "GB"),  # touches the second one, too
        reading((95, 0, 190, 20), "XY2", 0.8),
        reading((0, 50, 100, 70), "ANY", 0.7),
        reading((300, 300, 400, 320), "SIGN", 0.6),
    ]
    assert judge(boxes, ["AB01", "XY-1", ""], readings) == [
        Verdict(0.9, "right", "GB"),
        Verdict(0.8, "wrong"),
        Verdict(0.7, "unknown"),
        Verdict(0.6, "extra"),
    ]
    assert judge([], [], readings[:1]) == [Verdict(0.9, "extra", "GB")]
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
