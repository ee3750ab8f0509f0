"""Hides plates in a video: those of every frame, and those that single frames did not show."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from platewright.errors import ImageError
from platewright.geometry import FloatArray, Picture
from platewright.output.redaction import LIKELY, WAYS, Finder, find_plates, hide, without_texts
from platewright.record import Reading
from platewright.tracking.follow import GOES_ON, Summary, is_vehicle
from platewright.tracking.passing import Voter
from platewright.tracking.source import Frame
from platewright.tracking.track import Track, Tracker, TrackerSettings

HOLD = 10  #: How many frames a plate is hidden before it is found and after it is lost
AHEAD = 5
"""How many frames more are kept back, to see which way a plate goes that has just been found."""


class TurnedLooks:
    """Looks at frames on their side, upside down and aslant, as `redact` looks at photos.

    Each way up has its turn within as many frames as a plate is hidden before it is found; one that
    finds likely plates goes on to look at every frame until it finds none.

    Args:
        detector: with `redaction_settings`.
        ways: up, of `output.redaction.WAYS`, all but the first.
        hold: within how many frames each has its turn.
    """

    def __init__(
        self, detector: Finder, ways: Sequence[float] = WAYS[1:], hold: int = HOLD
    ) -> None:
        self._detector, self._ways = detector, ways
        self._pause = hold // len(ways)
        self._goes_on: set[float] = set()
        self._count = 0

    def look(self, picture: Picture, upright: Sequence[Reading]) -> list[Reading]:
        """Return the likely plates of the next frame that are none upright; no texts.

        Args:
            picture: (H, W) grey or (H, W, 3) RGB.
            upright: what was found in it, and is hidden: most plates are one upside down as well.
        """
        turn, rest = divmod(self._count, self._pause)
        due = self._ways[turn % len(self._ways)]
        ways = {due, *self._goes_on} if not rest else self._goes_on
        self._count += 1
        if not ways:
            return []
        shown = hide(picture, [each.quad for each in upright if each.presence >= LIKELY])
        found = {
            way: [each for each in finds if each.presence >= LIKELY]
            for way, finds in find_plates(shown, self._detector, sorted(ways)).items()
        }
        self._goes_on = {way for way, finds in found.items() if finds}
        return [each for finds in found.values() for each in finds]


class PlateHider:
    """Hides plates a few frames late, when it is known what came before and after.

    A plate that is found in frame 3 and in frame 7 is hidden in those between, on its way, and for
    `hold` frames before the first and after the last: where it was, and where it would have been.

    Args:
        write: takes every picture and its time once its plates are hidden.
        hold: for how many frames it is hidden where it was not found.
    """

    def __init__(self, write: Callable[[Picture, float], None], hold: int = HOLD) -> None:
        self.write, self.hold = write, hold
        # Anything that was found counts, and nothing is waited for longer than it is hidden.
        settings = TrackerSettings(start=0.0, gap_s=0.0, gap_frames=hold)
        self._tracker = Tracker(settings)
        self._waiting: deque[tuple[int, float, Picture]] = deque()
        self._paths: dict[int, list[tuple[int, FloatArray]]] = {}
        self._count = 0

    @property
    def plates(self) -> int:
        """How many plates were followed so far; one that was lost for long counts twice."""
        return self._tracker.number

    def add(self, picture: Picture, readings: Sequence[Reading], time_s: float) -> None:
        """Take in a frame and what was found in it, and write the one that is ripe."""
        self._tracker.update(readings, self._count, time_s)
        for track in self._tracker.tracks:
            if track.last.frame == self._count:
                path = self._paths.setdefault(track.number, [])
                quad = track.last.reading.quad
                path.append((self._count, _as_before(path[-1][1], quad) if path else quad))
        self._waiting.append((self._count, time_s, picture))
        self._count += 1
        if len(self._waiting) > self.hold + AHEAD:
            self._write_first()

    def finish(self) -> None:
        """Write the frames that were kept back."""
        while self._waiting:
            self._write_first()

    def _write_first(self) -> None:
        number, time_s, picture = self._waiting.popleft()
        quads: list[FloatArray] = []
        for key, path in list(self._paths.items()):
            # What lies further back than is needed to measure its way is forgotten.
            while len(path) > 2 and path[1][0] < number - 2 * self.hold:
                path.pop(0)
            found = _at(path, number, self.hold)
            quads += found
            if not found and path[-1][0] < number:
                del self._paths[key]
        self.write(hide(picture, quads), time_s)


class PlateCount:
    """Counts the vehicles of a video whose plates are hidden, as those that are read are counted.

    Of what is hidden much is a plate with little probability, and no vehicle.

    Args:
        voter: makes one text of many readings, which is told nowhere.
        tracker: sorts the readings.
        shown: tells whether a vehicle would be told.
    """

    def __init__(self, voter: Voter, tracker: Tracker, shown: Callable[[Reading], bool]) -> None:
        self._voter, self._tracker, self._shown = voter, tracker, shown
        self.passed = 0

    def add(self, readings: Sequence[Reading], frame: Frame) -> None:
        """Take in what was found in a frame."""
        found = [reading for reading in readings if reading.presence >= GOES_ON]
        self._count(self._tracker.update(found, frame.number, frame.time_s, frame.at))

    def finish(self) -> int:
        """Return how many passed, or were under way at the end."""
        self._count(self._tracker.finish())
        return self.passed

    def _count(self, tracks: Sequence[Track]) -> None:
        voted = ((track, self._voter.reading(track, placed=False)) for track in tracks)
        self.passed += sum(is_vehicle(track, one) and self._shown(one) for track, one in voted)


def hide_plates(
    frames: Iterable[Frame],
    find: Callable[[Picture], list[Reading]],
    write: Callable[[Picture, float], None],
    done: Summary | None = None,
    *,
    turned: TurnedLooks | None = None,
    count: PlateCount | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Summary:
    """Hide the plates of all frames until they end; what was kept back is written then, too.

    Args:
        frames: in order of time.
        find: finds the plates of a picture; their texts count them, and are told nowhere.
        write: takes every picture and its time.
        done: is counted up as it goes; None: a new one. Its passings are the plates.
        turned: finds plates that are none upright, which are hidden and not counted; None: nobody.
        count: says which of them are vehicles; None: all that was hidden is counted.
        stop: asked before each frame.

    Returns:
        The counts.
    """
    done, hiding = done or Summary(), PlateHider(write)
    try:
        for frame in frames:
            if stop():
                break
            done.frames += 1
            try:
                picture = frame.picture
            except ImageError:
                done.unreadable += 1
                continue
            # A frame that was not looked at is never written: an error leaves it out.
            found = find(picture)
            done.read += 1
            aside = turned.look(picture, found) if turned else []
            hiding.add(picture, without_texts(found) + aside, frame.time_s)
            if count is not None:
                count.add(found, frame)
            done.passings = hiding.plates if count is None else count.passed
    finally:
        hiding.finish()
        if count is not None:
            done.passings = count.finish()
    return done


def _as_before(before: FloatArray, quad: FloatArray) -> FloatArray:
    """Return a quad that begins with the corner that another one begins with, where it was.

    Which corner is the first tells the way up in which a plate was found; between two quads that
    begin with different ones is none at all.
    """
    turns = [np.roll(quad, turn, axis=0) for turn in range(len(quad))]
    return min(turns, key=lambda turn: float(np.abs(turn - before).sum()))


def _at(path: Sequence[tuple[int, FloatArray]], number: int, hold: int) -> list[FloatArray]:
    """Return what is to be hidden in a frame of a plate that was seen in others.

    Between two sights that is where it is on the line from one to the other. Up to `hold` frames
    before the first or after the last it is two quads: where it was seen, and where it would be
    had it gone on as it went; further off it is none.
    """
    after = next((k for k, (frame, _) in enumerate(path) if frame >= number), len(path))
    if 0 < after < len(path):
        (first, start), (last, end) = path[after - 1], path[after]
        return [start + (end - start) * ((number - first) / (last - first))]
    (frame, quad), *others = path if after == 0 else path[::-1]
    if frame == number:
        return [quad]
    if abs(frame - number) > hold:
        return []
    if not others:
        return [quad]
    # The way is measured over as many frames as it is followed: single steps are full of noise.
    close = [sight for sight in others if abs(sight[0] - frame) <= hold]
    past, other = close[-1] if close else others[0]
    way = (quad - other).mean(axis=0) / (frame - past)
    return [quad, quad + way * (number - frame)]
