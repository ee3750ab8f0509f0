"""Follows the vehicles of a video from frame to frame until it ends or a user wishes to stop."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

from platewright.errors import ImageError, counted
from platewright.geometry import Box, Picture, shared_parts
from platewright.reading.settings import DetectorSettings
from platewright.record import Reading
from platewright.tracking.frame_reader import FrameReader
from platewright.tracking.passing import Passing, Voter
from platewright.tracking.source import Frame
from platewright.tracking.track import Seen, Track, Tracker, TrackerSettings

SHOWN_S = 0.5  #: How long a plate that is no longer seen is still shown, seconds
LONG_S, MOVED = 5.0, 0.1
"""What is there for longer, seconds, and never was farther from its place, in its widths."""
GOES_ON = 0.1  #: Least presence of a reading that goes on with a track
STILL_S = 1.5
"""What has stood still for so long while others moved is part of the scenery: a caption, a sign."""
TRAVELLED = 0.8
"""Widths or heights of a plate that it must go to count as moving: framing differs by less."""
MOVER = 0.5
"""Least confidence of the best text of what counts as moving: what is hardly a plate is framed now
here, now there."""
LONGEST_STEP_S = 0.1
"""For how long others move, at most, where one frame shows it: of frames seconds apart, or after a
pause, one would make scenery of who waits."""
IN_PLACE = 0.5
"""Part of the smaller one of two boxes that lies in the other where they are in one place."""
PLACES = 64  #: Most places of scenery that are kept in mind
EARLIEST = 3  #: How many frames must have shown a vehicle that is told before it has passed

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(kw_only=True)
class Summary:
    """What was done."""

    frames: int = 0  #: that came
    read: int = 0  #: of them
    unreadable: int = 0  #: pictures of a folder that are damaged
    passings: int = 0  #: vehicles told, or plates hidden

    def __str__(self) -> str:
        damaged = f" ({self.unreadable} damaged)" if self.unreadable else ""
        frames, plates = counted(self.frames, "frame"), counted(self.passings, "plate")
        return f"{frames}{damaged}, {self.read} read, {plates}"


def watching_settings(
    min_presence: float | None = None, gap_s: float | None = None, **given: Any
) -> tuple[DetectorSettings, TrackerSettings]:
    """Return what to look for in a frame, and what begins a track.

    Args:
        min_presence: least presence that begins a track, 0-1; None: as for photos.
        gap_s: how long a vehicle may be out of sight, seconds; None: as usual.
        given: other settings of the detector.
    """
    start = DetectorSettings().min_presence if min_presence is None else min_presence
    least = min(GOES_ON, start)
    detector = DetectorSettings(min_presence=least, second_look=least / 2, **given)
    gap = TrackerSettings().gap_s if gap_s is None else gap_s
    return detector, TrackerSettings(start=start, gap_s=gap)


def follow(
    frames: Iterable[Frame],
    read: Callable[[Picture], list[Reading]] | FrameReader,
    voter: Voter,
    done: Summary | None = None,
    *,
    on_passing: Callable[[Passing], None],
    on_frame: Callable[[Frame, list[Reading]], None] | None = None,
    tracker: Tracker | None = None,
    every: int = 1,
    shown: Callable[[Reading], bool] = lambda reading: True,
    early: bool = False,
    source: str = "",
    stop: Callable[[], bool] = lambda: False,
    portrait: Callable[[Picture, Box], bytes] | None = None,
) -> Summary:
    """Read frames and track what they show until they end.

    However it ends, by the last frame, a wish to stop or an error, the vehicles that were under
    way are told before it returns.

    Args:
        frames: in order of time.
        read: finds and reads the plates of a picture; or reads frames one after the other, with
            the same tracker.
        done: is counted up as it goes; None: a new one.
        on_passing: takes each vehicle once it has passed.
        on_frame: takes every frame that came, read or not, and what is to be shown on it: for each
            track the vote so far, at the place where the plate is.
        tracker: sorts the readings; None: one with the usual settings. Where frames are of several
            sources each has one of its own with the same settings.
        every: every so many frames one is read, from the first on.
        shown: tells whether a vehicle is told, and drawn.
        early: tell a vehicle as soon as three frames have shown it and its text is accepted, and
            then no more; one that waits at a gate has not passed yet.
        source: what the passings call the source, where the frames don't tell.
        stop: asked before each frame.
        portrait: makes a vehicle's picture of a frame and the plate's box; None: none is made.

    Returns:
        The counts.
    """
    done = done or Summary()
    look: Callable[[Picture, float], tuple[Seen, list[Reading]]]
    if isinstance(read, FrameReader):
        look, first = read.look, read.tracker
    else:
        read_picture, first = read, tracker or Tracker()

        def look(picture: Picture, _: float) -> tuple[Seen, list[Reading]]:
            return {}, read_picture(picture)

    views: dict[str, _View] = {}

    def view_of(frame: Frame) -> _View:
        if frame.source not in views:
            views[frame.source] = _View(
                Tracker(first.settings) if views else first, voter, done, shown=shown,
                on_passing=on_passing, source=frame.source or source, portrait=portrait,
            )  # fmt: skip
        return views[frame.source]

    try:
        for frame in frames:
            if stop():
                break
            if frame.idle:
                for each in views.values():
                    each.tell(each.tracker.expire(frame.time_s))
                continue
            view = view_of(frame)
            done.frames += 1
            try:
                if frame.number % every == 0:
                    seen, readings = look(frame.picture, frame.time_s)
                    done.read += 1
                    view.update(frame, readings, seen)
                    if early:
                        view.tell_early()
                if on_frame is not None:
                    on_frame(frame, view.readings(frame.time_s))
            except ImageError:
                done.unreadable += 1
    finally:
        for each in views.values():
            each.tell(each.tracker.finish())
    return done


class _View:
    """What one camera sees: its tracks, the votes so far, what was told, and the scenery."""

    def __init__(
        self,
        tracker: Tracker,
        voter: Voter,
        done: Summary,
        *,
        shown: Callable[[Reading], bool],
        on_passing: Callable[[Passing], None],
        source: str,
        portrait: Callable[[Picture, Box], bytes] | None,
    ) -> None:
        self.tracker, self.voter, self.done, self.shown = tracker, voter, done, shown
        self.on_passing, self.source, self.portrait = on_passing, source, portrait
        self._votes: dict[int, tuple[int, Reading]] = {}
        self._told: set[int] = set()
        self._scenery = _Scenery()
        self._portraits: dict[int, bytes] = {}

    def update(self, frame: Frame, readings: list[Reading], seen: Seen) -> None:
        """Take in what was read in a frame, and tell what has passed."""
        ended = self.tracker.update(readings, frame.number, frame.time_s, frame.at, seen)
        self._scenery.update([*self.tracker.tracks, *ended], frame.time_s)
        self.tell(ended)
        if self.portrait is not None:
            for track in self.tracker.tracks:
                if track.best.frame == frame.number and track.number not in self._told:
                    box = track.best.reading.box
                    self._portraits[track.number] = self.portrait(frame.picture, box)

    def tell(self, ended: list[Track]) -> None:
        """Tell the vehicles whose tracks have ended."""
        for track in ended:
            self._votes.pop(track.number, None)
            picture = self._portraits.pop(track.number, b"")
            if track.number in self._told:
                self._told.remove(track.number)
                continue
            if self._scenery.has(track):
                continue
            passing = self.voter.passing(track, self.source, picture)
            if is_vehicle(track, passing.reading) and self.shown(passing.reading):
                self.done.passings += 1
                self.on_passing(passing)

    def tell_early(self) -> None:
        """Tell the vehicles that are sure already, and have not passed."""
        for track in self.tracker.tracks:
            fresh = not track.missed and track.count >= EARLIEST and track.number not in self._told
            fresh = fresh and not self._scenery.has(track)
            if fresh and self._voted(track).accepted and self.shown(self._voted(track)):
                self.done.passings += 1
                self._told.add(track.number)
                picture = self._portraits.pop(track.number, b"")
                self.on_passing(self.voter.passing(track, self.source, picture))

    def readings(self, time_s: float) -> list[Reading]:
        """Return what is to be shown on a frame: each track's vote so far, where it is now."""
        return [
            replace(self._voted(track), quad=track.quad_at(time_s))
            for track in self.tracker.tracks
            if time_s - track.last.time_s <= SHOWN_S and self.shown(self._voted(track))
        ]

    def _voted(self, track: Track) -> Reading:
        if self._votes.get(track.number, (0,))[0] != track.count:
            self._votes[track.number] = (track.count, self.voter.reading(track, placed=False))
        return self._votes[track.number][1]


