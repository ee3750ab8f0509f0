"""Where the pictures of a labelled data set are, and which of them are missing.

A label file names its pictures by a path or by a URL. One that can't be had must not cost the
others: it is noted, with the reason and the place of its label, and passed over.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from platewright.dataset.csvfile import rows_of
from platewright.dataset.fetch import is_web
from platewright.dataset.picture import picture_size
from platewright.errors import DatasetError, ImageError, PlatewrightError
from platewright.file import make_folder, write_file
from platewright.image import decode_image

__all__ = ["MAP", "STRICT", "Failure", "PackedPicture", "PictureFile", "PictureFinder"]

MAP = "map.csv"
"""In the folder of pictures: columns url and file."""
LONGEST_NAME = 120


@dataclass(frozen=True, kw_only=True)
class PackedPicture:
    """A picture inside of a larger file, such as a tar.

    Attributes:
        name: as it is called there.
        where: the file, for messages.
        read: returns its content.
    """

    name: str
    where: str
    read: Callable[[], bytes]


PictureFile = Path | PackedPicture


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A picture that could not be had.

    Attributes:
        where: file and line of its label.
        picture: as it is named there.
        reason: in a line.
    """

    where: str
    picture: str
    reason: str


@dataclass
class PictureFinder:
    """Finds pictures.

    Attributes:
        folder: where pictures lie that are named by URL, and where fetched ones are kept, so that
            none is fetched twice; None: there are none.
        fetch: returns what a URL holds; None: nothing is fetched.
        strict: the first picture that is missing is an error, not a failure among others.
        failures: what is missing, in order.
    """

    folder: Path | None = None
    fetch: Callable[[str], bytes] | None = None
    strict: bool = False
    failures: list[Failure] = field(default_factory=list)
    _map: dict[str, str] | None = field(default=None, init=False)
    _owners: dict[str, str] = field(default_factory=dict, init=False)

    def fail(self, where: str, picture: str, reason: str) -> None:
        """Note a failure.

        Raises:
            DatasetError: where `strict`.
        """
        if self.strict:
            raise DatasetError(f"{where}: {reason}" if where else reason)
        self.failures.append(Failure(where=where, picture=picture, reason=reason))

    def size(self, picture: Path, where: str = "") -> tuple[int, int] | None:
        """Return a picture's (height, width); None where it is a failure."""
        try:
            return picture_size(picture)
        except DatasetError as error:
            self.fail(where, str(picture), str(error))
            return None

    def find(self, name: str, beside: Path, where: str) -> Path | None:
        """Return where a picture lies, fetched if need be; None where it is a failure.

        Args:
            name: a path, from the folder of the label file, or a URL.
            beside: the label file.
            where: its line, for the message.
        """
        try:
            return self._fetched(name) if "://" in name else self._local(name, beside)
        except PlatewrightError as error:
            self.fail(where, name, str(error))
            return None

    def _local(self, name: str, beside: Path) -> Path:
        """Return the file that a path means; it may lie in the folder of pictures, too."""
        own = beside.parent / name
        base = re.split(r"[\\/]", name)[-1]
        images = beside.parent / "images"
        places = [own, images / name, images / base, beside.parent / base]
        if self.folder is not None:
            places.append(self.folder / base)
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            raise DatasetError(f"{own}: there is no such picture")
        return found

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
        name = _file_name(url)
        fetched = folder / f"{sha256(url.encode()).hexdigest()[:12]}_{name}"
        if self.folder is not None and fetched.is_file():
            return fetched
        plain = folder / name
        if self.folder is not None and plain.is_file():
            if self._owners.setdefault(name, url) == url:
                return plain
            raise DatasetError(
                f"{plain}: another URL of this name stands before; tell them apart in {MAP}"
            )
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

    def save_failures(self, path: Path) -> None:
        """Write the failures as CSV (where, picture, reason); none: remove an earlier list.

        Raises:
            OutputError: if it can't be written.
        """
        if not self.failures:
            path.unlink(missing_ok=True)
            return
        text = io.StringIO(newline="")
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["where", "picture", "reason"])
        rows.writerows([f.where, f.picture, f.reason] for f in self.failures)
        write_file(path, text.getvalue().encode())


STRICT = PictureFinder(strict=True)
"""Finds local pictures; the first that is missing is an error."""


def _file_name(url: str) -> str:
    """Return a URL's file name as a folder can hold it.

    Raises:
        DatasetError: if it is none.

    >>> _file_name("http://a.b/c/d%20e.jpg?x=1"), _file_name("http://a.b")
    ('d e.jpg', 'a.b')
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise DatasetError(f"no URL: {error}") from None
    name = unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc
    return re.sub(r'[\x00-\x1f/\\:*?"<>|]', "_", name)[-LONGEST_NAME:].lstrip(".") or "picture"
