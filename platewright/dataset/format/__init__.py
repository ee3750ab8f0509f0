"""Data set formats: one file each, found by name.

A module here is one format: `yolo_pose.py` holds the `Format` whose name is `yolo-pose`. Its name
and its summary are known without importing it, and what it needs from elsewhere is imported when
it writes. Modules that begin with an underscore are no formats.

Where it can be read as well it has two functions: `read(path, finder)`, which yields pictures and
their records, and `claims(path)`, which tells whether a path looks like the format. The finder says
where pictures are that are named by URL, and what becomes of missing ones; labels that can't be
read are a `DatasetError` with file and line, or noted where the finder isn't strict.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from platewright.errors import ConfigError, DatasetError, os_errors_as

if TYPE_CHECKING:
    from platewright.dataset.picture import PictureFinder
    from platewright.dataset.picture_file import PictureFile
    from platewright.dataset.writer import Format
    from platewright.record import SceneRecord

    Reader = Callable[[Path, PictureFinder], Iterator[tuple[PictureFile, SceneRecord]]]


FOLDER = Path(__file__).parent
DEFAULT = "windows"
SUMMARY = re.compile(r'^    summary = "(.+)"$', re.M)
PARTS = ("train", "valid", "val", "test")
"""Folders that hold a part each in data sets of others; Roboflow's are train, valid and test."""
LABEL_FOLDERS = ("Annotations", "annotations", "images")
READER = re.compile(r"^def read\(|import .*\bread$", re.M)


def format_names() -> tuple[str, ...]:
    """Return the names of all formats, the default first, then sorted.

    >>> format_names()[0]
    'windows'
    """
    stems = (path.stem for path in FOLDER.glob("[!_]*.py"))
    return tuple(sorted((s.replace("_", "-") for s in stems), key=lambda n: (n != DEFAULT, n)))


def format_summary(name: str) -> str:
    """Return a format's one line, without importing it; empty where it can't be told so."""
    found = SUMMARY.search(_path(name).read_text("utf-8"))
    return found[1] if found else ""


def readable_names() -> tuple[str, ...]:
    """Return the names of the formats that can be read, without importing them.

    >>> "windows" in readable_names(), "characters" in readable_names()
    (True, False)
    """
    return tuple(n for n in format_names() if READER.search(_path(n).read_text("utf-8")))


def describe_formats(mark: str = "") -> str:
    """Return a line for each format, for the command line's help.

    Args:
        mark: stands before the formats that can be read as well.
    """
    width = max(map(len, format_names()))
    marked = readable_names() if mark else ()
    lines = (
        f"{mark if name in marked else '':>{len(mark)}}  {name:<{width}}  {format_summary(name)}"
        for name in format_names()
    )
    return "\n".join(["formats:", *lines])


def load_format(name: str) -> type[Format]:
    """Return a format.

    Raises:
        ConfigError: if there is none of this name.
    """
    from platewright.dataset.writer import Format

    if name not in format_names():
        raise ConfigError(f"no format {name}; known: {', '.join(format_names())}")
    module = _module(name)
    for value in vars(module).values():
        ours = isinstance(value, type) and issubclass(value, Format) and value is not Format
        if ours and getattr(value, "name", "") == name:
            return value  # type: ignore[no-any-return]
    raise TypeError(f"{module.__file__} holds no Format of the name {name}")


def load_reader(name: str) -> Reader:
    """Return a format's `read`.

    Raises:
        ConfigError: if there is none of this name that can be read.
    """
    if name not in readable_names():
        raise ConfigError(f"no format {name} can be read; known: {', '.join(readable_names())}")
    module = _module(name)

    def read(path: Path, finder: PictureFinder) -> Iterator[tuple[PictureFile, SceneRecord]]:
        for part in _parts(path, name) or [path]:
            yield from module.read(part, finder)

    return read


def detect_format(path: Path) -> str:
    """Return the one format that a file or a folder looks like.

    Raises:
        DatasetError: if it's none, or several.
    """
    if not path.exists():
        raise DatasetError(f"{path}: there is no such file or folder")
    with os_errors_as(DatasetError, path):
        found = [name for name in readable_names() if _module(name).claims(path)]
        found = found or [name for name in readable_names() if _parts(path, name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise DatasetError(f"{path} may be {' or '.join(found)}: say which with --from-format")
    if path.is_file() and zipfile.is_zipfile(path):
        raise DatasetError(f"{path} is an archive: unpack it, and name the folder")
    if why := _damage(path):
        raise DatasetError(f"{why}; so {path} looks like no format")
    raise DatasetError(
        f"{path} looks like no format: name the file itself or the folder above the pictures, or "
        f"say which with --from-format: {', '.join(readable_names())}"
    )


def _parts(path: Path, name: str) -> list[Path]:
    """Return what a folder of nothing else has: `train`, `valid`, ..., or the one file in it."""
    claims = _module(name).claims
    if not path.is_dir() or claims(path):
        return []
    folders = [path / part for part in PARTS if (path / part).is_dir()]
    files = [] if folders else [file for file in path.iterdir() if file.is_file()]
    return [part for part in folders or files[: len(files) == 1] if claims(part)]


def _damage(path: Path) -> str:
    """Return what is wrong with the first JSON or XML file that a path names, empty if nothing."""
    folders = (path, *(path / name for name in LABEL_FOLDERS))
    for suffix in (".json", ".xml"):
        files = [path] if path.suffix.lower() == suffix and path.is_file() else []
        files += [file for folder in folders for file in sorted(folder.glob(f"*{suffix}"))[:1]]
        if files and (why := _flaw(files[0])):
            return why
    return ""


def _flaw(file: Path) -> str:
    """Return why a JSON or XML file can't be read, empty if it can."""
    from platewright.dataset.textfile import first_line, load_object, object_of
    from platewright.dataset.xmlfile import read_xml

    if file.suffix.lower() == ".json":
        with contextlib.suppress(DatasetError):
            object_of(file, first_line(file))
            return ""  # a line that is whole: a file of such lines, or one of one line
    try:
        (read_xml if file.suffix.lower() == ".xml" else load_object)(file)
    except DatasetError as error:
        return str(error)
    return ""


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{_path(name).stem}")


def _path(name: str) -> Path:
    return FOLDER / f"{name.replace('-', '_')}.py"
