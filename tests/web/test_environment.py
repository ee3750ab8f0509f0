from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from platewright.errors import ConfigError
from platewright.web.environment import chosen, listed, number, prepare_folder, read_secret, switch

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLATEWRIGHT_DATA", str(tmp_path / "data"))
    for name in ("PLATEWRIGHT_SECRET_KEY", "PLATEWRIGHT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(name, "")
    return tmp_path / "data"


def test_secrets_are_made_once_and_for_their_owner_alone(folder: Path) -> None:
    prepare_folder()
    key, token = (folder / name for name in ("secret_key", "token"))
    assert os.environ["PLATEWRIGHT_TOKEN"] == token.read_text().strip() != key.read_text().strip()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, key, token)] == [
        0o700,
        0o600,
        0o600,
    ]
    before = key.read_text()
    prepare_folder()
    assert key.read_text() == before


def test_secrets_of_the_environment_go_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PLATEWRIGHT_SECRET_KEY", "PLATEWRIGHT_TOKEN"):
        monkeypatch.setenv(name, "x" * 40)
    prepare_folder()
    assert list(folder.iterdir()) == []
    monkeypatch.setenv("PLATEWRIGHT_TOKEN", "short")
    with pytest.raises(ConfigError, match="PLATEWRIGHT_TOKEN: shorter than 32"):
        prepare_folder()


def test_a_secret_that_can_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(ConfigError, match="is empty"):
        read_secret(tmp_path / "empty")
    with pytest.raises(ConfigError, match="can't be read or made"):
        read_secret(tmp_path / "nowhere/token")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not plain text"):
        read_secret(tmp_path / "bytes")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "endless").symlink_to("/dev/zero")
    for name in ("pipe", "endless"):
        with pytest.raises(ConfigError, match="can't be read or made: a pipe or a device"):
            read_secret(tmp_path / name)
    (tmp_path / "large").write_text("x" * 99_999)
    with pytest.raises(ConfigError, match="can't be read or made"):
        read_secret(tmp_path / "large")


def test_a_folder_that_can_not_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PLATEWRIGHT_DATA", str(tmp_path / "file"))
    with pytest.raises(ConfigError, match="set PLATEWRIGHT_DATA to another folder"):
        prepare_folder()


def test_variables_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "7")
    assert (number("A", 1, 0, 9), number("B", 1, 0, 9)) == (7, 1)
    monkeypatch.setenv("A", "1")
    assert switch("A") and not switch("B")
    monkeypatch.setenv("A", "x, y,,z")
    assert listed("A") == ["x", "y", "z"]
    for check in (
        lambda: number("A", 1, 0, 9),
        lambda: switch("A"),
        lambda: chosen("A", "b", ("b",)),
    ):
        with pytest.raises(ConfigError, match=r"^A=x, y,,z: give"):
            check()


def manage(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "PLATEWRIGHT_DATA": str(folder), **environment},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PLATEWRIGHT_MAX_MB", "lots", "PLATEWRIGHT_MAX_MB=lots: give a number from 0.01 to 1000"),
        ("PLATEWRIGHT_ACCESS", "all", "PLATEWRIGHT_ACCESS=all: give open or login"),
        ("DATABASE_URL", "nosql://me:secret@host/x", "DATABASE_URL: can't be understood; "),
        ("DATABASE_URL", "mysql://me:secret@host/x", "DATABASE_URL: the registry runs on SQLite"),
        ("DATABASE_URL", "postgres://me:secret@127.0.0.1:1/x", "the database can't be used"),
    ],
)
def test_a_variable_that_is_off_is_told_in_a_line(
    tmp_path: Path, variable: str, value: str, said: str
) -> None:
    arguments = ("forgetsightings", "--keep-days", "3")
    code, out, err = manage(tmp_path, *arguments, **{variable: value})
    assert (code, out) == (2, "")
    assert err.startswith(f"manage.py: {said}") and err.count("\n") == 1
    assert "secret" not in err


def test_commands_make_the_tables_that_they_need(tmp_path: Path) -> None:
    code, out, _ = manage(tmp_path, "forgetsightings", "--keep-days", "3", DATABASE_URL="")
    assert (code, out) == (0, "0 sightings forgotten\n")
    assert (tmp_path / "registry.sqlite3").is_file()
