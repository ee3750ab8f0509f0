"""What is forgotten is nowhere; a database that fails stops no reading."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from platewright.record import SceneRecord
from tests.web.conftest import Server
from tests.web.test_serve import ask

Street = tuple[bytes, SceneRecord]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o777)  # whatever a folder allows
    os.umask(0o022)
    server = Server(folder, PLATEWRIGHT_ACCESS="open", PLATEWRIGHT_PER_MINUTE="0")
    yield server
    server.stop()


def read(server: Server, data: bytes, query: str = "?keep=1&keep_photo=1") -> dict:
    token = (server.log.parent / "token").read_text().strip()
    headers = {"Content-Type": "image/jpeg", "Authorization": f"Bearer {token}"}
    status, body = ask(server.url + "/api/v1/read" + query, data, **headers)
    assert status == 200, body
    (picture,) = json.loads(body)["pictures"]
    return picture


def files(server: Server) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in server.log.parent.iterdir() if p.name != "server.log"}


def forget(server: Server, number: str) -> None:
    import http.cookiejar
    import urllib.parse
    import urllib.request

    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with browser.open(f"{server.url}/sightings/{number}/", timeout=30) as page:
        key = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
    assert key
    form = urllib.parse.urlencode({"csrfmiddlewaretoken": key[1]}).encode()
    browser.open(f"{server.url}/sightings/{number}/forget/", form, timeout=30).close()


def test_forgotten_while_serving_is_in_no_byte(server: Server, street: Street) -> None:
    numbers, texts = [], set()
    for _ in range(4):
        for plate in read(server, street[0])["plates"]:
            if plate["sighting"]:
                numbers.append(plate["sighting"])
                texts.add(plate["text"].encode())
    assert len(numbers) >= 8
    held = b"".join(files(server).values())
    assert all(text in held for text in texts) and b"JFIF" in held
    for path in server.log.parent.iterdir():
        if path.name.startswith("registry"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for number in numbers[:-1]:
        forget(server, number)
    assert b"JFIF" in b"".join(files(server).values())  # the last sighting still has it
    forget(server, numbers[-1])
    for name, content in files(server).items():
        assert not [text for text in texts if text in content] and b"JFIF" not in content, name


def test_a_database_that_is_locked_or_gone_stops_no_reading(server: Server, street: Street) -> None:
    assert ask(server.url + "/health") == (200, b"ok\n")
    path = server.log.parent / "registry.sqlite3"
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        picture = read(server, street[0], "?keep=1")
        assert picture["plates"] and "locked" in picture["registry"]
        assert "not kept yet, it is tried again" in picture["registry"]
        assert all(plate["sighting"] is None for plate in picture["plates"])
        assert ask(server.url + "/health") == (503, b"database\n")
        other.execute("ROLLBACK")
    for _ in range(200):
        if ask(server.url + "/health")[0] == 200:
            break
        time.sleep(0.1)
    (kept,) = other.execute("SELECT count(*) FROM registry_sighting").fetchone()
    other.close()
    assert kept == sum(bool(plate["text"]) for plate in picture["plates"])
    # Gone, though it is still open.
    path.rename(path.with_suffix(".away"))
    picture = read(server, street[0])
    assert picture["plates"] and "gone" in picture["registry"]
    assert ask(server.url + "/health") == (503, b"database\n")
    # A backup is put back: nothing is written into the file that was open.
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    shutil.copyfile(path.with_suffix(".away"), path)
    path.with_suffix(".away").unlink()
    for _ in range(200):
        if ask(server.url + "/health")[0] == 200:
            break
        time.sleep(0.1)
    read(server, street[0])
    with sqlite3.connect(path) as other:
        (now,) = other.execute("SELECT count(*) FROM registry_sighting").fetchone()
    other.close()
    assert now >= 2 * kept  # what waited, and this one
    log = server.log.read_text()
    assert not any(text in log for text in [p["text"] for p in picture["plates"] if p["text"]])


def test_pages_say_that_the_registry_is_away(server: Server) -> None:
    path = server.log.parent / "registry.sqlite3"
    path.rename(path.with_suffix(".away"))
    for address in ("/", "/sightings/", "/api/v1/plates/AB12CDE", "/admin/login/", "/admin/"):
        for cookie in ("", "sessionid=abcdefghijklmnopqrstuvwxyz012345"):
            status, body = ask(server.url + address, Cookie=cookie)
            wanted = address in ("/sightings/", "/api/v1/plates/AB12CDE")
            wanted = wanted or (bool(cookie) and address.startswith("/admin/"))
            assert status == (503 if wanted else 200), (address, cookie)
            if status == 503:
                assert b"the registry can" in body and b"Traceback" not in body
    assert not path.exists()  # nobody has made an empty one in its place
    told = server.log.read_text()
    assert "AB12CDE" not in told and "Traceback" not in told
