from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from platewright.record import Reading
from platewright.tracking.track import MOST_SIGHTS, Tracker, TrackerSettings

Make = Callable[..., Reading]
FPS = 10.0


def drive(tracker: Tracker, frames: list[list[Reading]], start: int = 0) -> list[int]:
    """Feed frames; returns the numbers of the tracks that ended."""
    return [
        track.number
        for k, readings in enumerate(frames, start=start)
        for track in tracker.update(readings, k, k / FPS)
    ]


def at(x: float, y: float = 100, width: float = 80) -> tuple[float, float, float, float]:
    return (x, y, x + width, y + width / 4)


def test_a_vehicle_that_moves_is_one_track_though_each_text_differs(reading_of: Make) -> None:
    texts = ["AB12CDE", "A812CDE", "AB12CDF", "AB12CD", "AB12CDE"]
    tracker = Tracker()
    drive(tracker, [[reading_of(t, box=at(60 * k))] for k, t in enumerate(texts)])
    (track,) = tracker.tracks
    assert (track.number, track.count, track.first.frame, track.last.frame) == (1, 5, 0, 4)


def test_two_that_pass_each_other_keep_their_texts(reading_of: Make) -> None:
    tracker = Tracker()
    for k in range(9):
        there = [
            reading_of("AB12CDE", box=at(40 * k)),
            reading_of("XY99ZZZ", box=at(320 - 40 * k, 104)),
        ]
        tracker.update(there[:: 1 if k % 2 else -1], k, k / FPS)
    assert [t.count for t in tracker.tracks] == [9, 9]
    texts = [{s.reading.text for s in t.sights} for t in tracker.tracks]
    assert sorted(texts, key=str) == [{"AB12CDE"}, {"XY99ZZZ"}]


def test_another_vehicle_in_the_same_place_is_another_track(reading_of: Make) -> None:
    tracker = Tracker()
    drive(tracker, [[reading_of("AB12CDE")], [reading_of("AB12CDE")], [reading_of("XY99ZZZ")]])
    assert [(t.number, t.count) for t in tracker.tracks] == [(1, 2), (2, 1)]


def test_unsure_texts_do_not_part_what_is_in_one_place(reading_of: Make) -> None:
    tracker = Tracker()
    drive(tracker, [[reading_of("AB12CDE", sure=0.5)], [reading_of("XY99ZZZ", sure=0.5)]])
    assert [t.count for t in tracker.tracks] == [2]


def test_lost_for_a_while_it_goes_on_where_it_is_expected(reading_of: Make) -> None:
    tracker = Tracker()
    seen = [[reading_of(sure=0.6, box=at(60 * k))] if k < 5 or k > 14 else [] for k in range(20)]
    assert drive(tracker, seen) == []
    assert [t.count for t in tracker.tracks] == [10]
    quad = tracker.tracks[0].quad_at(2.0)
    assert quad[0] == pytest.approx([60 * 20, 100], abs=2)


def test_the_same_sure_text_far_away_is_the_same_vehicle(reading_of: Make) -> None:
    jump = [[reading_of(box=at(0))], [reading_of(box=at(900, 500))]]
    tracker = Tracker()
    drive(tracker, jump)
    assert [t.count for t in tracker.tracks] == [2]
    tracker = Tracker()
    drive(tracker, [[reading_of(box=at(0))], [reading_of("AB12CDF", box=at(900, 500))]])
    assert [t.count for t in tracker.tracks] == [1, 1]


def test_it_ends_after_its_gap_and_is_told_once(reading_of: Make) -> None:
    tracker = Tracker(TrackerSettings(gap_s=1.0, gap_frames=3))
    assert drive(tracker, [[reading_of()], *[[]] * 10]) == []
    assert drive(tracker, [[]], start=11) == [1]
    assert drive(tracker, [[]] * 20, start=12) == []
    assert tracker.finish() == []


def test_few_frames_a_second_do_not_end_it_at_once(reading_of: Make) -> None:
    tracker = Tracker(TrackerSettings(gap_s=1.0, gap_frames=3))
    tracker.update([reading_of()], 0, 0.0)
    for k in range(1, 4):
        assert tracker.update([], k, 5.0 * k) == []
    assert len(tracker.update([], 4, 20.0)) == 1


def test_a_weak_reading_goes_on_but_begins_nothing(reading_of: Make) -> None:
    tracker = Tracker(TrackerSettings(start=0.3))
    weak, strong = reading_of(presence=0.2), reading_of(presence=0.4)
    drive(tracker, [[weak], [strong], [weak]])
    assert [(t.count, t.first.frame) for t in tracker.tracks] == [(2, 1)]


def test_a_parked_car_costs_no_memory_and_its_best_frames_are_kept(reading_of: Make) -> None:
    tracker = Tracker()
    rng = np.random.default_rng(5)
    presences = rng.uniform(0.3, 0.8, 500)
    presences[7] = 0.99
    drive(tracker, [[reading_of(presence=p)] for p in presences])
    (track,) = tracker.tracks
    assert track.count == 500
    assert len(track.sights) == MOST_SIGHTS
    kept = [s.reading.presence for s in track.sights]
    assert sorted(kept) == pytest.approx(sorted(presences)[-MOST_SIGHTS:])
    assert [s.frame for s in track.sights] == sorted(s.frame for s in track.sights)
    assert (track.best.frame, track.first.frame, track.last.frame) == (7, 0, 499)


def test_who_stands_behind_others_for_three_seconds_is_one(reading_of: Make) -> None:
    tracker = Tracker()
    stay, away = [[reading_of()]] * 20, [[]] * 30
    assert drive(tracker, [*stay, *away, *stay, *away, *stay, *away, *stay]) == []
    (track,) = tracker.tracks
    assert track.count == 80 and track.moved == 0 and track.stands
    assert drive(tracker, [[]] * 60, start=170) == [1]


@pytest.mark.parametrize("jitter", [0.5, 1.0, 3.0])
def test_who_stands_is_framed_a_little_beside_in_each_frame(
    reading_of: Make, jitter: float
) -> None:
    tracker, rng = Tracker(), np.random.default_rng(0)
    frames: list[list[Reading]] = []
    for _ in range(4):
        frames += [[reading_of(box=at(*rng.normal(100, jitter, 2)))] for _ in range(20)] + [[]] * 30
    assert drive(tracker, frames) == []
    assert tracker.tracks[0].count == 80
    # Who drives is waited for no longer than before.
    drive(tracker, [[reading_of("CD34EFG", box=at(20 * k, 300))] for k in range(20)], start=200)
    (moving,) = (track for track in tracker.tracks if track.best.reading.text == "CD34EFG")
    assert not moving.stands


def test_what_is_followed_needs_no_new_reading(reading_of: Make) -> None:
    """It goes on and ends no sooner, but has no vote; nor can another reading take it."""
    tracker = Tracker()
    drive(tracker, [[reading_of("AB12CDE", box=at(0))]])
    (track,) = tracker.tracks
    there = reading_of("", box=at(10))
    tracker.update([reading_of("AB12CDE", box=at(11))], 1, 0.1, followed={1: (there, False)})
    assert (track.count, len(track.sights), track.last.reading.bounds[0]) == (2, 1, 10)
    assert track.quad_at(0.2)[0, 0] == pytest.approx(20)
    assert [t.number for t in tracker.tracks] == [1, 2]
    tracker.update([], 2, 0.2, followed={1: (reading_of("AB12CDE", box=at(20)), True)})
    assert (track.count, len(track.sights)) == (3, 2)
    assert track.missed == 0 and tracker.tracks[1].missed == 1
