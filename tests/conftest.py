"""A camera's HTTP stream that a test can starve, cut off and close."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from platewright.image import encode_image


class CameraServer:
    """Serves motion JPEG at `address`, as network cameras do.

    Attributes:
        pictures: sent over and over.
        fps: how many a second.
        plan: pictures of each connection before it is cut off, the last one for all that follow;
            None: without end; 0: the answer is "503"; -1: twenty pictures, then silence.
        visits: when each connection began.
    """

    def __init__(self, pictures: Sequence[np.ndarray], plan: Sequence[int | None]) -> None:
        self.pictures = [encode_image(picture, ".jpg") for picture in pictures]
        self.plan, self.fps = list(plan), 25.0
        self.visits: list[float] = []
        self.closed = threading.Event()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                number = len(camera.visits)
                camera.visits.append(time.monotonic())
                camera.answer(self, camera.plan[min(number, len(camera.plan) - 1)])

            def log_message(self, *words: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client: object) -> None:
                pass  # who watched has gone

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/live"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def answer(self, request: BaseHTTPRequestHandler, count: int | None) -> None:
        if count == 0:
            request.send_error(503)
            return
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        request.end_headers()
        last = 20 if count == -1 else count
        sent = 0
        while (last is None or sent < last) and not self.closed.wait(1 / self.fps):
            jpeg = self.pictures[sent % len(self.pictures)]
            head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            request.wfile.write(head.encode() + jpeg + b"\r\n")
            sent += 1
        if count == -1:
            self.closed.wait(60)

    def close(self) -> None:
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def camera_server() -> Iterator[type[CameraServer]]:
    """Return what starts a server; all are closed after the test."""
    started: list[CameraServer] = []

    class Tracked(CameraServer):
        def __init__(self, *words: object) -> None:
            super().__init__(*words)  # type: ignore[arg-type]
            started.append(self)

    yield Tracked
    for server in started:
        server.close()