def is_vehicle(track: Track, voted: Reading) -> bool:
    """Tell whether a track is a vehicle: seen twice, or once and read for certain.

    A thing that looks like a plate in a single frame is none most of the time; and what is there
    for long and never moves is a sign or a caption, unless its text is accepted.
    """
    long = track.last.time_s - track.first.time_s > LONG_S
    if long and track.moved < MOVED and not voted.accepted:
        return False
    return bool(voted.text) and (track.count > 1 or voted.accepted)


class _Scenery:
    """Texts that never move while others do: captions burnt into the picture, signs, clocks.

    They are no vehicles, however well they read, nor is what else turns up in their places and
    does not move. Who waits and drives off just when, or before, others move is none of them.
    """

    def __init__(self) -> None:
        self._outlasted: dict[int, float] = {}  # seconds that a track saw others move
        self._before_s = float("inf")
        self._places: dict[int, Box] = {}

    def update(self, tracks: Iterable[Track], time_s: float) -> None:
        """Look at the tracks of a frame."""
        listed = list(tracks)
        moving = any(
            track.travelled > TRAVELLED
            and not track.missed
            and track.best.reading.confidence >= MOVER
            for track in listed
        )
        more = min(max(time_s - self._before_s, 0.0), LONGEST_STEP_S) if moving else 0.0
        self._before_s = time_s
        self._outlasted = {
            track.number: self._outlasted.get(track.number, 0.0) + (0.0 if track.missed else more)
            for track in listed
        }
        for track in listed:
            self._places.pop(track.number, None)
            if self._stands(track):
                self._places[track.number] = track.last.reading.bounds
        for number in [*self._places][: max(len(self._places) - PLACES, 0)]:
            del self._places[number]

    def has(self, track: Track) -> bool:
        """Tell whether a track is of them."""
        if track.travelled > TRAVELLED:
            return False
        others = [box for number, box in self._places.items() if number != track.number]
        if self._stands(track) or not others:
            return self._stands(track)
        return bool((shared_parts([track.best.reading.bounds], others) > IN_PLACE).any())

    def _stands(self, track: Track) -> bool:
        lasted = track.last.time_s - track.first.time_s
        others = self._outlasted.get(track.number, 0.0) >= STILL_S / 2
        return lasted >= STILL_S and track.travelled <= TRAVELLED and others


class StopWish:
    """False until Ctrl-C or SIGTERM comes; a second one interrupts at once.

    For use in a `with` statement, in the main thread.
    """

    def __init__(self) -> None:
        self._wished = False
        self._before: dict[int, Any] = {}

    def __call__(self) -> bool:
        """Return whether to stop."""
        return self._wished

    def wish(self) -> None:
        """Ask to stop."""
        self._wished = True

    def __enter__(self) -> StopWish:
        self._before = {number: signal.signal(number, self._came) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _came(self, number: int, frame: FrameType | None) -> None:
        if self._wished:
            raise KeyboardInterrupt
        self._wished = True
