"""Connections of the server: what may come in, by when, and how many a client may have.

Waitress takes requests in without a thread for each, so that slow ones cost no more than their
connection. What it does not know is added here: a deadline from a request's first byte to its last
and again for the answer, a bound on what all bodies hold, and a client's share of the connections.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.utilities import Error

from platewright.web.problem import AGAIN_S, DRAINED


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What connections may cost."""

    #: seconds from a request's first byte to the end of its header, and between two
    header_s: float = 10.0
    #: seconds from its first byte to its last; and for its answer to be fetched
    body_s: float = 30.0
    body_bytes: int = 50_000_000  #: of one request
    held_bytes: int = 400_000_000  #: of all requests that are coming in or being answered
    #: how many requests with a body may be answered or wait for it at a time; fewer than there are
    #: threads, so that what needs no reading is answered all the while
    waiting: int = 60
    connections: int = 32  #: of one client at a time; 0: any number
    #: requests that a connection may send before it has fetched the answers of others, each of
    #: which may hold a file open
    ahead: int = 4


def allowance_of(settings: Any, waiting: int) -> Allowance:
    """Return what Django's settings allow.

    Args:
        waiting: see `Allowance`.
    """
    return Allowance(
        body_s=settings.REQUEST_S,
        header_s=min(Allowance.header_s, settings.REQUEST_S),
        body_bytes=settings.MAX_REQUEST_BYTES,
        held_bytes=settings.MAX_HELD_BYTES,
        waiting=waiting,
        connections=0 if settings.PROXIES else settings.CONNECTIONS,
    )


