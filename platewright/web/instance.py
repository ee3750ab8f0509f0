"""The folder of one installation: its database, its secret key and its token."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from platewright.errors import ConfigError
from platewright.resource import DATA, work_folder

__all__ = ["ROOT", "instance_folder", "prepare_instance", "read_secret", "secret_file"]

ROOT = DATA
"""Where the bundled weights and faces lie."""

SECRETS = {"PLATEWRIGHT_SECRET_KEY": "secret_key", "PLATEWRIGHT_TOKEN": "token"}
SHORTEST = 32
"""Fewest characters of a secret: 32 of Base64 are 192 bits."""


def instance_folder() -> Path:
    """Return the folder: `PLATEWRIGHT_DATA`, else `instance/` in the checkout, or here."""
    return Path(os.environ.get("PLATEWRIGHT_DATA") or work_folder() / "instance")


def secret_file(name: str) -> Path:
    """Return where a secret lies that is not given by the environment."""
    return instance_folder() / name


def prepare_instance() -> None:
    """Make the folder and its secrets, where they are not there yet, and put them into effect.

    `PLATEWRIGHT_SECRET_KEY` (signs sessions) and `PLATEWRIGHT_TOKEN` (lets programs write) of the
    environment go before the files `secret_key` and `token`, which only their owner may read.

    Raises:
        ConfigError: if the folder or a file can't be made or read, or a secret is too short.
    """
    folder = instance_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{folder}: can't be made: {error.strerror}; set PLATEWRIGHT_DATA to another folder"
        ) from error
    for variable, name in SECRETS.items():
        value = os.environ.get(variable) or read_secret(secret_file(name))
        if len(value) < SHORTEST:
            raise ConfigError(f"{variable}: shorter than {SHORTEST} characters; make it longer")
        os.environ[variable] = value


def read_secret(path: Path) -> str:
    """Return a secret from its file, which is made, with mode 600, where it is not there.

    Raises:
        ConfigError: if that can't be done.
    """
    try:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            value = path.read_text(encoding="ascii").strip()
            if not value:
                raise ConfigError(f"{path}: is empty; remove it, and it is made anew") from None
            return value
        value = secrets.token_urlsafe(48)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(value + "\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not plain text"
        raise ConfigError(f"{path}: can't be read or made: {why}") from error
    return value
