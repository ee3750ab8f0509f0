"""Reads the frames of a video: looks where plates are expected and where something has moved.

A plate that is followed is looked for where it is expected, by the light framer alone, and read
again only while that can still change its text. The scan, which costs most, is given a part of the
frame at a time: strips of the pyramid's levels in which something has moved since they were looked
at, the longest waiting first, and all others in turns. What it does depends on the frames alone,
never on the clock, so a recording is read alike on any machine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from platewright.geometry import Box, FloatArray, Picture, box_of_quad, iou, shared_parts, size_of
from platewright.image import as_grey
from platewright.reading.detector import Detector
from platewright.reading.finder import Find, LevelLook, ScanFinder, sift
from platewright.record import Reading
from platewright.tracking.strip import CELL, Mask, Strip, cut, look_at, moved_columns
from platewright.tracking.track import Seen, Sight, Track, Tracker, agreement

PART = 1 / 10  #: Of the pixels of all strips, what is scanned in a frame
TURN = 24  #: A strip in which nothing moves is scanned every so many frames
CHANGE = 5.0
"""Grey levels by which such a cell differs from the frame before where something moves."""
FOLLOWED = 0.5  #: Least presence, by the framer, of a plate that is seen where it was expected
FIRST_READS = 5  #: A plate is read in so many frames in a row ...
AGREEING = 8  #: ... and is settled once so many readings in a row say the same ...
LONGEST = 6  #: Frames between two readings of one that is not settled
ANOTHER = 0.7
"""A text as sure as this that has little in common with what was read less surely is another's."""
SURE = 0.9  #: ... and are so sure.
SETTLED_READS = 30  #: A settled one is read every so many frames, to see that it is still the same
GROWN = 1.2  #: A plate that has become so many times as high may be read better
READS = 3  #: Plates that are followed, of which so many are read in a frame; the others wait
AS_FRAMED = 0.8  #: What overlaps a followed plate by more is in the same frame, and says the same
SAME = 0.3  #: Boxes that overlap by more are of the same plate
SCAN_PRESENCE = 0.2
"""As of `DetectorSettings`: what the scan is less sure of it sees again in other frames."""
FRAMINGS = (1.0,)  #: Likewise: frames differ among themselves, and vote
DULL = 15  #: What looked like a plate and was read as none is left alone for so many frames


@dataclass
class Work:
    """What was done for the frames so far."""

    frames: int = 0  #: looked at
    scanned: float = 0.0  #: whole scans of a frame, in parts
    framed: int = 0  #: looks of the framer
    read: int = 0  #: plates that were read


