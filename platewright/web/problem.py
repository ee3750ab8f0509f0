"""What a request can be refused for, and what the client gets: a page, or JSON, in one line."""

import logging
import math
import sys
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from platewright.errors import PlatewrightError
from platewright.web.metric import count

TITLES = {
    400: "That did not work",
    403: "Not allowed",
    404: "There is nothing here",
    405: "Not that way",
    413: "That is too large",
    422: "That picture can't be read",
    429: "A little slower, please",
    500: "Something went wrong here",
    503: "Busy right now",
}
AGAIN_S = 5  #: After how long to try again, where that is not known
DRAINED = 4
"""Up to so many times what is taken is read and thrown away, so that browsers hear the answer."""
TOO_LARGE = "platewright.too_large"  #: Where a request names its first file that is too large
REFUSALS = {413: "size", 429: "rate", 503: "busy"}


def wants_fragment(request: HttpRequest) -> bool:
    """Tell whether the page's own script asks: it gets the part that it puts into the page."""
    return request.headers.get("X-Platewright") == "fragment"


def problem(request: HttpRequest, error: PlatewrightError, status: int = 0) -> HttpResponse:
    """Return the answer to a request that failed.

    Args:
        request: an API's (path /api/) or a page's.
        error: why, in one line.
        status: of the answer; 0: the error's own, or 400.
    """
    status = status or (error.status if isinstance(error, RequestError) else 400)
    if reason := REFUSALS.get(status):
        count("refused", f'reason="{reason}"')
    response: HttpResponse
    if request.path.startswith("/api/"):
        response = JsonResponse({"detail": str(error)}, status=status)
    else:
        values = {"title": TITLES.get(status, TITLES[400]), "line": str(error)}
        part = "web/_problem.html" if wants_fragment(request) else "web/problem.html"
        response = render(request, part, values, status=status)
    if isinstance(error, TooManyError | BusyError):
        response["Retry-After"] = str(max(1, math.ceil(error.wait_s)))
    elif status == 503:
        response["Retry-After"] = str(AGAIN_S)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself refuses: too many files or fields, a wrong host, cut-off forms."""
    if isinstance(exception, TooManyFilesSent):
        most = settings.MAX_PICTURES
        return problem(request, TooLargeError(f"more than {most} pictures; send fewer at a time"))
    return problem(request, RequestError("the request can't be read; load the page again"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was not sent from a page of ours, or from one that is too old."""
    line = "the form has expired, or cookies are off; load the page again and repeat"
    return problem(request, RequestError(line), 403)


def denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer who may not do that."""
    return problem(request, RequestError("your account may not do that"), 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for what is not there."""
    return problem(request, RequestError("no such page, or it has been deleted"), 404)


def methods_told(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that says which methods an address takes, where another was used."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code != 405:
            return response
        takes = response["Allow"]
        told = problem(request, RequestError(f"this address takes {takes} alone"), 405)
        told["Allow"] = takes
        return told

    return answer


def failed(request: HttpRequest) -> HttpResponse:
    """Answer for a fault of ours; the log has it. A database that fails may be there again soon."""
    error = sys.exc_info()[1]
    if isinstance(error, DatabaseError):
        return problem(request, DatabaseGoneError(error))
    return problem(request, RequestError("the fault is the server's; its log says more"), 500)


class RequestError(PlatewrightError):
    """A request that can't be answered as it is.

    Attributes:
        status: of the answer (RFC 9110, section 15).
    """

    status = 400


class TooLargeError(RequestError):
    """More bytes or pictures than are taken."""

    status = 413


def too_large(name: str) -> TooLargeError:
    """Return why a file is refused that has more bytes than are taken."""
    most = f"{settings.MAX_PICTURE_BYTES / 1e6:g} MB"
    return TooLargeError(f"{name}: more than {most}; make it smaller")


class TooManyError(RequestError):
    """A client that asks too often.

    Attributes:
        wait_s: after which it may ask again, seconds.
    """

    status = 429

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class BusyError(RequestError):
    """So much to do that this request's time is over, or will be.

    Attributes:
        wait_s: after which it may be tried again, seconds.
    """

    status = 503

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = max(wait_s, AGAIN_S)


class DatabaseGoneError(RequestError):
    """The registry's database is locked, full or gone."""

    status = 503

    def __init__(self, error: DatabaseError) -> None:
        why = " ".join(str(error).split())[:120] or type(error).__name__
        super().__init__(f"the registry can't be reached now ({why}); try again in a moment")


class Addressless(logging.Filter):
    """Takes the addresses out of the log: which page was asked for may tell a plate."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without its address."""
        if record.name == "django.request" and isinstance(record.args, tuple):
            record.args = tuple(
                "..." if isinstance(each, str) and each.startswith("/") else each
                for each in record.args
            )
        elif record.name.startswith("waitress"):
            record.msg, record.args = str(record.msg).partition(" /")[0], ()
        return True
