"""How long connections may take: by a clock of the test."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("waitress")

from waitress.adjustments import Adjustments

from platewright.web import connection
from platewright.web.connection import Allowance, Channel, Parser, Server, allowance_of

ALLOWED = Allowance(header_s=10, body_s=30)
WHOLE, HALF = SimpleNamespace(headers_finished=True), SimpleNamespace(headers_finished=False)


def channel_of(**how: Any) -> Channel:
    """Return a connection that was idle or at something since 100."""
    made = Channel.__new__(Channel)
    for name, value in {
        "since": 100.0, "owed_since": 0.0, "total_outbufs_len": 0, "request": None, "requests": [],
        **how,
    }.items():  # fmt: skip
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("how", "over"), [({}, 10), ({"request": HALF}, 10), ({"request": WHOLE}, 30)]
)
def test_a_request_has_its_time(how: dict[str, Any], over: float) -> None:
    channel = channel_of(**how)
    assert not channel.is_over(ALLOWED, 100.0 + over)
    assert channel.is_over(ALLOWED, 100.5 + over)


def test_what_had_come_in_time_is_taken_in_before_it_is_over() -> None:
    """A server that got no turn for a while has not read yet what has long been there."""
    closed: list[str] = []
    late, slow = channel_of(), channel_of()
    late.handle_close = lambda: closed.append("late")
    slow.handle_close = lambda: closed.append("slow")
    server: Any = SimpleNamespace(allowance=ALLOWED, active_channels={1: late, 2: slow})
    Server.maintenance(server, 160.0)
    assert closed == []
    late.requests = [WHOLE]  # read between the two
    Server.maintenance(server, 161.0)
    assert closed == ["slow"]
    late.requests, late.since = [], 165.0
    del server.active_channels[2]
    Server.maintenance(server, 176.0)
    assert closed == ["slow"]
    Server.maintenance(server, 177.0)
    assert closed == ["slow", "late"]


def test_what_is_closed_is_not_looked_at() -> None:
    """While the loop lists what it looks at, what is over is closed; numbers are used anew."""
    channel = channel_of(
        connected=True, will_close=False, close_when_flushed=True, adj=Adjustments()
    )
    assert channel.writable() and not channel.readable()
    channel.close_when_flushed = False
    assert channel.readable() and not channel.writable()
    channel.connected, channel.close_when_flushed = False, True
    assert not channel.writable() and not channel.readable()
    channel.close_when_flushed = False
    assert not channel.readable()


def test_who_is_being_answered_has_any_time() -> None:
    assert not channel_of(requests=[WHOLE]).is_over(ALLOWED, 9999.0)


@pytest.mark.parametrize("requests", [[], [WHOLE]])
def test_who_fetches_no_answer_is_let_go(requests: list[Any]) -> None:
    channel = channel_of(total_outbufs_len=9, requests=requests)
    assert not channel.is_over(ALLOWED, 500.0)  # when it is first seen
    assert not channel.is_over(ALLOWED, 530.0)
    assert channel.is_over(ALLOWED, 530.5)


def test_who_fetches_one_has_as_long_for_the_next() -> None:
    channel = channel_of(requests=[WHOLE])
    for now, left in ((500.0, 9), (529.0, 0), (540.0, 9), (569.0, 9)):
        channel.total_outbufs_len = left
        assert not channel.is_over(ALLOWED, now)


def test_the_time_begins_with_the_first_byte_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(connection, "time", SimpleNamespace(time=lambda: now[0]))
    channel = channel_of(since=0.0, owed_since=7.0)
    parser = Parser(Adjustments())
    parser.channel = channel
    for at, data, since in (
        (100.0, b"\r\n", 0.0), (101.0, b"GET / HT", 101.0), (109.0, b"TP/1.1\r\nX", 101.0),
    ):  # fmt: skip
        now[0] = at
        parser.received(data)
        assert channel.since == since
    assert channel.owed_since == 0.0


def test_the_settings_say_how_long(settings: Any) -> None:
    for given, header, body in ((2.0, 2.0, 2.0), (60.0, 10.0, 60.0)):
        settings.REQUEST_S = given
        allowed = allowance_of(settings, 3)
        assert (allowed.header_s, allowed.body_s, allowed.waiting) == (header, body, 3)
    settings.CONNECTIONS, settings.PROXIES = 7, 0
    assert allowance_of(settings, 3).connections == 7
    settings.PROXIES = 1
    assert allowance_of(settings, 3).connections == 0
