"""Settings of a detector: what is looked for and what is kept."""

from __future__ import annotations

from dataclasses import dataclass

from platewright.reading.mask import Mask
from platewright.record import Reading

__all__ = ["ACCEPTED", "DetectorSettings", "Shown"]

ACCEPTED = 0.7
"""Least confidence of a text that is taken as read, unless told otherwise."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Which readings a person gets to see, where all aren't asked for.

    As they are: of the readings shown at least nine in ten are plates, and of the texts that are
    read right less than one in a hundred is left out (docs/decisions.md). What is left out is a
    badge, a sign or a grille as a rule.

    Attributes:
        presence: least one, 0-1.
        confidence: least one of a text, 0-1; what has no text goes by its presence alone.
    """

    presence: float = 0.8
    confidence: float = 0.15

    @classmethod
    def of(
        cls,
        *,
        everything: bool = False,
        presence: float | None = None,
        confidence: float | None = None,
    ) -> Shown:
        """Return what a user asks for.

        Args:
            everything: whether all is to be shown.
            presence: least one that was asked for; None: the usual one.
            confidence: the same.
        """
        usual = cls(presence=0.0, confidence=0.0) if everything else cls()
        return cls(
            presence=usual.presence if presence is None else presence,
            confidence=usual.confidence if confidence is None else confidence,
        )

    def __call__(self, reading: Reading) -> bool:
        """Tell whether a reading is shown."""
        sure = reading.confidence >= self.confidence or not reading.text
        return reading.presence >= self.presence and sure


@dataclass(frozen=True, kw_only=True)
class DetectorSettings:
    """What is looked for and what is kept.

    Attributes:
        min_presence: least presence of a reading, 0-1: of the frame, the reader and the average
            character together, so that a sign which reads as nothing certain is dropped.
        min_confidence: least confidence of a reading, 0-1; what is less sure is dropped.
        accept: least confidence of an accepted text, 0-1; what is less sure is marked.
        accept_presence: least presence of an accepted text, 0-1.
        min_height: height of the smallest plate looked for, photo pixels; 0: by `smallest`.
        smallest: that height as a part of the photo's shorter side, and at least so many pixels.
        max_plates: most readings of a photo.
        min_characters: shortest text kept; 0: also what another reader can't read. What the
            default network reads as nothing has no presence.
        scan_presence: least presence of a window of the scan that is framed, 0-1.
        max_candidates: most windows that are framed, for each megapixel of the photo; a smaller
            one counts as one megapixel.
        second_look: least presence of a frame that is framed again, and read, 0-1.
        looks: how often a plate is framed, and read at last: 3 frames it twice.
        framings: the margins round the quad at which it is read, times the network's own; what is
            sure at the first is not read at the others. Their probabilities are averaged.
        regions: codes or files of the regions whose syntaxes texts are to fit; none: any text.
            With them, a text that fits none is not accepted.
        mask: where nothing is looked for.
    """

    min_presence: float = 0.5
    min_confidence: float = 0.0
    accept: float = ACCEPTED
    accept_presence: float = 0.9
    min_height: float = 0.0
    smallest: tuple[float, float] = (1 / 60, 5.0)
    max_plates: int = 50
    min_characters: int = 0
    scan_presence: float = 0.05
    max_candidates: int = 28
    second_look: float = 0.87
    looks: int = 3
    framings: tuple[float, ...] = (1.0, 0.3, 2.0)
    regions: tuple[str, ...] = ()
    mask: Mask | None = None
