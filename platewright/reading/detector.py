"""The detector: finds, frames and reads the plates of a photo."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from platewright.geometry import (
    FloatArray,
    Picture,
    areas,
    intersections,
    ratio_of_quad,
    size_of,
    suppress,
)
from platewright.image import as_grey
from platewright.reading.acceptance import Shown, is_accepted, is_complete, is_written, room
from platewright.reading.finder import Find, Finder, Framer, sift
from platewright.reading.jurisdiction import Conditioned, Jurisdiction
from platewright.reading.prior import Clues, OriginTeller
from platewright.reading.settings import DetectorSettings
from platewright.reading.speller import Look, Speller
from platewright.reading.spelling import Spelling, spell
from platewright.record import Reading

OTHERS = 3  #: Further texts of a plate, of other lengths maybe, that are tried under the regions
PART = 0.2
"""A reading goes whose box is in that of a longer one that is so many times as sure or more ..."""
AS_LONG, AS_SURE = 2 / 3, 0.7
"""... or so many times, where it is so many times as long: then it is hardly a line of several."""
STICKER = 0.05
"""What takes less of a reading's box is a sticker on the plate, however long its text."""
INSIDE = 0.7  #: A box lies in another one if so much of it does
FRAMED = 0.3
"""Where plates are located, what the framer is less sure of is not read: hardly anything of it
would stay."""
UNLIKELY = 0.02  #: Least presence of a window of the scan where a photo is seen as a negative
SEEN = Shown(sign_presence=Shown.presence, numbers=True)
"""Where nothing that would be shown is read, or a sign, the photo is seen as a negative, too."""
UNREAD = 1e-6  #: Confidence of a reading without text where readings are sorted


