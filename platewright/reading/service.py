"""Reading by an OCR service: crops are posted to an endpoint that speaks as OCR.space does.

Nothing is sent unless `--reader api` asks for it. `PLATEWRIGHT_OCR_URL` says where to,
`PLATEWRIGHT_OCR_KEY` with which key. Request and answer: OCR.space, "Free OCR API" documentation
(POST parse/image; `apikey`, `base64Image`, `OCREngine`; `ParsedResults` with a `ParsedText` and a
`FileParseExitCode` per page, `OCRExitCode`; what failed, in `ErrorMessage`, a text or a list).
"""

from __future__ import annotations

import base64
import json
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException, InvalidURL
from itertools import product
from typing import Any
from urllib import error, parse

import numpy as np

from platewright.errors import ServiceError
from platewright.geometry import FloatArray, Picture
from platewright.http import ALLOWED, RefusedError, ask
from platewright.image import as_rgb, encode_image
from platewright.reading.speller import SettledEvidence
from platewright.text import Alphabet, clean

URL, KEY = "PLATEWRIGHT_OCR_URL", "PLATEWRIGHT_OCR_KEY"
LARGEST = 1 << 20  #: Bytes of an answer
LONGEST_WAIT_S = 30.0  #: No service is waited for longer between two tries, whatever it asks
HOST = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]+")


@dataclass(frozen=True, kw_only=True)
class Service:
    """An endpoint and how patiently it is asked."""

    url: str  #: that crops are posted to, http or https
    key: str = field(repr=False)  #: sent in the header `apikey`
    timeout_s: float = 20.0  #: for one answer, from the look-up of the host's name to its last byte
    tries: int = 4  #: at most, where the endpoint is busy or out of reach
    backoff_s: float = 0.5  #: before the second try; doubled for each further one
    pause: Callable[[float], None] = time.sleep  #: waits; replaced in tests

    def __post_init__(self) -> None:
        """Check the address and the key: a `ServiceError` that tells neither, if need be."""
        if "@" in self.url:
            raise ServiceError(f"{URL} holds a name or a password (@): the key is for {KEY}")
        _address(self.url)
        if not (self.key and self.key.isascii() and self.key.isprintable()):
            raise ServiceError(f"{KEY}: the key is empty or has characters that no header can have")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Service:
        """Return the service that the environment names.

        Raises:
            ServiceError: if the address or the key is missing or can't be used.
        """
        url, key = environment.get(URL, "").strip(), environment.get(KEY, "").strip()
        for name, value, what in ((URL, url, "address"), (KEY, key, "key")):
            if not value:
                raise ServiceError(f"reader api: {name} is not set: give it the service's {what}")
        return cls(url=url, key=key)

    @property
    def place(self) -> str:
        """The address as it is told: without a query, which may hold secrets, and the key."""
        return self._line(_address(self.url)._replace(query="", fragment="").geturl())

    def read(self, crop: Picture) -> str:
        """Post one crop and return the text that comes back, its lines from top to bottom.

        Args:
            crop: (h, w) grey or (h, w, 3) RGB.

        Raises:
            ServiceError: if the service can't be reached, refuses, or answers something else.
        """
        picture = base64.b64encode(encode_image(as_rgb(crop), ".png")).decode()
        form = {"base64Image": f"data:image/png;base64,{picture}", "language": "eng"}
        body = parse.urlencode(form | {"OCREngine": "2", "scale": "true"}).encode()
        wait = self.backoff_s
        for left in range(self.tries - 1, -1, -1):
            try:
                return self._text(self._post(body))
            except _BusyError as busy:
                if not left:
                    told = f"{busy}; tried {self.tries} times, give up"
                    raise ServiceError(f"{self.place}: {told}") from None
                self.pause(min(max(wait, busy.after_s), LONGEST_WAIT_S))
                wait *= 2
        raise ValueError("tries must be at least 1")

    def _post(self, body: bytes) -> bytes:
        try:
            return ask(_address(self.url).geturl(), body,
                       {"apikey": self.key, "Content-Type": "application/x-www-form-urlencoded"},
                       timeout_s=self.timeout_s, max_bytes=LARGEST)  # fmt: skip
        except RefusedError:
            told = f"the answer is larger than {LARGEST} bytes"
            raise ServiceError(f"{self.place}: {told}") from None
        except error.HTTPError as refused:
            with refused:
                code, after = refused.code, refused.headers.get("Retry-After", "")
            if code == 429 or code >= 500:
                raise _BusyError(f"answers {code}", after) from None
            why = {401: "the key is refused", 403: "the key is refused, or its quota is used up"}
            told = why.get(code, "not the address of such a service")
            raise ServiceError(f"{self.place}: answers {code}: {told}") from None
        except (InvalidURL, ValueError):  # their texts may hold a proxy's password
            raise ServiceError(f"{self.place}: can't be asked: check http(s)_proxy") from None
        except (OSError, HTTPException) as failed:
            reason = getattr(failed, "reason", failed)
            told = f"can't be reached ({self._line(reason) or type(reason).__name__})"
            if isinstance(reason, TimeoutError):
                told = f"no answer in {self.timeout_s:g} s"
            raise _BusyError(told) from None

    def _text(self, answer: bytes) -> str:
        try:
            values = json.loads(answer)
            pages = values.get("ParsedResults") or []
            failed = [page for page in pages if not _in(page.get("FileParseExitCode"), 1)]
            error_told = str(values.get("IsErroredOnProcessing")).lower() in ("true", "1")
            if error_told or failed or not _in(values.get("OCRExitCode"), 1, 2):
                why = self._line(_why([*failed, values]))
                raise ServiceError(f"{self.place}: the service could not read it: {why}")
            return "\n".join([page["ParsedText"] or "" for page in values["ParsedResults"] or []])
        except (ValueError, AttributeError, TypeError, KeyError, OverflowError, RecursionError):
            raise ServiceError(
                f"{self.place}: the answer is not that of such a service (no ParsedResults)"
            ) from None

    def _line(self, told: object) -> str:
        """Return foreign words as one line of at most 200 characters, without the key."""
        text = re.sub(re.escape(self.key), "***", str(told), flags=re.IGNORECASE)
        text = "".join(char if char.isprintable() else " " for char in text)
        return " ".join(text.split())[:200]


