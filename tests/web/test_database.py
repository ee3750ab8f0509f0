from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from platewright.errors import ConfigError, OutputError
from platewright.tracking.passing import Passing
from platewright.tracking.track import Sight
from platewright.web.database import FileConnection, finish_registry, open_registry
from platewright.web.registry import lookup
from platewright.web.registry.models import Picture, Sighting, Vehicle
from tests.web.reading import reading_of, sure

pytestmark = pytest.mark.usefixtures("db")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's changes are undone with its connection, which therefore has to stay."""
    monkeypatch.setattr("django.db.close_old_connections", lambda: None)


def passing_of(text: str) -> Passing:
    reading = reading_of(*sure(text))
    sight = Sight(reading=reading, frame=3, time_s=0.1, at=NOON)
    return Passing(
        track=1, reading=reading, frames=7, first=sight, last=sight, best=sight, source="gate"
    )


def test_a_passing_vehicle_becomes_a_sighting() -> None:
    vehicle = Vehicle.objects.create(plate="AB12CDE")
    keep = open_registry()
    assert keep(passing_of("AB12CDE")) == ""
    row = Sighting.objects.get()
    assert (row.plate, row.source, row.frames, row.seen) == ("AB12CDE", "gate", 7, NOON)
    assert row.vehicle == vehicle and len(row.characters) == 7


def test_a_vehicle_is_looked_up_and_its_list_told_and_nothing_kept() -> None:
    Vehicle.objects.create(plate="AB12CDE", list="allowed")
    over = datetime(2026, 1, 1, tzinfo=UTC).date()
    Vehicle.objects.create(plate="XY99ZZZ", list="allowed", valid_until=over)
    look_up = open_registry(keeping=False)
    texts = ("AB12CDE", "XY99ZZZ", "GH34JKL", "")
    assert [look_up(passing_of(text)) for text in texts] == ["allowed", "expired", "", ""]
    assert Sighting.objects.count() == 0


def test_nothing_read_is_nothing_kept() -> None:
    open_registry()(passing_of(""))
    assert Sighting.objects.count() == 0


def test_a_database_that_fails_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import DatabaseError

    def full(*_: object, **__: object) -> None:
        raise DatabaseError("database or disk\nis full")

    keep = open_registry()
    create = lookup.Sighting.objects.create
    monkeypatch.setattr(lookup, "_threads", [None])  # no other tries meanwhile
    monkeypatch.setattr(lookup.Sighting.objects, "create", full)
    with pytest.raises(
        OutputError,
        match=r"^the registry: AB12CDE not kept yet, it is tried again: database or disk is full$",
    ):
        keep(passing_of("AB12CDE"))
    keep(passing_of("CD34EFG"))  # behind the other
    with pytest.raises(OutputError, match="the registry: 2 vehicles were not kept"):
        finish_registry()
    monkeypatch.setattr(lookup.Sighting.objects, "create", create)
    finish_registry()
    assert sorted(s.plate for s in Sighting.objects.all()) == ["AB12CDE", "CD34EFG"]
    assert {s.seen for s in Sighting.objects.all()} == {NOON}


@pytest.mark.parametrize("uri", [False, True])
def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path, uri: bool) -> None:
    """One that can't be written to, which SQLite opens to read."""
    path = tmp_path / "a b"
    os.mkfifo(path)
    name = f"{path.as_uri()}?mode=ro" if uri else str(path)
    with pytest.raises(sqlite3.OperationalError, match="a pipe or a device, not a file"):
        sqlite3.connect(name, uri=True, factory=FileConnection)
    path.unlink()
    sqlite3.connect(path, factory=FileConnection).close()
    if connection.vendor == "sqlite":
        assert isinstance(connection.connection, FileConnection)


def test_a_folder_that_can_not_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PLATEWRIGHT_DATA", str(tmp_path / "file"))
    with pytest.raises(ConfigError, match="PLATEWRIGHT_DATA"):
        open_registry()


def test_former_notes_lose_their_plates(db: None) -> None:
    user = User.objects.create(username="a")
    for model, told in ((Vehicle, "AB12CDE (GB)"), (User, "somebody")):
        kind = ContentType.objects.get_for_model(model)
        LogEntry.objects.create(
            user=user, content_type=kind, object_id="7", object_repr=told, action_flag=ADDITION
        )
    Picture.objects.create(jpeg=b"shown by nothing")
    change = import_module("platewright.web.registry.migrations.0003_notes_without_plates")
    change.without_plates(apps, None)
    assert {*LogEntry.objects.values_list("object_repr", flat=True)} == {"vehicle 7", "somebody"}
    assert not Picture.objects.exists()
