"""Frames are looked at where it pays, and what is seen is what a look at all of them would see."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from platewright.image import load_image
from platewright.reading.choice import load_detector
from platewright.reading.detector import Detector
from platewright.reading.finder import ScanFinder
from platewright.record import Reading
from platewright.tracking.follow import watching_settings
from platewright.tracking.frame_reader import PART, TURN, FrameReader
from platewright.tracking.strip import cut, look_at, moved_columns
from platewright.tracking.track import Tracker, TrackerSettings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def watching() -> tuple[Detector, TrackerSettings]:
    settings, tracking = watching_settings()
    return load_detector(ROOT / "weights.onnx", settings), tracking


@pytest.fixture(scope="module")
def street() -> np.ndarray:
    whole = load_image(ROOT / "docs/street.jpg")
    return np.asarray(cv2.resize(whole, (960, 540), interpolation=cv2.INTER_AREA), np.uint8)


def played(reader: FrameReader, pictures: list[np.ndarray]) -> list[tuple[float, int]]:
    """Feed pictures; returns after each one how much was scanned and how much was read."""
    told = []
    for k, picture in enumerate(pictures):
        followed, readings = reader.look(picture, k / 25)
        reader.tracker.update(readings, k, k / 25, followed=followed)
        told.append((reader.work.scanned, reader.work.read))
    return told


def test_strips_say_what_the_whole_scan_says(
    watching: tuple[Detector, TrackerSettings], street: np.ndarray
) -> None:
    detector, _ = watching
    finder = detector.finder
    assert isinstance(finder, ScanFinder)
    grey = np.asarray(cv2.cvtColor(street, cv2.COLOR_RGB2GRAY), np.uint8)
    looks = []
    for number, level in enumerate(finder.levels(grey, detector.settings)):
        for strip in cut(number, level, finder.scan.grid):
            middle = strip.columns // 2
            looks.append(look_at(strip, 0, middle, level, finder)) if middle else None
            looks.append(look_at(strip, middle, strip.columns, level, finder))
    parts = finder.gathered(looks, grey.size, detector.settings)
    whole = finder.find(grey, detector.settings)
    assert len(parts) == len(whole) > 3
    for one, other in zip(parts, whole, strict=True):
        assert one.presence == pytest.approx(other.presence, abs=1e-3)
        assert np.allclose(one.quad, other.quad, atol=0.1)


def test_what_moves_is_looked_at_from_the_windows_that_may_hold_it(
    watching: tuple[Detector, TrackerSettings], street: np.ndarray
) -> None:
    detector, _ = watching
    finder = detector.finder
    assert isinstance(finder, ScanFinder)
    grid = finder.scan.grid
    grey = np.asarray(cv2.cvtColor(street, cv2.COLOR_RGB2GRAY), np.uint8)
    level = next(finder.levels(grey, detector.settings))
    moved = np.zeros((540 // 8, 960 // 8), np.bool_)
    strips = list(cut(0, level, grid))
    assert all(moved_columns(strip, level, moved, grid) is None for strip in strips)
    moved[30:34, 50:60] = True  # y 240-272, x 400-480
    middle = 440 / level.scale[0] + level.pad[0]
    found = [moved_columns(strip, level, moved, grid) for strip in strips]
    assert any(found)
    for columns in filter(None, found):
        left, right = columns
        assert left * grid.stride[1] + grid.window[1] / 2 < middle
        assert (right - 1) * grid.stride[1] + grid.window[1] / 2 > middle
        assert right - left < strips[0].columns / 2


@pytest.mark.slow
def test_what_stands_still_costs_little(
    watching: tuple[Detector, TrackerSettings], street: np.ndarray
) -> None:
    reader = FrameReader(watching[0], Tracker(watching[1]))
    told = played(reader, [street] * 40)
    assert told[0][0] == pytest.approx(1)  # the first frame as a whole
    assert (told[-1][0] - 1) / 39 < 2 / TURN < PART
    tracks = reader.tracker.tracks
    assert tracks and max(track.count for track in tracks) == 40
    assert told[-1][1] < 0.5 * len(tracks) * 40  # followed in each frame, read in few
    last_reads = told[-1][1] - told[25][1]
    assert last_reads < told[12][1]


def test_a_plate_is_followed_where_it_goes(
    watching: tuple[Detector, TrackerSettings], street: np.ndarray
) -> None:
    reader = FrameReader(watching[0], Tracker(watching[1]))
    wide = np.pad(street, ((0, 0), (0, 120), (0, 0)), mode="edge")
    pictures = [np.ascontiguousarray(wide[:, 6 * k : 6 * k + 960]) for k in range(16)]
    told = played(reader, pictures)
    assert all(b[0] - a[0] <= 2 * PART for a, b in itertools.pairwise(told))
    longest = max(reader.tracker.tracks, key=lambda track: track.count)
    assert longest.count == 16
    gone = longest.last.reading.quad.mean(axis=0) - longest.first.reading.quad.mean(axis=0)
    assert gone == pytest.approx([-90, 0], abs=12)


def test_a_new_size_begins_anew(
    watching: tuple[Detector, TrackerSettings], street: np.ndarray
) -> None:
    reader = FrameReader(watching[0], Tracker(watching[1]))
    small = np.ascontiguousarray(street[:270, :480])
    assert played(reader, [small, street])[1][0] == pytest.approx(2)


def begun(
    reader: FrameReader, street: np.ndarray, text: str = "", confidence: float = 1.0
) -> tuple[Reading, dict[int, tuple[Reading, bool]]]:
    """Return a plate that is read for certain, and the reader's only track: of it, as told."""
    _, readings = reader.look(street, 0.0)
    best = max(readings, key=lambda reading: reading.confidence)
    own = replace(best, text=text or best.text, confidence=confidence)
    reader.tracker.update([own], 0, 0.0)
    reader.look(street, 0.01)
    return best, {reader.tracker.tracks[0].number: (own, False)}


