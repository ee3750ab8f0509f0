from __future__ import annotations

import re
import uuid
from dataclasses import replace

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from platewright.image import encode_image
from platewright.record import SceneRecord
from platewright.web.metric import exposition
from platewright.web.picture_reader import PictureReader, Shot
from platewright.web.registry.lookup import keep_reading
from platewright.web.registry.models import Camera, Picture, Sighting, Vehicle
from tests.web.reading import reading_of, sure

Street = tuple[bytes, SceneRecord]


def upload(client: Client, data: bytes, name: str = "a.jpg", **fields: str):
    return client.post("/", {"file": SimpleUploadedFile(name, data), **fields})


@pytest.fixture
def staff(client: Client) -> Client:
    user = User.objects.create_superuser("ada", password="quill")
    client.force_login(user)
    return client


def test_the_start_page(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert b'enctype="multipart/form-data"' in response.content
    assert b"manage.py setup" in response.content and b"/admin/login/?next=/" in response.content


def test_a_plain_form_post_shows_everything(client: Client, street: Street) -> None:
    page = upload(client, street[0], "my street.jpg").content.decode()
    assert "my street.jpg" in page and page.count('class="plate"') >= 3
    british = next(plate.text for plate in street[1].plates if plate.region == "GB")
    assert f'<p class="text">{british}</p>' in page
    assert len(re.findall(r'<li class="bar"', page)) >= 20
    assert page.count("data:image/jpeg;base64,") >= 4
    assert "style=" not in page and "<script>" not in page  # the policy would not let them
    assert Sighting.objects.count() == Picture.objects.count() == 0


def test_the_script_gets_the_part_that_it_shows(client: Client, street: Street) -> None:
    data = {"file": SimpleUploadedFile("a.jpg", street[0])}
    part = client.post("/", data, headers={"X-Platewright": "fragment"}).content.decode()
    assert "<html" not in part and 'class="plate"' in part


def test_a_name_is_shown_and_nothing_else(client: Client, street: Street) -> None:
    name = '<script>alert(1)</script>&"../../etc/passwd.jpg'
    page = upload(client, street[0], name).content.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [(b"no picture", 422, "no picture that can be read"), (b"", 422, "the file is empty")],
)
def test_a_bad_file(client: Client, data: bytes, status: int, said: str) -> None:
    page = upload(client, data)
    assert (page.status_code, said in page.content.decode()) == (status, True)


def test_an_empty_form(client: Client) -> None:
    page = client.post("/")
    assert (page.status_code, b"choose one first" in page.content) == (400, True)


def test_a_form_from_elsewhere_is_refused(db: None, street: Street) -> None:
    strict = Client(enforce_csrf_checks=True)
    for address in ("/", "/example/", f"/sightings/{uuid.uuid4()}/forget/"):
        page = strict.post(address, {"file": SimpleUploadedFile("a.jpg", street[0])})
        assert (page.status_code, b"the form has expired" in page.content) == (403, True)
    token = strict.get("/").cookies["csrftoken"].value
    fields = {"file": SimpleUploadedFile("a.jpg", street[0]), "csrfmiddlewaretoken": token}
    assert strict.post("/", fields).status_code == 200


def test_the_registry_is_for_those_who_log_in(client: Client, street: Street) -> None:
    Vehicle.objects.create(plate="AB12CDE", holder="Ada Quill")
    key = keep_reading(
        reading_of(*sure("AB12CDE")), picture=Picture.objects.create(jpeg=b"jpeg")
    ).pk
    for address in ("/sightings/", f"/sightings/{key}/", f"/sightings/{key}/picture/"):
        response = client.get(address)
        assert response.status_code == 302 and "/admin/login/" in response["Location"]
    assert client.post(f"/sightings/{key}/forget/").status_code == 302
    assert Sighting.objects.count() == 1
    assert upload(client, street[0], keep="1").status_code == 403
    User.objects.create_user("ben", password="quill")
    client.login(username="ben", password="quill")  # an account that is no member of the staff
    assert client.get("/sightings/").status_code == 302


