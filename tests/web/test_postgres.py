"""The registry on a real PostgreSQL: the one that DATABASE_URL names, else one started for this."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from platewright.record import SceneRecord
from tests.script import PATIENCE_S
from tests.web.conftest import Server

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = ("test_registry.py", "test_vehicle_csv.py", "test_database.py")


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs; Debian has them off the path."""
    found = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(found).parent if found else debian[-1].parent if debian else None


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The URL of a server; one of our own listens on a socket file alone."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql, or set DATABASE_URL")
    owner: str | None = None
    if os.geteuid() == 0:  # it refuses to run as root
        try:
            owner = pwd.getpwnam("postgres").pw_name
        except KeyError:
            pytest.skip("PostgreSQL needs the user postgres where the tests run as root")
    with tempfile.TemporaryDirectory(prefix="pw", ignore_cleanup_errors=True) as place:
        if owner:
            shutil.chown(place, owner)
        data = f"{place}/data"

        def run(program: str, *arguments: str) -> None:
            # Its server must not hold the pipe of a captured output.
            with open(f"{place}.log", "ab") as log:
                subprocess.run(
                    [str(folder / program), "-D", data, *arguments], user=owner, cwd=place,
                    check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                )  # fmt: skip

        try:
            run("initdb", "-A", "trust", "-U", "postgres", "--no-sync")
            options = f"-k {place} -c listen_addresses= -c fsync=off"
            run("pg_ctl", "-w", "-t", f"{PATIENCE_S:.0f}", "-o", options, "start")
            try:
                yield f"postgres://postgres@{place.replace('/', '%2F')}/postgres"
            finally:
                run("pg_ctl", "-w", "-m", "immediate", "stop")
        finally:
            Path(f"{place}.log").unlink(missing_ok=True)


def test_the_registry_on_postgres(postgres: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         *(f"tests/web/{name}" for name in REGISTRY)],
        cwd=ROOT, env={**os.environ, "DATABASE_URL": postgres}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_server_on_postgres(
    postgres: str, tmp_path: Path, street: tuple[bytes, SceneRecord]
) -> None:
    server = Server(tmp_path / "data", DATABASE_URL=postgres)
    try:
        token = (tmp_path / "data/token").read_text().strip()
        headers = {"Content-Type": "image/jpeg", "Authorization": f"Bearer {token}"}
        query = urllib.request.Request(f"{server.url}/api/v1/read?keep=1", street[0], headers)
        with urllib.request.urlopen(query, timeout=PATIENCE_S) as response:
            plates = json.load(response)["pictures"][0]["plates"]
        assert plates and all(plate["sighting"] for plate in plates)
        done = server.manage("forgetsightings", "--keep-days", "0")
        assert done.stdout == f"{len(plates)} sightings forgotten\n"
        assert not (tmp_path / "data/registry.sqlite3").exists()
    finally:
        server.stop()