class _BusyError(Exception):
    """Worth another try."""

    def __init__(self, told: str, after: str = "") -> None:
        super().__init__(told)
        self.after_s = float(after) if after.isdecimal() else 0.0


class ServiceSpeller:
    """Reads crops with a service.

    It tells no probabilities: each of its characters counts half, and what the detector's own
    speller says the other half.
    """

    weight = 0.5
    margin = (0.06, 0.08)
    height = 96
    slots = 12

    def __init__(self, service: Service) -> None:
        self.service, self.alphabet = service, Alphabet()

    def window(self, quad: FloatArray) -> tuple[int, int]:
        """Return the size of a crop: the plate's own shape, which such services expect."""
        sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
        shape = (sides[0] + sides[2]) / max(sides[1] + sides[3], 1e-6)
        return self.height, round(self.height * float(np.clip(shape, 1.0, 8.0)))

    def look(self, crops: Sequence[Picture]) -> list[SettledEvidence]:
        """Post crops, one after the other.

        Raises:
            ServiceError: if one can't be read there.
        """
        return [self._evidence(clean(self.service.read(crop))) for crop in crops]

    def _evidence(self, text: str) -> SettledEvidence:
        text = text[: self.slots]
        slots = np.eye(self.alphabet.num_classes)[self.alphabet.encode(text, self.slots)]
        return SettledEvidence(text, slots, self.alphabet)


def _address(url: str) -> parse.SplitResult:
    """Return an address's parts as they are sent: its host in IDNA, the others escaped."""
    try:
        parts = parse.urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode().lower()
        port = "" if parts.port is None else f":{parts.port}"
        path, query = (parse.quote(part, ALLOWED) for part in (parts.path, parts.query))
    except ValueError:
        host = ""
    if not HOST.fullmatch(host) or parts.scheme not in ("http", "https"):
        raise ServiceError(f"{URL}: is no http or https address (not told: it may be the key)")
    place = (f"[{host}]" if ":" in host else host) + port
    return parse.SplitResult(parts.scheme, place, path, query, "")


def _in(code: Any, *good: int) -> bool:
    """Tell whether an exit code, a number or a text, is none or a good one."""
    return code is None or float(code) in good


def _why(told: Sequence[Mapping[str, Any]]) -> str:
    """Return the first message that says something."""
    for values, name in product(told, ("ErrorMessage", "ErrorDetails")):
        found = values.get(name) or ""
        if text := "; ".join(map(str, found)) if isinstance(found, list) else str(found):
            return text
    return "no why"
