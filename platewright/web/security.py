"""Who may see the registry, how much a client may ask for, what browsers may do with our pages."""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from functools import wraps
from hmac import compare_digest
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse

from platewright.web.problem import (
    DRAINED,
    TOO_LARGE,
    BusyError,
    DatabaseGoneError,
    RequestError,
    TooLargeError,
    TooManyError,
    problem,
    too_large,
)

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
"""Content Security Policy Level 3 (W3C): scripts, styles and pictures from here alone."""

# Swagger UI, the page of the API, writes styles into its elements.
DOCUMENTATION = POLICY | {"style-src": "'self' 'unsafe-inline'"}
AWAY = "platewright.away"  #: Where a request says why its session can't be looked up
PERMISSIONS = "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"


def may_see(request: HttpRequest) -> bool:
    """Tell whether a request may see the registry: holders are people."""
    if settings.OPEN or has_token(request):
        return True
    user = getattr(request, "user", None)
    return bool(user and user.is_active and user.is_staff)


def has_token(request: HttpRequest) -> bool:
    """Tell whether a request bears the token (RFC 6750): `Authorization: Bearer ...`."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    return (
        bool(settings.TOKEN)
        and kind.lower() == "bearer"
        and compare_digest(given.strip().encode(), settings.TOKEN.encode())
    )


def access(request: HttpRequest) -> dict[str, Any]:
    """Tell templates whether the registry may be seen, and whether everybody may see it."""
    return {"may_see": may_see(request), "open_access": settings.OPEN}


def guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Send who may not see the registry to log in first."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if may_see(request):
            return view(request, *args, **kwargs)
        if gone := away(request):
            return problem(request, gone)
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)

    return wrapped


class Accounts:
    """Middleware that finds out who has logged in, once; pages do without where that can't be told.

    Pictures are read all the same; whatever needs the registry answers that it is away.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            try:
                _ = request.user.is_authenticated  # looked up when it is asked for
            except DatabaseError as error:
                request.user = AnonymousUser()
                request.META[AWAY] = DatabaseGoneError(error)
                if request.path.startswith(reverse("admin:index")):
                    return problem(request, request.META[AWAY])
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for a view while the database can't."""
        if isinstance(error, DatabaseError):
            return problem(request, DatabaseGoneError(error))
        return None


def away(request: HttpRequest) -> DatabaseGoneError | None:
    """Return why it can't be told who asks; None: it can."""
    found: DatabaseGoneError | None = request.META.get(AWAY)
    return found


class SecurityHeaders:
    """Middleware that adds them to every answer; nothing personal stays in a cache.

    Of what was asked for with HEAD they are all that goes out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy, self.documentation = (
            "; ".join(f"{name} {value}" for name, value in policy.items())
            for policy in (POLICY, DOCUMENTATION)
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the headers added."""
        response = self.get_response(request)
        docs = request.path.startswith("/api/") and request.path.endswith("/docs")
        response["Content-Security-Policy"] = self.documentation if docs else self.policy
        response["Permissions-Policy"] = PERMISSIONS
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        if request.method == "HEAD" and not response.streaming:
            # Whatever followed would be taken for the answer to the next request.
            response.headers.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response


ROWS = 16_384


class Rate:
    """Counts what clients send; each may send so much in a minute, and as much at once.

    A bucket of tokens for each client (RFC 2697 has the same idea), found by a salted hash of its
    address: nothing grows, and nobody's address is kept.

    Args:
        rows: number of buckets; two clients seldom share one.
        salt: of the hash, at most 64 bytes; none: by chance.
    """

    def __init__(self, rows: int = ROWS, salt: bytes = b"") -> None:
        self._table = np.zeros((rows, 2))
        self._lock = threading.Lock()
        self._rows = rows
        self._salt = salt or secrets.token_bytes(16)

    def take(self, client: str, amount: float, per_minute: float) -> float:
        """Take from a client's bucket.

        Args:
            amount: how many tokens; a request of more than a full bucket takes all of it.
            per_minute: tokens that come in a minute, and fit into the bucket.

        Returns:
            0 if they were there, else the seconds after which they will be.
        """
        digest = hashlib.blake2b(client.encode(), key=self._salt, digest_size=8).digest()
        row = int.from_bytes(digest) % self._rows
        amount = min(amount, per_minute)
        now = time.monotonic()
        with self._lock:
            # Used tokens, not those left: zeros are a full bucket.
            used, then = self._table[row].tolist()
            used = max(used - (now - then) * per_minute / 60, 0.0)
            over = used + amount - per_minute
            self._table[row] = (used if over > 1e-9 else used + amount), now
        return 0.0 if over <= 1e-9 else over * 60 / per_minute


rate = Rate()  #: Of this server


def client_address(request: HttpRequest) -> str:
    """Return the client's address: the last one that a proxy of ours has seen."""
    if settings.PROXIES:
        chain = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(chain) >= settings.PROXIES:
            return str(chain[-settings.PROXIES].strip())
    return str(request.META.get("REMOTE_ADDR", ""))


def _take_form(request: HttpRequest, length: int) -> None:
    """Take a form in before anything looks at it.

    A picture that is called a form, as curl calls whatever it is not told about, is a picture: of
    such a form every byte is ASCII (URL Standard, application/x-www-form-urlencoded).
    """
    try:
        if (request.content_type or "").startswith("application/x-www-form") and (
            length > settings.MAX_PICTURE_BYTES or not request.body.isascii()
        ):
            request.content_type = "application/octet-stream"
        _ = request.POST
    except (SuspiciousOperation, MultiPartParserError, OSError):  # Django answers for these
        raise
    except Exception:
        raise RequestError("the request can't be read; load the page again") from None
    if TOO_LARGE in request.META:  # nor has the form what came behind it
        raise too_large(str(request.META[TOO_LARGE]))


class Limits:
    """Middleware that refuses what is too large or comes too often, before it is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._held = 0
        self._lock = threading.Lock()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or refuse."""
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return self.get_response(request)
        try:
            if settings.PICTURES_PER_MINUTE:
                wait_s = rate.take(client_address(request), 1, settings.PICTURES_PER_MINUTE)
                if wait_s:
                    raise TooManyError("too many requests; try again in a moment", wait_s)
            length = self._length(request)
            self._hold(length)
        except RequestError as error:
            return problem(request, error)
        try:
            _take_form(request, length)
            return self.get_response(request)
        except RequestError as error:
            return problem(request, error)
        finally:
            self._hold(-length)

    def _hold(self, length: int) -> None:
        """Make room for what comes in, or give it back."""
        with self._lock:
            if length > 0 and self._held + length > settings.MAX_HELD_BYTES:
                raise BusyError("too many pictures are coming in; try again in a moment")
            self._held += length

    def _length(self, request: HttpRequest) -> int:
        """Return the length of the body that is coming."""
        text = request.META.get("CONTENT_LENGTH") or ""
        if not text and request.META.get("HTTP_TRANSFER_ENCODING"):
            error = RequestError("tell the length of what you send (Content-Length)")
            error.status = 411
            raise error
        length = int(text) if text.isdecimal() and len(text) < 20 else 0
        most = settings.MAX_REQUEST_BYTES
        if length > most:
            if length <= DRAINED * most:
                while length > 0 and (part := request.read(min(length, 1 << 16))):
                    length -= len(part)
            raise TooLargeError(
                f"more than {most / 1e6:g} MB; send fewer or smaller pictures at a time"
            )
        return length
