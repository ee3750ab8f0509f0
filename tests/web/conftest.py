"""A database for each test, a client, drawn pictures, and a server with a browser."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("django", reason="the web page needs Django: pip install -r requirements.txt")

from django.db import connection, transaction
from django.test import Client
from django.test.utils import setup_test_environment, teardown_test_environment

from platewright.image import encode_image
from platewright.record import SceneRecord
from platewright.synth.street.picture import draw_street
from platewright.web import security
from platewright.web.registry import lookup
from tests.script import PATIENCE_S, wait_until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def database() -> Iterator[None]:
    """A database, SQLite in memory or a fresh one on the server that DATABASE_URL names."""
    setup_test_environment()
    name = connection.settings_dict["NAME"]
    if connection.vendor != "sqlite" and (worker := os.environ.get("PYTEST_XDIST_WORKER")):
        connection.settings_dict["TEST"]["NAME"] = f"test_{name}_{worker}"  # each has its own
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    yield
    connection.creation.destroy_test_db(name, verbosity=0)
    teardown_test_environment()


@pytest.fixture
def db(database: None) -> Iterator[None]:
    """An empty database: what a test writes is rolled back."""
    lookup._kept.clear()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    lookup._kept.clear()


@pytest.fixture
def client(db: None, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client without a session, whose bucket of requests is full.

    Whether another address shares it is no chance: one in 64 would.
    """
    monkeypatch.setattr(security, "rate", security.Rate(64, b"test"))
    return Client()


@pytest.fixture(scope="session")
def street() -> tuple[bytes, SceneRecord]:
    """A drawn street as a JPEG file, and what is in it."""
    image, record = draw_street(np.random.default_rng([7, 0]))
    return encode_image(image, ".jpg", 95), record


def address_in(log: Path) -> str:
    """Return where a server says in its log that it is; empty while it says nothing."""
    told = re.search(r"^Platewright on (http://\S+)/ for", log.read_text("utf-8"), re.M)
    return told[1] if told else ""


class Server:
    """`manage.py serve` as a process of its own, from a checkout or what is like one."""

    def __init__(
        self, folder: Path, root: Path = ROOT, arguments: Sequence[str] = (), most_files: int = 0,
        **environment: str,
    ) -> None:  # fmt: skip
        """Start it with a port of the system's and a database of its own; wait until it is healthy.

        However long the machine takes, a request and a picture have the time.

        Args:
            folder: of its database and its log.
            root: the checkout.
            arguments: of the command line, besides.
            most_files: that the system lets it open; 0: as many as this process.
            environment: what its environment has besides.
        """
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("PLATEWRIGHT_", "DJANGO_"))
        }
        kept.pop("DATABASE_URL", None)
        patient = {"PLATEWRIGHT_REQUEST_S": "600", "PLATEWRIGHT_PICTURE_S": "600"}
        self.environment = {**kept, **patient, "PLATEWRIGHT_DATA": str(folder), **environment}
        command = ["manage.py", "serve", "--bind", "127.0.0.1:0", "--workers", "1"]
        bound = ["prlimit", f"--nofile={most_files}"] if most_files else []
        self.log = folder / "server.log"
        folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*bound, sys.executable, *command, *arguments],
                cwd=root, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip
        self.url = ""
        try:
            wait_until(self.answers, self.process, 0.1)
        except AssertionError:
            self.stop()
            raise RuntimeError(self.log.read_text()) from None

    def answers(self) -> bool:
        """Tell whether it is healthy."""
        self.url = address_in(self.log)
        try:
            with urllib.request.urlopen(self.url + "/health", timeout=PATIENCE_S):
                return True
        except (ValueError, OSError):  # it has told no address yet, or is not ready
            return False

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of manage.py on the same database."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment,
            capture_output=True, text=True, timeout=PATIENCE_S,
        )  # fmt: skip

    def stop(self) -> int:
        """End it as a service manager would, and return its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=PATIENCE_S)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that everybody on this machine may use as they like."""
    folder = tmp_path_factory.mktemp("server") / "data"
    server = Server(folder, PLATEWRIGHT_ACCESS="open", PLATEWRIGHT_PER_MINUTE="0",
                    PLATEWRIGHT_MAX_MB="2")  # fmt: skip
    yield server
    server.stop()


@pytest.fixture(name="settings")
def changed_settings(monkeypatch: pytest.MonkeyPatch):
    """Django's settings; what a test sets is as it was afterwards."""
    from django.conf import settings

    class Changed:
        def __setattr__(self, name: str, value: object) -> None:
            monkeypatch.setattr(settings, name, value)

        def __getattr__(self, name: str) -> object:
            return getattr(settings, name)

    return Changed()
