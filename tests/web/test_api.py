from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from platewright.image import decode_image, encode_image
from platewright.reading.acceptance import Shown
from platewright.record import SceneRecord
from platewright.web.registry.models import Picture, Sighting, Vehicle
from platewright.web.request import warm_up
from tests.script import PATIENCE_S

READ = "/api/v1/read"
BEARER = {"Authorization": f"Bearer {settings.TOKEN}"}
Street = tuple[bytes, SceneRecord]


def send(client: Client, data: bytes, query: str = "", **headers: str):
    return client.post(READ + query, data, content_type="image/jpeg", headers=headers)


def test_a_street_is_read_as_detect_py_reads_it(client: Client, street: Street) -> None:
    response = send(client, street[0])
    assert response.status_code == 200
    (picture,) = response.json()["pictures"]
    image = decode_image(io.BytesIO(street[0]), "street")
    readings = warm_up().reader.detector.read(image)
    expected = [reading.as_dict() for reading in readings if Shown()(reading)]
    assert [{k: plate[k] for k in expected[0]} for plate in picture["plates"]] == expected
    assert (picture["width"], picture["height"]) == (1280, 720)
    assert {plate.text for plate in street[1].plates} & {p["text"] for p in picture["plates"]}
    assert all(plate["record"] is None and plate["sighting"] is None for plate in picture["plates"])
    assert Sighting.objects.count() == Picture.objects.count() == 0


def test_several_pictures_answer_in_order_and_a_bad_one_alone_fails(
    client: Client, street: Street
) -> None:
    files = [
        SimpleUploadedFile("a.jpg", street[0]),
        SimpleUploadedFile("b.jpg", b"no picture"),
        SimpleUploadedFile("c.png", encode_image(np.full((60, 90), 99, np.uint8), ".png")),
    ]
    response = client.post(READ, {"file": files})
    assert response.status_code == 200
    a, b, c = response.json()["pictures"]
    assert (a["file"], b["file"], c["file"]) == ("a.jpg", "b.jpg", "c.png")
    assert a["plates"] and c["plates"] == [] and a["error"] is None
    assert (
        b["error"] == "b.jpg: no picture that can be read; give a JPEG, PNG, BMP, GIF, WebP or TIFF"
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xd8\xff\xe0 cut off", "picture: damaged or cut off"),
        (b"GIF89a", "picture: "),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "picture: "),
    ],
)
def test_a_picture_that_is_none(client: Client, data: bytes, said: str) -> None:
    response = send(client, data)
    assert response.status_code == 422
    assert response.json()["pictures"][0]["error"].startswith(said)


@pytest.mark.slow
def test_a_photo_of_a_phone_is_read(client: Client, street: Street) -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 8
    out = io.BytesIO()
    shown = max((plate.box for plate in street[1].plates), key=lambda box: box[2] - box[0])
    left, top = int(min(max(shown[0] - 100, 0), 960)), int(min(max(shown[1] - 100, 0), 520))
    with Image.open(io.BytesIO(street[0])) as whole:  # writing all of it takes seconds
        upright = whole.crop((left, top, left + 320, top + 200))
        turned = upright.transpose(Image.Transpose.ROTATE_270)
    turned.save(out, "HEIF", quality=90, exif=exif.tobytes())
    (picture,) = send(client, out.getvalue()).json()["pictures"]
    assert (picture["error"], picture["width"], picture["height"]) == (None, 320, 200)
    assert {plate.text for plate in street[1].plates} & {p["text"] for p in picture["plates"]}


@pytest.mark.parametrize("path", ["/", "/api/v1/read"])
@pytest.mark.parametrize(
    ("said", "charset"), [("filename*0=a; filename*=b", "utf-8"), ("filename=a", "base64")]
)
def test_a_form_whose_headers_are_odd(client: Client, path: str, said: str, charset: str) -> None:
    part = f'--x\r\nContent-Disposition: form-data; name="f"; {said}\r\n\r\nhi\r\n--x--\r\n'
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    client.raise_request_exception = False
    answer = client.generic("POST", path, part.encode(), content_type=kind)
    assert answer.status_code == 400


def test_an_empty_request(client: Client) -> None:
    response = send(client, b"")
    assert (response.status_code, "no picture was sent" in response.json()["detail"]) == (400, True)


