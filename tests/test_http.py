"""Fetching within limits, from a server of our own."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from platewright.errors import DatasetError
from platewright.http import PATIENCE, Fetcher
from tests.script import PATIENCE_S, wait_until

asked: Counter[str] = Counter()
left: Counter[str] = Counter()
"""Answers that nobody waited for any more."""
DRIP_S = 0.02


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked[self.path] += 1
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        if self.path == "/gone":
            self.send_error(404)
            return
        if self.path == "/hang":
            left[self.path] += self.connection.recv(1) == b""
            return
        if self.path == "/driphead":
            self.drip(b"HTTP/1.1 200 OK\r\nX-A: ")
            return
        self.send_response(200)
        lengths = {"/large": 5000, "/cut": 900}
        if self.path in lengths:
            self.send_header("Content-Length", str(lengths[self.path]))
        self.end_headers()
        if self.path == "/drip":
            self.drip()
            return
        with contextlib.suppress(OSError):
            for _ in range(10**6 if self.path == "/endless" else 1):
                self.wfile.write(b"x" * 500)

    def drip(self, head: bytes = b"") -> None:
        """Send a byte now and then, as long as anybody takes it."""
        try:
            self.wfile.write(head)
            for _ in range(int(PATIENCE_S / DRIP_S)):
                self.wfile.write(b"x")
                time.sleep(DRIP_S)
        except OSError:
            left[self.path] += 1

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def test_a_file_is_fetched_and_redirections_are_followed(server: str) -> None:
    fetch = Fetcher(timeout_s=PATIENCE_S).fetch
    assert fetch(f"{server}/a.jpg") == b"x" * 500
    assert fetch(f"{server}/to/{server}/a.jpg") == b"x" * 500
    assert fetch(f"{server}/with space ä.jpg?x=a b") == b"x" * 500
    assert asked["/with%20space%20%C3%A4.jpg?x=a%20b"] == 1


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/gone", "HTTP 404 Not Found"),
        ("/large", "0.0 MB or more; the limit is 0.002 MB"),
        ("/endless", "the limit is 0.002 MB"),
        ("/cut", "500 of 900 bytes|IncompleteRead"),
        ("/to/file:///etc/passwd", "not allowed|neither http"),
        ("/to/ftp://a.example/b", "neither http nor https"),
    ],
)
def test_limits_hold(server: str, path: str, reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        Fetcher(timeout_s=PATIENCE_S, max_bytes=2000).fetch(server + path)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/hang", "timed out"), ("/drip", "not whole after"), ("/driphead", "timed out")],
)
def test_who_takes_too_long_is_left(server: str, path: str, reason: str) -> None:
    def told(timeout_s: float) -> str:
        with pytest.raises(DatasetError) as caught:
            Fetcher(timeout_s=timeout_s).fetch(server + path)
        return str(caught.value)

    asked.clear()
    left.clear()
    # On a busy machine a request, and the first byte of its answer, take their time.
    assert any(reason in told(timeout_s) and asked[path] for timeout_s in (0.5, 5.0, 50.0))
    wait_until(lambda: left[path])


def test_a_host_that_does_not_answer_is_given_up() -> None:
    fetcher = Fetcher(timeout_s=PATIENCE_S)
    for _ in range(PATIENCE):
        with pytest.raises(DatasetError, match="refused"):
            fetcher.fetch("http://127.0.0.1:9/a.jpg")
    with pytest.raises(DatasetError, match=r"127.0.0.1:9 did not answer 3 times"):
        fetcher.fetch("http://127.0.0.1:9/b.jpg")


def test_an_answer_counts_even_where_it_is_no(server: str) -> None:
    fetcher = Fetcher(timeout_s=PATIENCE_S)
    for _ in range(2 * PATIENCE):
        with pytest.raises(DatasetError, match="HTTP 404"):
            fetcher.fetch(f"{server}/gone")
    assert fetcher.fetch(f"{server}/a.jpg")


@pytest.mark.parametrize("url", ["http://", "http://[::1/a", "http://a b/c", "http://x:port/y"])
def test_what_is_no_url_is_told(url: str) -> None:
    with pytest.raises(DatasetError):
        Fetcher(timeout_s=1).fetch(url)
