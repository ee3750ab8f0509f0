"""The picture files of labelled data sets: where they are, how large, and which are missing."""

import contextlib
import io
import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from platewright.container import open_picture, orientation_of
from platewright.dataset.failure import Failures, shown
from platewright.dataset.textfile import rows_of
from platewright.errors import DatasetError, ImageError, PlatewrightError
from platewright.file import make_folder, open_file, write_file
from platewright.http import is_web
from platewright.image import READ_SUFFIXES, decode_image, muted

# EXIF 2.32, tag 0x0112: these orientations lie on their side.
SIDEWAYS = (5, 6, 7, 8)


@dataclass(frozen=True, kw_only=True)
class PackedPicture:
    """A picture inside of a larger file, such as a tar."""

    name: str  #: as it is called there
    where: str  #: the file, for messages
    read: Callable[[], bytes]  #: returns its content


PictureFile = Path | PackedPicture


def picture_size(path: Path) -> tuple[int, int]:
    """Return the (height, width) of a picture file as it is shown, without decoding it.

    Raises:
        DatasetError: if it is missing or no picture.
    """
    try:
        with open_file(path) as stream:
            return _shown_size(stream, str(path))
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: there is no such picture") from error
    except Exception as error:  # decoders raise nearly anything
        raise DatasetError(f"{path}: no picture that can be read; export it again") from error


def packed_size(data: bytes, name: str) -> tuple[int, int]:
    """Return the (height, width) of a picture file's content; see `picture_size`."""
    try:
        return _shown_size(io.BytesIO(data), name)
    except Exception as error:
        raise DatasetError(f"{name}: no picture that can be read") from error


def _shown_size(stream: BinaryIO, name: str) -> tuple[int, int]:
    with muted(), open_picture(stream, name) as picture:  # which has doubts about metadata
        width, height = picture.size
        sideways = orientation_of(picture) in SIDEWAYS
    return (width, height) if sideways else (height, width)


def name_key(name: str) -> str:
    """Return what names of files have in common that mean the same: decoded, and composed.

    Tools percent-encode what they export (Label Studio), and file systems take letters apart.

    >>> name_key("Capture_d%C3%A9cran%201") == name_key("Capture_de\u0301cran 1")
    True
    """
    return unicodedata.normalize("NFC", unquote(name, errors="surrogateescape"))


def find_file(path: Path) -> Path | None:
    """Return a path's file, or the one beside whose name alone means the same; None: there is none.

    A name that is longer than names can be is no file's.
    """
    if os.path.isfile(path):
        return path
    return _only(path.parent, _names(path.parent, path.name))


def find_picture(folder: Path, stem: str) -> Path | None:
    """Return the picture of a folder with a name of whatever ending; None where there is none.

    One whose name alone means the same (see `name_key`) is taken where none has that very name.
    """
    for suffix in READ_SUFFIXES:
        for path in (folder / f"{stem}{suffix}", folder / f"{stem}{suffix.upper()}"):
            if os.path.isfile(path):
                return path
    found = [name for suffix in READ_SUFFIXES for name in _names(folder, f"{stem}{suffix}")]
    return _only(folder, found)


def _only(folder: Path, names: list[str]) -> Path | None:
    return folder / names[0] if len(names) == 1 and os.path.isfile(folder / names[0]) else None


def _names(folder: Path, name: str) -> list[str]:
    """Return the names in a folder that mean the same as another, but for the ending's case."""
    try:
        changed = folder.stat().st_mtime_ns
    except (OSError, ValueError):  # a name with a zero byte is a ValueError
        return []
    return _listing(folder, changed).get(_folded(name), [])


@lru_cache(maxsize=64)
def _listing(folder: Path, changed: int) -> dict[str, list[str]]:
    """Return a folder's names by what they mean, as it was when it was last changed."""
    found: dict[str, list[str]] = {}
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(folder)):
            found.setdefault(_folded(name), []).append(name)
    return found


def _folded(name: str) -> str:
    stem, suffix = os.path.splitext(name_key(name))
    return stem + suffix.lower()


def size_conflict(size: tuple[int, ...], height: str | float, width: str | float) -> str:
    """Return what is wrong with the size that labels tell of a picture; empty: nothing.

    Args:
        size: the picture's own (height, width).
        height: as it is told; empty, 0 or no number where a tool left it out.
        width: likewise.

    >>> size_conflict((100, 200), "50", "100")
    'is 200 x 100, its labels are of 100 x 50'
    >>> size_conflict((100, 200), "100", "200.0"), size_conflict((100, 200), "", "0")
    ('', '')
    """
    try:
        told = (float(height), float(width))  # a number of any length is a float, if an endless one
    except ValueError:
        return ""
    if told == size or not (told[0] > 0 and told[1] > 0):
        return ""
    return f"is {size[1]} x {size[0]}, its labels are of {told[1]:.12g} x {told[0]:.12g}"