def test_kept_sightings_are_found_and_forgotten(staff: Client, street: Street) -> None:
    text = next(plate.text for plate in street[1].plates if plate.region == "GB")
    Vehicle.objects.create(plate=text, holder="Ada Quill", note="Bay 12", list="blocked")
    page = upload(staff, street[0], "gate.jpg", keep="1", keep_photo="1").content.decode()
    assert "Ada Quill" in page and "blocked" in page and "Kept as a sighting" in page
    for search in (text.lower(), f"{text[:2]} {text[2:]}", "gate", "quill"):
        assert text in staff.get("/sightings/", {"q": search}).content.decode()
    assert b"Nothing was seen" in staff.get("/sightings/", {"q": "' OR 1=1 --"}).content
    assert staff.get("/sightings/", {"q": "\0", "page": "zero"}).status_code == 200
    row = Sighting.objects.get(plate=text)
    shown = staff.get(f"/sightings/{row.pk}/").content.decode()
    assert "Ada Quill" in shown and f"/sightings/{row.pk}/picture/" in shown
    picture = staff.get(f"/sightings/{row.pk}/picture/")
    assert picture["Content-Type"] == "image/jpeg" and picture.content[:2] == b"\xff\xd8"
    assert picture["Cache-Control"] == "no-store"
    for each in list(Sighting.objects.all()):
        staff.post(f"/sightings/{each.pk}/forget/")
    assert Sighting.objects.count() == Picture.objects.count() == 0
    assert staff.get(f"/sightings/{row.pk}/").status_code == 404


def test_a_plate_that_cannot_be_read_is_shown_and_not_kept(
    staff: Client, street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = PictureReader.read

    def blurred(*args: object) -> Shot:
        shot = read(*args)
        first, *others = shot.photo.readings
        unread = replace(first, text="", confidence=0.0, characters=(), region="", accepted=False)
        return replace(shot, photo=replace(shot.photo, readings=(*others, unread)))

    monkeypatch.setattr(PictureReader, "read", blurred)
    page = upload(staff, street[0], "far.jpg", keep="1").content.decode()
    plates = page.count('class="plate"')
    assert plates > 1 and page.count('<p class="text">unread</p>') == 1
    assert "too small or blurred to read" in page
    assert page.count("Kept as a sighting") == Sighting.objects.count() == plates - 1
    assert all(row.plate for row in Sighting.objects.all())
    values = staff.post(
        "/api/v1/read?keep=1", street[0], content_type="image/jpeg",
        headers={"Authorization": f"Bearer {settings.TOKEN}"},
    ).json()  # fmt: skip
    (last,) = [p for p in values["pictures"][0]["plates"] if not p["text"]]
    assert last["sighting"] is None and last["confidence"] == 0
    assert Sighting.objects.count() == 2 * (plates - 1)


def test_where_it_is_open_nobody_logs_in(client: Client, settings) -> None:
    settings.OPEN = True
    assert b"Nothing has been kept yet" in client.get("/sightings/").content


def test_many_sightings_come_in_pages(staff: Client) -> None:
    for k in range(30):
        keep_reading(reading_of(*sure(f"AB{k:02d}CDE")))
    first = staff.get("/sightings/").content.decode()
    assert first.count('<a class="text"') == 25 and "page=2" in first
    assert staff.get("/sightings/?page=2").content.decode().count('<a class="text"') == 5


def test_the_camera_page_works_without_scripts_too(client: Client) -> None:
    page = client.get("/camera/").content.decode()
    assert 'capture="environment"' in page


@pytest.mark.parametrize("address", ["/nowhere", "/sightings/1/", "/static/../settings.py"])
def test_what_is_not_there(client: Client, address: str) -> None:
    page = client.get(address)
    assert (page.status_code, b"There is nothing here" in page.content) == (404, True)


def test_headers(client: Client) -> None:
    response = client.get("/")
    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cache-Control"] == "no-store"
    assert response["Permissions-Policy"].startswith("camera=(self)")


def test_another_host_is_refused(client: Client) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_health_and_metrics(client: Client, street: Street) -> None:
    upload(client, street[0])
    assert client.get("/health").content == b"ok\n"
    before = metrics(exposition())
    upload(client, street[0])
    after = metrics(client.get("/metrics").content.decode())

    def grown(name: str) -> float:
        return after[name] - before[name]

    assert grown('platewright_pictures_total{result="read"}') == 1
    assert grown("platewright_read_seconds_count") == 1
    assert grown('platewright_read_seconds_bucket{le="+Inf"}') == 1
    assert grown('platewright_requests_total{status="2xx"}') == 1
    assert after["process_resident_memory_bytes"] > 1e6


def metrics(text: str) -> dict[str, float]:
    rows = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in rows}


