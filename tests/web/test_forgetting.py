"""What is forgotten is nowhere; a database that fails stops no reading."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import os
import re
import shutil
import sqlite3
import stat
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from platewright.record import SceneRecord
from tests.script import PATIENCE_S, wait_until
from tests.web.conftest import Server
from tests.web.test_serve import ask

Street = tuple[bytes, SceneRecord]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o777)  # whatever a folder allows
    before = os.umask(0o022)
    try:
        server = Server(folder, PLATEWRIGHT_ACCESS="open", PLATEWRIGHT_PER_MINUTE="0")
    finally:
        os.umask(before)
    yield server
    server.stop()


def where(server: Server, *sought: bytes) -> list[str]:
    """Return the files that hold any of these bytes."""
    return [name for name, held in files(server).items() if any(each in held for each in sought)]


def read(server: Server, data: bytes, query: str = "?keep=1&keep_photo=1") -> dict:
    token = (server.log.parent / "token").read_text().strip()
    headers = {"Content-Type": "image/jpeg", "Authorization": f"Bearer {token}"}
    status, body = ask(server.url + "/api/v1/read" + query, data, **headers)
    assert status == 200, body
    (picture,) = json.loads(body)["pictures"]
    return picture


def files(server: Server) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in server.log.parent.iterdir() if p.name != "server.log"}


class Browser:
    """Somebody with an account, at the pages."""

    def __init__(self, server: Server) -> None:
        self.server = server
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def send(self, address: str, page: str = "", **fields: str | list[str]) -> None:
        """Send the form of a page, which is at the same address unless said."""
        with self.opener.open(self.server.url + (page or address), timeout=PATIENCE_S) as answer:
            key = re.search(r'csrfmiddlewaretoken" value="(\w+)"', answer.read().decode())
        assert key
        form = urllib.parse.urlencode({"csrfmiddlewaretoken": key[1], **fields}, doseq=True)
        self.opener.open(self.server.url + address, form.encode(), timeout=PATIENCE_S).close()

    def forget(self, number: str) -> None:
        """Forget a sighting by its page."""
        self.send(f"/sightings/{number}/forget/", f"/sightings/{number}/")


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
    browser = Browser(server)
    for number in numbers[:-1]:
        browser.forget(number)
    assert b"JFIF" in b"".join(files(server).values())  # the last sighting still has it
    browser.forget(numbers[-1])
    assert not where(server, *texts, b"JFIF")


def test_what_somebody_reads_meanwhile_is_wiped_when_that_is_over(
    server: Server, street: Street
) -> None:
    numbers = [plate["sighting"] for plate in read(server, street[0])["plates"]]
    path = server.log.parent / "registry.sqlite3"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM registry_sighting").fetchone()
        browser = Browser(server)
        for number in filter(None, numbers):
            browser.forget(number)
        assert where(server, b"JFIF")
        other.execute("ROLLBACK")
        wait_until(lambda: not where(server, b"JFIF"))


def test_what_the_admin_deletes_or_changes_is_in_no_byte(
    server: Server, street: Street, tmp_path: Path
) -> None:
    for words in (
        ["createsuperuser", "--noinput", "--username", "a", "--email", "a@example.org"],
        ["shell", "-c", "from django.contrib.auth.models import User as U; "
         "u = U.objects.get(); u.set_password('p'); u.save()"],
    ):  # fmt: skip
        assert server.manage(*words).returncode == 0
    browser = Browser(server)
    browser.send("/admin/login/", username="a", password="p", next="/admin/")
    plates = [plate for plate in read(server, street[0])["plates"] if plate["sighting"]]
    one, *others = [plate["sighting"] for plate in plates]
    browser.send(f"/admin/registry/sighting/{one}/delete/", post="yes")
    browser.send(
        "/admin/registry/sighting/", action="delete_selected", post="yes", _selected_action=others
    )
    vehicle = {"region": "GB", "note": "", "list": "", "valid_from": "", "valid_until": ""}
    add, of_one = "/admin/registry/vehicle/add/", "/admin/registry/vehicle/1/"
    browser.send(add, plate="QQ99QQQ", holder="Hildegard", **vehicle)
    browser.send(f"{of_one}change/", plate="ZZ99ZZZ", holder="Hermine", **vehicle)
    assert where(server, b"ZZ99ZZZ") and not where(server, b"QQ99QQQ", b"Hildegard")
    table = tmp_path / "vehicles.csv"
    table.write_text("plate,region,holder\nZZ99ZZZ,GB,Hedwig\n")
    assert server.manage("importvehicles", str(table)).returncode == 0
    assert where(server, b"Hedwig") and not where(server, b"Hermine")
    browser.send(f"{of_one}delete/", post="yes")
    camera = {"note": "Henriette", "areas": "0,0,9%,9%"}
    browser.send("/admin/registry/camera/add/", name="gate", **camera)
    browser.send("/admin/registry/camera/1/change/", name="gate", **camera | {"note": "Hannelore"})
    assert where(server, b"Hannelore") and not where(server, b"Henriette")
    browser.send("/admin/registry/camera/1/delete/", post="yes")
    words = ["createsuperuser", "--noinput", "--username", "b", "--email", "heidi@example.org"]
    assert server.manage(*words).returncode == 0
    browser.send("/admin/auth/user/2/delete/", post="yes")
    texts = {plate["text"].encode() for plate in plates}
    sought = (*texts, b"JFIF", b"QQ99QQQ", b"ZZ99ZZZ", b"Hildegard", b"Hermine", b"Hedwig",
              b"Hannelore", b"heidi")  # fmt: skip
    assert not where(server, *sought)
    assert where(server, b"vehicle 1", f"sighting {one}".encode())  # who did it is known


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
    wait_until(lambda: ask(server.url + "/health")[0] == 200, pause_s=0.1)
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
    wait_until(lambda: ask(server.url + "/health")[0] == 200, pause_s=0.1)
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
