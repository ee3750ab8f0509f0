"""Reading by an OCR service: crops are posted to an endpoint that speaks as OCR.space does.

Nothing is sent unless `--reader api` asks for it. `PLATEWRIGHT_OCR_URL` says where to,
`PLATEWRIGHT_OCR_KEY` with which key. Request and answer: OCR.space, "Free OCR API" documentation
(POST parse/image; `apikey`, `base64Image`, `OCREngine`; `ParsedResults`, `OCRExitCode`).
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib import error, parse, request

import numpy as np
from numpy.typing import NDArray

from platewright.alphabet import Alphabet
from platewright.errors import ServiceError
from platewright.image import encode_image
from platewright.metrics import clean
from platewright.reader.spelling import Spelling

__all__ = ["KEY", "URL", "Service", "ServiceReader"]

URL, KEY = "PLATEWRIGHT_OCR_URL", "PLATEWRIGHT_OCR_KEY"
Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]
LARGEST = 1 << 20
"""Bytes of an answer."""
LONGEST_WAIT_S = 30.0
"""No service is waited for longer between two tries, whatever it asks."""


class _NoRedirect(request.HTTPRedirectHandler):
    """Redirects would carry the key to wherever they point."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """An endpoint and how patiently it is asked.

    Attributes:
        url: that crops are posted to, http or https.
        key: sent in the header `apikey`.
        timeout_s: for one answer.
        tries: at most, where the endpoint is busy or out of reach.
        backoff_s: before the second try; doubled for each further one.
        pause: waits; replaced in tests.
    """

    url: str
    key: str
    timeout_s: float = 20.0
    tries: int = 4
    backoff_s: float = 0.5
    pause: Callable[[float], None] = time.sleep

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Service:
        """Return the service that the environment names.

        Raises:
            ServiceError: if the address or the key is missing or can't be used.
        """
        url, key = environment.get(URL, "").strip(), environment.get(KEY, "").strip()
        for name, value in ((URL, url), (KEY, key)):
            if not value:
                raise ServiceError(f"--reader api: {name} is not set: it names the OCR service's")
        parts = parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ServiceError(f"{URL}: {url} is no http or https address")
        if not (key.isascii() and key.isprintable()):
            raise ServiceError(f"{KEY}: the key has characters that no header can have")
        return cls(url=url, key=key)

    def read(self, crop: Picture) -> str:
        """Post one crop and return the text that comes back, its lines from top to bottom.

        Raises:
            ServiceError: if the service can't be reached, refuses, or answers something else.
        """
        picture = base64.b64encode(encode_image(_rgb(crop), ".png")).decode()
        form = {
            "base64Image": f"data:image/png;base64,{picture}",
            "language": "eng",
            "OCREngine": "2",
            "scale": "true",
        }
        body = parse.urlencode(form).encode()
        wait = self.backoff_s
        for left in range(self.tries - 1, -1, -1):
            try:
                return self._text(self._post(body))
            except _BusyError as busy:
                if not left:
                    raise ServiceError(
                        f"{self.url}: {busy}; tried {self.tries} times, give up"
                    ) from None
                self.pause(min(max(wait, busy.after_s), LONGEST_WAIT_S))
                wait *= 2
        raise ValueError("tries must be at least 1")

    def _post(self, body: bytes) -> bytes:
        head = {"apikey": self.key, "Content-Type": "application/x-www-form-urlencoded"}
        asked = request.Request(self.url, data=body, headers=head)
        try:
            with request.build_opener(_NoRedirect).open(asked, timeout=self.timeout_s) as answer:
                found: bytes = answer.read(LARGEST + 1)
        except error.HTTPError as refused:
            with refused:
                code, after = refused.code, refused.headers.get("Retry-After", "")
            if code == 429 or code >= 500:
                raise _BusyError(f"answers {code}", after) from None
            why = {401: "the key is refused", 403: "the key is refused, or its quota is used up"}
            raise ServiceError(
                f"{self.url}: answers {code}: {why.get(code, 'not the address of such a service')}"
            ) from None
        except (error.URLError, TimeoutError, OSError, HTTPException) as failed:
            reason = getattr(failed, "reason", failed)
            late = isinstance(reason, TimeoutError)
            told = f"no answer in {self.timeout_s:g} s" if late else f"can't be reached ({reason})"
            raise _BusyError(told) from None
        if len(found) > LARGEST:
            raise ServiceError(f"{self.url}: the answer is larger than {LARGEST} bytes")
        return found

    def _text(self, answer: bytes) -> str:
        try:
            values = json.loads(answer)
            failed = values.get("IsErroredOnProcessing")
            told = values.get("ErrorMessage")
            results = values.get("ParsedResults") or []
            texts = [str(result["ParsedText"]) for result in results]
        except (ValueError, AttributeError, TypeError, KeyError):
            raise ServiceError(
                f"{self.url}: the answer is not that of such a service (no ParsedResults)"
            ) from None
        if failed or values.get("OCRExitCode") not in (1, 2, None):
            message = "; ".join(map(str, told)) if isinstance(told, list) else str(told or "no why")
            raise ServiceError(f"{self.url}: the service could not read it: {message[:200]}")
        return "\n".join(texts)


class _BusyError(Exception):
    """Worth another try."""

    def __init__(self, told: str, after: str = "") -> None:
        super().__init__(told)
        self.after_s = float(after) if after.isdigit() else 0.0


class ServiceReader:
    """Reads crops with a service.

    It tells no probabilities: each of its characters counts half, and what the default network
    says the other half.

    Args:
        service: what is asked.
    """

    weight = 0.5
    margin = (0.06, 0.08)
    height = 96
    slots = 12

    def __init__(self, service: Service) -> None:
        """Keep it."""
        self.service, self.alphabet = service, Alphabet()

    def window(self, quad: FloatArray) -> tuple[int, int]:
        """Return the size of a crop: the plate's own shape, which such services expect."""
        sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
        shape = (sides[0] + sides[2]) / max(sides[1] + sides[3], 1e-6)
        return self.height, round(self.height * float(np.clip(shape, 1.0, 8.0)))

    def read(self, crops: Sequence[Picture]) -> list[Spelling]:
        """Post crops, one after the other.

        Raises:
            ServiceError: if one can't be read there.
        """
        return [self._spelling(clean(self.service.read(crop))) for crop in crops]

    def _spelling(self, text: str) -> Spelling:
        text = text[: self.slots]
        slots = np.eye(self.alphabet.num_classes)[self.alphabet.encode(text, self.slots)]
        return Spelling(text=text, log_probability=0.0, slots=slots)


def _rgb(crop: Picture) -> Picture:
    return np.repeat(crop[..., None], 3, axis=2) if crop.ndim == 2 else crop