class Detector:
    """Reads photos.

    Args:
        finder: says where plates may be.
        framer: says where exactly.
        speller: says what they say.
        settings: what to look for.
        origin: says whose they may be by how they look; None: their texts alone say it.

    Raises:
        RegionError: if one of the settings' regions can't be used.
    """

    def __init__(
        self,
        finder: Finder,
        framer: Framer,
        speller: Speller,
        settings: DetectorSettings | None = None,
        origin: OriginTeller | None = None,
    ) -> None:
        self.finder, self.framer, self.speller = finder, framer, speller
        self.origin = origin
        self.settings = settings or DetectorSettings()
        self.alphabet = speller.alphabet
        if self.settings.regions:
            _ = self.jurisdiction  # here, not at the first plate, a misspelt region is told

    @cached_property
    def jurisdiction(self) -> Jurisdiction:
        """What tells the regions apart: the settings' ones, else all."""
        return Jurisdiction.load(self.settings.regions, self.alphabet, self.speller.longest)

    def read(self, image: Picture) -> list[Reading]:
        """Find and read all plates.

        Args:
            image: (H, W) grey or (H, W, 3) RGB photo.

        Returns:
            Readings, sorted by presence x confidence.
        """
        grey = as_grey(image)
        limit = self.settings
        if not self.framer.judges:
            # A reading's presence is the scan's, times more: nothing can come of a lesser find, and
            # what is asked for must not be dropped between the looks, where it is that product.
            limit = replace(
                limit,
                scan_presence=max(limit.scan_presence, limit.min_presence),
                second_look=min(limit.second_look, limit.min_presence),
                negative=0,
            )
        found = self._read_finds(grey, self.finder.find(grey, limit), limit)
        if limit.negative and not self.finder.exact and not any(map(SEEN, found)):
            wide = replace(limit, max_candidates=limit.negative, scan_presence=UNLIKELY)
            found += self._read_finds(grey, self.finder.find(255 - grey, wide), limit)
        found = without_parts(found, self.jurisdiction.captions)
        # An unread plate stays behind all that is read, where they lie over one another.
        worth = [r.presence * (r.confidence or UNREAD) for r in found]
        kept = suppress([r.bounds for r in found], worth)
        return self._placed(image, [found[k] for k in kept[: limit.max_plates]])

    def _read_finds(
        self, grey: Picture, finds: list[Find], limit: DetectorSettings
    ) -> list[Reading]:
        """Return readings of finds, within the limits."""
        if self.finder.exact:
            quads = [find.quad for find in finds]
            readings = [
                replace(reading, quad=quad)
                for quad, reading in zip(quads, self._framed(grey, quads), strict=True)
            ]
        else:
            finds = sift(grey, finds, self.framer, limit)
            readings = self._spelled(grey, finds)
        return [
            r
            for r in readings
            if r.presence >= limit.min_presence
            and r.confidence >= limit.min_confidence
            and len(r.text) >= limit.min_characters
            and not (limit.mask and limit.mask.covers(r.bounds, size_of(grey)))
        ]

    def locate(self, image: Picture) -> list[Reading]:
        """Find plates and tell no texts, in less time than reading takes.

        Args:
            image: (H, W) grey or (H, W, 3) RGB photo.

        Returns:
            Readings without texts, best first: also those that overlap, and parts of others.
        """
        grey = as_grey(image)
        finds = sift(grey, self.finder.find(grey, self.settings), self.framer, self.settings)
        finds = [find for find in finds if find.presence >= FRAMED]
        if not finds:
            return []
        looks = self.speller.look(grey, [f.quad for f in finds], self.settings.framings[:1])
        seen = [
            Reading(text="", confidence=0.0, presence=look.presence * f.presence, quad=look.quad)
            for look, f in zip(looks, finds, strict=True)
        ]
        worth = [reading for reading in seen if reading.presence >= self.settings.min_presence]
        return sorted(worth, key=lambda reading: -reading.presence)

    def read_quads(self, image: Picture, quads: Sequence[ArrayLike]) -> list[Reading]:
        """Read given quads, without a search.

        Args:
            image: (H, W) grey or (H, W, 3) RGB photo.
            quads: (4, 2) each, photo pixels.

        Returns:
            One reading per quad, in order, however unsure.
        """
        return self._placed(image, self._framed(as_grey(image), quads))

    def _framed(self, grey: Picture, quads: Sequence[ArrayLike]) -> list[Reading]:
        """Return a reading per quad, in the frame that is seen; whose it is nobody has told yet."""
        if not len(quads):
            return []
        framed = [np.asarray(q, float) for q in quads]
        seen = np.ones(len(framed))
        for _ in range(self.settings.looks - 1):
            framed, presence = self.framer.frame(grey, framed)
            seen = presence if self.framer.judges else seen
        return [
            self._reading(look, look.presence * float(p))
            for look, p in zip(self._look(grey, framed), seen, strict=True)
        ]

    def read_framed(self, image: Picture, finds: Sequence[Find]) -> list[Reading]:
        """Read finds in the frames that they have, and judge none of them.

        Args:
            image: (H, W) grey or (H, W, 3) RGB photo.

        Returns:
            One reading per find, in order, however unsure; without a text where presence is less
            than `min_presence`: whose it is would take more time than all else.
        """
        return self._placed(image, self._spelled(as_grey(image), finds))

    def _spelled(self, grey: Picture, finds: Sequence[Find]) -> list[Reading]:
        """Return a reading per find, in order, without a text where it is hardly a plate."""
        looks = self._look(grey, [find.quad for find in finds])
        sure = [look.presence * find.presence for look, find in zip(looks, finds, strict=True)]
        return [
            self._reading(look, presence)
            if presence >= self.settings.min_presence
            else Reading(text="", confidence=0.0, presence=presence, quad=look.quad)
            for look, presence in zip(looks, sure, strict=True)
        ]

    def _look(self, grey: Picture, quads: Sequence[FloatArray]) -> list[Look]:
        return self.speller.look(grey, quads, self.settings.framings) if len(quads) else []

    def _reading(self, look: Look, presence: float) -> Reading:
        spelling = look.evidence.spell()
        given = self._conditioned(look, spelling) if self.settings.regions else None
        text = spelling.text if given is None else given.text
        shown = spelling.slots if given is None else given.slots
        confidence, characters = spell(text, shown, self.alphabet)
        layout = getattr(look.evidence, "layout", None)
        lines, groups = layout(text) if layout else ((), ())
        return Reading(
            text=text,
            confidence=confidence,
            presence=presence,
            quad=look.quad,
            characters=characters,
            lines=lines,
            groups=groups,
            region="" if given is None else given.region,
            slots=spelling.slots,
            accepted=False,  # until it is known whose it may be
        )

    def _conditioned(self, look: Look, spelling: Spelling) -> Conditioned | None:
        """Return the most probable text that fits the regions, of those that the plate may have."""
        best, most = None, 0.0
        for text in (spelling.text, *(text for text, _ in spelling.others[:OTHERS])):
            own = spelling if text == spelling.text else look.evidence.spell_as(text)
            given = self.jurisdiction.condition(own.slots)
            if given is None:
                continue
            probability = spell(given.text, own.slots, self.alphabet)[0]
            if probability > most:
                best, most = given, probability
        return best

    def _placed(self, image: Picture, readings: Sequence[Reading]) -> list[Reading]:
        """Return readings with their most probable regions."""
        free = not self.settings.regions  # else a text that fits none of them is nobody's
        read = [
            (k, r.slots)
            for k, r in enumerate(readings)
            if r.slots is not None and r.text and (free or r.region)
        ]
        looks: Sequence[dict[str, float] | None] = [None] * len(read)
        if self.origin and read:
            looks = self.origin.look(image, [readings[k].quad for k, _ in read])
        out = list(readings)
        for (k, slots), seen in zip(read, looks, strict=True):
            own = readings[k]
            ratio = ratio_of_quad(own.quad)
            shape = (ratio, len(own.lines)) if ratio > 0 else None
            clues = Clues(looks=seen, groups=own.groups, shape=shape)
            if free and self.origin:
                out[k] = self._respelled(
                    own, *self.jurisdiction.disambiguate(own.text, slots, clues)
                )
            region, probability = self.jurisdiction.region(slots, clues)
            if region or free:
                out[k] = replace(out[k], region=region, region_probability=probability)
        return [self._judged(reading, image) for reading in out]

    def _respelled(self, reading: Reading, text: str, slots: FloatArray) -> Reading:
        """Return the reading with other slots, and a text as long as its own."""
        if slots is reading.slots:
            return reading
        confidence, characters = spell(text, slots, self.alphabet)
        rest = iter(text)
        lines = tuple("".join(islice(rest, len(line))) for line in reading.lines)
        rest = iter(text)
        groups = tuple("".join(islice(rest, len(group))) for group in reading.groups)
        return replace(
            reading, text=text, confidence=confidence, characters=characters,
            lines=lines, groups=groups, slots=slots,
        )  # fmt: skip

    def _judged(self, reading: Reading, image: Picture) -> Reading:
        """Return the reading, accepted where it may be."""
        size = size_of(image)
        judged = replace(
            reading,
            complete=is_complete(reading.quad, size, reading.text),
            room=room(reading.quad, size),
            written=bool(reading.text) and is_written(image, reading.quad),
        )
        return replace(judged, accepted=is_accepted(judged, self.settings, self.jurisdiction))

    def with_parts(
        self, *, finder: Finder | None = None, speller: Speller | None = None
    ) -> Detector:
        """Return a detector with another finder or speller, and all else as it is.

        Raises:
            RegionError: if one of the regions can't be used.
        """
        return Detector(
            finder or self.finder, self.framer, speller or self.speller, self.settings, self.origin
        )

    def with_settings(self, **changes: Any) -> Self:
        """Return a detector with other settings and the same networks.

        Raises:
            RegionError: if one of the regions can't be used.
        """
        other = copy(self)
        other.settings = replace(self.settings, **changes)
        if other.settings.regions != self.settings.regions:
            other.__dict__.pop("jurisdiction", None)
        if other.settings.regions:
            _ = other.jurisdiction
        return other


def without_parts(readings: Sequence[Reading], captions: Collection[str] = ()) -> list[Reading]:
    """Return readings without those of a part of another one: a line of two, a sticker, a name.

    Args:
        captions: what stands above and below the text of plates, such as a state's name.
    """
    boxes = np.array([r.bounds for r in readings], np.float64).reshape(-1, 4)
    sizes = areas(boxes)
    inside = intersections(boxes, boxes) > INSIDE * sizes  # (larger, smaller)

    def beside(part: Reading, whole: Reading, share: float) -> bool:
        """Tell whether a reading, whose box is a share of the other's, goes for it."""
        if share < STICKER or part.text in captions:
            return whole.confidence >= PART * part.confidence
        long = len(part.text) >= AS_LONG * len(whole.text)
        least = (AS_SURE if long else PART) * part.confidence
        return len(whole.text) > len(part.text) and whole.confidence >= least

    return [
        part
        for k, part in enumerate(readings)
        if not any(
            inside[j, k] and sizes[j] > sizes[k] and beside(part, whole, sizes[k] / sizes[j])
            for j, whole in enumerate(readings)
        )
    ]
