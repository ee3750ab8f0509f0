from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from platewright.errors import ImageError, VideoError
from platewright.reading.settings import DetectorSettings
from platewright.record import Reading
from platewright.text import Alphabet
from platewright.tracking.follow import StopWish, Summary, follow, is_vehicle, watching_settings
from platewright.tracking.passing import Passing, Voter
from platewright.tracking.source import Frame
from platewright.tracking.track import Sight, Track, Tracker

Make = Callable[..., Reading]
FPS = 10.0
VOTER = Voter(Alphabet(), limits=DetectorSettings(accept=0.7))


class Scripted:
    """A video whose frame k shows what a list says; its picture is k."""

    def __init__(self, shown: list[list[Reading]], fps: float = FPS) -> None:
        self.shown, self.fps = shown, fps
        self.read_frames: list[int] = []
        self.told: list[Passing] = []

    def frames(self) -> Iterator[Frame]:
        for k in range(len(self.shown)):
            yield Frame(k, k / self.fps, lambda k=k: np.full((1, 1), k))

    def read(self, picture: np.ndarray) -> list[Reading]:
        k = int(picture[0, 0])
        self.read_frames.append(k)
        return self.shown[k]

    def follow(self, **options: object) -> Summary:
        return follow(self.frames(), self.read, VOTER, on_passing=self.told.append, **options)

    @property
    def texts(self) -> list[tuple[str, int]]:
        return [(passing.reading.text, passing.frames) for passing in self.told]


def test_each_vehicle_is_told_once_when_it_has_passed(reading_of: Make) -> None:
    first, second = reading_of("AB12CDE"), reading_of("XY99ZZZ")
    video = Scripted([[first]] * 5 + [[]] * 30 + [[second]] * 4)
    when: list[int] = []
    done = follow(
        video.frames(), video.read, VOTER,
        on_passing=lambda p: (video.told.append(p), when.append(video.read_frames[-1])),
    )  # fmt: skip
    assert video.texts == [("AB12CDE", 5), ("XY99ZZZ", 4)]
    assert when == [25, 38]  # 2 s after the last sight; and at the end
    assert str(done) == "39 frames, 39 read, 2 plates"


def test_every_third_frame(reading_of: Make) -> None:
    video = Scripted([[reading_of()]] * 10)
    done = video.follow(every=3)
    assert video.read_frames == [0, 3, 6, 9]
    assert video.texts == [("AB12CDE", 4)]
    assert (done.frames, done.read) == (10, 4)


def test_what_a_single_frame_shows_must_be_certain(reading_of: Make) -> None:
    unsure, sure = reading_of("AB12CDE", sure=0.9), reading_of("XY99ZZZ", box=(500, 9, 560, 24))
    video = Scripted([[unsure, sure]])
    video.follow()
    assert video.texts == [("XY99ZZZ", 1)]


def test_the_unsure_are_left_out_where_asked(reading_of: Make) -> None:
    video = Scripted([[reading_of(sure=0.8)]] * 2)
    assert video.follow(shown=lambda reading: reading.confidence >= 0.99).passings == 0
    assert video.texts == []


def test_a_vehicle_that_waits_at_a_gate_is_told_before_it_is_gone(reading_of: Make) -> None:
    video = Scripted([[reading_of(sure=0.9)]] * 30 + [[]] * 30 + [[reading_of("XY99ZZZ")]] * 3)
    when: list[int] = []
    done = follow(
        video.frames(), video.read, VOTER, early=True,
        on_passing=lambda p: (video.told.append(p), when.append(video.read_frames[-1])),
    )  # fmt: skip
    assert [text for text, _ in video.texts] == ["AB12CDE", "XY99ZZZ"]
    assert when == [2, 62]
    assert done.passings == 2


def test_early_waits_for_an_accepted_text_and_tells_the_rest_at_the_end(reading_of: Make) -> None:
    video = Scripted([[reading_of(sure=0.5)]] * 3)
    video.follow(early=True)
    assert video.texts == [("AB12CDE", 3)]
    assert not video.told[0].reading.accepted


def test_a_weak_reading_goes_on_with_a_track_but_begins_none(reading_of: Make) -> None:
    detection, tracking = watching_settings(0.5, min_height=9)
    assert (detection.min_presence, detection.min_height, tracking.start) == (0.1, 9, 0.5)
    assert watching_settings(0.05)[0].min_presence == 0.05
    weak = reading_of(presence=0.2)
    video = Scripted([[weak], [reading_of()], [weak], [weak]])
    video.follow(tracker=Tracker(tracking))
    assert video.texts == [("AB12CDE", 3)]


def test_frames_are_shown_with_the_vote_so_far_where_the_plate_is(reading_of: Make) -> None:
    there = [[reading_of(box=(100 + 20 * k, 100, 180 + 20 * k, 120))] for k in range(4)]
    video = Scripted(there + [[]] * 10)
    shown: list[list[Reading]] = []
    video.follow(on_frame=lambda frame, readings: shown.append(readings))
    assert [len(readings) for readings in shown] == [1] * 9 + [0] * 5  # half a second longer
    assert shown[4][0].quad[0].tolist() == pytest.approx([180, 100])  # it goes on as it went
    assert shown[3][0].confidence > shown[0][0].confidence


