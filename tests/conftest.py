"""What tests are, what they make once for all, and a camera's stream that a test can cut off."""

from __future__ import annotations

import inspect
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import cv2
import hypothesis
import numpy as np
import pytest
from filelock import FileLock

from platewright.image import encode_image
from platewright.limit import goes_on
from platewright.output import sender
from tests.broker import Broker, decide_at_once
from tests.script import PATIENCE_S

TESTS = Path(__file__).resolve().parent
# No test asserts a time of the clock, which other work on the machine lengthens; and what was right
# a moment ago is right again. `--hypothesis-profile exploring` draws other examples in each run.
UNHURRIED = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("exploring", **UNHURRIED)
hypothesis.settings.register_profile("unhurried", derandomize=True, **UNHURRIED)
hypothesis.settings.load_profile("unhurried")
TELLING = {
    "process": {
        "subprocess",
        "run_process",
        "in_order",
        "Engine",
        "BatchStream",
        "export_beside",
        "extract",
        "draw_sequence",
        "train.py",
        "sync_playwright",
    },
    "slow": {"train_on_batch", "fit", "export_beside", "exported", "quantize", "train.py"},
}
"""Names and texts whose use, by a test, its fixtures or what these call, says what it is."""
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"}
ASKED = {"uname", "lscpu", "ldconfig", "gcc", "cc", "ld", "nvidia-smi"}
"""What libraries ask of the machine when they are imported."""
running: list[pytest.Item] = []
"""The test at work."""

if "OMP_NUM_THREADS" in os.environ:  # OpenCV has threads of its own
    cv2.setNumThreads(int(os.environ["OMP_NUM_THREADS"]))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what can be seen of the code; let modules with slow tests begin."""
    first: dict[str, int] = {}
    for item in items:
        used = names_used(item)
        for mark, names in TELLING.items():
            if names & used and item.get_closest_marker(mark) is None:
                item.add_marker(mark)
        slow, process = (item.get_closest_marker(mark) for mark in ("slow", "process"))
        module = item.nodeid.partition("::")[0]
        first[module] = min(0 if slow else 1 if process else 2, first.get(module, 2))
    items.sort(key=lambda item: first[item.nodeid.partition("::")[0]])


def names_used(item: pytest.Item) -> set[str]:
    """Return the names of a test's fixtures, and in their code, its own, and that of callees."""
    info = getattr(item, "_fixtureinfo", None)
    fixtures = info.name2fixturedefs.values() if info else ()
    todo: list[Any] = [getattr(item, "function", None), *(each[-1].func for each in fixtures)]
    seen: dict[int, frozenset[str]] = {}
    while todo:
        each = todo.pop()
        if id(each) not in seen and isinstance(each, FunctionType | type):
            seen[id(each)], called = code_of(each)
            todo += called
    return {name for names in seen.values() for name in names}.union(
        info.name2fixturedefs if info else ()
    )


@cache
def code_of(each: Any) -> tuple[frozenset[str], tuple[Any, ...]]:
    """Return the names in the code of a function or class of the tests, and what they stand for."""
    if not str(each.__module__).startswith(("tests", "test_")):
        return frozenset(), ()
    if isinstance(each, type):
        return frozenset(), tuple(v for v in vars(each).values() if isinstance(v, FunctionType))
    names = frozenset(
        word
        for code in codes_in(each.__code__)
        for word in (*code.co_names, *code.co_consts)
        if isinstance(word, str)
    )
    known = (inspect.unwrap(v) for n in names if callable(v := each.__globals__.get(n)))
    return names, tuple(value for value in known if isinstance(value, FunctionType | type))


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's code and that of what is defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes_in(constant)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Know the test at work, from its fixtures on."""
    watch_training()
    running.append(item)
    try:
        return (yield)
    finally:
        running.pop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Fail a test that leaves work at it which takes a core from all that follow."""
    yield
    assert not goes_on(), "what it left alone goes on: let a process of its own do that"


def require(mark: str, what: str) -> None:
    """Fail a test that does what its marks don't tell, where tests are chosen by marks.

    Raises:
        pytest.fail.Exception: if the test at work has no such mark.
    """
    item = running[-1] if running else None
    if item and item.config.option.markexpr and item.get_closest_marker(mark) is None:
        pytest.fail(f"it {what}: mark it with @pytest.mark.{mark}")


def watch_starts(event: str, arguments: tuple[object, ...]) -> None:
    """Look at what Python does, for processes."""
    if event not in STARTS:  # the most frequent are of every `id`
        return
    asked = Path(str(arguments[0])).name if arguments else ""
    if asked not in ASKED:
        require("process", f"starts a process ({event} {str(arguments)[:200]})")


sys.addaudithook(watch_starts)


def watched(function: Callable[..., Any], mark: str, what: str) -> Callable[..., Any]:
    """Return a function that looks at the marks before it does what it does."""

    def call(*arguments: Any, **named: Any) -> Any:
        require(mark, what)
        return function(*arguments, **named)

    call.is_watched = True  # type: ignore[attr-defined]
    return call


def watch_training() -> None:
    """Watch optimizers, once Keras is there."""
    keras = sys.modules.get("keras")
    optimizer = getattr(getattr(keras, "optimizers", None), "Optimizer", None)
    if optimizer is not None and not hasattr(optimizer.apply, "is_watched"):
        optimizer.apply = watched(optimizer.apply, "slow", "trains")


BaseProcess.start = watched(BaseProcess.start, "process", "starts a process")  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def made_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, Callable[[Path], object]], Path]:
    """Return what makes a folder once, whichever worker comes first, for all to read.

    It takes the folder's name and what fills it.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(name: str, fill: Callable[[Path], object]) -> Path:
        folder, part = shared / name, shared / f"{name}.part"
        with FileLock(shared / f"{name}.lock"):
            if not folder.is_dir():
                part.mkdir(exist_ok=True)
                fill(part)
                part.rename(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is, and a driver for it."""
    pytest.importorskip(
        "playwright", reason="browser tests need Playwright: pip install playwright"
    )
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("browser tests need Chromium: apt-get install chromium")
    return found


class CameraServer:
    """Serves motion JPEG at `address`, as network cameras do.

    Attributes:
        pictures: sent over and over.
        fps: how many a second.
        plan: pictures of each connection before it is cut off, the last one for all that follow;
            None: without end; 0: the answer is "503"; -1: twenty pictures, then silence.
        visits: how many connections there were.
    """

    def __init__(self, pictures: Sequence[np.ndarray], plan: Sequence[int | None]) -> None:
        self.pictures = [encode_image(picture, ".jpg") for picture in pictures]
        self.plan, self.fps = list(plan), 25.0
        self.visits = 0
        self.closed = threading.Event()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                number = camera.visits
                camera.visits += 1
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
            self.closed.wait(PATIENCE_S)

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


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    """An MQTT broker that runs; who is connected to it has the time that it takes to answer."""
    decide_at_once(monkeypatch)
    monkeypatch.setattr(sender, "LAST_S", PATIENCE_S)
    made = Broker(tmp_path / "broker")
    made.start()
    yield made
    made.kill()