def test_a_picture_that_is_called_a_form_is_read(client: Client, settings, street: Street) -> None:
    """As `curl --data-binary @car.jpg` sends it, which is not told what it sends."""
    kind = "application/x-www-form-urlencoded"
    picture = street[0] + 2000 * b"&"  # more than a form may have
    response = client.generic("POST", READ, picture, content_type=kind)
    assert response.status_code == 200 and response.json()["pictures"][0]["plates"]
    response = client.generic("POST", READ, b"keep=1", content_type=kind)
    assert response.status_code == 400
    settings.MAX_PICTURE_BYTES = 1000
    response = client.generic("POST", READ, picture, content_type=kind)
    assert (response.status_code, response.json()["detail"][:11]) == (413, "the picture")


@pytest.mark.slow
def test_a_decompression_bomb_is_never_opened(client: Client, settings) -> None:
    settings.MAX_PICTURE_PIXELS = 1_000_000
    stream = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(stream, "PNG")  # 50 KB that would be 1.2 GB
    response = send(client, stream.getvalue())
    assert response.status_code == 422
    assert "more than 1 megapixels" in response.json()["pictures"][0]["error"]


def test_too_many_bytes_and_too_many_pictures(client: Client, settings, street: Street) -> None:
    settings.MAX_PICTURE_BYTES = 1000
    response = send(client, b"x" * 1001)
    assert (response.status_code, response.json()["detail"][:11]) == (413, "the picture")
    files = [SimpleUploadedFile("a.jpg", b"x" * 10), SimpleUploadedFile("b.jpg", b"x" * 1001)]
    response = client.post(READ, {"file": files})
    assert (response.status_code, response.json()["detail"][:6]) == (413, "b.jpg:")
    settings.MAX_PICTURES = 2
    files = [SimpleUploadedFile(f"{k}.jpg", b"x") for k in range(3)]
    response = client.post(READ, {"file": files})
    assert (response.status_code, response.json()["detail"][:20]) == (413, "more than 2 pictures")
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2  # as it is by default: Django stops before we count
    response = client.post(READ, {"file": [SimpleUploadedFile("a.jpg", b"x") for _ in range(3)]})
    assert (response.status_code, response.json()["detail"][:20]) == (413, "more than 2 pictures")


@pytest.mark.parametrize(
    "region", ["../../etc/passwd", "/tmp/x.toml", "regions/GB.toml", "ANY", "gb"]
)
def test_a_region_is_a_code_and_never_a_path(client: Client, street: Street, region: str) -> None:
    response = send(client, street[0], f"?region={region}")
    assert response.status_code == 400
    assert "no such region" in response.json()["detail"]


def test_texts_can_be_asked_to_fit_a_region(client: Client, street: Street) -> None:
    plates = send(client, street[0], "?region=GB").json()["pictures"][0]["plates"]
    british = [plate.text for plate in street[1].plates if plate.region == "GB"]
    assert {p["text"] for p in plates if p["region"] == "GB"} >= set(british)


@pytest.mark.slow
def test_what_is_no_plate_most_likely_is_told_when_asked_for(
    client: Client, street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "platewright.web.request.Shown.__call__", lambda shown, _: not shown.presence
    )
    assert send(client, street[0]).json()["pictures"][0]["plates"] == []
    assert len(send(client, street[0], "?all=1").json()["pictures"][0]["plates"]) >= 4
    page = client.post("/", {"file": io.BytesIO(street[0])}).content.decode()
    assert "No plate found" in page and "no plate most likely: an option shows them" in page
    page = client.post("/", {"file": io.BytesIO(street[0]), "all": "1"}).content.decode()
    assert "No plate found" not in page and "an option shows them" not in page


def test_keeping_needs_the_token(client: Client, street: Street) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": settings.TOKEN}):
        response = send(client, street[0], "?keep=true", **headers)
        assert response.status_code == 403
    assert Sighting.objects.count() == 0


def test_kept_readings_and_their_picture(client: Client, street: Street) -> None:
    plates = send(client, street[0], "?keep=1&keep_photo=1", **BEARER).json()["pictures"][0][
        "plates"
    ]
    rows = {str(row.pk): row for row in Sighting.objects.all()}
    assert {p["sighting"]: p["text"] for p in plates} == {k: row.plate for k, row in rows.items()}
    (picture,) = Picture.objects.all()
    kept = Image.open(io.BytesIO(bytes(picture.jpeg)))
    assert kept.size == (1280, 720) and not kept.getexif()


def test_records_are_for_those_who_may_see_the_registry(
    client: Client, street: Street, settings
) -> None:
    text = send(client, street[0]).json()["pictures"][0]["plates"][0]["text"]
    Vehicle.objects.create(plate=text, holder="Ada", list="allowed")

    def record(**headers: str):
        plates = send(client, street[0], **headers).json()["pictures"][0]["plates"]
        return {plate["text"]: plate["record"] for plate in plates}[text]

    assert record() is None
    assert "manage.py setup" in send(client, street[0]).json()["registry"]
    assert record(**BEARER)["holder"] == "Ada"
    assert send(client, street[0], **BEARER).json()["registry"] == ""
    settings.OPEN = True
    assert (record()["standing"], record()["exact"]) == ("allowed", True)