class RefusalError(Error):  # type: ignore[misc]
    """A request that is not taken in."""

    def __init__(self, code: int, reason: str, line: str) -> None:
        super().__init__(line)
        self.code, self.reason = code, reason

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status, headers and body: JSON, as the API has it."""
        body = json.dumps({"detail": self.body}).encode()
        headers = [("Content-Type", "application/json")]
        if self.code == 503:
            headers.append(("Retry-After", str(AGAIN_S)))
        return f"{self.code} {self.reason}", headers, body


class _Discarded:
    """Takes a body in and throws it away."""

    error = None

    def __init__(self, length: int) -> None:
        self.remain = length
        self.completed = False

    def received(self, data: bytes) -> int:
        taken = min(len(data), self.remain)
        self.remain -= taken
        self.completed = self.remain == 0
        return taken

    def getbuf(self) -> _Discarded:
        return self

    def close(self) -> None:
        """Nothing is there."""


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """A request that is coming in."""

    channel: Channel  #: whose it is; given by the channel
    error: Error | None
    completed: bool
    expect_continue: bool
    headers_finished: bool
    refusal: RefusalError | None = None  #: why its body is thrown away
    begun = False  #: whether anything but blank lines has come

    def received(self, data: bytes) -> int:
        """Take bytes in; once the header is whole, judge it before anything more is kept."""
        before = self.headers_finished
        if not self.begun and not data.isspace():
            self.begun = True
            self.channel.since, self.channel.owed_since = time.time(), 0.0
        try:
            taken: int = super().received(data)
        except Exception:  # a number of 5,000 digits, and whatever else Waitress takes for granted
            self.headers_finished, taken = True, len(data)
            self.error = RefusalError(400, "Bad Request", "the request's header can't be read")
            self.completed = True
        if self.headers_finished and not before and self.error is None and not self.empty:
            self._judge()
        if self.completed and self.refusal is not None and self.error is None:
            self.error = self.refusal
        if self.completed and self.held and self.channel.server.full():
            line = "too many pictures are waiting; try again in a moment"
            self.error = RefusalError(503, "Service Unavailable", line)
        return taken

    @property
    def held(self) -> int:
        """How many bytes of its body are or will be kept."""
        return 0 if self.refusal or self.error else int(self.content_length)

    def _judge(self) -> None:
        allowed: Allowance = self.channel.server.allowance
        length = int(self.content_length)
        if len(self.channel.requests) >= allowed.ahead:
            line = "too many requests at a time; wait for their answers"
            self.error = RefusalError(429, "Too Many Requests", line)
        elif self.chunked:
            line = "tell the length of what you send (Content-Length)"
            self.error = RefusalError(411, "Length Required", line)
        elif length > allowed.body_bytes:
            most = f"{allowed.body_bytes / 1e6:g} MB"
            line = f"more than {most}; send fewer or smaller pictures at a time"
            self.refusal = RefusalError(413, "Content Too Large", line)
        elif length and self.channel.server.held() > allowed.held_bytes:
            line = "too many pictures are coming in; try again in a moment"
            self.refusal = RefusalError(503, "Service Unavailable", line)
        if self.refusal is not None:
            asked, self.expect_continue = self.expect_continue, False
            # Who asks first whether it may send the body waits for the answer with it.
            if asked or length > DRAINED * allowed.body_bytes:
                self.error = self.refusal
            else:
                self.body_rcv = _Discarded(length)
        self.completed = self.completed or self.error is not None


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection.

    Attributes:
        since: when what it is at began: a request's first byte, an answer's last, the connection.
        owed_since: when it was first seen with an answer that is not fetched yet; 0: it has none.
        was_over: whether its time was over when it was last looked at.
    """

    was_over = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.since, self.owed_since = time.time(), 0.0
        super().__init__(*arguments, **named)

    def parser_class(self, adj: Any) -> Parser:
        """Return what takes the next request in."""
        parser = Parser(adj)
        parser.channel = self
        return parser

    def service(self) -> None:
        """Answer a request."""
        super().service()
        self.since = time.time()

    def readable(self) -> bool:
        """Tell whether more may be read; not once it is closed.

        Its number may then be that of the next connection, which what is told of it would close.
        """
        return bool(self.connected and super().readable())

    def writable(self) -> bool:
        """Tell whether there is something to write; not once it is closed."""
        return bool(self.connected and super().writable())

    def is_over(self, allowed: Allowance, now: float) -> bool:
        """Tell whether the time of what it is at is over."""
        # A thread may be waiting for room, so that this counts while requests are answered as well.
        self.owed_since = (self.owed_since or now) if self.total_outbufs_len else 0.0
        if self.owed_since:
            return self.owed_since + allowed.body_s < now
        taking = self.request is not None and self.request.headers_finished
        most_s = allowed.body_s if taking else allowed.header_s
        return not self.requests and self.since + most_s < now

    def handle_error(self) -> None:
        """Close it; what Waitress would log tells the client's address."""
        self.logger.error("a connection was closed: %s", getattr(sys.exc_info()[0], "__name__", ""))
        self.handle_close()

    @property
    def client(self) -> str:
        """Who it is: the address, or of IPv6 the network of it that one customer gets."""
        address = str(self.addr[0])
        if ":" not in address:
            return address
        return str(int(IPv6Address(address.partition("%")[0])) >> 64)


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Listens on one socket; `allowance` is set before it runs."""

    channel_class = Channel
    allowance = Allowance()

    def maintenance(self, now: float) -> None:
        """Close what is over its time, as it was the last time that this was called.

        What had come by then has been taken in since: clients do not pay for a server that had to
        wait for the processor. Nothing is written before: who fetches nothing can't be told.
        """
        for channel in list(self.active_channels.values()):
            over = channel.is_over(self.allowance, now)
            if over and channel.was_over:
                channel.handle_close()
            channel.was_over = over

    def held(self) -> int:
        """Return how many bytes the bodies of all requests hold or are going to."""
        return sum(request.held for channel in self._channels() for request in _requests(channel))

    def full(self) -> bool:
        """Tell whether as many requests with a body are being answered as may be."""
        whole = (request for channel in self._channels() for request in channel.requests)
        return sum(bool(request.held) for request in whole) >= self.allowance.waiting

    def handle_accept(self) -> None:
        """Take a connection; of a client with too many, or when all are taken, the oldest goes."""
        before = set(self.active_channels)
        super().handle_accept()
        for channel in [self.active_channels[k] for k in set(self.active_channels) - before]:
            most, client = self.allowance.connections, channel.client
            own = [each for each in self._channels() if each.client == client]
            if most and len(own) > most:
                self._drop_one(own, channel)
            elif len(self._map) >= self.adj.connection_limit - 1:
                self._drop_one(list(self._channels()), channel)

    def _channels(self) -> Iterator[Channel]:
        """Yield the open connections of all sockets."""
        return (each for each in list(self._map.values()) if isinstance(each, Channel))

    def _drop_one(self, channels: list[Channel], newest: Channel) -> None:
        """Close the connection that has been idle or sending for the longest."""
        waiting = [each for each in channels if not each.requests and each is not newest]
        if waiting:
            min(waiting, key=lambda each: each.since).handle_close()
        else:
            newest.handle_close()


def _requests(channel: Channel) -> list[Parser]:
    coming = [channel.request] if channel.request is not None else []
    return [*list(channel.requests), *coming]