@dataclass
class _Reads:
    """How a track was read so far."""

    count: int = 0
    ago: int = 0
    height: float = 0.0
    text: str = ""
    agreeing: int = 0
    framed: int = -LONGEST  #: the frame in which it was last framed anew

    def add(self, reading: Reading) -> None:
        self.count += 1
        self.ago = 0
        self.height = max(self.height, _height(reading.quad))
        same = reading.text == self.text and reading.confidence >= SURE
        self.agreeing = self.agreeing + 1 if same else 1
        self.text = reading.text

    def due(self, quad: FloatArray) -> bool:
        """Tell whether another reading may say something new."""
        if self.count < FIRST_READS or _height(quad) > GROWN * self.height:
            return True
        settled = self.agreeing >= AGREEING
        return self.ago >= (SETTLED_READS if settled else min(self.count // FIRST_READS, LONGEST))


class FrameReader:
    """Reads frames of one video, in their order.

    Args:
        detector: finds with the scan, and frames with a network of its own.
        tracker: whose tracks are followed.

    Attributes:
        work: what was done.
    """

    def __init__(self, detector: Detector, tracker: Tracker) -> None:
        self.detector = detector.with_settings(
            framings=FRAMINGS,
            scan_presence=max(SCAN_PRESENCE, detector.settings.scan_presence),
        )
        self.tracker = tracker
        self.work = Work()
        self._dull: list[tuple[int, Box]] = []
        self._before: Picture | None = None
        self._strips: list[Strip] = []
        self._reads: dict[int, _Reads] = {}

    @staticmethod
    def suits(detector: Detector) -> bool:
        """Tell whether a detector can look at parts of a frame."""
        return isinstance(getattr(detector, "finder", None), ScanFinder) and detector.framer.judges

    def look(self, picture: Picture, time_s: float) -> tuple[Seen, list[Reading]]:
        """Look at the next frame.

        Args:
            picture: (H, W, 3) RGB.
            time_s: seconds from the beginning.

        Returns:
            What was seen of the tracks, and what else was read.
        """
        grey = as_grey(picture)
        moved = self._moved(grey)
        self.work.frames += 1
        followed, lost, others = self._follow(picture, grey, time_s)
        for box in lost:  # look for it round about
            moved[_cells(box)] = True
        finds = self._scan(grey, moved)
        self._reframe(picture, grey, finds, followed)
        there = [reading.bounds for reading, _ in followed.values()]
        others = [other for other in others if not _any_same(other.bounds, there)]
        there += [other.bounds for other in others]
        finds = _but_same(finds, there)
        return followed, others + self._read_new(picture, grey, finds, there, lost)

    def _moved(self, grey: Picture) -> Mask:
        """Return which cells of `CELL` x `CELL` pixels have changed, and those round them."""
        size = max(grey.shape[1] // CELL, 1), max(grey.shape[0] // CELL, 1)
        small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
        before, self._before = self._before, small
        if before is None or before.shape != small.shape:
            self._strips = []
            return np.ones(small.shape, np.bool_)
        changed = (cv2.absdiff(small, before) > CHANGE).astype(np.uint8)
        return cv2.dilate(changed, np.ones((3, 3), np.uint8)).astype(np.bool_)

    def _follow(
        self, picture: Picture, grey: Picture, time_s: float
    ) -> tuple[dict[int, tuple[Reading, bool]], list[Box], list[Reading]]:
        """Look for the tracks' plates where they are expected.

        Returns:
            What was seen of them; where those were expected that were not seen; readings of other
            vehicles in their places.
        """
        tracks = self.tracker.tracks
        self._reads = {track.number: self._reads.get(track.number, _Reads()) for track in tracks}
        finds = [Find(track.quad_at(time_s), 1.0) for track in tracks]
        height, width = grey.shape
        inside = [_inside(find.quad, width, height) for find in finds]
        framed = self._framed(grey, [f for f, within in zip(finds, inside, strict=True) if within])
        seen: list[tuple[Track, Find]] = []
        lost: list[Box] = []
        for track, find, within in zip(tracks, finds, inside, strict=True):
            found = next(framed) if within else None
            if found is None or not _goes_on(find, found):
                if within:
                    lost.append(box_of_quad(find.quad))
            elif _any_same(box_of_quad(found.quad), [box_of_quad(f.quad) for _, f in seen]):
                continue  # two tracks of one plate: the younger one ends
            else:
                seen.append((track, found))
        for track in tracks:
            self._reads[track.number].ago += 1
        due = [(t, f) for t, f in seen if self._reads[t.number].due(f.quad)]
        due = sorted(due, key=lambda pair: -self._reads[pair[0].number].ago)[:READS]
        followed: dict[int, tuple[Reading, bool]] = {}
        others = []
        readings = self._read(picture, [find for _, find in due])
        for (track, _), reading in zip(due, readings, strict=True):
            self._reads[track.number].add(reading)
            if not self._kept(reading, picture):
                lost.append(reading.bounds)
            elif _is_another(track, reading, self.tracker, time_s):
                others.append(reading)
            else:
                followed[track.number] = reading, True
        read = {track.number for track, _ in due}
        for track, find in seen:
            if track.number not in read:
                followed[track.number] = replace(track.last.reading, quad=find.quad), False
        return followed, lost, others

    def _reframe(
        self,
        picture: Picture,
        grey: Picture,
        finds: Sequence[Find],
        followed: dict[int, tuple[Reading, bool]],
    ) -> None:
        """Read what is followed, but not read for certain, where the scan sees it as well.

        A frame that is handed on from look to look may have begun beside the plate.
        """
        now = self.work.frames
        for track in self.tracker.tracks:
            if track.number not in followed or track.best.reading.confidence >= SURE:
                continue
            own, read = followed[track.number]
            reads = self._reads[track.number]
            if now - reads.framed < LONGEST:
                continue
            others = [r.bounds for number, (r, _) in followed.items() if number != track.number]
            near = [f for f in finds if _any_same(box_of_quad(f.quad), [own.bounds])]
            near = _but_same(near, others)
            if not near:
                continue
            reads.framed = now
            self.work.framed += len(near) * (self.detector.settings.looks - 1)
            near = sift(grey, near, self.detector.framer, self.detector.settings)
            near = [f for f in near if iou(box_of_quad(f.quad), own.bounds) < AS_FRAMED]
            worth = own.presence * own.confidence if read else track.best.score
            for reading in self._read(picture, near[:1]):
                if (
                    reading.presence * reading.confidence > worth
                    and self._kept(reading, picture)
                    and not _any_same(reading.bounds, others)
                ):
                    reads.add(reading)
                    followed[track.number] = reading, True

    def _read_new(
        self,
        picture: Picture,
        grey: Picture,
        finds: Sequence[Find],
        there: Sequence[Box],
        lost: Sequence[Box],
    ) -> list[Reading]:
        """Read what is no track's plate yet: what may begin a track, or go on with a lost one."""
        now, start = self.work.frames, self.tracker.settings.start
        self._dull = [(until, box) for until, box in self._dull if until > now]
        dull = [box for _, box in self._dull]
        finds = _but_same(finds, dull)
        self.work.framed += len(finds) * (self.detector.settings.looks - 1)
        sifted = [
            find
            for find in _but_same(
                sift(grey, finds, self.detector.framer, self.detector.settings), there
            )
            if find.presence >= start or _any_near(box_of_quad(find.quad), lost)
        ]
        readings = self._read(picture, sifted)
        self._dull += [(now + DULL, r.bounds) for r in readings if r.presence < start]
        best: list[Reading] = []
        for reading in sorted(readings, key=lambda r: -r.presence * r.confidence):
            known = [*there, *(r.bounds for r in best)]
            if self._kept(reading, picture) and not _any_same(reading.bounds, known):
                best.append(reading)
        return best

    def _framed(self, grey: Picture, finds: Sequence[Find]) -> Iterator[Find]:
        """Yield each find as the framer sees it: near enough, it needs no second look."""
        quads, presence = [find.quad for find in finds], np.ones(len(finds))
        if finds:
            self.work.framed += len(quads)
            quads, presence = self.detector.framer.frame(grey, quads)
        yield from (Find(q, float(p)) for q, p in zip(quads, presence, strict=True))

    def _read(self, picture: Picture, finds: Sequence[Find]) -> list[Reading]:
        if not finds:
            return []
        self.work.read += len(finds)
        return self.detector.read_framed(picture, finds)

    def _kept(self, reading: Reading, picture: Picture) -> bool:
        least, size = self.detector.settings, size_of(picture)
        return (
            reading.presence >= least.min_presence
            and reading.confidence >= least.min_confidence
            and len(reading.text) >= least.min_characters
            and not (least.mask and least.mask.covers(reading.bounds, size))
        )

    def _scan(self, grey: Picture, moved: Mask) -> list[Find]:
        """Scan the strips whose turn it is; a new video's first frame as a whole."""
        finder = self.detector.finder
        if not isinstance(finder, ScanFinder):
            raise TypeError("only the scan looks at parts of a frame")
        grid = finder.scan.grid
        pyramid = list(finder.levels(grey, self.detector.settings))
        fresh = not self._strips
        if fresh:
            self._strips = [s for k, level in enumerate(pyramid) for s in cut(k, level, grid)]
        every = sum(strip.pixels for strip in self._strips)
        spent = 0
        looks: list[LevelLook] = []
        wanted: list[tuple[float, Strip, tuple[int, int]]] = []
        for strip in self._strips:
            strip.waited += 1
            strip.whole += 1
            columns = moved_columns(strip, pyramid[strip.level], moved, grid)
            if fresh or strip.whole >= TURN:
                wanted.append((float(TURN + strip.whole), strip, (0, strip.columns)))
            elif columns is not None:
                wanted.append((float(strip.waited), strip, columns))
        for _, strip, (left, right) in sorted(wanted, key=lambda each: -each[0]):
            if spent >= PART * every and not fresh:
                break
            looks.append(look_at(strip, left, right, pyramid[strip.level], finder))
            spent += strip.pixels * (right - left) // strip.columns
            strip.waited = 0
            if right - left == strip.columns:
                strip.whole = 0
        if fresh:  # those that come up at once from here on would all be late
            for k, strip in enumerate(self._strips):
                strip.whole = k * TURN // len(self._strips)
        self.work.scanned += spent / max(every, 1)
        return finder.gathered(looks, grey.size, self.detector.settings)


def _cells(box: Box) -> tuple[slice, slice]:
    """Return the cells of a box and as much again on each side."""
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    rows = slice(max(int((y0 - height) // CELL), 0), max(int((y1 + height) // CELL) + 1, 0))
    columns = slice(max(int((x0 - width) // CELL), 0), max(int((x1 + width) // CELL) + 1, 0))
    return rows, columns


def _height(quad: FloatArray) -> float:
    return float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2


def _inside(quad: FloatArray, width: int, height: int) -> bool:
    x, y = quad.mean(axis=0)
    return bool(0 <= x < width and 0 <= y < height)


def _is_another(track: Track, reading: Reading, tracker: Tracker, time_s: float) -> bool:
    """Tell whether another vehicle has come to a track's place."""
    best = track.best.reading
    if reading.confidence >= ANOTHER > best.confidence and agreement(reading.text, best.text) < 0.4:
        return True
    return tracker.cost(track, Sight(reading=reading, frame=0, time_s=time_s)) is None


def _goes_on(expected: Find, seen: Find) -> bool:
    """Tell whether what the framer sees may be the plate that was expected there."""
    before, now = max(_height(expected.quad), 1.0), max(_height(seen.quad), 1.0)
    return seen.presence >= FOLLOWED and max(before / now, now / before) < 1.5


def _but_same(finds: Sequence[Find], others: Sequence[Box]) -> list[Find]:
    """Return the finds that are none of other boxes, as `_any_same` tells."""
    shared = shared_parts([box_of_quad(find.quad) for find in finds], others)
    same = np.any(shared > SAME, axis=1)
    return [find for find, is_same in zip(finds, same.tolist(), strict=True) if not is_same]


def _any_same(box: Box, others: Sequence[Box]) -> bool:
    return bool(others) and bool((shared_parts([box], others) > SAME).any())


def _any_near(box: Box, others: Sequence[Box]) -> bool:
    return any(
        abs(box[0] + box[2] - o[0] - o[2]) < 4 * (o[2] - o[0])
        and abs(box[1] + box[3] - o[1] - o[3]) < 6 * (o[3] - o[1])
        for o in others
    )
