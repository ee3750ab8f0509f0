"""What the stations hand on: the record of a drawn or imported scene, and the reading of a photo.

A `SceneRecord` is all that training and evaluation know of a picture, drawn or real alike.
A `Reading` is all that the program says of one plate.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from platewright.geometry import Box, FloatArray, box_of_quad, quad_of_box

ROOM = 0.05
"""A reading's box has so much of the plate's height as room on every side: so people label plates
(docs/decisions.md), and so what is cut out or painted over has its rim. The quad has none."""

MAX_LINES = 3  #: Of a plate: motorcycles' of Pakistan and the Philippines have as many


@dataclass(frozen=True, kw_only=True)
class CharacterRecord:
    """One drawn character: where it is.

    Attributes:
        char: the character, from the alphabet.
        quad: (4, 2) its ink's bounding quad, in pixels of the scene.
        line: 0 for the top line of a plate, 1 for the line below, 2 for a third.
        confidence: 0-1, of the reader that labelled it; None where it is known.
    """

    char: str
    quad: FloatArray
    line: int = 0
    confidence: float | None = None

    @property
    def box(self) -> Box:
        """The upright box round the quad."""
        return box_of_quad(self.quad)

    def __repr__(self) -> str:
        return f"CharacterRecord(char={self.char!r}, line={self.line}, box={_whole(self.box)})"

    def as_dict(self, quad: list[list[float]] | None = None) -> dict[str, Any]:
        """Return the JSON form.

        Args:
            quad: its own, where that is rounded already.
        """
        quad = _rounded(self.quad) if quad is None else quad
        sure = {} if self.confidence is None else {"confidence": self.confidence}
        return {"char": self.char, "line": self.line, "quad": quad, **sure}


@dataclass(frozen=True, kw_only=True)
class PlateRecord:
    """One plate in a scene.

    Attributes:
        text: its characters without separators, top line first; empty when unknown.
        quad: (4, 2) corners of the plate, in pixels of the scene; may lie outside it.
        region: code of the jurisdiction (`GB`), empty when unknown.
        characters: in reading order; empty for real photos labelled without them.
        drawn: every parameter that the drawing used: JSON values, or what has them as `as_dict`.
        kind: what an imported data set calls the thing where that isn't `plate`; else empty.
    """

    text: str
    quad: FloatArray
    region: str = ""
    characters: tuple[CharacterRecord, ...] = ()
    drawn: dict[str, Any] = field(default_factory=dict)
    kind: str = ""

    def __repr__(self) -> str:
        return f"PlateRecord(text={self.text!r}, region={self.region!r}, box={_whole(self.box)})"

    @property
    def box(self) -> Box:
        """The upright box round the quad."""
        return box_of_quad(self.quad)

    @property
    def boxed(self) -> bool:
        """Whether no more is known than an upright box: the plate's corners may lie elsewhere."""
        return not self.characters and np.array_equal(self.quad, quad_of_box(self.box))

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        quad, *quads = _rounded([self.quad, *(c.quad for c in self.characters)])
        told = zip(self.characters, quads, strict=True)
        return {
            "text": self.text,
            "region": self.region,
            "box": [round(v, 2) for v in self.box],
            "quad": quad,
            "characters": [character.as_dict(rounded) for character, rounded in told],
            "drawn": _plain(self.drawn),
            **({"kind": self.kind} if self.kind else {}),
        }


