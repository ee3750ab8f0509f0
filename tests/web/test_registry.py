from __future__ import annotations

import re
from datetime import date, timedelta
from io import StringIO

import numpy as np
import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from platewright.errors import ConfigError
from platewright.web.environment import secret_file
from platewright.web.registry.likelihood import normalize
from platewright.web.registry.lookup import (
    find_vehicle,
    forget_sightings,
    keep_reading,
    note_change,
)
from platewright.web.registry.models import Camera, Picture, Sighting, Vehicle
from tests.web.reading import reading_of, sure


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("AB12 CDE", "AB12CDE"),
        (" b-ab 123e ", "BAB123E"),
        ("HÜ·AB 1", "HUAB1"),
        ("7908 TT\u201306", "7908TT06"),
        ("１２ＡＢ", "12AB"),  # full width, as some keyboards write  # noqa: RUF001
    ],
)
def test_what_people_write_becomes_what_is_read(written: str, stored: str) -> None:
    assert normalize(written) == stored


@pytest.mark.parametrize("text", ["", "A", "-", "ABCDEFGHIJKLM", "AB%12", "京A12345", "AB\n;12"])
def test_what_can_not_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        normalize(text)


pytestmark = pytest.mark.usefixtures("db")


def test_the_migrations_are_whole() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_sqlite_writes_ahead() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the database is another one")
    assert "journal_mode=WAL" in connection.settings_dict["OPTIONS"]["init_command"]


