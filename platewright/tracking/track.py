"""Tracks: the readings of one vehicle, frame after frame."""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from platewright.geometry import FloatArray, box_of_quad
from platewright.record import Reading
from platewright.text import edit_distance

MOST_SIGHTS = 48
"""Most readings that a track keeps, the weightiest: a car that parks in view costs no memory."""
LEAST_SEEN = 1e-3  #: Of a reading in the vote, however unsure it is
STILL, STILL_FRAMES = 0.1, 5
"""What moves by less than so many of its widths a second, seen in more frames, stands."""
SMOOTH = 6  #: Frames whose mean says where a plate is, when it comes to whether it moves
FRESH = 0.6  #: How much of a track's velocity is that of its last step
LATELY_S = 1.0
"""Over how long the mean of its steps tells whether it stands: a frame shows it a little beside."""


@dataclass(frozen=True, kw_only=True)
class TrackerSettings:
    """When two readings are of one vehicle."""

    gap_s: float = 2.0  #: a track ends when it was not seen for so long, seconds ...
    gap_frames: int = 3  #: ... and for so many frames that were read.
    #: one that stood still is waited for so many times as long: somebody walks by
    standing: float = 2.5
    #: least presence of a reading that begins a track; a weaker one may go on with one, as low
    #: detections do in ByteTrack (Zhang et al., 2022)
    start: float = 0.3
    reach: float = 1.0  #: how far from where it is expected a plate may turn up, in its widths ...
    reach_per_s: float = 3.0  #: ... and so much more for each second since it was seen.
    resize: float = 1.8  #: how many times larger or smaller it may have become
    #: confidence from which a text speaks for, or against, being the same vehicle
    sure: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Sight:
    """One reading in a video."""

    reading: Reading  #: what was read
    frame: int  #: number of the frame, from 0
    time_s: float  #: of the frame, seconds from the beginning
    at: datetime | None = None  #: when a live frame came; None in a recording

    @property
    def score(self) -> float:
        """Presence x confidence: by this the best frame is chosen."""
        return self.reading.presence * self.reading.confidence

    @property
    def weight(self) -> float:
        """How much it counts in a vote, above 0: what is nearer and surer was seen better."""
        seen = self.reading.presence * math.sqrt(self.reading.confidence)
        return max(seen, LEAST_SEEN) * _width(self.reading.quad)


Seen = Mapping[int, tuple[Reading, bool]]
"""What was seen of tracks where they were expected, by their numbers: a reading, and whether it was
read anew."""


class Track:
    """What was seen of one vehicle.

    Args:
        number: of the track, from 1.
        sight: the first.

    Attributes:
        number: of the track.
        first: the first sight.
        last: the last one.
        best: the one with the highest score.
        count: how many there were.
        missed: how many frames were read since the last one.
        moved: how far it has ever been from where it was first seen, in its widths.
        travelled: how far it went from where it was first, in its widths and heights; single frames
            that show it elsewhere hardly count.
    """

    def __init__(self, number: int, sight: Sight) -> None:
        self.number = number
        self.first = self.last = self.best = sight
        self.count = 1
        self.missed = 0
        self.travelled = 0.0
        self._velocity = self._drift = np.zeros(2)
        self.moved = 0.0
        self._begun = self._smooth = sight.reading.quad.mean(axis=0)
        self._kept: list[tuple[float, int, Sight]] = [(sight.weight, 1, sight)]

    @property
    def sights(self) -> list[Sight]:
        """The kept sights, in order of time."""
        return [sight for _, _, sight in sorted(self._kept, key=lambda entry: entry[1])]

    @property
    def stands(self) -> bool:
        """Whether it hardly moved when it was last seen."""
        speed = min(float(np.linalg.norm(each)) for each in (self._velocity, self._drift))
        return self.count > STILL_FRAMES and speed < STILL * _width(self.last.reading.quad)

    def quad_at(self, time_s: float) -> FloatArray:
        """Return where the plate is expected, (4, 2) px: it goes on as it went."""
        return self.last.reading.quad + self._velocity * (time_s - self.last.time_s)

    def move(self, sight: Sight) -> None:
        """Go on with it where it was seen, but not read anew: nothing is added to its vote."""
        centre, (x0, y0, x1, y1) = sight.reading.quad.mean(axis=0), sight.reading.bounds
        part = max(1 / (self.count + 1), 1 / SMOOTH)
        self._smooth = self._smooth + part * (centre - self._smooth)
        if self.count < SMOOTH:
            self._begun = self._smooth
        size = np.array([max(x1 - x0, 1.0), max(y1 - y0, 1.0)])
        far = float(np.hypot(*((self._smooth - self._begun) / size)))
        self.travelled = max(self.travelled, far)
        passed = sight.time_s - self.last.time_s
        if passed > 0:
            pace = (centre - self.last.reading.quad.mean(axis=0)) / passed
            fresh, late = (FRESH, 1 - math.exp(-passed / LATELY_S)) if self.count > 1 else (1, 1)
            self._velocity = (1 - fresh) * self._velocity + fresh * pace
            self._drift = (1 - late) * self._drift + late * pace
        way = centre - self.first.reading.quad.mean(axis=0)
        self.moved = max(self.moved, float(np.linalg.norm(way)) / _width(self.first.reading.quad))
        self.last = sight
        self.count += 1
        self.missed = 0

    def add(self, sight: Sight) -> None:
        """Go on with it where it was read."""
        self.move(sight)
        if sight.score > self.best.score:
            self.best = sight
        entry = (sight.weight, self.count, sight)
        if len(self._kept) < MOST_SIGHTS:
            heapq.heappush(self._kept, entry)
        else:
            heapq.heappushpop(self._kept, entry)


