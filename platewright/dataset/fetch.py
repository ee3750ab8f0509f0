"""Files fetched from the web, each with a limit of time and of size.

Only http and https: a label file of somebody else's must not make this machine read its own files.
A host that does not answer is not asked for everything: after `PATIENCE` failures in a row without
an answer in time it counts as gone.
"""

from __future__ import annotations

import http.client
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from typing import IO
from urllib.parse import quote, urlsplit, urlunsplit

from platewright.errors import DatasetError
from platewright.pool import within

__all__ = ["MAX_BYTES", "PATIENCE", "TIMEOUT_S", "Fetcher", "is_web"]

TIMEOUT_S = 20.0
MAX_BYTES = 32 << 20
"""A photo of 50 megapixels has some 25 MB as a JPEG."""
PATIENCE = 3
PIECE = 1 << 16
SCHEMES = ("http", "https")
# What may stand in a URL as it is (RFC 3986, section 2), and the mark of what is escaped already.
ALLOWED = "!#$%&'()*+,/:;=?@[]~"


def is_web(name: str) -> bool:
    """Tell whether a name is a URL that can be fetched.

    >>> is_web("https://a.b/c.jpg"), is_web("file:///etc/passwd"), is_web("c.jpg")
    (True, False, False)
    """
    return name.partition("://")[0].lower() in SCHEMES and "://" in name


class _NoOtherSchemes(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but to http and https alone (Python's own follows ftp as well)."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """See `urllib`."""
        if not is_web(newurl):
            fp.close()
            raise DatasetError(f"sent on to {newurl[:80]}, which is neither http nor https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Fetcher:
    """Fetches files.

    Args:
        timeout_s: for one file, all in all.
        max_bytes: of one file.
    """

    def __init__(self, timeout_s: float = TIMEOUT_S, max_bytes: int = MAX_BYTES) -> None:
        """Ask nobody yet."""
        self.timeout_s, self.max_bytes = timeout_s, max_bytes
        self._opener = urllib.request.build_opener(_NoOtherSchemes)
        self._unanswered: Counter[str] = Counter()

    def fetch(self, url: str) -> bytes:
        """Return a file's content.

        Raises:
            DatasetError: with the reason alone, if it can't be had within the limits.
        """
        try:
            host = urlsplit(url).netloc
        except ValueError as error:
            raise DatasetError(f"no URL: {error}") from None
        if self._unanswered[host] >= PATIENCE:
            raise DatasetError(f"{host} did not answer {PATIENCE} times, and isn't asked again")
        try:
            data = self._fetch_in_time(url)
        except urllib.error.HTTPError as error:
            self._unanswered[host] = 0
            error.close()
            raise DatasetError(" ".join(f"HTTP {error.code} {error.reason}".split())) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._unanswered[host] += 1
            why = getattr(error, "reason", None) or error
            raise DatasetError(" ".join(str(why).split()) or type(error).__name__) from None
        self._unanswered[host] = 0
        return data

    def _fetch_in_time(self, url: str) -> bytes:
        """Return a file's content.

        Raises:
            TimeoutError: if it isn't here, whatever the host was doing.
            Exception: what `_fetch` raises.
        """
        answered = threading.Event()
        try:
            return within(self.timeout_s, lambda: self._fetch(url, answered))
        except TimeoutError:
            told = f"not whole after {self.timeout_s:g} s" if answered.is_set() else "timed out"
            raise TimeoutError(told) from None

    def _fetch(self, url: str, answered: threading.Event) -> bytes:
        end = time.monotonic() + self.timeout_s
        parts = urlsplit(url)
        plain = urlunsplit(parts._replace(path=quote(parts.path, ALLOWED),
                                          query=quote(parts.query, ALLOWED)))  # fmt: skip
        request = urllib.request.Request(plain, headers={"User-Agent": "platewright-convert"})
        with self._opener.open(request, timeout=self.timeout_s) as answer:
            answered.set()
            told = answer.headers.get("Content-Length", "")
            if told.isdecimal() and int(told) > self.max_bytes:
                raise DatasetError(self._too_large(int(told)))
            pieces = []
            size = 0
            # read1 returns what is there: a host that sends a byte a second can't hold us longer.
            while piece := answer.read1(PIECE):
                pieces.append(piece)
                size += len(piece)
                if size > self.max_bytes:
                    raise DatasetError(self._too_large(size))
                if time.monotonic() > end:
                    raise TimeoutError
            if told.isdecimal() and size < int(told):
                raise DatasetError(f"cut off after {size} of {told} bytes")
        return b"".join(pieces)

    def _too_large(self, size: int) -> str:
        return f"{size / 1e6:.1f} MB or more; the limit is {self.max_bytes / 1e6:g} MB"
