"""Messages that tell others of a vehicle, and who takes them."""

import base64
import csv
import io
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from platewright.text import shielded

PLAIN = ("source", "track", "text", "confidence", "presence", "accepted", "region", "frames")
MOMENTS = ("first", "last", "best")


def csv_header() -> str:
    """Return the first line of a CSV table of vehicles."""
    moments = (f"{when}_{unit}" for when in MOMENTS for unit in ("s", "at"))
    return _csv(*PLAIN, *moments, "x0", "y0", "x1", "y1")


def csv_line(body: Mapping[str, Any]) -> str:
    """Return the line of a vehicle, of what its JSON line has."""
    moments = (body[when].get(key, "") for when in MOMENTS for key in ("time_s", "at"))
    return _csv(*(body[name] for name in PLAIN), *moments, *body["box"])


def _csv(*values: object) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(map(shielded, values))
    return text.getvalue()


class LostError(Exception):
    """The receiver can't be reached, or not for now; its text says why and holds no password."""


class RefusedError(Exception):
    """The receiver is there and does not want this message."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is told of one vehicle."""

    body: Mapping[str, Any]  #: JSON values
    picture: bytes = b""  #: a JPEG of it; empty: none
    id: str = field(default_factory=lambda: uuid.uuid4().hex)  #: the same however often it is sent
    number: int = 0  #: its place in the queue

    def as_json(self, *, pictured: bool = False) -> bytes:
        """Return it as JSON, with the picture in base64 if wished."""
        picture = base64.b64encode(self.picture).decode() if pictured and self.picture else ""
        told = {"id": self.id, **self.body, **({"picture": picture} if picture else {})}
        return json.dumps(told).encode()

    def __str__(self) -> str:
        return " of ".join(str(self.body[key]) for key in ("text", "seen") if self.body.get(key))


class Receiver(Protocol):
    """Who is told."""

    name: str  #: what lines call it; without a password and other secrets
    key: str  #: tells receivers apart in the queue, likewise

    def send(self, message: Message) -> None:
        """Send a message and wait until it was taken.

        Raises:
            LostError: if it was not, and may be another time.
            RefusedError: if it is not wanted.
        """
        ...

    def close(self) -> None:
        """Say goodbye."""
        ...