def test_what_was_framed_beside_the_plate_is_read_where_the_scan_sees_it(
    watching: tuple[Detector, TrackerSettings], street: np.ndarray
) -> None:
    reader = FrameReader(watching[0], Tracker(watching[1]))
    best, followed = begun(reader, street, text="X", confidence=0.2)
    ((number, (doubtful, _)),) = followed.items()
    aside = replace(doubtful, quad=doubtful.quad + 0.2 * np.ptp(doubtful.quad, axis=0))
    grey = np.asarray(cv2.cvtColor(street, cv2.COLOR_RGB2GRAY), np.uint8)
    finder = watching[0].finder
    assert isinstance(finder, ScanFinder)
    finds = finder.find(grey, watching[0].settings)
    followed[number] = aside, False
    reader._reframe(street, grey, finds, followed)
    reading, anew = followed[number]
    assert (reading.text, anew) == (best.text, True)
    assert np.allclose(reading.quad, best.quad, atol=0.1 * np.ptp(best.quad[:, 0]))
    # Nor does it take what another one is, or what is read for certain need a second look.
    followed = {number: (aside, False), number + 1: (best, False)}
    reader._reframe(street, grey, finds, followed)
    assert followed[number] == (aside, False)
    sure = FrameReader(watching[0], Tracker(watching[1]))
    _, certain = begun(sure, street)
    before = dict(certain)
    sure._reframe(street, grey, finds, certain)
    assert certain == before


def test_one_plate_begins_one_track(
    watching: tuple[Detector, TrackerSettings],
    street: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader = FrameReader(watching[0], Tracker(watching[1]))
    best, followed = begun(reader, street)
    monkeypatch.setattr(reader, "_follow", lambda *_: (dict(followed), [], [best]))
    _, readings = reader.look(street, 0.1)
    assert best not in readings
    # Another one, that has come to a place which is nobody's, is told once.
    monkeypatch.setattr(reader, "_follow", lambda *_: ({}, [best.bounds], [best]))
    _, readings = reader.look(street, 0.2)
    x0, y0, x1, y1 = best.bounds
    inside = [
        r for r in readings if x0 < r.quad[:, 0].mean() < x1 and y0 < r.quad[:, 1].mean() < y1
    ]
    assert inside == [best]
