"""What a user can cause: one class per kind, printed by the scripts in one line."""

from __future__ import annotations

import sys
from collections.abc import Callable

__all__ = [
    "ArchiveError",
    "ConfigError",
    "DatasetError",
    "EngineError",
    "FontError",
    "ImageError",
    "OutputError",
    "PlatewrightError",
    "RegionError",
    "ResourceError",
    "ServiceError",
    "VideoError",
    "WeightsError",
    "run_script",
]


class PlatewrightError(Exception):
    """Something a user can cause and mend; its text is one line: what, where, what to do.

    Attributes:
        exit_code: 1 when the work failed, 2 when the arguments are off.
    """

    exit_code = 1


class ConfigError(PlatewrightError):
    """A setting or an argument that can't be used."""

    exit_code = 2


class ArchiveError(PlatewrightError):
    """An archive of photos that can't be read."""


class ImageError(PlatewrightError):
    """A picture that can't be read or is too large."""


class FontError(PlatewrightError):
    """A face that can't be read or lacks glyphs."""


class RegionError(ConfigError):
    """A region file that can't be used."""


class DatasetError(PlatewrightError):
    """A data set or a label file that can't be read."""


class EngineError(PlatewrightError):
    """Processes or machines that don't do their part of the work."""


class ResourceError(PlatewrightError):
    """A file that the program ships, and that is missing."""


class ServiceError(PlatewrightError):
    """A service that can't be reached, refuses, or answers something else."""


class VideoError(PlatewrightError):
    """A video, a camera or a stream that can't be read."""


class WeightsError(PlatewrightError):
    """Weights that can't be read or don't fit the network."""


class OutputError(PlatewrightError):
    """A result that can't be written: it exists already, or the disk is full."""


def run_script(main: Callable[[], int | None], name: str) -> None:
    """Run a script's `main` and leave the process with its exit code.

    Args:
        main: the script's story; returns None or 0 when done, another exit code otherwise.
        name: the script's name, put before the message of an error.
    """
    try:
        code = main() or 0
    except PlatewrightError as error:
        print(f"{name}: {error}", file=sys.stderr)
        code = error.exit_code
    except KeyboardInterrupt:
        print(f"{name}: stopped", file=sys.stderr)
        code = 130
    except BrokenPipeError:
        code = 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{name}: {where}{error.strerror or error}", file=sys.stderr)
        code = 1
    sys.exit(code)
