"""The HTTP client: asks a URL once, within limits of time and of size, and lets go after that.

Only http and https: a label file of somebody else's must not make this machine read its own files.
"""

import socket
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException
from typing import Any
from urllib import error, parse, request

from platewright.errors import DatasetError
from platewright.limit import within

TIMEOUT_S = 20.0
MAX_BYTES = 32 << 20  #: A photo of 50 megapixels has some 25 MB as a JPEG
PATIENCE = 3  #: Failures in a row without an answer in time after which a host counts as gone
PIECE = 1 << 16
SCHEMES = ("http", "https")
ALLOWED = "!$%&'()*+,/:;=?[]~"
"""What may stand in a URL as it is (RFC 3986, section 2), and the mark of what is escaped."""


class RefusedError(Exception):
    """An answer that is not taken: larger than allowed, or a redirection to another scheme."""


class CutOffError(HTTPException):
    """An answer that ended before it was whole."""


def is_web(name: str) -> bool:
    """Tell whether a name is a URL that can be fetched.

    >>> is_web("https://a.b/c.jpg"), is_web("file:///etc/passwd"), is_web("c.jpg")
    (True, False, False)
    """
    return name.partition("://")[0].lower() in SCHEMES and "://" in name


class _Redirections(request.HTTPRedirectHandler):
    """Follows redirections, but to http and https alone (Python's own follows ftp as well)."""

    def redirect_request(
        self, req: request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> request.Request | None:
        """See `urllib`."""
        if not is_web(newurl):
            fp.close()
            raise RefusedError(f"sent on to {newurl[:80]}, which is neither http nor https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Sockets(request.HTTPSHandler, request.HTTPHandler):
    """Keeps the sockets that it opens, so that who waits no longer can end them."""

    def __init__(self, end_s: float) -> None:
        super().__init__()
        self.opened: list[socket.socket] = []
        self._end_s = end_s

    def do_open(self, http_class: Any, req: Any, **arguments: Any) -> Any:
        """See `urllib`."""

        def made(*places: Any, **options: Any) -> Any:
            connection = http_class(*places, **options)
            plain = connection.connect

            def connect() -> None:
                plain()
                self.opened.append(connection.sock)
                if time.monotonic() > self._end_s:
                    raise TimeoutError

            connection.connect = connect
            return connection

        return super().do_open(made, req, **arguments)


def ask(
    url: str,
    data: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    timeout_s: float = TIMEOUT_S,
    max_bytes: int = MAX_BYTES,
    follow: bool = False,
) -> bytes:
    """Return what a URL answers.

    Args:
        url: http or https, escaped.
        data: to post; None: it is got.
        headers: of the request.
        timeout_s: all in all, from the look-up of the host's name to the last byte.
        max_bytes: of the answer.
        follow: whether redirections are followed. They carry the headers along.

    Raises:
        RefusedError: if the answer is too large, or leads away from the web.
        CutOffError: if it is not whole.
        urllib.error.HTTPError: if the answer is none of success; to be closed.
        TimeoutError: if it isn't here in time, whatever the host was doing.
        OSError: if the host can't be reached.
        http.client.HTTPException: if it speaks something else.
        ValueError: if the URL, or that of a proxy, can't be used.
    """
    end_s = time.monotonic() + timeout_s
    answered = threading.Event()
    sockets = _Sockets(end_s)
    opener = request.OpenerDirector()  # without Python's usual ones for ftp and files
    kinds = request.ProxyHandler, request.UnknownHandler, request.HTTPDefaultErrorHandler
    for kind in (*kinds, request.HTTPErrorProcessor, *([_Redirections] if follow else [])):
        opener.add_handler(kind())
    opener.add_handler(sockets)

    def read() -> bytes:
        asked = request.Request(url, data, dict(headers or {}))
        with opener.open(asked, timeout=timeout_s) as answer:
            answered.set()
            told = answer.headers.get("Content-Length", "")
            size = int(told) if told.isdecimal() else 0
            pieces: list[bytes] = []
            came = 0
            while size <= max_bytes:
                # read1 returns what is there: a byte a second can't hold us longer.
                piece = answer.read1(PIECE)
                pieces.append(piece)
                came += len(piece)
                if not piece or came > max_bytes:
                    break
                if time.monotonic() > end_s:
                    raise TimeoutError
            if max(size, came) > max_bytes:
                limit = f"the limit is {max_bytes / 1e6:g} MB"
                raise RefusedError(f"{max(size, came) / 1e6:.1f} MB or more; {limit}")
            if came < size:
                raise CutOffError(f"cut off after {came} of {size} bytes")
        return b"".join(pieces)

    try:
        return within(timeout_s, read)
    except TimeoutError:
        told = f"not whole after {timeout_s:g} s" if answered.is_set() else "timed out"
        raise TimeoutError(told) from None
    finally:
        for opened in sockets.opened:
            with suppress(OSError):  # closed already, as a rule
                opened.shutdown(socket.SHUT_RDWR)


class Fetcher:
    """Fetches files; a host that does not answer is not asked for everything."""

    def __init__(self, timeout_s: float = TIMEOUT_S, max_bytes: int = MAX_BYTES) -> None:
        self.timeout_s, self.max_bytes = timeout_s, max_bytes
        self._unanswered: Counter[str] = Counter()

    def fetch(self, url: str) -> bytes:
        """Return a file's content.

        Raises:
            DatasetError: with the reason alone, if it can't be had within the limits.
        """
        try:
            parts = parse.urlsplit(url)
            host = parts.netloc
        except ValueError as problem:
            raise DatasetError(f"no URL: {problem}") from None
        if self._unanswered[host] >= PATIENCE:
            raise DatasetError(f"{host} did not answer {PATIENCE} times, and isn't asked again")
        path, query = (parse.quote(part, f"#@{ALLOWED}") for part in (parts.path, parts.query))
        try:
            data = ask(
                parse.urlunsplit(parts._replace(path=path, query=query)),
                headers={"User-Agent": "platewright-convert"},
                timeout_s=self.timeout_s, max_bytes=self.max_bytes, follow=True,
            )  # fmt: skip
        except error.HTTPError as refused:
            self._unanswered[host] = 0
            refused.close()
            told = " ".join(f"HTTP {refused.code} {refused.reason}".split())
            raise DatasetError(told) from None
        except (RefusedError, CutOffError) as problem:
            raise DatasetError(str(problem)) from None
        except (OSError, HTTPException, ValueError) as problem:
            self._unanswered[host] += 1
            why = getattr(problem, "reason", None) or problem
            raise DatasetError(" ".join(str(why).split()) or type(problem).__name__) from None
        self._unanswered[host] = 0
        return data
