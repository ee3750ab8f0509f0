"""What the environment says of an installation: its variables, its folder and its secrets."""

import os
import secrets
from pathlib import Path

from platewright.errors import ConfigError
from platewright.file import read_file
from platewright.resource import DATA, work_folder

ROOT = DATA  #: Where the bundled weights and faces lie

SECRETS = {"PLATEWRIGHT_SECRET_KEY": "secret_key", "PLATEWRIGHT_TOKEN": "token"}
SHORTEST = 32  #: Fewest characters of a secret: 32 of Base64 are 192 bits
MOST_BYTES = 1 << 16  #: Of its file


def data_folder() -> Path:
    """Return the folder: `PLATEWRIGHT_DATA`, else `instance/` in the checkout, or here."""
    return Path(os.environ.get("PLATEWRIGHT_DATA") or work_folder() / "instance")


def secret_file(name: str) -> Path:
    """Return where a secret lies that is not given by the environment."""
    return data_folder() / name


def prepare_folder() -> None:
    """Make the folder and its secrets, where they are not there yet, and put them into effect.

    `PLATEWRIGHT_SECRET_KEY` (signs sessions) and `PLATEWRIGHT_TOKEN` (lets programs write) of the
    environment go before the files `secret_key` and `token`, which only their owner may read.

    Raises:
        ConfigError: if the folder or a file can't be made or read, or a secret is too short.
    """
    folder = data_folder()
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


def set_up(what: str, *, debug: bool = False) -> None:
    """Make this installation's folder and secrets, and set Django up.

    Args:
        what: needs it, for the message where a package is missing.

    Raises:
        ConfigError: if a package is missing, or the environment is off.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "platewright.web.settings")
    if debug:
        os.environ.setdefault("PLATEWRIGHT_DEBUG", "1")
    try:
        import django  # before anything is written: where it is missing, nothing stays

        prepare_folder()
        import platewright.web.settings  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"{what} needs {error.name}: pip install -r requirements-web.txt"
        ) from error
    django.setup()


def read_secret(path: Path) -> str:
    """Return a secret from its file, which is made, with mode 600, where it is not there.

    Raises:
        ConfigError: if that can't be done.
    """
    try:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            value = read_file(path, MOST_BYTES).decode("ascii").strip()
            if not value:
                raise ConfigError(f"{path}: is empty; remove it, and it is made anew") from None
            return value
        value = secrets.token_urlsafe(48)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(value + "\n")
        except OSError:
            path.unlink()  # half a secret is none
            raise
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not plain text"
        raise ConfigError(f"{path}: can't be read or made: {why}") from error
    return value


def number(name: str, default: float, low: float, high: float) -> float:
    """Return a variable that is a number.

    Raises:
        ConfigError: if it is none, or not between `low` and `high`.
    """
    text = os.environ.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise ConfigError(f"{name}={text}: give a number from {low:g} to {high:g}")
    return value


def switch(name: str) -> bool:
    """Return a variable that is 1 or 0; without it 0.

    Raises:
        ConfigError: if it is anything else.
    """
    return chosen(name, "0", ("0", "1")) == "1"


def chosen(name: str, default: str, choices: tuple[str, ...]) -> str:
    """Return a variable that is one of some words.

    Raises:
        ConfigError: if it is another one.
    """
    text = os.environ.get(name) or default
    if text not in choices:
        raise ConfigError(f"{name}={text}: give {' or '.join(choices)}")
    return text


def listed(name: str, default: str = "") -> list[str]:
    """Return the parts of a variable with commas."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]