def test_the_admin_takes_and_gives_csv(staff: Client) -> None:
    address = "/admin/registry/vehicle/import/"
    assert staff.get("/admin/registry/vehicle/").status_code == 200
    file = SimpleUploadedFile("v.csv", b"plate,holder\nAB12CDE,Ada\n%,Ben\n")
    page = staff.post(address, {"file": file}).content.decode()
    assert "1 added" in page and "line 3: plate:" in page
    bad = staff.post(address, {"file": SimpleUploadedFile("v.csv", b"number\n1\n")})
    assert "no column" in bad.content.decode()
    good = SimpleUploadedFile("v.csv", b"plate\nCD34EFG\n")
    assert staff.post(address, {"file": good}).status_code == 302
    out = staff.get("/admin/registry/vehicle/export/")
    assert out.content.splitlines()[1] == b"AB12CDE,,Ada,,,,"
    assert staff.get("/admin/registry/sighting/add/").status_code == 403


def test_a_file_that_is_too_large_leaves_no_camera_without_its_mask(
    staff: Client, settings
) -> None:
    settings.MAX_PICTURE_BYTES = 1000
    for address, field in (("camera/add", "mask_picture"), ("vehicle/import", "file")):
        file = SimpleUploadedFile("m.png", bytes(1001))
        form = {"name": "gate", "note": "", "areas": "", field: file}
        page = staff.post(f"/admin/registry/{address}/", form)
        assert page.status_code == 413 and b"m.png: more than 0.001 MB" in page.content
    assert not Camera.objects.exists()


def test_a_camera_of_the_registry_masks_what_it_sends(staff: Client, street: Street) -> None:
    mask = SimpleUploadedFile("mask.png", encode_image(np.zeros((9, 16, 3), np.uint8), ".png"))
    told = {"name": "gate", "note": "", "areas": "", "mask_picture": mask}
    address = "/admin/registry/camera/"
    assert staff.post(f"{address}add/", told).status_code == 302
    bad = SimpleUploadedFile("mask.png", b"none")
    page = staff.post(f"{address}add/", {**told, "name": "yard", "mask_picture": bad}).content
    assert b"mask.png: no picture" in page
    assert "gate" in staff.get(address).content.decode()

    def send(who: Client, camera: str):
        photo = SimpleUploadedFile("a.jpg", street[0])
        return who.post("/", {"file": photo, "camera": camera, "keep": "1"})

    assert b"<option>gate" in staff.get("/camera/").content.replace(b" selected", b"")
    assert send(staff, "gate").status_code == 200 and not Sighting.objects.exists()
    camera = Camera.objects.get()
    change = {"name": "gate", "note": "", "areas": "0,0,1,1", "without_picture": "1"}
    assert staff.post(f"{address}{camera.pk}/change/", change).status_code == 302
    assert send(staff, "gate").status_code == 200
    assert {sighting.source for sighting in Sighting.objects.all()} == {"gate"}
    assert send(staff, "nowhere").status_code == 400


def test_the_cameras_are_for_those_who_see_the_registry(client: Client, street: Street) -> None:
    Camera.objects.create(name="gate", areas="0,0,100%,100%")
    assert b"gate" not in client.get("/camera/").content
    photo = SimpleUploadedFile("a.jpg", street[0])
    assert client.post("/", {"file": photo, "camera": "gate"}).status_code == 403
    address = "/api/v1/read?camera="
    token = {"Authorization": f"Bearer {settings.TOKEN}"}
    kind = "application/octet-stream"
    assert client.post(f"{address}gate", street[0], content_type=kind).status_code == 403
    for camera, status in (("gate", 200), ("yard", 400)):
        answer = client.post(f"{address}{camera}", street[0], content_type=kind, headers=token)
        assert answer.status_code == status
        assert not answer.json().get("pictures", [{}])[0].get("plates")


def test_the_admin_is_for_its_accounts(client: Client) -> None:
    for name in ("import", "export"):
        assert client.get(f"/admin/registry/vehicle/{name}/").status_code == 302
    user = User.objects.create_user("ben", password="quill", is_staff=True)
    client.force_login(user)
    for name in ("import", "export"):
        assert client.get(f"/admin/registry/vehicle/{name}/").status_code == 403