UPLOADED = re.compile(r"[0-9a-f]{8}-")
"""The mark that Label Studio puts before the names of uploaded pictures."""
MAP = "map.csv"  #: In the folder of pictures: columns url and file
LONGEST_NAME = 120
"""Bytes; with the mark of where it came from before it, all file systems hold that (255)."""
LONGEST_PATH = 4096  #: Characters; Linux opens no longer one (PATH_MAX)
BESIDE_IMAGES = ("annotations", "labels")  #: Folders of label files that have `images/` beside them


@dataclass
class PictureFinder(Failures):
    """Finds pictures, and notes what can't be had."""

    #: where pictures lie that are named by URL, and where fetched ones are kept, so that none is
    #: fetched twice; None: there are none
    folder: Path | None = None
    #: returns what a URL holds; None: nothing is fetched
    fetch: Callable[[str], bytes] | None = None
    _map: dict[str, str] | None = field(default=None, init=False)
    _owners: dict[str, tuple[str, bool]] = field(default_factory=dict, init=False)
    _places: dict[Path, str] = field(default_factory=dict, init=False)

    def note(self, picture: Path, where: str) -> None:
        """Remember where a picture's label stands, for a failure that shows later."""
        if where and not self.strict:
            self._places.setdefault(picture, where)

    def place(self, picture: Path) -> str:
        """Return where a picture's label stands; empty where nobody told."""
        return self._places.get(picture, "")

    def size(self, picture: Path, where: str = "") -> tuple[int, int] | None:
        """Return a picture's (height, width); None where it is a failure."""
        self.note(picture, where)
        try:
            return picture_size(picture)
        except DatasetError as error:
            self.fail(where, str(picture), str(error))
            return None

    def find(
        self,
        name: str,
        beside: Path,
        where: str,
        *,
        folders: Sequence[Path] = (),
        urls: Sequence[str] = (),
    ) -> Path | None:
        """Return where a picture lies, fetched if need be; None where it is a failure.

        Args:
            name: a path from the folder of the label file, with slashes of either kind, or a URL.
                One that leads nowhere is looked for by its last parts: in that folder, in
                `images/` there (and beside it, where it is one of `BESIDE_IMAGES`), and in the
                folder of pictures; then without the mark of Label Studio's.
            beside: the label file.
            where: its line, for the message.
            folders: to look in by its last parts, too.
            urls: where it is to be had, one after the other, if it lies nowhere.
        """
        names = [name] if self.folder is None else [name, *urls]
        for number, own in enumerate(names, 1):
            try:
                found = self._fetched(own) if "://" in own else self._local(own, beside, folders)
            except PlatewrightError as error:
                if number == len(names):
                    self.fail(where, own, str(error))
            else:
                self.note(found, where)
                return found
        return None

    def find_stem(self, stem: str, folders: Sequence[Path], where: str) -> Path | None:
        """Return the picture of a name of whatever ending; None where it is a failure.

        Args:
            folders: to look in, and then in the folder of pictures.
        """
        found = next(filter(None, (find_picture(place, stem) for place in folders)), None)
        if found := found or self.find_mapped(stem):
            self.note(found, where)
            return found
        places = [*folders, *([] if self.folder is None else [self.folder])]
        self.fail(where, stem, f"no picture {stem} in {', '.join(map(str, places))}")
        return None

    def find_mapped(self, stem: str) -> Path | None:
        """Return the picture of a name in the folder of pictures; None where there is none.

        One without the mark of Label Studio's is taken where none has that very name.
        """
        if self.folder is None:
            return None
        names = dict.fromkeys((stem, UPLOADED.sub("", stem, count=1)))
        found = (find_picture(self.folder, name) for name in names)
        return next(filter(None, found), None)

    def _local(self, name: str, beside: Path, folders: Sequence[Path] = ()) -> Path:
        """Return the file that a path means."""
        if len(name) > LONGEST_PATH:
            raise DatasetError(f"{shown(name)}: {len(name)} characters are no path")
        plain = name.replace("\\", "/")
        own = beside.parent / name
        meant = os.path.normpath(beside.parent / plain)
        roots = [beside.parent / "images", beside.parent]
        if beside.parent.name.lower() in BESIDE_IMAGES:
            roots.append(beside.parent.parent / "images")
        tops = [root.parent for root in roots[2:]]
        own_folders = [beside.parent, *tops, *folders, *([self.folder] if self.folder else [])]
        inside = [os.path.abspath(folder) for folder in own_folders]
        outside = ""
        # `os.path.isfile` is False for a name that is too long; `Path.is_file` is an error.
        for root in reversed(roots[:2]):
            for place in (root / name, root / plain):
                if not os.path.isfile(place):
                    continue
                if any(_lies_in(place, folder) for folder in inside):
                    return self._owned(place, meant, exact=True)
                outside = (
                    f"{shown(str(place))}: lies outside of the data set; name its folder in --map"
                )
        roots += folders
        if self.folder is not None:
            roots.append(self.folder)
        parts = [p for p in plain.split("/") if p not in ("", ".", "..") and not p.endswith(":")]
        tails = [parts[first:] for first in range(len(parts))]
        if parts and (mark := UPLOADED.match(parts[-1])):
            tails.append([parts[-1][mark.end() :]])
        for tail in tails:
            for root in roots:
                if found := find_file(root.joinpath(*tail)):
                    return self._owned(found, meant, exact=False)
        raise DatasetError(outside or f"{shown(str(own))}: there is no such picture")

    def _owned(self, found: Path, meant: str, *, exact: bool) -> Path:
        """Return a picture's file unless another name led to it before.

        Args:
            meant: the name that led there, in full.
            exact: whether that is the file's own.
        """
        key = os.path.abspath(found)
        owner, owned = self._owners.setdefault(key, (meant, exact))
        if owner == meant or (owned and exact):
            return found
        if "://" in meant:
            raise DatasetError(
                f"{found}: another URL of this name stands before; tell them apart in {MAP}"
            )
        raise DatasetError(
            f"{found}: another picture of this name stands before ({owner}); lay them in folders "
            "as the labels name them"
        )

    def _fetched(self, url: str) -> Path:
        """Return the local file of a URL.

        It is the one that `map.csv` names, else one fetched before, else one of the URL's own file
        name: the first URL of that name has it, another one of the same name never.
        """
        if self._map is None:
            self._map = self._read_map()
        folder = self.folder or Path()
        if url in self._map:
            return self._local(self._map[url], folder / MAP)
        whole = _file_name(url)
        name = _short(whole)
        mark = sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        fetched = folder / f"{mark}_{name}"
        if self.folder is not None and os.path.isfile(fetched):
            return fetched
        for plain in (whole, name) if self.folder is not None else ():
            if found := find_file(folder / plain):
                return self._owned(found, url, exact=False)
        if not is_web(url):
            raise DatasetError("neither http nor https; put the picture into the folder of --map")
        if self.fetch is None or self.folder is None:
            raise DatasetError(f"not in {folder}, and fetching is off")
        data = self.fetch(url)
        try:
            decode_image(io.BytesIO(data), "what came")
        except ImageError as error:
            raise DatasetError(str(error)) from None
        make_folder(self.folder)
        write_file(fetched, data)
        return fetched

    def _read_map(self) -> dict[str, str]:
        path = None if self.folder is None else self.folder / MAP
        if path is None or not path.is_file():
            return {}
        return {row["url"]: row["file"] for _, row in rows_of(path, ("url", "file"))}


def _lies_in(place: Path, folder: str) -> bool:
    """Tell whether a path leads to what lies in a folder, whatever links there lead to."""
    return os.path.commonpath([os.path.abspath(place), folder]) == folder


STRICT = PictureFinder(strict=True)  #: Finds local pictures; the first that is missing is an error


def _file_name(url: str) -> str:
    """Return a URL's file name as a folder can hold it.

    >>> _file_name("http://a.b/c/d%20e.jpg?x=1"), _file_name("http://a.b")
    ('d e.jpg', 'a.b')
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise DatasetError(f"no URL: {error}") from None
    name = unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc
    plain = re.sub(r'[\x00-\x1f/\\:*?"<>|]', "_", name).encode("utf-8", "replace").decode()
    return plain.lstrip(".") or "picture"


def _short(name: str) -> str:
    """Return a file name's end that every file system holds."""
    return name.encode()[-LONGEST_NAME:].decode("utf-8", "ignore").lstrip(".") or "picture"