@pytest.mark.parametrize("error", [VideoError("gone"), KeyboardInterrupt(), OSError("no")])
def test_whatever_ends_it_what_was_under_way_is_told(
    reading_of: Make, error: BaseException
) -> None:
    video = Scripted([[reading_of()]] * 5)

    def broken() -> Iterator[Frame]:
        yield from video.frames()
        raise error

    done = Summary()
    with pytest.raises(type(error)):
        follow(broken(), video.read, VOTER, done, on_passing=video.told.append)
    assert video.texts == [("AB12CDE", 5)]
    assert (done.frames, done.passings) == (5, 1)


def test_a_wish_to_stop_ends_it_after_the_frame_in_hand(reading_of: Make) -> None:
    video = Scripted([[reading_of()]] * 50)
    done = video.follow(stop=lambda: len(video.read_frames) == 4)
    assert (done.frames, video.texts) == (4, [("AB12CDE", 4)])


def test_a_damaged_picture_is_passed_over(reading_of: Make) -> None:
    video = Scripted([[reading_of()]] * 3)

    def damaged() -> np.ndarray:
        raise ImageError("b.jpg: cut off")

    frames = [*video.frames(), Frame(3, 0.3, damaged)]
    done = follow(frames, video.read, VOTER, on_passing=video.told.append)
    assert str(done) == "4 frames (1 damaged), 3 read, 1 plate"
    assert video.texts == [("AB12CDE", 3)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_a_wish_and_the_second_an_order(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with StopWish() as stop:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_a_wish_without_a_signal() -> None:
    with StopWish() as stop:
        stop.wish()
        assert stop()


def test_what_never_moves_and_is_not_accepted_is_no_vehicle(reading_of: Make) -> None:
    still = reading_of("GARAGE", presence=0.6)
    track = Track(1, Sight(reading=still, frame=0, time_s=0.0))
    for k in range(1, 80):
        track.add(Sight(reading=still, frame=k, time_s=k / 10))
    assert not is_vehicle(track, replace(still, accepted=False))
    assert is_vehicle(track, still)
    track.add(Sight(reading=reading_of("GARAGE", box=(160, 100, 240, 120)), frame=80, time_s=8.0))
    assert is_vehicle(track, replace(still, accepted=False))


def test_a_text_that_never_moves_while_others_do_is_no_vehicle(reading_of: Make) -> None:
    caption = reading_of("CAM01", box=(500, 5, 600, 25))
    frames = [[caption] for _ in range(70)]
    for k in range(10, 30):
        frames[k].append(reading_of("AB12CDE", box=(20 * k, 200, 20 * k + 80, 220)))
    video = Scripted(frames)
    video.follow()
    assert video.texts == [("AB12CDE", 20)]


def test_a_clock_in_the_picture_is_no_vehicle_either(reading_of: Make) -> None:
    """Its text changes, and so its tracks: they are where one has stood still."""
    frames = [[reading_of("CAM01", box=(500, 5, 600, 25))] for _ in range(60)]
    for k in range(10, 30):
        frames[k].append(reading_of("AB12CDE", box=(20 * k, 200, 20 * k + 80, 220)))
    frames += [[reading_of("XY99ZZZ", box=(505, 5, 600, 25))]] * 10
    video = Scripted(frames)
    video.follow()
    assert [text for text, _ in video.texts] == ["AB12CDE"]


def test_what_is_hardly_a_plate_makes_no_scenery_of_others(reading_of: Make) -> None:
    """Framed now here, now there, it counted as moving: a car that came slowly was not told."""
    frames = [
        [
            reading_of("AB12CDE", box=(500 + k, 300, 600 + k, 325)),
            reading_of("0FX", sure=0.6, box=(3 * k, 100, 3 * k + 40, 120)),
        ]
        for k in range(60)
    ]
    video = Scripted(frames)
    video.follow()
    assert ("AB12CDE", 60) in video.texts


def test_of_frames_seconds_apart_one_makes_no_scenery_of_who_waits(reading_of: Make) -> None:
    waits = reading_of("AB12CDE", box=(300, 300, 400, 325))
    frames = [[waits] for _ in range(12)]
    for k in range(12):
        frames[k].append(reading_of("CD34EFG", box=(80 * k, 100, 80 * k + 80, 120)))
    video = Scripted(frames, fps=0.5)
    video.follow()
    assert video.texts == [("AB12CDE", 12), ("CD34EFG", 12)]


def test_who_stands_alone_is_told(reading_of: Make) -> None:
    video = Scripted([[reading_of("AB12CDE")]] * 50)
    video.follow()
    assert video.texts == [("AB12CDE", 50)]


def test_who_waited_and_was_gone_before_the_next_one_came_is_told(reading_of: Make) -> None:
    frames = [[reading_of("AB12CDE", box=(100, 200, 180, 220))] for _ in range(40)]
    frames += [[] for _ in range(20)]  # it is still expected while the next one passes
    frames += [[reading_of("CD34EFG", box=(20 * k, 100, 20 * k + 80, 120))] for k in range(30)]
    video = Scripted(frames)
    video.follow()
    assert sorted(video.texts) == [("AB12CDE", 40), ("CD34EFG", 30)]
