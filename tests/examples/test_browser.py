"""The page that reads in the browser, as it is built and served, in a real Chromium."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from platewright.geometry import homography, project
from platewright.image import load_image
from platewright.reading.acceptance import Shown
from platewright.reading.choice import load_detector
from platewright.reading.ctc import best_path, log_likelihoods
from platewright.reading.runtime import log_softmax
from tests.script import PATIENCE_S, wait_until

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "examples/browser"
STREET = ROOT / "docs/street.jpg"
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
MOST_BYTES = 12_000_000
THUMB = 44
"""Pixels: least side of what a finger is to hit (WCAG 2.5.5)."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as `make` gathers it."""
    if missing := [tool for tool in ("npm", "make") if shutil.which(tool) is None]:
        pytest.skip(f"gathering the page needs {missing[0]}")
    folder = tmp_path_factory.mktemp("browser") / "page"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("node_modules", "site"))
    fetched = subprocess.run(
        ["make", "node_modules/.package-lock.json"], cwd=folder, capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    if fetched.returncode:
        pytest.skip(f"npm can't fetch onnxruntime-web: {fetched.stderr.strip()[-300:]}")
    made = subprocess.run(
        ["make", f"ROOT={ROOT}", f"PYTHON={sys.executable}"], cwd=folder, capture_output=True,
        text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium, whose camera shows the street."""
    from playwright.sync_api import sync_playwright

    film = tmp_path_factory.mktemp("camera") / "street.mjpeg"
    film.write_bytes(STREET.read_bytes() * 2)
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={film}"]  # fmt: skip
    with sync_playwright() as driver:
        # A container's root has no sandbox of its own; the pages are ours alone.
        browser = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", *fake], timeout=1000 * PATIENCE_S
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def visit(browser: Any, address: str) -> Iterator[Any]:
    """The page on a phone, once it has loaded, and what it asked for and complained of."""
    page = browser.new_context(**PHONE).new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    page.asked, page.faults = [], []
    page.on("request", lambda request: page.asked.append(request))
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda m: page.faults.append(m.text) if m.type == "error" else None)
    page.goto(address)
    page.locator("body[data-ready]").wait_for()
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def wanted() -> set[str]:
    """The texts that the command tells of the street."""
    detector = load_detector(ROOT / "weights.float.onnx")
    return {reading.text for reading in filter(Shown(), detector.read(load_image(STREET)))}


def said(page: Any, pattern: str) -> str:
    status = page.locator("#status", has_text=re.compile(pattern))
    status.wait_for()
    return str(status.inner_text())


def texts(page: Any) -> list[str]:
    items = page.locator("#plates li")
    return [items.nth(k).get_attribute("data-text") for k in range(items.count())]


def shown_colours(page: Any, selector: str) -> np.ndarray:
    shot = page.locator(selector).screenshot()
    return np.asarray(cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR))


def test_it_is_small_as_it_is_served(site: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in site.rglob("*") if path.is_file()}
    whole = sum(sizes.values())
    assert whole < MOST_BYTES
    told = re.findall(r"(\d+\.\d) MB, of which a visitor loads (\d+\.\d)",
                      (SOURCE / "README.md").read_text("utf-8"))  # fmt: skip
    assert told == [tuple(f"{size / 1e6:.1f}" for size in (whole, whole - sizes["example.jpg"]))]


def test_a_photo_is_read_as_by_the_command(visit: Any, address: str, wanted: set[str]) -> None:
    visit.set_input_files("#file", str(STREET))
    assert said(visit, "read in").startswith(f"{len(wanted)} plates")
    assert len(wanted) == 4 and {*texts(visit)} == wanted and len(texts(visit)) == 4
    assert all(text in visit.locator("#photo").get_attribute("aria-label") for text in wanted)
    picture = shown_colours(visit, "#stage").astype(int)
    green = np.abs(picture - (0x8F, 0xD9, 0x18)).max(axis=2) < 24  # what marks what was accepted
    assert green.mean() > 0.002
    assert visit.faults == []
    assert all(request.url.startswith(address) for request in visit.asked)
    assert {request.method for request in visit.asked} == {"GET"}


def test_its_arithmetic_is_that_of_the_package(visit: Any) -> None:
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 2, (9, 4)).astype(np.float32)
    texts = [[], [1], [2, 2], [1, 2, 3], [3, 3, 3, 1]]
    quad = [[10.0, 12], [90, 20], [84, 60], [6, 44]]
    points = rng.random((5, 2))
    found = visit.evaluate(
        """async ([logits, texts, quad, points]) => {
            const [{ bestPath, logProbabilities, probability }, { squareToQuad }] =
                await Promise.all(["text", "geometry"].map((name) => import(`./${name}.js`)));
            const logs = logProbabilities(logits, 4, 0.8), place = squareToQuad(quad);
            return [bestPath(logs, 4, 12), texts.map((text) => probability(logs, 4, text)),
                points.map(([x, y]) => place(x, y))];
        }""",
        [logits.ravel().tolist(), texts, np.ravel(quad).tolist(), points.tolist()],
    )
    logs = log_softmax(logits / np.float32(0.8))
    assert tuple(found[0]) == best_path(logs)[0]
    assert found[1] == pytest.approx(np.exp(log_likelihoods(logs, texts)), rel=1e-4)
    square = [[0, 0], [1, 0], [1, 1], [0, 1]]
    assert np.array(found[2]) == pytest.approx(project(homography(square, quad), points))


def test_what_is_no_picture_is_told_and_the_next_one_is_read(visit: Any, wanted: set[str]) -> None:
    visit.set_input_files("#file", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no"})
    assert said(visit, "no picture").startswith("a.jpg")
    for part in ("#stage", "#result"):  # nothing of the one before stands below that
        assert not visit.locator(part).is_visible()
    grey = cv2.imencode(".png", np.full((90, 160), 128, np.uint8))[1].tobytes()
    visit.set_input_files("#file", {"name": "b.png", "mimeType": "image/png", "buffer": grey})
    said(visit, "No plates, read in")
    assert not visit.locator("#result").is_visible()
    visit.get_by_role("button", name="Example").click()
    said(visit, "4 plates, read in")
    assert {*texts(visit)} == wanted


def test_a_photo_that_opens_late_does_not_take_the_place_of_the_next(visit: Any) -> None:
    visit.evaluate("""() => {
        const open = window.createImageBitmap;
        window.createImageBitmap = async (...words) => {
            window.createImageBitmap = open;
            const bitmap = await open(...words);
            await new Promise((resolve) => { window.letGo = resolve; });
            return bitmap;
        };
    }""")
    visit.set_input_files("#file", str(STREET))
    wait_until(lambda: visit.evaluate("!!window.letGo"))
    grey = cv2.imencode(".png", np.full((90, 160), 128, np.uint8))[1].tobytes()
    visit.set_input_files("#file", {"name": "b.png", "mimeType": "image/png", "buffer": grey})
    said(visit, "No plates, read in")
    visit.evaluate("window.letGo()")
    visit.wait_for_timeout(300)
    said(visit, "No plates, read in")
    photo = visit.locator("#photo")
    assert photo.evaluate("one => [one.width, one.height]") == [160, 90]
    assert photo.get_attribute("aria-label") == "The photo, without plates"


def test_photos_are_read_without_a_connection_and_the_lack_of_an_example_is_told(
    visit: Any, wanted: set[str]
) -> None:
    visit.route("**/example.jpg", lambda route: route.fulfill(status=404, body="<p>none"))
    visit.get_by_role("button", name="Example").click()
    said(visit, "^The example can't be loaded: 404")
    visit.unroute("**/example.jpg")
    visit.route("**/example.jpg", lambda route: route.abort())  # without, it may be in the cache
    visit.context.set_offline(True)
    visit.get_by_role("button", name="Example").click()
    said(visit, "^The example can't be loaded, as there is no connection")
    assert not visit.locator("#stage").is_visible()
    visit.unroute("**/example.jpg")
    visit.set_input_files("#file", str(STREET))
    said(visit, "4 plates, read in")
    assert {*texts(visit)} == wanted
    visit.context.set_offline(False)
    visit.faults.clear()  # Chromium's own lines of what could not be fetched


def test_the_camera_is_read_until_it_is_stopped(visit: Any, wanted: set[str]) -> None:
    button = visit.locator("#camera")
    button.click()
    assert said(visit, "^Read: ").removeprefix("Read: ") in wanted
    visit.locator("#plates li").nth(2).wait_for()
    assert {*texts(visit)} <= wanted
    assert visit.locator("#video").is_visible() and button.get_attribute("aria-pressed") == "true"
    button.click()
    said(visit, "camera is off")
    assert not visit.locator("#video").is_visible()
    assert visit.evaluate("document.getElementById('video').srcObject.active") is False
    assert visit.faults == []


def test_it_can_be_used_by_thumb_and_by_keyboard(visit: Any) -> None:
    wide = visit.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["viewport"]["width"]
    for name in ("#camera", "#example", ".button"):
        box = visit.locator(name).bounding_box()
        assert min(box["width"], box["height"]) >= THUMB, name
    visit.locator("#file").focus()
    visit.keyboard.press("Tab")
    assert visit.evaluate("document.activeElement.id") == "camera"
    visit.keyboard.press("Tab")
    visit.keyboard.press("Enter")
    said(visit, "plates, read in")
    for name, child in (("label", "file"), ("section", "found")):
        one = visit.locator(name)
        assert child in (one.get_attribute("for"), one.get_attribute("aria-labelledby"))
