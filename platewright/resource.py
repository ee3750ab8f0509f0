"""Where what the program ships lies: weights, readers, faces, regions and presets.

In a checkout they stand at the repository's root, where users look for them. The wheel carries
the same files inside the package, in `platewright/_data/`.
"""

import os
import sys
from pathlib import Path

from platewright.errors import ResourceError

PACKAGE = Path(__file__).resolve().parent
CARRIED = PACKAGE / "_data"  #: Of an installed wheel

DATA = CARRIED if CARRIED.is_dir() else PACKAGE.parent
"""The folder that holds `weights.onnx`, `readers/`, `fonts/`, `regions/` and `synth.toml`."""

ADDED_FONTS = "PLATEWRIGHT_FONTS"
"""Environment variable with further folders of faces, so that drawing processes have them too."""

CACHE = "PLATEWRIGHT_CACHE"
"""Environment variable with the folder of what is kept to start faster; empty: nothing is."""


def bundled(name: str) -> Path:
    """Return a file or a folder that the program ships.

    Args:
        name: its path from `DATA`, such as `fonts` or `readers/default.json`.

    Raises:
        ResourceError: if it isn't there.
    """
    path = DATA / name
    if not path.exists():
        lost = "install platewright again" if DATA == CARRIED else f"git checkout -- {name}"
        raise ResourceError(f"{path}: missing, and it belongs to the program: {lost}")
    return path


def font_folders() -> tuple[Path, ...]:
    """Return the folders of faces: the bundled one, and those that the user has added."""
    added = os.environ.get(ADDED_FONTS, "").split(os.pathsep)
    return (DATA / "fonts", *(Path(entry) for entry in added if entry))


def is_bundled(path: Path) -> bool:
    """Tell whether a file is one of those that the program ships."""
    place = Path(os.path.realpath(path))
    return place.is_relative_to(DATA / "readers") or (
        place.parent == DATA and path.name.startswith("weights")
    )


def work_folder() -> Path:
    """Return where what the program keeps for itself goes: the checkout, else the current folder.

    An installed package must not write beside its own code.
    """
    return Path.cwd() if DATA == CARRIED else DATA


def cache_folder() -> Path | None:
    """Return the folder of files that can be made again; it may not be there yet.

    The environment's `PLATEWRIGHT_CACHE`, else the system's place for a user's caches; None where
    nothing is to be kept.
    """
    if (named := os.environ.get(CACHE)) is not None:
        return Path(named) if named else None
    usual = {"win32": "AppData/Local", "darwin": "Library/Caches"}.get(sys.platform, ".cache")
    above = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    try:
        return Path(above or Path.home() / usual) / "platewright"
    except RuntimeError:  # nobody's home
        return None