def _width(quad: FloatArray) -> float:
    return max(float(np.linalg.norm(quad[1] - quad[0])), 1.0)


def agreement(first: str, second: str) -> float:
    """Return how alike two texts are, 0-1: the edits over the longer one's length, from 1.

    >>> agreement("AB12", "AB1"), agreement("AB12", "XYZ9")
    (0.75, 0.0)
    """
    longer = max(len(first), len(second))
    return 1 - edit_distance(first, second) / longer if longer else 1.0


class Tracker:
    """Sorts readings into tracks.

    Attributes:
        tracks: those that have not ended.
        number: how many were begun.
    """

    def __init__(self, settings: TrackerSettings | None = None) -> None:
        self.settings = settings or TrackerSettings()
        self.tracks: list[Track] = []
        self.number = 0

    def update(
        self,
        readings: Sequence[Reading],
        frame: int,
        time_s: float,
        at: datetime | None = None,
        followed: Seen | None = None,
    ) -> list[Track]:
        """Take in what was read in a frame.

        Args:
            readings: of the frame, in any order.
            frame: its number, higher than the one before.
            time_s: seconds from the beginning, never less than before.
            at: when a live frame came.
            followed: what was seen of the tracks already.

        Returns:
            The tracks that have ended, the oldest first.
        """
        known = followed or {}
        for track in self.tracks:
            if track.number in known:
                reading, read = known[track.number]
                sight = Sight(reading=reading, frame=frame, time_s=time_s, at=at)
                (track.add if read else track.move)(sight)
        sights = [Sight(reading=r, frame=frame, time_s=time_s, at=at) for r in readings]
        pairs = sorted(
            (cost, k, j)
            for k, track in enumerate(self.tracks)
            if track.number not in known
            for j, sight in enumerate(sights)
            if (cost := self.cost(track, sight)) is not None
        )
        tracks = {k for k, track in enumerate(self.tracks) if track.number not in known}
        taken = set(range(len(sights)))
        for _, k, j in pairs:
            if k in tracks and j in taken:
                self.tracks[k].add(sights[j])
                tracks.remove(k)
                taken.remove(j)
        for k in tracks:
            self.tracks[k].missed += 1
        limit = self.settings
        ended = [
            track
            for track in self.tracks
            if track.missed > limit.gap_frames
            and time_s - track.last.time_s > limit.gap_s
            and (
                time_s - track.last.time_s > limit.gap_s * limit.standing or not self._waits(track)
            )
        ]
        self.tracks = [track for track in self.tracks if track not in ended]
        for j in sorted(taken):
            if readings[j].presence >= limit.start:
                self.number += 1
                self.tracks.append(Track(self.number, sights[j]))
        return ended

    def expire(self, time_s: float) -> list[Track]:
        """End and return the tracks that were not seen for the gap, whatever frames came since."""
        ended = [t for t in self.tracks if time_s - t.last.time_s > self.settings.gap_s]
        self.tracks = [track for track in self.tracks if track not in ended]
        return ended

    def _waits(self, track: Track) -> bool:
        """Tell whether a track is waited for: another vehicle in its place would be told apart."""
        return track.stands and track.best.reading.confidence >= self.settings.sure

    def finish(self) -> list[Track]:
        """End all tracks and return them, the oldest first."""
        ended, self.tracks = self.tracks, []
        return ended

    def cost(self, track: Track, sight: Sight) -> float | None:
        """Return how badly a sight fits a track; None: not at all."""
        limit, reading, best = self.settings, sight.reading, track.best.reading
        alike = agreement(reading.text, best.text)
        sure = min(reading.confidence, best.confidence) >= limit.sure
        if sure and alike < 0.4:
            return None  # another vehicle has come to the same place
        x0, y0, x1, y1 = box_of_quad(track.quad_at(sight.time_s))
        a0, b0, a1, b1 = reading.bounds
        before, now = max(y1 - y0, 1.0), max(b1 - b0, 1.0)
        width = max(x1 - x0, a1 - a0, 1.0)
        far = float(np.hypot(a0 + a1 - x0 - x1, b0 + b1 - y0 - y1)) / 2 / width
        reach = limit.reach + limit.reach_per_s * (sight.time_s - track.last.time_s)
        if far <= reach and max(before / now, now / before) <= limit.resize:
            return far + 1 - alike
        # Lost behind something, or a jump of the picture: the text alone says that it is the same.
        return 10 + far if sure and alike == 1 and len(best.text) > 3 else None
