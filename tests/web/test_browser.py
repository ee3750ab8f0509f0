"""The page in a real Chromium: what a person sees and does."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from platewright.image import encode_image
from platewright.record import SceneRecord
from tests.script import PATIENCE_S
from tests.web.conftest import Server

Street = tuple[bytes, SceneRecord]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with sync_playwright() as driver:
        # A container's root has no sandbox of its own; the pages are ours alone.
        browser = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", *fake], timeout=1000 * PATIENCE_S
        )
        yield browser
        browser.close()


class Visit:
    """A page, and whatever its console complained of."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE_S)
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    visits: list[Visit] = []

    def begin(**options: Any) -> Visit:
        visits.append(Visit(browser, **options))
        return visits[-1]

    yield begin
    for each in visits:
        each.context.close()


@pytest.fixture(scope="module")
def registered(server: Server, street: Street, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of the drawn British plate, whose vehicle is registered."""
    text = next(plate.text for plate in street[1].plates if plate.region == "GB")
    path: Path = tmp_path_factory.mktemp("roster") / "vehicles.csv"
    path.write_text(f"plate,region,holder,list\n{text},GB,Ada Quill,watched\n")
    done = server.manage("importvehicles", str(path))
    assert done.returncode == 0, done.stderr
    return text


def picture(street: Street, name: str = "street.jpg") -> dict[str, Any]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": street[0]}


def colour(page: Any, selector: str) -> np.ndarray:
    """Return the mean colour of what a person sees there."""
    shot = Image.open(io.BytesIO(page.locator(selector).first.screenshot())).convert("RGB")
    return np.asarray(shot).mean(axis=(0, 1))


def width(image: Any) -> int:
    """Return the width of a picture once it is there, in pixels; a broken one is an error."""
    return int(image.evaluate("async image => (await image.decode(), image.naturalWidth)"))


def test_a_street_is_uploaded_and_read(
    visit: Any, server: Server, street: Street, registered: str
) -> None:
    seen = visit()
    page = seen.page
    page.goto(server.url)
    page.set_input_files("#file", picture(street))
    card = page.locator(f'.plate[data-text="{registered}"]')
    card.wait_for()
    assert page.locator("#status").inner_text().endswith("plates read")
    assert card.locator(".text").inner_text() == registered
    assert "Ada Quill" in card.locator(".record").inner_text()
    assert card.locator(".badge").inner_text() == "watched"
    bars = card.locator(".bar")
    assert [bars.nth(k).locator(".char").inner_text() for k in range(bars.count())] == list(
        registered
    )
    height = bars.first.locator("rect").nth(1).bounding_box()["height"]
    assert height > bars.first.bounding_box()["height"] / 3
    # Crop and annotated picture are pictures, not broken ones.
    for selector in (".crop", ".annotated"):
        assert width(page.locator(selector).first) > 40
    # The alternatives show when one points at a bar, or comes to it with the keyboard.
    tip = bars.nth(1).locator(".alternatives")
    assert not tip.is_visible()
    bars.nth(1).hover()
    tip.wait_for(state="visible")
    assert "%" in tip.inner_text() and tip.inner_text().strip().startswith(registered[1])
    bars.nth(1).focus()
    page.keyboard.press("Tab")
    bars.nth(2).locator(".alternatives").wait_for(state="visible")
    assert seen.faults == []


def test_a_picture_is_dropped_and_pasted(visit: Any, server: Server, street: Street) -> None:
    seen = visit()
    page = seen.page
    page.goto(server.url)
    data = base64.b64encode(street[0]).decode()
    page.evaluate(
        "data => { window.given = Uint8Array.from(atob(data), c => c.charCodeAt(0)) }", data
    )
    for kind, field in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        page.evaluate("document.getElementById('result').replaceChildren()")
        page.evaluate(
            """([kind, field]) => {
                const files = new DataTransfer();
                files.items.add(new File([window.given], kind + '.jpg', {type: 'image/jpeg'}));
                const kinds = {drop: DragEvent, paste: ClipboardEvent};
                const told = {[field]: files, bubbles: true, cancelable: true};
                const event = new kinds[kind](kind, told);
                document.querySelector('.drop').dispatchEvent(event);
            }""",
            [kind, field],
        )
        page.locator(".plate").first.wait_for()
        assert f"{kind}.jpg" in page.locator(".heading").inner_text()
    assert seen.faults == []


def test_it_works_without_scripts(
    visit: Any, server: Server, street: Street, registered: str
) -> None:
    page = visit(java_script_enabled=False).page
    page.goto(server.url)
    page.get_by_role("button", name="Read", exact=True).click()
    assert "choose one first" in page.locator(".problem").inner_text()
    page.goto(server.url)
    page.set_input_files("#file", picture(street))
    page.get_by_role("button", name="Read", exact=True).click()
    assert "Ada Quill" in page.locator(f'.plate[data-text="{registered}"]').inner_text()


def test_it_works_with_the_keyboard_alone(visit: Any, server: Server) -> None:
    seen = visit()
    page = seen.page
    page.goto(server.url)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "example":
            break
    page.keyboard.press("Enter")
    page.locator(".plate").first.wait_for()
    assert seen.faults == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.jpg", b"no picture at all", "no picture that can be read"),
        ("empty.png", b"", "the file is empty"),
        ("huge.jpg", b"\xff\xd8" + b"x" * 2_100_000, "huge.jpg: more than 2 MB"),
    ],
)
def test_a_file_that_can_not_be_read(
    visit: Any, server: Server, name: str, content: bytes, said: str
) -> None:
    page = visit().page
    page.goto(server.url)
    page.set_input_files("#file", {"name": name, "mimeType": "image/jpeg", "buffer": content})
    page.locator(".problem").wait_for()
    assert said in page.locator(".problem").inner_text()
    if name == "huge.jpg":  # the script has told that before anything was sent
        plain = visit(java_script_enabled=False).page
        plain.goto(server.url)
        plain.set_input_files("#file", {"name": name, "mimeType": "image/jpeg", "buffer": content})
        plain.get_by_role("button", name="Read", exact=True).click()
        assert said in plain.locator(".problem").inner_text()


def test_an_empty_form(visit: Any, server: Server) -> None:
    page = visit().page
    page.goto(server.url)
    page.get_by_role("button", name="Read", exact=True).click()
    assert page.locator(".problem").inner_text() == "No picture was chosen."


def test_a_picture_without_a_plate(visit: Any, server: Server) -> None:
    page = visit().page
    page.goto(server.url)
    sky = encode_image(np.full((300, 400, 3), (120, 160, 220), np.uint8), ".png")
    page.set_input_files("#file", {"name": "sky.png", "mimeType": "image/png", "buffer": sky})
    page.locator(".picture").wait_for()
    assert page.locator("h2").inner_text() == "No plate found"


def test_the_camera_of_the_device(visit: Any, server: Server) -> None:
    seen = visit()
    page = seen.page
    page.goto(server.url + "/camera/")
    page.get_by_role("button", name="Turn the camera on").click()
    page.get_by_role("button", name="Read this picture").click()
    page.locator(".picture").wait_for()
    assert page.locator("video").evaluate("video => video.videoWidth") > 0
    assert "camera.jpg" in page.locator(".heading").inner_text()
    assert seen.faults == []


def test_a_sighting_is_kept_found_and_forgotten(
    visit: Any, server: Server, street: Street, registered: str
) -> None:
    seen = visit()
    page = seen.page
    page.goto(server.url)
    page.locator("summary").click()
    page.get_by_label("Keep what is read").check()
    page.get_by_label("and the picture with it").check()
    page.set_input_files("#file", picture(street, "gate.jpg"))
    page.locator(".plate").first.wait_for()
    page.goto(server.url + "/sightings/")
    page.get_by_role("searchbox").fill(registered)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/sightings/?q={registered}*")
    page.locator("td .text", has_text=registered).first.click()
    assert "Ada Quill" in page.locator(".plate").inner_text()
    assert width(page.locator(".annotated")) == 1280
    page.get_by_role("button", name="Forget this sighting").click()
    page.wait_for_url("**/sightings/")
    page.goto(server.url + f"/sightings/?q={registered}")
    assert "Nothing was seen" in page.locator("main").inner_text()
    assert seen.faults == []


def test_on_a_phone_nothing_is_wider_than_it(visit: Any, server: Server) -> None:
    page = visit(**PHONE).page
    for address in ("/", "/camera/", "/sightings/"):
        page.goto(server.url + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
    page.goto(server.url)
    page.locator("#example").tap()
    page.locator(".plate").first.wait_for()
    page.locator(".bar").nth(3).tap()
    page.locator(".bar").nth(3).locator(".alternatives").wait_for(state="visible")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_dark_and_light(visit: Any, server: Server) -> None:
    for scheme, dark in (("light", False), ("dark", True)):
        page = visit(color_scheme=scheme).page
        page.goto(server.url)
        assert (colour(page, "body").mean() < 100) == dark


def test_the_page_of_the_api_and_the_admin(visit: Any, server: Server) -> None:
    seen = visit()
    page = seen.page
    page.goto(server.url + "/api/v1/docs")
    page.get_by_text("/api/v1/read", exact=True).wait_for()
    page.goto(server.url + "/admin/login/")
    assert page.locator("#id_username").is_visible()
    assert seen.faults == []
