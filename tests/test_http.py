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

asked: Counter[str] = Counter()
sent: Counter[str] = Counter()
"""Parts of answers that drip."""


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
            time.sleep(1.5)
            return
        if self.path == "/driphead":
            with contextlib.suppress(OSError):
                for part in ["HTTP/1.1 200 OK\r\n"] + ["X-A: 1\r\n"] * 15 + ["\r\n"]:
                    self.wfile.write(part.encode())
                    sent[self.path] += 1
                    time.sleep(0.1)
            return
        self.send_response(200)
        lengths = {"/large": 5000, "/cut": 900}
        if self.path in lengths:
            self.send_header("Content-Length", str(lengths[self.path]))
        self.end_headers()
        count = {"/endless": 10**6, "/drip": 30}.get(self.path, 1)
        try:
            for _ in range(count):
                self.wfile.write(b"x" * 500 if self.path != "/drip" else b"x")
                self.wfile.flush()
                if self.path == "/drip":
                    sent[self.path] += 1
                    time.sleep(0.1)
        except OSError:
            pass

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
    fetch = Fetcher(timeout_s=5).fetch
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
        ("/hang", "timed out"),
        ("/drip", "not whole after 0.5 s"),
        ("/driphead", "timed out"),
        ("/to/file:///etc/passwd", "not allowed|neither http"),
        ("/to/ftp://a.example/b", "neither http nor https"),
    ],
)
def test_limits_hold(server: str, path: str, reason: str) -> None:
    sent.clear()
    with pytest.raises(DatasetError, match=reason):
        Fetcher(timeout_s=0.5, max_bytes=2000).fetch(server + path)
    assert sent[path] < 14  # of a drip's 17 and 30 parts, one every tenth of a second


def test_a_host_that_does_not_answer_is_given_up() -> None:
    fetcher = Fetcher(timeout_s=1)
    for _ in range(PATIENCE):
        with pytest.raises(DatasetError, match="refused"):
            fetcher.fetch("http://127.0.0.1:9/a.jpg")
    with pytest.raises(DatasetError, match=r"127.0.0.1:9 did not answer 3 times"):
        fetcher.fetch("http://127.0.0.1:9/b.jpg")


def test_an_answer_counts_even_where_it_is_no(server: str) -> None:
    fetcher = Fetcher(timeout_s=5)
    for _ in range(2 * PATIENCE):
        with pytest.raises(DatasetError, match="HTTP 404"):
            fetcher.fetch(f"{server}/gone")
    assert fetcher.fetch(f"{server}/a.jpg")


@pytest.mark.parametrize("url", ["http://", "http://[::1/a", "http://a b/c", "http://x:port/y"])
def test_what_is_no_url_is_told(url: str) -> None:
    with pytest.raises(DatasetError):
        Fetcher(timeout_s=1).fetch(url)
