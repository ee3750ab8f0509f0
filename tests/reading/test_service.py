"""Reading by a service, against a local one that answers as it is told."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib import parse

import numpy as np
import pytest

from platewright.errors import ServiceError
from platewright.image import decode_image
from platewright.reading.service import KEY, URL, Service, ServiceSpeller
from tests.script import PATIENCE_S

DRIP_S = 0.02
CROP = np.random.default_rng(0).integers(0, 256, (96, 300), np.uint8)


def parsed(*texts: str, **more: Any) -> bytes:
    results = [{"ParsedText": text, "FileParseExitCode": 1} for text in texts]
    return json.dumps({"ParsedResults": results, "OCRExitCode": 1} | more).encode()


def page(text: str | None, code: int | str, message: str | None) -> bytes:
    result = {"ParsedText": text, "FileParseExitCode": code, "ErrorMessage": message}
    return parsed(ParsedResults=[result], OCRExitCode=2)


class FakeService:
    """Answers each request by the next of its plan, the last one for all that follow."""

    def __init__(self) -> None:
        self.plan: list[tuple[int, bytes, dict[str, str]]] = [(200, parsed("AB12\r\nCDE"), {})]
        self.asked: list[tuple[dict[str, str], dict[str, str]]] = []
        self.hanging, self.dripping = False, b""
        self.left = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {k: v[0] for k, v in parse.parse_qs(body).items()}
                number = len(fake.asked)
                fake.asked.append((dict(self.headers), form))
                if fake.hanging:
                    if self.connection.recv(1) == b"":
                        fake.left.set()
                    return
                code, answer, headers = fake.plan[min(number, len(fake.plan) - 1)]
                try:
                    if fake.dripping:
                        self.wfile.write(fake.dripping)
                        self.drip()
                    self.send_response(code)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    fake.left.set()  # who asked has gone

            def drip(self) -> None:
                for _ in range(int(PATIENCE_S / DRIP_S)):
                    self.wfile.write(b"-")
                    time.sleep(DRIP_S)

            def log_message(self, *words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/parse/image"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def fake() -> Iterator[FakeService]:
    service = FakeService()
    yield service
    service.close()


def service(fake: FakeService, waits: list[float] | None = None, **changes: Any) -> Service:
    kept = [] if waits is None else waits
    how = {"timeout_s": PATIENCE_S, "pause": kept.append} | changes
    return Service(url=fake.url, key="secret", **how)


def test_the_crop_and_the_key_arrive(fake: FakeService) -> None:
    assert service(fake).read(CROP) == "AB12\r\nCDE"
    ((headers, form),) = fake.asked
    assert {k.lower(): v for k, v in headers.items()}["apikey"] == "secret"
    kind, _, packed = form["base64Image"].partition(",")
    assert kind == "data:image/png;base64"
    sent = decode_image(io.BytesIO(base64.b64decode(packed)), "sent")
    assert (sent == CROP[..., None]).all()


def test_a_busy_service_is_asked_again_and_waited_for(fake: FakeService) -> None:
    fake.plan = [(503, b"", {}), (429, b"", {"Retry-After": "3"}), (200, parsed("X1"), {})]
    waits: list[float] = []
    assert service(fake, waits).read(CROP) == "X1"
    assert waits == [0.5, 3.0]


def test_waits_grow_and_end(fake: FakeService) -> None:
    fake.plan = [(500, b"", {"Retry-After": "86400"}), (500, b"", {})]
    waits: list[float] = []
    with pytest.raises(ServiceError, match="answers 500; tried 4 times, give up"):
        service(fake, waits).read(CROP)
    assert waits == [30.0, 1.0, 2.0] and len(fake.asked) == 4


def test_nobody_there(fake: FakeService) -> None:
    fake.close()
    waits: list[float] = []
    with pytest.raises(
        ServiceError, match=r"can't be reached \(.*refused.*\); tried 2 times"
    ) as told:
        service(fake, waits, tries=2).read(CROP)
    assert "\n" not in str(told.value) and "secret" not in str(told.value)


def test_a_service_that_hangs(fake: FakeService) -> None:
    fake.hanging = True
    with pytest.raises(ServiceError, match=r"no answer in 0\.1 s; tried 1 times"):
        service(fake, timeout_s=0.1, tries=1).read(CROP)


@pytest.mark.parametrize("head", [b"HTTP/1.0 200 OK\r\nX: ", b"HTTP/1.0 200 OK\r\n\r\n"])
def test_a_service_that_drips(fake: FakeService, head: bytes) -> None:
    fake.dripping = head
    with pytest.raises(ServiceError, match=r"no answer in 0\.3 s; tried 1 times"):
        service(fake, timeout_s=0.3, tries=1).read(CROP)
    if fake.asked:  # on a busy machine the time may be over before
        assert fake.left.wait(PATIENCE_S)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((401, b"", {}), "answers 401: the key is refused"),
        ((403, b"", {}), "the key is refused, or its quota"),
        ((404, b"", {}), "not the address of such a service"),
        ((302, b"", {"Location": "http://127.0.0.1:9/"}), "answers 302: not the address"),
        ((200, b"<html>", {}), "not that of such a service"),
        ((200, b'"limit reached"', {}), "not that of such a service"),
        ((200, b'{"ParsedResults": [{}]}', {}), "not that of such a service"),
        ((200, b"x" * (1 << 20) + b"x", {}), "larger than 1048576 bytes"),
        (
            (200, b'{"IsErroredOnProcessing": true, "ErrorMessage": ["Bad file", "E1"]}', {}),
            "could not read it: Bad file; E1",
        ),
        ((200, parsed(OCRExitCode=4), {}), "could not read it: no why"),
        ((200, page(None, -10, "Timed out"), {}), "could not read it: Timed out$"),
        ((200, page("", "-30", None), {}), "could not read it: no why"),
        ((200, b"[" * 200_000, {}), "not that of such a service"),
        ((200, b'{"message": "no such user"}', {}), "not that of such a service"),
        ((302, b"", {"Location": "http://[::1"}), "answers 302: not the address"),
        (
            (200, parsed(IsErroredOnProcessing=True, ErrorMessage="key SECRET\n\x1b\ud800bad"), {}),
            r"could not read it: key \*\*\* bad$",
        ),
    ],
)
def test_refusals_are_told_at_once(
    fake: FakeService, answer: tuple[int, bytes, dict[str, str]], message: str
) -> None:
    fake.plan = [answer]
    with pytest.raises(ServiceError, match=message):
        service(fake).read(CROP)
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, f"{URL} is not set"),
        ({URL: "http://a.example/x"}, f"{KEY} is not set"),
        ({URL: "file:///etc/passwd", KEY: "k"}, "is no http or https address"),
        ({URL: "https://", KEY: "k"}, "is no http or https address"),
        ({URL: "http://[::1", KEY: "k"}, "is no http or https address"),
        ({URL: "http://..", KEY: "k"}, "is no http or https address"),
        ({URL: f"http://{'a' * 70}.com", KEY: "k"}, "is no http or https address"),
        ({URL: "http://a.example:99999", KEY: "k"}, "is no http or https address"),
        ({URL: "SECRET", KEY: "https://a.example"}, "is no http or https address"),
        ({URL: "https://me:SECRET@a.example", KEY: "k"}, "a name or a password"),
        ({URL: "https://a.example", KEY: "a\nb"}, "characters that no header can have"),
    ],
)
def test_what_the_environment_must_say(environment: dict[str, str], message: str) -> None:
    with pytest.raises(ServiceError, match=message) as told:
        Service.from_environment(environment)
    assert "SECRET" not in str(told.value)


def test_secrets_of_the_address_stay_untold(fake: FakeService) -> None:
    fake.plan = [(404, b"", {})]
    url = f"{fake.url}/SECRET/ö?apikey=OTHER"
    asking = Service(url=url, key="secret", timeout_s=PATIENCE_S)
    with pytest.raises(ServiceError, match=r"/\*\*\*/%C3%B6: answers 404") as told:
        asking.read(CROP)
    assert "OTHER" not in str(told.value) and "secret" not in repr(asking)
    assert len(fake.asked) == 1


def test_codes_may_be_texts_and_texts_null(fake: FakeService) -> None:
    results = [{"ParsedText": text, "FileParseExitCode": "1"} for text in (None, "X1")]
    fake.plan = [(200, parsed(ParsedResults=results, OCRExitCode="2"), {})]
    assert service(fake).read(CROP) == "\nX1"


def test_its_lines_become_one_text_with_slots(fake: FakeService) -> None:
    fake.plan = [(200, parsed("ab-12\r\n", "C.DE"), {}), (200, parsed(), {})]
    first, second = (e.spell() for e in ServiceSpeller(service(fake)).look([CROP, CROP]))
    assert (first.text, second.text) == ("AB12CDE", "")
    assert first.slots.argmax(axis=1)[:8].tolist() == [10, 11, 1, 2, 12, 13, 14, 36]
    assert (second.slots.argmax(axis=1) == 36).all()


def test_crops_keep_the_plates_shape() -> None:
    reader = ServiceSpeller(Service(url="http://a.example", key="k"))
    wide = np.array([[0, 0], [100, 0], [100, 20], [0, 20]], float)
    assert reader.window(wide) == (96, 480)
    assert reader.window(wide[[1, 2, 3, 0]]) == (96, 96)  # never narrower than high