@dataclass(frozen=True, kw_only=True)
class SceneRecord:
    """A picture's labels.

    Attributes:
        size: (height, width) in pixels.
        plates: the whole plates that a reader should find.
        decoys: upright boxes of things drawn to look like plates, in pixels.
        seed: (seed, index) that draws the scene again; (-1, -1) for photos.
        presence: whether a whole plate at the right scale is in the window; None for scenes.
        drawn: every parameter of the scene's drawing: JSON values, or what has them as `as_dict`.
    """

    size: tuple[int, int]
    plates: tuple[PlateRecord, ...] = ()
    decoys: tuple[Box, ...] = ()
    seed: tuple[int, int] = (-1, -1)
    presence: bool | None = None
    drawn: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"SceneRecord(size={self.size}, seed={self.seed}, plates={list(self.plates)})"

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form that `labels.jsonl` holds, without the picture's name."""
        presence = {} if self.presence is None else {"presence": int(self.presence)}
        return {
            "height": self.size[0],
            "width": self.size[1],
            "seed": list(self.seed),
            **presence,
            "plates": [p.as_dict() for p in self.plates],
            "decoys": [[round(v, 2) for v in box] for box in self.decoys],
            "drawn": _plain(self.drawn),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> SceneRecord:
        """Read the JSON form back.

        Raises:
            KeyError: if a field is missing.
        """
        presence = values.get("presence")
        return cls(
            size=(int(values["height"]), int(values["width"])),
            plates=tuple(
                PlateRecord(
                    text=plate["text"],
                    quad=np.array(plate["quad"], np.float64),
                    region=plate["region"],
                    characters=tuple(
                        CharacterRecord(
                            char=c["char"],
                            line=c["line"],
                            quad=np.array(c["quad"], np.float64),
                            confidence=c.get("confidence"),
                        )
                        for c in plate["characters"]
                    ),
                    drawn=plate["drawn"],
                    kind=plate.get("kind", ""),
                )
                for plate in values["plates"]
            ),
            decoys=tuple((b[0], b[1], b[2], b[3]) for b in values["decoys"]),
            seed=(int(values["seed"][0]), int(values["seed"][1])),
            presence=None if presence is None else bool(presence),
            drawn=values["drawn"],
        )


@dataclass(frozen=True, kw_only=True)
class Character:
    """One read character.

    Attributes:
        char: the most probable one.
        probability: its probability, 0-1.
        alternatives: up to three (character, probability), the chosen one first.
    """

    char: str
    probability: float
    alternatives: tuple[tuple[str, float], ...] = ()


ARRAYS = ("quad", "slots")  #: Attributes of a reading that are compared number by number


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """What the detector says of one plate.

    Attributes:
        text: the characters, top line first; empty when nothing can be read.
        confidence: product of the characters' probabilities, 0-1.
        presence: probability that a plate is there, 0-1.
        quad: (4, 2) corners, top left, top right, bottom right, bottom left, photo pixels.
        characters: one per character of `text`.
        region: code of the most probable jurisdiction, empty when unknown: a country's, or a
            state's where that is sure.
        region_probability: of its country, 0-1.
        complete: whether the plate is seen from end to end, as far as that can be told: no
            character of it is hidden (`?`), and it does not go on beyond the picture's edge.
        lines: the text's lines, top first; empty where the reader does not tell.
        groups: what stands together on them, with gaps between: B NO or BN O; likewise.
        room: how far it is from the picture's edge, in its widths.
        written: whether it was written into the picture, and is no plate that a camera saw.
        slots: (slots, classes) probabilities; the last class is `pad`.
        accepted: whether it may be taken as read: it is sure, whole, of a plate, and of a region.
    """

    text: str
    confidence: float
    presence: float
    quad: FloatArray
    characters: tuple[Character, ...] = ()
    region: str = ""
    slots: FloatArray | None = None
    accepted: bool = True
    region_probability: float = 0.0
    complete: bool = True
    lines: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    room: float = 1.0
    written: bool = False

    def __eq__(self, other: object) -> bool:
        """Tell whether all of it is the same, to the last digit."""
        if not isinstance(other, Reading):
            return NotImplemented
        mine, its = self.__dict__, other.__dict__
        return all(np.array_equal(mine[name], its[name]) for name in ARRAYS) and all(
            mine[name] == its[name] for name in mine if name not in ARRAYS
        )

    def __hash__(self) -> int:
        return hash((self.text, self.confidence, self.presence))

    def __repr__(self) -> str:
        return (
            f"Reading(text={self.text!r}, confidence={self.confidence:.3f}, "
            f"presence={self.presence:.3f}, region={self.region!r}, box={_whole(self.box)})"
        )

    @property
    def bounds(self) -> Box:
        """The upright box round the quad, (x0, y0, x1, y1) in photo pixels, half-open."""
        return box_of_quad(self.quad)

    @property
    def box(self) -> Box:
        """`bounds` with `ROOM`; it may reach over the photo's edge, as the quad may."""
        x0, y0, x1, y1 = self.bounds
        upright = self.quad[3] - self.quad[0] + self.quad[2] - self.quad[1]
        room = ROOM * float(np.hypot(*upright)) / 2
        return x0 - room, y0 - room, x1 + room, y1 + room

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form that `detect.py` writes; `from_dict` reads it back to the letter."""
        quad = [[round(float(x), 1), round(float(y), 1)] for x, y in self.quad]
        return {
            "text": self.text,
            "confidence": round(self.confidence, 4),
            "presence": round(self.presence, 4),
            "accepted": self.accepted,
            "complete": self.complete,
            "lines": list(self.lines),
            "groups": list(self.groups),
            "region": self.region,
            "region_probability": round(self.region_probability, 4),
            "box": [round(v, 1) for v in replace(self, quad=np.array(quad)).box],
            "quad": quad,
            "characters": [
                {
                    "char": c.char,
                    "probability": round(c.probability, 4),
                    "alternatives": [[a, round(p, 4)] for a, p in c.alternatives],
                }
                for c in self.characters
            ],
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Reading:
        """Read the JSON form back, as precise as it is.

        Raises:
            KeyError, TypeError, ValueError: if it is none.
        """
        return cls(
            text=str(values["text"]),
            confidence=float(values["confidence"]),
            presence=float(values["presence"]),
            quad=np.array(values["quad"], np.float64).reshape(4, 2),
            characters=tuple(
                Character(
                    char=c["char"],
                    probability=float(c["probability"]),
                    alternatives=tuple((a, float(p)) for a, p in c["alternatives"]),
                )
                for c in values["characters"]
            ),
            region=str(values["region"]),
            region_probability=float(values.get("region_probability", 0.0)),
            accepted=bool(values["accepted"]),
            complete=bool(values["complete"]),
            lines=tuple(map(str, values["lines"])),
            groups=tuple(map(str, values["groups"])),
        )


def _plain(value: Any) -> Any:
    """Return the JSON form of what a drawing kept; made only when it is written down."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return value.as_dict() if hasattr(value, "as_dict") else value


def _whole(box: Box) -> str:
    """Return a box as a reader of `repr` wants it."""
    return f"({', '.join(f'{value:.0f}' for value in box)})"


def _rounded(quads: ArrayLike) -> Any:
    """Return numbers rounded to a hundredth, as `round` does it one by one, as nested lists."""
    values = np.asarray(quads, np.float64)
    hundredths = values * 100.0
    whole = np.rint(hundredths)
    if np.abs(np.abs(hundredths - whole) - 0.5).min(initial=1.0) > TIE:
        return (whole / 100.0).tolist()
    # As near to the middle as this, what the product lost may decide.
    return np.array([round(x, 2) for x in values.ravel().tolist()]).reshape(values.shape).tolist()


TIE = 1e-6
