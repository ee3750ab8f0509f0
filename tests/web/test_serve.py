from __future__ import annotations

import http.client
import json
import sqlite3
import stat
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from platewright.record import SceneRecord
from tests.web.conftest import Server

TIRED = -1

Street = tuple[bytes, SceneRecord]


def ask(url: str, data: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def begin(server: Server, length: int) -> int:
    """Send the first byte of so many and wait; return the status.

    Where there is none: 0, or `TIRED` if nothing came at all in twenty seconds.
    """
    place = urlsplit(server.url)
    with closing(http.client.HTTPConnection(place.hostname, place.port, timeout=20)) as client:
        client.putrequest("POST", "/api/v1/read")
        client.putheader("Content-Length", str(length))
        client.putheader("Content-Type", "image/jpeg")
        client.endheaders(b"x")
        try:
            with client.getresponse() as response:
                return response.status
        except TimeoutError:
            return TIRED
        except (http.client.HTTPException, OSError):
            return 0


def test_several_clients_at_once(server: Server, street: Street) -> None:
    def read(_: int) -> tuple[int, list[str]]:
        status, body = ask(server.url + "/api/v1/read", street[0], **{"Content-Type": "image/jpeg"})
        return status, [plate["text"] for plate in json.loads(body)["pictures"][0]["plates"]]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(read, range(8)))
    assert answers == [answers[0]] * 8 and answers[0][0] == 200 and answers[0][1]


def test_a_page_with_its_static_files(server: Server) -> None:
    page = ask(server.url + "/")[1].decode()
    for address in ("/static/web/style.css", "/static/web/read.js"):
        assert address in page
        assert ask(server.url + address)[0] == 200
    assert ask(server.url + "/static/faces/JetBrainsMono-SemiBold.ttf")[0] == 200
    assert ask(server.url + "/static/admin/css/base.css")[0] == 200
    assert ask(server.url + "/static/../manage.py")[0] == 404
    assert ask(server.url + "/static/faces/..%2f..%2fmanage.py")[0] == 404


def test_a_fault_shows_nothing_of_the_inside(server: Server) -> None:
    status, body = ask(server.url + "/nowhere")
    assert status == 404 and b"There is nothing here" in body and b"urlpatterns" not in body


def test_huge_bodies_are_answered(server: Server) -> None:
    status, body = ask(
        server.url + "/api/v1/read", b"x" * 6_000_000, **{"Content-Type": "image/png"}
    )
    assert (status, json.loads(body)["detail"][:14]) == (413, "more than 4 MB")
    # So much more is not even read.
    assert begin(server, 10**12) == 413


def test_a_server_by_default(tmp_path: Path, street: Street) -> None:
    folder = tmp_path / "data"
    server = Server(folder, PLATEWRIGHT_KEEP_DAYS="30", PLATEWRIGHT_REQUEST_S="2")
    try:
        assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
        assert ask(server.url + "/sightings/")[1].count(b"Log in")  # not open to everybody
        token = (folder / "token").read_text().strip()
        headers = {"Content-Type": "image/jpeg", "Authorization": f"Bearer {token}"}
        assert ask(server.url + "/api/v1/read?keep=1", street[0], **headers)[0] == 200
        with sqlite3.connect(folder / "registry.sqlite3") as base:
            (kept,) = base.execute("select count(*) from registry_sighting").fetchone()
            assert kept > 0
            old = datetime.now() - timedelta(days=31)
            base.execute("update registry_sighting set seen = ?", (str(old),))
        base.close()
        # Who sends slowly is hung up on when the request's time is over, not kept for ever.
        assert begin(server, 1000) not in (200, TIRED)
        assert ask(server.url + "/health") == (200, b"ok\n")
    finally:
        assert server.stop() == 0
    again = Server(folder, PLATEWRIGHT_KEEP_DAYS="30")  # at its start what is old goes
    try:
        for _ in range(100):
            with sqlite3.connect(folder / "registry.sqlite3") as base:
                (kept,) = base.execute("select count(*) from registry_sighting").fetchone()
            base.close()
            if not kept:
                break
            time.sleep(0.1)
        assert kept == 0
    finally:
        again.stop()


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ({"PLATEWRIGHT_WEIGHTS": "/nowhere.onnx"}, "/nowhere.onnx: no such weights file"),
        ({"PLATEWRIGHT_READER": "eyes"}, "no reader eyes; known: "),
    ],
)
def test_networks_that_are_none(tmp_path: Path, variable: dict[str, str], message: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        Server(tmp_path, **variable)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
