from __future__ import annotations

import contextlib
import http.client
import io
import json
import select
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from platewright.record import SceneRecord
from tests.page import lines_of_others
from tests.script import PATIENCE_S, wait_until
from tests.web.conftest import ROOT, Server

Street = tuple[bytes, SceneRecord]


def ask(url: str, data: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def ask_in_time(url: str, most_s: float) -> tuple[int, bytes]:
    """Ask, and anew where this process itself took longer than a client may."""
    while True:
        begun = time.monotonic()
        try:
            return ask(url)
        except OSError:
            if time.monotonic() - begun < most_s:
                raise


def begin(server: Server, length: int) -> int:
    """Send the first byte of so many and wait; return the status.

    Where there is none: 0.
    """
    place = urlsplit(server.url)
    with closing(
        http.client.HTTPConnection(place.hostname, place.port, timeout=PATIENCE_S)
    ) as client:
        client.putrequest("POST", "/api/v1/read")
        client.putheader("Content-Length", str(length))
        client.putheader("Content-Type", "image/jpeg")
        client.endheaders(b"x")
        try:
            with client.getresponse() as response:
                return response.status
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


TCP = Path("/proc/net/tcp")
SLOW = {
    "header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-",
    "body": b"POST /api/v1/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1900000\r\n\r\nx",
    "body of a GET": b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1900000\r\n\r\nx",
    "blank lines": b"\r\n",
    "nothing": b"",
}


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits two seconds for a request, and reads a second at a picture.

    Two pictures may be there at a time.
    """
    folder = tmp_path_factory.mktemp("hurried")
    server = Server(
        folder, arguments=("--threads", "6"), PLATEWRIGHT_REQUEST_S="2",
        PLATEWRIGHT_PER_MINUTE="0", PLATEWRIGHT_ACCESS="open",
        PLATEWRIGHT_PICTURE_S="1", PLATEWRIGHT_PICTURE_MB="300", PLATEWRIGHT_CONNECTIONS="60",
    )  # fmt: skip
    yield server
    server.stop()


@pytest.mark.parametrize("kind", SLOW)
def test_slow_clients_cost_the_others_nothing(hurried: Server, kind: str) -> None:
    place = urlsplit(hurried.url)
    with contextlib.ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection((place.hostname, place.port), PATIENCE_S))
            for _ in range(70)
        ]
        for each in slow:
            with contextlib.suppress(OSError):  # one of too many
                each.sendall(SLOW[kind])
        assert ask_in_time(hurried.url + "/health", 2.0) == (200, b"ok\n")

        def gone() -> bool:  # a byte now and then is no reason to wait for longer
            for each in slow:
                with contextlib.suppress(OSError):
                    each.send(SLOW[kind] if SLOW[kind].isspace() else SLOW[kind][:1])
            assert ask_in_time(hurried.url + "/health", 2.0) == (200, b"ok\n")
            return all([ended(each) for each in slow])

        wait_until(gone, pause_s=0.2)


@pytest.mark.skipif(not TCP.exists(), reason="needs /proc")
def test_answers_that_nobody_fetches_hold_no_thread(hurried: Server) -> None:
    place = urlsplit(hurried.url)
    large = b"GET /static/ninja/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with contextlib.ExitStack() as stack:
        deaf = [
            stack.enter_context(socket.create_connection((place.hostname, place.port), PATIENCE_S))
            for _ in range(12)
        ]
        for each in deaf:  # more than there are threads, and more than a buffer holds
            with contextlib.suppress(ConnectionError):
                each.sendall(large * 110)
        wait_until(lambda: len(select.select(deaf, [], [], 0)[0]) == len(deaf))
        assert ask(hurried.url + "/health") == (200, b"ok\n")
        ports = {each.getsockname()[1] for each in deaf}
        wait_until(lambda: not ports & held_by_others(place.port), pause_s=0.2)
        for each in deaf:  # then there is what lay in buffers, and an end
            assert until_the_end(each) < HELD_BY_BUFFERS


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="needs prlimit")
def test_answers_that_nobody_fetches_hold_no_file_that_others_need(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", most_files=400, PLATEWRIGHT_CONNECTIONS="0")
    place = urlsplit(server.url)
    large = b"GET /static/ninja/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
    try:
        with contextlib.ExitStack() as stack:
            for _ in range(60):
                deaf = stack.enter_context(
                    socket.create_connection((place.hostname, place.port), PATIENCE_S)
                )
                with contextlib.suppress(ConnectionError):
                    deaf.sendall(large * 12)
            for _ in range(10):
                assert ask(server.url + "/health") == (200, b"ok\n")
                assert ask(server.url + "/")[0] == 200
                time.sleep(0.2)
    finally:
        server.stop()


def held_by_others(port: int) -> set[int]:
    """Return the ports of the clients whose connections the server of a port has not closed."""
    rows = [row.split() for row in TCP.read_text().splitlines()[1:]]
    places = [(row[1], row[2]) for row in rows if row[9] != "0"]  # 0: nobody has it open any more
    ports = ([int(place.rpartition(":")[2], 16) for place in each] for each in places)
    return {there for here, there in ports if here == port}


HELD_BY_BUFFERS = 16_000_000  #: Bytes, more than what systems hold of a connection


def until_the_end(client: socket.socket) -> int:
    """Return how many bytes come until the server hangs up, or so many that it does not."""
    client.settimeout(PATIENCE_S)
    came = 0
    with contextlib.suppress(ConnectionError):
        while came < HELD_BY_BUFFERS and (data := client.recv(1 << 20)):
            came += len(data)
    return came


def ended(client: socket.socket) -> bool:
    """Tell whether the server has hung up."""
    client.setblocking(False)
    try:
        return client.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_of_too_many_pictures_some_are_told_to_come_again_and_pages_are_answered(
    hurried: Server, street: Street
) -> None:
    def read(_: int) -> tuple[int, str]:
        request = urllib.request.Request(
            hurried.url + "/api/v1/read", street[0], {"Content-Type": "image/jpeg"}
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
                return response.status, response.headers.get("Retry-After", "")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers.get("Retry-After", "")

    with ThreadPoolExecutor(12) as pool:
        coming = [pool.submit(read, k) for k in range(36)]
        while not any(each.done() for each in coming):
            assert ask(hurried.url + "/health") == (200, b"ok\n")
        answers = [each.result() for each in coming]
    assert {*answers} <= {(200, ""), (503, "5"), (422, "")}  # 422: took more than a second
    assert (503, "5") in answers and len({*answers}) > 1


def test_a_picture_that_costs_too_much_is_one_line(hurried: Server) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (6000, 8000), np.uint8)
    large = io.BytesIO()  # more than what a second is enough for
    Image.fromarray(noise).save(large, "JPEG", quality=30, progressive=True)
    headers = {"Content-Type": "image/jpeg"}
    status, body = ask(hurried.url + "/api/v1/read", large.getvalue(), **headers)
    assert status == 422
    (picture,) = json.loads(body)["pictures"]
    assert picture["error"].startswith("picture: ") and "make it smaller" in picture["error"]
    small = io.BytesIO()  # for which a second is enough on any machine
    Image.new("L", (32, 32)).save(small, "JPEG")
    # The process that replaces the one that was ended is starting.
    wait_until(lambda: ask(f"{hurried.url}/api/v1/read", small.getvalue(), **headers)[0] == 200)


def test_what_is_asked_for_with_head_has_no_body(server: Server) -> None:
    place = urlsplit(server.url)
    with closing(
        http.client.HTTPConnection(place.hostname, place.port, timeout=PATIENCE_S)
    ) as client:
        for path in ("/", "/health", "/nothing"):
            lengths = []
            for method in ("HEAD", "GET"):  # a body would be read as the second answer
                client.request(method, path, headers={"Host": "localhost"})
                answer = client.getresponse()
                lengths.append((int(answer.headers["Content-Length"]), len(answer.read())))
            assert lengths == [(lengths[1][0], 0), (lengths[1][0],) * 2]


def test_a_body_without_a_length(server: Server) -> None:
    place = urlsplit(server.url)
    for header, status, told in (
        (b"Transfer-Encoding: chunked", b"411", b"Content-Length"),
        # Who asks whether it may send one is not waited for.
        (b"Expect: 100-continue\r\nContent-Length: 9000000", b"413", b"more than 4 MB"),
    ):
        with closing(socket.create_connection((place.hostname, place.port), PATIENCE_S)) as client:
            client.sendall(
                b"POST /api/v1/read HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\n\r\n"
            )
            said = b"".join(iter(lambda: client.recv(4096), b""))
        assert said.startswith(b"HTTP/1.1 " + status) and told in said


def test_bad_requests_leave_no_address_in_the_log(server: Server) -> None:
    place = urlsplit(server.url)
    before = server.log.read_text()
    for bad in (
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /%ff%00 HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx",
    ):
        client = socket.create_connection((place.hostname, place.port), PATIENCE_S)
        with closing(client), contextlib.suppress(OSError):
            client.sendall(bad)
            if not bad.endswith(b"\r\n\r\nx"):  # of which eight bytes are still to come
                client.recv(4096)
    assert ask(server.url + "/health")[0] == 200
    told = server.log.read_text()[len(before) :]
    assert "127.0.0.1" not in told and "203.0.113.5" not in told and "Traceback" not in told


@pytest.mark.parametrize(
    ("bind", "why"),
    [
        ("127.0.0.1:80999", "a port of 0 to 65535"),
        ("127.0.0.1", "give ADDRESS:PORT"),
        ("127.0.0.1:x", "give ADDRESS:PORT"),
        ("no host:1", "no such address"),
        ("..:1", "no such address"),
        ("203.0.113.7:8000", "assign"),
        ("TAKEN", "something else listens there"),
    ],
)
def test_an_address_that_is_none_is_one_line(server: Server, bind: str, why: str) -> None:
    bind = urlsplit(server.url).netloc if bind == "TAKEN" else bind
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "--bind", bind], cwd=ROOT, env=server.environment,
        capture_output=True, text=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 2 and why in done.stderr and bind in done.stderr
    assert len(done.stderr.splitlines()) == 1 and not done.stdout


def count(folder: Path) -> int:
    """Return how many sightings a registry has."""
    with closing(sqlite3.connect(folder / "registry.sqlite3")) as base:
        return int(base.execute("select count(*) from registry_sighting").fetchone()[0])


def test_a_server_by_default(tmp_path: Path, street: Street) -> None:
    folder = tmp_path / "data"
    server = Server(folder, PLATEWRIGHT_KEEP_DAYS="30")
    try:
        assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
        assert ask(server.url + "/sightings/")[1].count(b"Log in")  # not open to everybody
        token = (folder / "token").read_text().strip()
        headers = {"Content-Type": "image/jpeg", "Authorization": f"Bearer {token}"}
        assert ask(server.url + "/api/v1/read?keep=1", street[0], **headers)[0] == 200
        assert count(folder) > 0
        with closing(sqlite3.connect(folder / "registry.sqlite3")) as base, base:
            old = datetime.now() - timedelta(days=31)
            base.execute("update registry_sighting set seen = ?", (str(old),))
        assert ask(server.url + "/health") == (200, b"ok\n")
    finally:
        assert server.stop() == 0
    again = Server(folder, PLATEWRIGHT_KEEP_DAYS="30")  # at its start what is old goes
    try:
        wait_until(lambda: not count(folder), pause_s=0.1)
    finally:
        again.stop()


def test_what_the_pages_ask_by_curl_is_answered(tmp_path: Path, street: Street) -> None:
    """As it stands there, to a server by default that knows the vehicle and the camera."""
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    server = Server(tmp_path / "instance")
    try:
        (tmp_path / "cars.csv").write_text("plate\nAB12CDE\n")
        known = "from platewright.web.registry.models import Camera; Camera(name='gate').save()"
        for words in (["importvehicles", str(tmp_path / "cars.csv")], ["shell", "-c", known]):
            done = server.manage(*words)
            assert done.returncode == 0, done.stderr
        for name in ("a", "b", "car", "now"):
            (tmp_path / f"{name}.jpg").write_bytes(street[0])
        lines = {*lines_of_others("curl")}
        for line in lines:
            done = subprocess.run(
                ["bash", "-c", line.replace("http://127.0.0.1:8000", server.url)],
                cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
            )  # fmt: skip
            assert done.returncode == 0, (line, done.stderr)
            answer = json.loads(done.stdout)
            read = [picture["plates"] for picture in answer.get("pictures", [])]
            assert all(read) and (read or answer.get("plate") == "AB12CDE"), (line, answer)
        assert len(lines) == 4
    finally:
        server.stop()


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