def test_a_plate_is_looked_up(client: Client) -> None:
    Vehicle.objects.create(plate="AB12CDE", region="GB", holder="Ada", list="watched")
    Sighting.objects.create(plate="AB12CDE", confidence=0.9, presence=1, accepted=True)
    assert client.get("/api/v1/plates/AB12CDE").status_code == 403
    found = client.get("/api/v1/plates/ab12-cde", headers=BEARER).json()
    assert (found["plate"], found["sightings"]) == ("AB12CDE", 1)
    assert found["vehicles"][0]["holder"] == "Ada" and found["last_seen"]
    missing = client.get("/api/v1/plates/ZZ99ZZZ", headers=BEARER)
    assert (missing.status_code, missing.json()["detail"]) == (
        404,
        "ZZ99ZZZ: neither registered nor seen",
    )
    odd = client.get("/api/v1/plates/';DROP TABLE registry_vehicle;--", headers=BEARER)
    assert odd.status_code == 400 and Vehicle.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "path", "takes"),
    [
        ("get", READ, "POST"),
        ("options", READ, "POST"),
        ("delete", "/api/v1/plates/AB12CDE", "GET"),
        ("put", "/", "GET, HEAD, POST"),
        ("get", "/example/", "POST"),
        ("post", "/health", "GET, HEAD"),
    ],
)
def test_another_method_is_told_which_it_takes(
    client: Client, method: str, path: str, takes: str
) -> None:
    response = getattr(client, method)(path, headers=BEARER)
    said = f"this address takes {takes} alone"
    assert (response.status_code, response["Allow"]) == (405, takes)
    if path.startswith("/api/"):
        assert response.json() == {"detail": said}
    else:
        assert said in response.content.decode()


def test_odd_parameters(client: Client, street: Street) -> None:
    response = send(client, street[0], "?keep=perhaps")
    assert (response.status_code, response.json()["detail"]) == (
        422,
        "parameters that can't be used: keep",
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?regions=GB", "'regions': no such parameter; there are region, camera, "),
        ("?region=GB&Keep=1", "'Keep': no such parameter"),
        ("?region=GB&region=FR", "'region': given 2 times"),
        ("?%0d%0a\u2028=1", "'\\r\\n\\u2028': no such parameter"),
    ],
)
def test_a_parameter_that_means_nothing_is_named(client: Client, query: str, said: str) -> None:
    response = send(client, b"", query)
    assert (response.status_code, response.json()["detail"][: len(said)]) == (400, said)


def test_a_plate_has_no_parameters(client: Client) -> None:
    response = client.get("/api/v1/plates/AB12CDE?region=GB", headers=BEARER)
    assert (response.status_code, response.json()["detail"]) == (
        400, "'region': no such parameter; there is none",
    )  # fmt: skip


def test_a_parameter_in_the_form_is_not_passed_over(client: Client, street: Street) -> None:
    file = SimpleUploadedFile("a.jpg", street[0])
    response = client.post(READ, {"file": file, "region": "GB"})
    assert response.status_code == 400
    assert response.json()["detail"].startswith("'region' is a field of the form and no file")


def test_the_api_describes_itself(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    described = client.get("/api/v1/openapi.json").json()
    # Once: who asks again and again keeps nobody else waiting.
    monkeypatch.setattr("ninja.main.get_schema", lambda **_: pytest.fail("made again"))
    assert client.get("/api/v1/openapi.json").json() == described
    assert set(described["paths"]) == {"/api/v1/read", "/api/v1/plates/{text}"}
    body = described["paths"]["/api/v1/read"]["post"]["requestBody"]["content"]
    assert {"multipart/form-data", "image/*"} <= set(body)
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    assert b"//cdn" not in page.content


def test_time_is_over(client: Client, street: Street, settings, monkeypatch) -> None:
    go_on = threading.Event()
    with ThreadPoolExecutor(1) as only:
        monkeypatch.setattr(warm_up(), "_pool", only)
        only.submit(go_on.wait, PATIENCE_S)
        settings.REQUEST_S = 0.05
        response = send(client, street[0])
        assert (response.status_code, response["Retry-After"]) == (503, "5")
        go_on.set()
        settings.REQUEST_S = PATIENCE_S
        assert send(client, street[0]).status_code == 200