def test_a_vehicle_is_stored_as_it_is_compared() -> None:
    vehicle = Vehicle(plate="ab-12 cde", region=" gb ", holder="Ada")
    vehicle.full_clean()
    vehicle.save()
    assert (vehicle.plate, vehicle.region, str(vehicle)) == ("AB12CDE", "GB", "AB12CDE (GB)")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"plate": "%%%"}, "plate"),
        ({"plate": ""}, "plate"),
        ({"plate": "AB12", "region": "XX"}, "region"),
        ({"plate": "AB12", "list": "loved"}, "list"),
        (
            {"plate": "AB12", "valid_from": date(2026, 2, 1), "valid_until": date(2026, 1, 1)},
            "__all__",
        ),
    ],
)
def test_a_vehicle_that_can_not_be(values: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Vehicle(**values).full_clean()
    assert field in caught.value.message_dict


def test_the_database_itself_refuses_a_second_one() -> None:
    Vehicle.objects.create(plate="AB12CDE", region="GB")
    Vehicle.objects.create(plate="AB12CDE", region="IE")
    with pytest.raises(IntegrityError), transaction.atomic():
        Vehicle.objects.create(plate="AB12CDE", region="GB")


def test_its_list_counts_in_its_span_alone() -> None:
    vehicle = Vehicle(list="allowed", valid_from=date(2026, 3, 1), valid_until=date(2026, 3, 31))
    said = [vehicle.standing(date(2026, m, d)) for m, d in [(2, 28), (3, 1), (3, 31), (4, 1)]]
    assert said == ["not yet valid", "allowed", "allowed", "expired"]


def test_a_camera_masks_by_areas_and_by_a_picture() -> None:
    camera = Camera(name=" gate ", areas="0,0,100%,10%\n\n 20, 30, 40, 50 ")
    assert Camera(name="yard").mask() is None
    picture = np.full((480, 1280, 3), 255, np.uint8)
    picture[240:, 640:] = 0
    camera.set_mask_picture(picture)
    camera.full_clean()
    camera.save()
    mask = Camera.objects.get(name="gate").mask()
    assert mask is not None
    places = [(100, 20, 140, 40), (22, 32, 38, 48), (900, 600, 960, 640), (100, 300, 140, 320)]
    assert [mask.covers(place, (720, 1280)) for place in places] == [True, True, True, False]
    camera.set_mask_picture(None)
    assert not camera.mask().covers(places[2], (720, 1280))  # type: ignore[union-attr]


@pytest.mark.parametrize("areas", ["1,2,3", "10,10,5,20", "0,0,50%,20", "mask.png", "/etc/passwd"])
def test_areas_that_are_none_are_told(areas: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Camera(name="gate", areas=areas).full_clean()
    assert "x0,y0,x1,y1" in caught.value.message_dict["areas"][0]


@pytest.mark.parametrize("name", ["", " ", "gate\nyard", "\u202egate", "x" * 61])
def test_names_that_no_camera_can_be_chosen_by(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Camera(name=name).full_clean()
    assert list(caught.value.message_dict) == ["name"]


def test_the_look_up_follows_every_change() -> None:
    reading = reading_of(*sure("AB12CDE"))
    assert find_vehicle(reading) is None
    vehicle = Vehicle.objects.create(plate="AB12CDE")
    found = find_vehicle(reading)
    assert found is not None and found.vehicle == vehicle and found.match.exact
    vehicle.plate = "ZZ99ZZZ"
    vehicle.save()
    assert find_vehicle(reading) is None
    Vehicle.objects.bulk_create([Vehicle(plate="AB12CDE", region="GB")])
    note_change()
    assert find_vehicle(reading) is not None
    Vehicle.objects.all().delete()
    assert find_vehicle(reading) is None


def test_of_two_vehicles_with_one_plate_the_region_decides() -> None:
    Vehicle.objects.create(plate="AB1234", region="DE")
    italian = Vehicle.objects.create(plate="AB1234", region="IT")
    found = find_vehicle(reading_of(*sure("AB1234"), region="IT"))
    assert found is not None and found.vehicle == italian


def test_a_sighting_has_all_that_was_read() -> None:
    vehicle = Vehicle.objects.create(plate="AB12CDE")
    reading = reading_of({"A": 0.9}, {"8": 0.5, "B": 0.45}, *sure("12CDE"))
    row = Sighting.objects.get(pk=keep_reading(reading, source="x" * 999).pk)
    assert row.plate == "A812CDE" and row.vehicle == vehicle and len(row.source) == 300
    assert row.characters[1]["alternatives"][:2] == [["8", 0.5], ["B", 0.45]]
    assert row.confidence == pytest.approx(reading.confidence)
    assert row.probability > 0.9 and row.ratio is not None and row.ratio > 3


def test_a_sighting_stays_when_its_vehicle_goes() -> None:
    Vehicle.objects.create(plate="AB12CDE")
    key = keep_reading(reading_of(*sure("AB12CDE"))).pk
    Vehicle.objects.all().delete()
    assert Sighting.objects.get(pk=key).vehicle is None


def test_old_sightings_go_with_their_pictures() -> None:
    now = timezone.now()
    shared, lone = Picture.objects.create(jpeg=b"jpeg"), Picture.objects.create(jpeg=b"jpeg")
    reading = reading_of(*sure("AB12CDE"))
    keep_reading(reading, seen=now - timedelta(days=31), picture=lone)
    keep_reading(reading, seen=now - timedelta(days=31), picture=shared)
    young = keep_reading(reading, seen=now - timedelta(days=29), picture=shared)
    assert forget_sightings(30) == 2
    assert list(Sighting.objects.all()) == [young]
    assert list(Picture.objects.all()) == [shared]


def test_the_first_account_is_made_once_and_both_ways_in_are_told() -> None:
    for turn in range(2):
        out = StringIO()
        call_command("setup", "ada", stdout=out)
        told = out.getvalue()
        account = get_user_model().objects.get(username="ada")
        assert account.is_staff and account.is_superuser
        password = re.search(r"password (\S+) \(it is kept nowhere else", told)
        assert bool(password) == (turn == 0)
        assert password is None or account.check_password(password[1])
        assert ("there already" in told) == (turn == 1)
        assert str(secret_file("token")) in told and "Authorization: Bearer" in told
    with pytest.raises(ConfigError, match="a b: no name of an account"):
        call_command("setup", "a b")


def test_the_command_forgets() -> None:
    keep_reading(reading_of(*sure("AB12CDE")), seen=timezone.now() - timedelta(days=3))
    out = StringIO()
    call_command("forgetsightings", "--keep-days", "2.5", stdout=out)
    assert (out.getvalue(), Sighting.objects.count()) == ("1 sighting forgotten\n", 0)
