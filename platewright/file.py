"""A file that is there whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from platewright.errors import ConfigError, OutputError

__all__ = ["claim_results", "file_digest", "make_folder", "write_file"]


def make_folder(path: Path) -> None:
    """Make a folder and those above it; one that is there already is left as it is.

    Raises:
        OutputError: if it can't be made, or a file of that name is in the way.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: can't be made into a folder: {error.strerror}") from error


def file_digest(path: Path) -> str:
    """Return a file's SHA-256.

    Raises:
        OSError: if it can't be read.
    """
    return hashlib.sha256(path.read_bytes()).hexdigest()


def claim_results(source: Path, *results: Path | None, force: bool) -> None:
    """Check that results can be written, and make their folders.

    Args:
        source: what is read; no result may take its place.
        results: files to be; None: not asked for.
        force: whether files that are there may be overwritten.

    Raises:
        ConfigError: if a result is the source or another result, or a folder is in its place.
        OutputError: if there is such a file and `force` is off, or a folder can't be made.
    """
    seen = {source.resolve()}
    for path in filter(None, results):
        if path.resolve() in seen:
            raise ConfigError(f"{path}: is the source itself or named twice; give another name")
        seen.add(path.resolve())
        if path.is_dir():
            raise ConfigError(f"{path}: a folder is there; give a file")
        # A device such as /dev/stdout may be written to again and again.
        if path.is_file() and not force:
            raise OutputError(f"{path}: there already; give another name or --force")
        make_folder(path.parent)


def write_file(path: Path, data: bytes) -> None:
    """Write a file under a temporary name and rename it when it is whole.

    Whatever was there before stays until then: a full disk costs nothing but the new file. A
    symbolic link is followed, and something that is no file, such as `/dev/stdout`, is written to.

    Args:
        path: where it goes; its folder must be there.
        data: its content.

    Raises:
        OutputError: if it can't be written, in one line with the reason.
    """
    target = path.resolve()
    temporary: str | None = None
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:
                stream.write(data)
            return
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        # mkstemp makes files for the owner alone; a result is as open as any other new file.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, target)
        temporary = None
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
