"""What a request can be refused for, each with its HTTP status."""

from __future__ import annotations

from platewright.errors import PlatewrightError

__all__ = ["BusyError", "RequestError", "TooLargeError", "TooManyError"]


class RequestError(PlatewrightError):
    """A request that can't be answered as it is.

    Attributes:
        status: of the answer (RFC 9110, section 15).
    """

    status = 400


class TooLargeError(RequestError):
    """More bytes or pictures than are taken."""

    status = 413


class TooManyError(RequestError):
    """A client that asks too often.

    Attributes:
        wait_s: after which it may ask again, seconds.
    """

    status = 429

    def __init__(self, message: str, wait_s: float) -> None:
        """Keep them."""
        super().__init__(message)
        self.wait_s = wait_s


class BusyError(RequestError):
    """So much to do that this request's time is over."""

    status = 503
